import { CHARACTERISTIC, CODE, ENTITY_TYPE } from '../alwayson/codec/codes.js';
import type { InfoTable } from '../alwayson/codec/values-model.js';
import type { OutgoingRequest } from '../alwayson/exchange.js';
import { inferPrimitive, rowsFromTable } from '../alwayson/values.js';
import type { ServiceParameters } from './definitions.js';

/** The entity of the platform that a call is sent to. */
export interface Entity {
  readonly type: keyof typeof ENTITY_TYPE;
  readonly name: string;
}

/** The request that calls a service of the platform. The base type of a parameter follows from its JavaScript type. */
export function serviceRequest(entity: Entity, service: string, parameters: ServiceParameters): OutgoingRequest {
  return {
    code: CODE.POST,
    entityType: ENTITY_TYPE[entity.type],
    entityName: entity.name,
    characteristic: CHARACTERISTIC.services,
    name: service,
    params: parameterTable(parameters),
  };
}

function parameterTable(parameters: ServiceParameters): InfoTable | null {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  if (given.length === 0) return null;
  const cells = given.map(([name, value]) => ({ name, primitive: inferPrimitive(value) }));
  return {
    fields: cells.map(({ name, primitive }) => ({
      name,
      description: '',
      baseType: primitive.baseType,
      aspects: new Map(),
    })),
    rows: [cells.map(({ primitive }) => primitive.value)],
  };
}

/** The value of a single `result`, the rows of a table, or undefined. */
export function nativeResult(table: InfoTable | null): unknown {
  if (!table) return undefined;
  const rows = rowsFromTable(table);
  const isSingle = table.fields.length === 1 && table.fields[0]?.name === 'result' && rows.length === 1;
  return isSingle ? rows[0]?.['result'] : rows;
}
