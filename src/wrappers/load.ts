import type { Service } from '../edge/definitions.js';
import { assertNone, type LoadedDescription, loadDescriptions, repeatedNames } from './read-descriptions.js';
import { type CallJobService, wrapperServices } from './service.js';

/**
 * Reads descriptions and creates a remote service for each of their services, with the same checks and payload bytes as the
 * generated script but without an import into ThingWorx.
 * @throws AgentError `DocumentUnreadable`, or `WrapperInvalid` with every error of every file.
 */
export async function loadWrapperServices(files: readonly string[], call: CallJobService): Promise<Service[]> {
  return (await loadDistinct(files)).flatMap(({ description }) => wrapperServices(description, call));
}

/** All services are on one Thing, so names must be unique across files. */
async function loadDistinct(files: readonly string[]): Promise<LoadedDescription[]> {
  const loaded = await loadDescriptions(files);
  const names = loaded.flatMap(({ document, description }) =>
    description.services.map(({ name }, index) => ({ document, path: ['services', index, 'name'], name })),
  );
  assertNone(repeatedNames(names));
  return loaded;
}
