/**
 * The globals of a script: `me`, `Things`, `DataShapes`, `Resources`, `logger`, functions and the script's parameters.
 * Runs inside the realm of the script (see realm.ts).
 */
import type { HostAnswer, HostCall, PackedField, PackedRow, PackedValue, ThingFacts } from '../script-protocol.js';
import type { Members } from './realm-types.js';

import type * as dates from './dates.js';
import type * as infoTables from './info-table-functions.js';
import type * as others from './other-functions.js';
import type * as tables from './table.js';
import type * as values from './values.js';

declare const dateFunctions: typeof dates.dateFunctions;
declare const infoTableFunctions: typeof infoTables.infoTableFunctions;
declare const inputsOf: typeof values.inputsOf;
declare const makeTable: typeof tables.makeTable;
declare const otherFunctions: typeof others.otherFunctions;
declare const packValue: typeof values.packValue;
declare const unpackValue: typeof values.unpackValue;

export type Host = (call: string) => string;

function ask(host: Host, call: HostCall): unknown {
  const answer = JSON.parse(host(JSON.stringify(call))) as HostAnswer;
  if ('error' in answer) throw new Error(answer.error);
  return JSON.parse(answer.json) as unknown;
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

/** Returns an object with members by name, each created on first use; undefined for a name that does not exist. */
function byName(find: (name: string) => object | undefined): object {
  const known: Record<string, object | undefined> = Object.create(null) as Record<string, object | undefined>;
  return new Proxy({}, { get: (_target, key) => (typeof key === 'symbol' ? undefined : (known[key] ??= find(key))) });
}

function thingsObject(host: Host): object {
  return byName((thing) => {
    const facts = ask(host, { ask: 'thing', thing }) as ThingFacts | null;
    return facts ? thingObject(host, facts) : undefined;
  });
}

function dataShapesObject(host: Host): object {
  return byName((dataShape) => {
    const fields = ask(host, { ask: 'dataShape', dataShape }) as PackedField[] | null;
    if (!fields) return undefined;
    return {
      name: dataShape,
      CreateValues: () => makeTable(fields, []),
      CreateValuesWithData: ({ values }: { values: Members }) => makeTable(fields, [values]),
    };
  });
}

/** Returns the entities of a collection, each with the services that the platform has for it. */
function collectionObject(host: Host, collection: string): object {
  return byName((entity) =>
    byName(
      (service) => (inputs?: unknown) =>
        unpackValue(ask(host, { ask: 'entity', collection, entity, service, inputs: inputsOf(inputs) }) as PackedValue),
    ),
  );
}

function resourcesObject(host: Host): object {
  const others = collectionObject(host, 'Resources') as Members;
  const infoTables = infoTableFunctions((dataShape) => {
    const fields = ask(host, { ask: 'dataShape', dataShape }) as PackedField[] | null;
    if (!fields) throw new Error(`DataShape [${dataShape}] does not exist`);
    return fields;
  });
  return byName((name) => (name === 'InfoTableFunctions' ? infoTables : (others[name] as object)));
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

/** Collections of ThingWorx that the sandbox does not have. Using one throws an error that says so. */
function missingCollections(): Members {
  const made: Members = {};
  const names =
    'Subsystems Users Groups Mashups Networks Projects Organizations ApplicationKeys ModelTags DataTags Menus ' +
    'MediaEntities StyleDefinitions StateDefinitions PersistenceProviders LocalizationTables Authenticators';
  names.split(' ').forEach((name) => {
    made[name] = byName(() => {
      throw new Error(`the sandbox does not have ${name} in scripts`);
    });
  });
  return made;
}

/** The memory limit of a thread does not count binary buffers, and scripts, being ECMAScript 5, do not have them. */
function removeBuffers(): void {
  const names =
    'ArrayBuffer SharedArrayBuffer Atomics DataView WebAssembly Int8Array Uint8Array Uint8ClampedArray Int16Array ' +
    'Uint16Array Int32Array Uint32Array Float16Array Float32Array Float64Array BigInt64Array BigUint64Array';
  for (const name of names.split(' ')) Reflect.deleteProperty(globalThis, name);
}

/** Sets up the globals; returns the function that packs the result. */
function furnish(host: Host, thing: string, parameters: string): (result: unknown) => string {
  removeBuffers();
  const things = thingsObject(host) as Members;
  const globals: Members = {
    ...missingCollections(),
    ...otherFunctions(),
    ...dateFunctions(),
    Things: things,
    ThingTemplates: collectionObject(host, 'ThingTemplates'),
    ThingShapes: collectionObject(host, 'ThingShapes'),
    DataShapes: dataShapesObject(host),
    me: things[thing],
    Resources: resourcesObject(host),
    logger: loggerObject(host),
  };
  // Defining each global on the global object of a context would take ten times as long as everything else here.
  Object.setPrototypeOf(globalThis, globals);
  const packed = JSON.parse(parameters) as PackedRow;
  for (const name of Object.keys(packed)) {
    const value = unpackValue(packed[name] as PackedValue);
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
  return (result) => JSON.stringify(packValue(result, 0));
}

export const GLOBAL_FUNCTIONS = [
  ask,
  thingObject,
  byName,
  thingsObject,
  dataShapesObject,
  collectionObject,
  resourcesObject,
  loggerObject,
  missingCollections,
  removeBuffers,
  furnish,
];
export type Furnish = typeof furnish;
