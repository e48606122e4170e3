import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import { convertLoose, encodeNative, makeField, tableFromJson, tableFromRows } from '../../../alwayson/values.js';
import { isAgentError, messageOf } from '../../../core/errors.js';
import type { PlatformService } from '../model/definitions.js';
import type { Platform, ServiceRun } from '../platform.js';
import { type RestError, unableToInvoke } from '../rest/rest-error.js';
import { fitting, pack, unpack } from './pack-values.js';
import { PlatformScriptHost } from './script-host.js';
import type { PoolEnd, ScriptPool } from './script-pool.js';
import type { PackedRow, PackedValue } from './script-protocol.js';

/** Scripts that call scripts, one inside the other. */
const MAX_DEPTH = 10;

/** Runs the script of a service and gives its result. @throws RestError */
export async function runScript(
  platform: Platform,
  pool: ScriptPool,
  { thing, service, inputs, depth }: ServiceRun,
): Promise<InfoTable | null> {
  const { implementation, name } = service;
  if (implementation.kind !== 'script') throw new TypeError('not a script');
  const failed = (cause: string): RestError => unableToInvoke(500, name, thing.name, cause);
  if (depth >= MAX_DEPTH) throw failed(`more than ${MAX_DEPTH} scripts call each other`);
  const parameters = JSON.stringify(packParameters(service, inputs, failed));
  const order = { thing: thing.name, service: name, code: implementation.code, parameters };
  const end = await pool.run(order, new PlatformScriptHost(platform, depth + 1), depth > 0);
  if (end.kind === 'unreadable')
    platform.log.warn({ thing: thing.name, service: name, reason: end.message }, 'a script does not compile');
  if (end.kind !== 'done') throw failed(causeOf(end, name, thing.name));
  try {
    return resultTable(service, JSON.parse(end.json) as PackedValue);
  } catch (error) {
    throw failed(messageOf(error));
  }
}

function packParameters(
  { parameters }: PlatformService,
  inputs: ServiceRun['inputs'],
  failed: (cause: string) => RestError,
): PackedRow {
  return Object.fromEntries(
    parameters.map(({ name, baseType }): [string, PackedValue] => {
      const input = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
      if (input === undefined || input === null) return [name, { is: 'undefined' }];
      try {
        const given = fitting(baseType, input);
        const native = baseType === 'INFOTABLE' ? tableOf(given) : convertLoose(baseType, given);
        return [name, pack(baseType, native)];
      } catch (error) {
        if (isAgentError(error)) throw failed(`parameter ${name}: ${error.message}`);
        throw error;
      }
    }),
  );
}

/** A table from REST, from another script, or rows alone. */
function tableOf(given: unknown): unknown {
  if (typeof given === 'object' && given !== null && 'dataShape' in given) return tableFromJson(given);
  if (typeof given === 'object' && given !== null && 'fields' in given) return given;
  return encodeNative('INFOTABLE', convertLoose('INFOTABLE', given));
}

function causeOf(end: Exclude<PoolEnd, { kind: 'done' }>, service: string, thing: string): string {
  switch (end.kind) {
    case 'failed':
      return end.message;
    case 'unreadable':
      return `No service handler defined for service ${service} on thing [${thing}]`;
    case 'timedOut':
      return 'the script took too long and was ended';
    case 'crowded':
      return 'too many scripts are running';
    case 'died':
      return `the script was ended: ${end.message}`;
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
  if (typeof value === 'object' && value !== null && 'fields' in value && 'rows' in value) return value as InfoTable;
  if (typeof value === 'object' && value !== null && 'dataShape' in value) return tableFromJson(value);
  throw new Error('the script did not give an InfoTable');
}
