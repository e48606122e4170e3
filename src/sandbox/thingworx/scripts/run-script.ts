import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import { isInfoTable, makeField, tableFromRows } from '../../../alwayson/values.js';
import { isAgentError, messageOf } from '../../../core/errors.js';
import type { PlatformService } from '../model/definitions.js';
import type { Platform, ServiceRun } from '../platform.js';
import { type ServiceFailure, unableToInvoke } from '../model/service-failure.js';
import { toBaseType } from '../values/to-base-type.js';
import { Unconvertible } from '../values/unconvertible.js';
import { fitting, pack, unpack } from './pack-values.js';
import { PlatformScriptHost } from './script-host.js';
import type { PoolEnd, ScriptPool } from './script-pool.js';
import type { PackedRow, PackedValue } from './script-protocol.js';

/** How deeply calls between scripts may be nested. */
const MAX_DEPTH = 10;

/** Runs the script of a service and returns its result. @throws ServiceFailure */
export async function runScript(
  platform: Platform,
  pool: ScriptPool,
  { thing, service, inputs, depth }: ServiceRun,
): Promise<InfoTable | null> {
  const { implementation, name } = service;
  if (implementation.kind !== 'script') throw new TypeError('not a script');
  const failed = (cause: string): ServiceFailure => unableToInvoke('failed', name, thing.name, cause);
  if (depth >= MAX_DEPTH) throw failed(`more than ${MAX_DEPTH} nested calls between scripts`);
  const parameters = JSON.stringify(packParameters(service, inputs, thing.name));
  const order = { thing: thing.name, service: name, code: implementation.code, parameters };
  const end = await pool.run(order, new PlatformScriptHost(platform, depth + 1), depth > 0);
  if (end.kind === 'invalid')
    platform.log.warn({ thing: thing.name, service: name, reason: end.message }, 'a script does not compile');
  if (end.kind !== 'done') throw failed(causeOf(end, name, thing.name));
  try {
    return resultTable(service, JSON.parse(end.json) as PackedValue);
  } catch (error) {
    throw failed(messageOf(error));
  }
}

/** Throws ServiceFailure `invalid` for an input that cannot be converted without changing its value. */
function packParameters({ name, parameters }: PlatformService, inputs: ServiceRun['inputs'], thing: string): PackedRow {
  return Object.fromEntries(
    parameters.map(({ name: parameter, baseType }): [string, PackedValue] => {
      const input = Object.hasOwn(inputs, parameter) ? inputs[parameter] : undefined;
      try {
        return [parameter, pack(baseType, fitting(baseType, input), parameter)];
      } catch (error) {
        if (error instanceof Unconvertible || isAgentError(error))
          throw unableToInvoke('invalid', name, thing, `${error.message} (parameter "${parameter}")`);
        throw error;
      }
    }),
  );
}

function causeOf(end: Exclude<PoolEnd, { kind: 'done' }>, service: string, thing: string): string {
  switch (end.kind) {
    case 'failed':
      return end.message;
    case 'invalid':
      return `No service handler defined for service ${service} on thing [${thing}]`;
    case 'timedOut':
      return 'the script took too long and was stopped';
    case 'overloaded':
      return 'too many scripts are waiting to run; retry later';
    case 'died':
      return `the script was stopped: ${end.message}`;
  }
}

function resultTable({ result }: PlatformService, packed: PackedValue): InfoTable | null {
  const { baseType } = result;
  const value = unpack(packed);
  if (baseType === 'NOTHING' || value === undefined) return null;
  if (baseType === 'INFOTABLE') return infoTableOf(value);
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('JSON does not allow non-finite numbers');
  const native = fitting(baseType, value);
  return tableFromRows([makeField('result', baseType)], [{ result: native }]);
}

function infoTableOf(value: unknown): InfoTable {
  const table = typeof value === 'object' && value !== null ? toBaseType('INFOTABLE', value) : undefined;
  if (isInfoTable(table)) return table;
  throw new Error('the script did not return an InfoTable');
}
