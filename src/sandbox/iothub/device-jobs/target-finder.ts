import { isAgentError } from '../../../core/errors.js';
import { parseQuery } from '../../../hub-query/parse.js';
import type { Condition } from '../../../hub-query/syntax.js';
import { endpointId, type Endpoint } from '../model/endpoint.js';
import type { EndpointId } from '../ports.js';
import { compileCondition, namedDeviceIds } from '../query/evaluate.js';
import type { Endpoints } from '../state/endpoints.js';
import { TwinDocument } from '../twins/twin-document.js';

/** How many twins are examined before other work may run. */
const SLICE = 5_000;

/** Returns the devices or modules that currently meet a job's condition, in the order of their registration. */
export async function findTargets(endpoints: Endpoints, condition: Condition): Promise<EndpointId[]> {
  const matches = compileCondition(condition);
  const targets: EndpointId[] = [];
  let looked = 0;
  for (const endpoint of candidates(endpoints, condition)) {
    if (!endpoint.isDeleted && matches(new TwinDocument(endpoint))) targets.push(endpointId(endpoint.record));
    looked += 1;
    if (looked % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return targets;
}

/** Returns the number of devices or modules that currently match a query; undefined if it cannot be parsed. */
export function countTargets(endpoints: Endpoints, text: string): number | undefined {
  try {
    const { source, where } = parseQuery(text);
    if (source === 'devices.jobs') return undefined;
    const condition: Condition = { source, ...(where ? { where } : {}) };
    const matches = compileCondition(condition);
    let count = 0;
    for (const endpoint of candidates(endpoints, condition)) if (matches(new TwinDocument(endpoint))) count += 1;
    return count;
  } catch (error) {
    if (isAgentError(error, 'QueryInvalid')) return undefined;
    throw error;
  }
}

/** Returns the candidates for a condition. A condition that names its devices does not require a scan of the fleet. */
export function candidates(endpoints: Endpoints, { source, where }: Condition, after = -1): Iterable<Endpoint> {
  const collection = source === 'devices' ? endpoints.devices : endpoints.modules;
  const named = namedDeviceIds(where);
  if (!named || named.length > collection.size) return collection.walk(after);
  const found = named.flatMap((deviceId) =>
    source === 'devices' ? (endpoints.find({ deviceId }) ?? []) : endpoints.modulesOf(deviceId),
  );
  return found.filter(({ record }) => record.sequence > after).sort((a, b) => a.record.sequence - b.record.sequence);
}
