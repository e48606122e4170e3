/**
 * What a script finds around it: `me`, `Things`, `Resources`, `logger`, its parameters. These functions run inside the
 * script's own realm, from their source text, so that a script never holds an object of another one. They use nothing
 * but each other and the globals of ECMAScript.
 */
import type { HostAnswer, HostCall, PackedField, PackedRow, PackedValue, ThingFacts } from './script-protocol.js';

type Host = (call: string) => string;
type Members = Record<string, unknown>;

interface RealmTable {
  readonly rows: Members[];
  readonly dataShape: { readonly fieldDefinitions: Record<string, PackedField> };
}

function ask(host: Host, call: HostCall): unknown {
  const answer = JSON.parse(host(JSON.stringify(call))) as HostAnswer;
  if ('error' in answer) throw new Error(answer.error);
  return JSON.parse(answer.json) as unknown;
}

function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]';
}

function isTable(value: unknown): value is RealmTable {
  return typeof (value as Members)['AddRow'] === 'function' && Array.isArray((value as Members)['rows']);
}

function packMembers(members: Members, names: readonly string[], depth: number): PackedRow {
  const packed: Record<string, PackedValue> = {};
  for (const name of names)
    Object.defineProperty(packed, name, { value: packValue(members[name], depth + 1), enumerable: true });
  return packed;
}

function packValue(value: unknown, depth: number): PackedValue {
  if (depth > 60) throw new Error('a value is nested too deeply');
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return { is: 'plain', value };
  if (typeof value === 'number')
    return Number.isFinite(value) ? { is: 'plain', value } : { is: 'number', text: String(value) };
  if (typeof value !== 'object') return { is: 'undefined' };
  if (isDate(value)) return { is: 'date', ms: value.getTime() };
  if (Array.isArray(value)) return { is: 'list', items: value.map((item) => packValue(item, depth + 1)) };
  if (!isTable(value)) return { is: 'object', members: packMembers(value as Members, Object.keys(value), depth) };
  const names = Object.keys(value.dataShape.fieldDefinitions);
  const fields = names.map((name) => value.dataShape.fieldDefinitions[name] as PackedField);
  return { is: 'table', fields, rows: value.rows.map((row) => packMembers(row, names, depth)) };
}

/** As the platform hands values to scripts: a list inside a JSON value comes as an object that holds it. */
function unpackValue(packed: PackedValue): unknown {
  switch (packed.is) {
    case 'undefined':
      return undefined;
    case 'plain':
      return packed.value;
    case 'number':
      return Number(packed.text);
    case 'date':
      return new Date(packed.ms);
    case 'json': {
      const value = JSON.parse(packed.text) as unknown;
      return Array.isArray(value) ? { array: value } : value;
    }
    case 'bytes':
      return signedBytes(packed.text);
    case 'list':
      return packed.items.map(unpackValue);
    case 'object':
      return unpackMembers(packed.members);
    case 'table':
      return makeTable(packed.fields, packed.rows.map(unpackMembers));
  }
}

function unpackMembers(members: PackedRow): Members {
  const made: Members = {};
  for (const name of Object.keys(members)) {
    const value = unpackValue(members[name] as PackedValue);
    Object.defineProperty(made, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return made;
}

/** Bytes as Java has them. */
function signedBytes(base64: string): number[] {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const digit of base64.replace(/=+$/, '')) {
    bits = ((bits << 6) | digits.indexOf(digit)) & 0xfff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push(((bits >> count) << 24) >> 24);
  }
  return bytes;
}

function hide(target: object, members: Members): void {
  for (const name of Object.keys(members))
    Object.defineProperty(target, name, { value: members[name], enumerable: false, writable: true });
}

function makeTable(fields: readonly PackedField[], rows: Members[]): object {
  const fieldDefinitions: Record<string, PackedField> = {};
  for (const field of fields) fieldDefinitions[field.name] = field;
  const table = { dataShape: { fields: fieldDefinitions, fieldDefinitions }, rows };
  const toJson = (): object => ({ dataShape: { fieldDefinitions }, rows: rows.map((row) => ({ ...row })) });
  hide(rows, { toArray: () => rows.slice() });
  hide(table, {
    getRowCount: () => rows.length,
    getRow: (index: number) => rows[index],
    AddRow: (row: Members) => void rows.push({ ...row }),
    RemoveRow: (index: number) => void rows.splice(index, 1),
    RemoveAllRows: () => void rows.splice(0),
    AddField: (field: PackedField) => {
      fieldDefinitions[field.name] = { name: field.name, baseType: field.baseType, description: field.description };
    },
    RemoveField: (name: string) => void Reflect.deleteProperty(fieldDefinitions, name),
    ToJSON: toJson,
    toJSON: toJson,
  });
  Object.defineProperty(table, 'length', { get: () => rows.length });
  return table;
}

function inputsOf(inputs: unknown): PackedRow {
  if (inputs === undefined || inputs === null) return {};
  if (typeof inputs !== 'object') throw new Error('Invalid parameter type');
  return packMembers(inputs as Members, Object.keys(inputs), 0);
}

function thingObject(host: Host, facts: ThingFacts): object {
  const { name: thing, services, properties } = facts;
  const target: Members = {};
  for (const fact of ['name', 'description', 'thingTemplate', 'identifier'] as const) target[fact] = facts[fact];
  return new Proxy(target, {
    get(_target, key) {
      const name = String(key);
      if (services.indexOf(name) >= 0)
        return (inputs?: unknown) =>
          unpackValue(ask(host, { ask: 'invoke', thing, service: name, inputs: inputsOf(inputs) }) as PackedValue);
      if (properties.indexOf(name) < 0) return target[name];
      return unpackValue(ask(host, { ask: 'read', thing, property: name }) as PackedValue);
    },
    set(_target, key, value: unknown) {
      const property = String(key);
      if (properties.indexOf(property) < 0) throw new Error(`${thing} has no property ${property}`);
      ask(host, { ask: 'write', thing, property, value: packValue(value, 0) });
      return true;
    },
    has: (_target, key) => services.indexOf(String(key)) >= 0 || properties.indexOf(String(key)) >= 0 || key in target,
  });
}

/** One object a Thing, made when it is first asked for. */
function thingsObject(host: Host): object {
  const known: Record<string, object | undefined> = Object.create(null) as Record<string, object | undefined>;
  return new Proxy(
    {},
    {
      get(_target, key) {
        const name = String(key);
        if (typeof key === 'symbol') return undefined;
        if (known[name]) return known[name];
        const facts = ask(host, { ask: 'thing', thing: name }) as ThingFacts | null;
        if (facts) known[name] = thingObject(host, facts);
        return known[name];
      },
    },
  );
}

function infoTableFunctions(host: Host): object {
  return {
    CreateInfoTable: () => makeTable([], []),
    CreateInfoTableFromDataShape: (inputs: { dataShapeName: unknown }) =>
      makeTable(ask(host, { ask: 'dataShape', dataShape: String(inputs.dataShapeName) }) as PackedField[], []),
    Clone: (inputs: { t1: unknown }) => unpackValue(packValue(inputs.t1, 0)),
  };
}

function resourcesObject(host: Host): object {
  const infoTables = infoTableFunctions(host);
  return new Proxy(
    {},
    {
      get(_target, key) {
        const resource = String(key);
        if (resource === 'InfoTableFunctions') return infoTables;
        const call = (service: string, inputs: unknown): unknown =>
          unpackValue(ask(host, { ask: 'resource', resource, service, inputs: inputsOf(inputs) }) as PackedValue);
        return new Proxy({}, { get: (_inner, service) => (inputs?: unknown) => call(String(service), inputs) });
      },
    },
  );
}

function loggerObject(host: Host): object {
  const logger: Members = {};
  for (const level of ['trace', 'debug', 'info', 'warn', 'error'])
    logger[level] = (message: unknown, ...values: unknown[]) => {
      let next = 0;
      const text = String(message).replace(/\{\}/g, (braces) =>
        next < values.length ? String(values[next++]) : braces,
      );
      host(JSON.stringify({ ask: 'log', level, text: text.slice(0, 4000) } satisfies HostCall));
    };
  return logger;
}

/** Sets the globals up; gives the function that packs the result. */
function furnish(host: Host, thing: string, parameters: string): (result: unknown) => string {
  const things = thingsObject(host) as Members;
  const globals: Members = {
    Things: things,
    me: things[thing],
    Resources: resourcesObject(host),
    logger: loggerObject(host),
  };
  const packed = JSON.parse(parameters) as PackedRow;
  for (const name of Object.keys(packed)) globals[name] = unpackValue(packed[name] as PackedValue);
  for (const name of Object.keys(globals))
    Object.defineProperty(globalThis, name, { value: globals[name], writable: true, configurable: true });
  return (result) => JSON.stringify(packValue(result, 0));
}

/** An expression that gives `furnish`. */
export const REALM_SOURCE = `(function () { "use strict"; ${[
  ask,
  isDate,
  isTable,
  packMembers,
  packValue,
  unpackValue,
  unpackMembers,
  signedBytes,
  hide,
  makeTable,
  inputsOf,
  thingObject,
  thingsObject,
  infoTableFunctions,
  resourcesObject,
  loggerObject,
  furnish,
]
  .map(String)
  .join('\n')}\nreturn furnish; }())`;

export type Furnish = typeof furnish;
