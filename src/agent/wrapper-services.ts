import type { Service, ServiceDefinition } from '../edge/definitions.js';
import type { JobOperations } from '../jobs/operations.js';

/** The services that wrapper descriptions add, run by `operations`. @throws AgentError as `loadWrapperServices`. */
export async function wrapperServices(files: readonly string[], operations: JobOperations): Promise<Service[]> {
  if (files.length === 0) return [];
  const { loadWrapperServices } = await import('../wrappers/load.js');
  return await loadWrapperServices(files, operations);
}

/** Their definitions alone, for lists and checks. @throws AgentError as `loadWrapperServices`. */
export async function wrapperDefinitions(files: readonly string[]): Promise<ServiceDefinition[]> {
  const services = await wrapperServices(files, NO_OPERATIONS);
  return services.map(({ definition }) => definition);
}

/** Nothing is run where only definitions are wanted. */
const NO_OPERATIONS = {} as JobOperations;
