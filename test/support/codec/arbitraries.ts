import * as fc from 'fast-check';
import { BASE_TYPES, type BaseType } from '../../../src/alwayson/codec/base-types.js';
import type { MessageHeader, WholeBody } from '../../../src/alwayson/codec/message.js';
import {
  type Cell,
  type FieldDefinition,
  type InfoTable,
  TypedCell,
  Primitive,
  type Value,
} from '../../../src/alwayson/codec/values-model.js';

const names = fc.string({ unit: 'grapheme', maxLength: 150 });
const baseTypes = fc.constantFrom(...(Object.keys(BASE_TYPES) as BaseType[]));

const longs = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => {
  const near = Number(value);
  return Number.isSafeInteger(near) ? near : value;
});

/** Any value of a base type; tables and variants down to `depth`. */
export function valueOf(baseType: BaseType, depth: number): fc.Arbitrary<Value> {
  switch (BASE_TYPES[baseType].payload) {
    case 'nothing':
      return fc.constant(null);
    case 'string':
      return fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 20 }));
    case 'number':
      return fc.double();
    case 'boolean':
      return fc.boolean();
    case 'datetime':
      return fc.maxSafeInteger();
    case 'integer':
      return fc.integer();
    case 'long':
      return longs;
    case 'bytes':
      return fc.uint8Array({ maxLength: 40 });
    case 'location':
      return fc.record(
        { longitude: fc.double(), latitude: fc.double(), elevation: fc.double() },
        { noNullPrototype: true },
      );
    case 'vec2':
      return fc.record({ x: fc.double(), y: fc.double() }, { noNullPrototype: true });
    case 'vec3':
      return fc.record({ x: fc.double(), y: fc.double(), z: fc.double() }, { noNullPrototype: true });
    case 'vec4':
      return fc.record({ x: fc.double(), y: fc.double(), z: fc.double(), w: fc.double() }, { noNullPrototype: true });
    case 'thingcode':
      return fc.record({ domainId: fc.integer(), instanceId: longs }, { noNullPrototype: true });
    case 'timespan':
      return fc.record(
        { start: fc.maxSafeInteger(), end: fc.maxSafeInteger(), period: fc.string({ maxLength: 20 }) },
        { noNullPrototype: true },
      );
    case 'infotable':
      return depth === 0 ? fc.constant({ fields: [], rows: [] }) : tables(depth - 1);
    case 'variant':
      return depth === 0 ? fc.constant(new Primitive('NOTHING', null)) : primitives(depth - 1);
  }
}

const primitives = (depth: number): fc.Arbitrary<Primitive> =>
  baseTypes.chain((baseType) => valueOf(baseType, depth).map((value) => new Primitive(baseType, value)));

const fieldsOf = (depth: number): fc.Arbitrary<FieldDefinition> =>
  fc.record(
    {
      name: names,
      description: names,
      baseType: baseTypes,
      aspects: fc.array(fc.tuple(names, primitives(depth)), { maxLength: 3 }).map((entries) => new Map(entries)),
    },
    { noNullPrototype: true },
  );

function cellOf(baseType: BaseType, depth: number): fc.Arbitrary<Cell> {
  const odd = primitives(depth).map((one): Cell =>
    one.baseType === baseType || one.baseType === 'NOTHING' ? one.value : new TypedCell(one.baseType, one.value),
  );
  return fc.oneof(
    { arbitrary: valueOf(baseType, depth), weight: 6 },
    { arbitrary: fc.constant(null), weight: 2 },
    { arbitrary: odd, weight: 1 },
  );
}

export const tables = (depth = 2): fc.Arbitrary<InfoTable> =>
  fc
    .array(fieldsOf(Math.min(depth, 1)), { maxLength: 4 })
    .chain((fields) =>
      fc
        .array(fc.tuple(...fields.map(({ baseType }) => cellOf(baseType, depth))), { maxLength: 4 })
        .map((rows): InfoTable => ({ fields, rows })),
    );

const ids = fc.integer({ min: 0, max: 0xffff_ffff });

export const headers = (code: fc.Arbitrary<number>): fc.Arbitrary<MessageHeader> =>
  fc.record({ code, requestId: ids, endpointId: ids, sessionId: ids }, { noNullPrototype: true });

const content = fc.option(tables(), { nil: null });

/** A header with a body that goes with it, one of each kind. */
export const messages: fc.Arbitrary<readonly [MessageHeader, WholeBody]> = fc.oneof(
  fc.tuple(
    headers(fc.integer({ min: 1, max: 4 })),
    fc.record(
      {
        kind: fc.constant('request' as const),
        entityType: fc.nat(255),
        entityName: names,
        characteristic: fc.nat(255),
        name: names,
        params: content,
      },
      { noNullPrototype: true },
    ),
  ),
  fc.tuple(
    headers(fc.integer({ min: 0x40, max: 0xff })),
    fc.record(
      { kind: fc.constant('response' as const), reason: fc.option(names, { nil: null }), content },
      { noNullPrototype: true },
    ),
  ),
  fc.tuple(
    headers(fc.constant(0x14)),
    fc.record(
      { kind: fc.constant('auth' as const), claims: fc.array(fc.tuple(names, names)).map((claims) => new Map(claims)) },
      { noNullPrototype: true },
    ),
  ),
  fc.boolean().chain((unbind) =>
    fc.tuple(
      headers(fc.constant(unbind ? 0x0b : 0x0a)),
      fc.record(
        {
          kind: fc.constant('bind' as const),
          unbind: fc.constant(unbind),
          gateway: fc.option(fc.record({ name: names, type: names }, { noNullPrototype: true }), { nil: null }),
          names: fc.array(names),
        },
        { noNullPrototype: true },
      ),
    ),
  ),
  fc.tuple(headers(fc.constant(0x1f)), fc.constant({ kind: 'keepAlive' as const })),
);
