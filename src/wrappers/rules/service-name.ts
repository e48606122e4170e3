import { isJobServiceName } from '../../jobs/services/services.js';
import { problemWithServiceName } from './names.js';

/** Services that every edge answers by itself. */
const BUILT_IN: readonly string[] = ['GetMetadata', 'NotifyPropertyUpdate', 'SynchronizeModelState'];

/** Whether the agent itself offers a service of this name. */
export const isNameOfAgent = (name: string): boolean => isJobServiceName(name) || BUILT_IN.includes(name);

/** What is wrong with a name for the service of a wrapper; undefined when it is in order. */
export const problemWithNameOfService = (name: string): string | undefined =>
  problemWithServiceName(name) ?? (isNameOfAgent(name) ? 'is the name of a service of the agent itself' : undefined);
