import { pathOf } from '../client/api-client.js';

/** Addresses of the pages. Ids may hold any character, so they are always encoded. */
export const jobHref = (hub: string, id: string): string => `/jobs/${pathOf(hub, id)}`;
export const rolloutHref = (hub: string, id: string): string => `/rollouts/${pathOf(hub, id)}`;

/**
 * @param more.device shows one device; all of a hub otherwise.
 * @param more.action the short name of the service whose form is open for the device.
 */
export const devicesHref = (hub: string, more: { device?: string; action?: string; condition?: string } = {}): string =>
  withQuery('/devices', { hub, ...more });

/** @param values texts of parameters by name, to begin the form with. */
export const serviceHref = (thing: string, service: string, values: Readonly<Record<string, string>> = {}): string =>
  withQuery('/services', {
    thing,
    service,
    ...Object.fromEntries(Object.entries(values).map(([name, text]) => [`${PREFILL}${name}`, text])),
  });

const PREFILL = 'p.';

/** The texts of parameters that an address carries. */
export const prefilledValues = (query: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(query)
      .filter(([name]) => name.startsWith(PREFILL))
      .map(([name, text]) => [name.slice(PREFILL.length), text]),
  );

/** An address with the parameters that have a value. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => (entry[1] ?? '') !== '');
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}
