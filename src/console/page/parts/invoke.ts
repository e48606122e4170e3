import type { ServiceResult } from '../../api/types.js';
import { type ApiClient, pathOf } from '../client/api-client.js';

/** Invokes a service of a Thing. @param body its parameters as JSON text. */
export const invoke = (api: ApiClient, thing: string, service: string, body: string): Promise<ServiceResult> =>
  api.post<ServiceResult>(`things/${pathOf(thing)}/services/${pathOf(service)}`, body);

/** Parameters as JSON text, without the empty ones. */
export const bodyOf = (parameters: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(
    Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '')),
  );

/** Precedes the short name of a hub service in its full name, which is always registered. */
const FULL_NAME_PREFIX = 'AzureIotDeviceJob';

export const fullName = (name: string): string => `${FULL_NAME_PREFIX}${name}`;

/** The full name of a service for one device. */
const deviceFullName = (name: string): string => `AzureIotDevice${name.replace(/Devices?/, '')}`;

/** Whether a service, listed under its short or its full name, is the one with this short name. */
export const isService = (listed: string, name: string): boolean =>
  listed === name || listed === fullName(name) || listed === deviceFullName(name);
