import type { Finding } from '../rules/finding.js';
import { problemWithServiceName } from '../rules/names.js';
import type { RawDataShape, RawService } from '../schema.js';
import { pascalCase } from '../typescript-types.js';
import { describe, type DtdlObject, hasType, isObject, listAt, type Located, textAt } from './model.js';
import { type ConvertedParameters, parametersFor } from './parameters.js';
import { convertSchema } from './schemas.js';

export interface ConvertedContents {
  readonly services: RawService[];
  readonly dataShapes: RawDataShape[];
  /** What has no counterpart. */
  readonly notes: Finding[];
}

/** Where in the model a part is: in the interface itself, or in one of its components. */
interface Scope {
  readonly interfaces: readonly Located[];
  readonly definitions: ReadonlyMap<string, DtdlObject>;
  /** Empty for the interface itself. */
  readonly component: string;
  readonly depth: number;
}

const MAX_DEPTH = 8;

/** Converts the contents of an interface, of those it extends, and of its components. */
export function readContents(model: Located, interfaces: readonly Located[]): ConvertedContents {
  const made: ConvertedContents = { services: [], dataShapes: [], notes: [] };
  readInterface(model, { interfaces, definitions: new Map(), component: '', depth: 0 }, made);
  return made;
}

function readInterface(model: Located, outer: Scope, made: ConvertedContents): void {
  const definitions = new Map(outer.definitions);
  for (const { object } of listAt(model.object, 'schemas', [])) definitions.set(textAt(object, '@id'), object);
  const scope = { ...outer, definitions };
  for (const base of basesOf(model, scope, made)) readInterface(base, { ...scope, depth: scope.depth + 1 }, made);
  for (const content of listAt(model.object, 'contents', model.path)) readContent(content, scope, made);
}

/** The interfaces that one extends, named or written out. */
function basesOf({ object, path }: Located, scope: Scope, made: ConvertedContents): Located[] {
  const given = [object['extends']].flat().filter((base) => base !== undefined);
  return given.flatMap((base: unknown) => {
    const found = resolve(base, [...path, 'extends'], scope);
    if (!found)
      made.notes.push({ path: [...path, 'extends'], message: `${nameOf(base)} is not in this file: left out` });
    return found ? [found] : [];
  });
}

const nameOf = (reference: unknown): string => (typeof reference === 'string' ? reference : 'the interface');

function resolve(reference: unknown, path: Located['path'], scope: Scope): Located | undefined {
  if (scope.depth >= MAX_DEPTH) return undefined;
  if (isObject(reference)) return { object: reference, path };
  return scope.interfaces.find(({ object }) => object['@id'] === reference);
}

function readContent(content: Located, scope: Scope, made: ConvertedContents): void {
  const { object, path } = content;
  const name = textAt(object, 'name');
  const note = (message: string): void => void made.notes.push({ path, message: `${name || 'a part'}: ${message}` });
  if (hasType(object, 'Command')) readCommand(content, name, scope, made);
  else if (hasType(object, 'Property') && object['writable'] === true) readProperty(content, name, scope, made);
  else if (hasType(object, 'Component')) readComponent(content, name, scope, made);
  else if (hasType(object, 'Property')) note('a property that is not writable cannot be set by a job: left out');
  else if (hasType(object, 'Telemetry')) note('telemetry is no matter of jobs: left out');
  else if (hasType(object, 'Relationship')) note('a relationship has no counterpart: left out');
  else note('what this is, is not known: left out');
}

function readComponent({ object, path }: Located, name: string, scope: Scope, made: ConvertedContents): void {
  const found = resolve(object['schema'], [...path, 'schema'], scope);
  const isNested = scope.component !== '';
  if (!found || isNested) {
    const why = isNested
      ? 'a component inside a component is not possible'
      : `${nameOf(object['schema'])} is not in this file`;
    made.notes.push({ path, message: `${name}: ${why}: left out` });
    return;
  }
  readInterface(found, { ...scope, component: name, depth: scope.depth + 1 }, made);
}

/** Commands of a component are methods named `component*command` (IoT Plug and Play conventions). */
function readCommand({ object, path }: Located, name: string, scope: Scope, made: ConvertedContents): void {
  const request = object['request'];
  const prefix = `${pascalCase(scope.component)}${pascalCase(name)}`;
  const methodName = scope.component === '' ? name : `${scope.component}*${name}`;
  const parameters = isObject(request) ? requestParameters(request, prefix, scope) : undefined;
  if (object['response'] !== undefined) {
    made.notes.push({ path, message: `${name}: the response is not checked; it is in the results of the job` });
  }
  add({ name: prefix, kind: 'deviceMethod', methodName, description: describe(object) }, parameters, path, made);
}

/** The payload of a command is the value of its request, without its name. */
const requestParameters = (request: DtdlObject, prefix: string, scope: Scope): ConvertedParameters =>
  parametersFor(
    convertSchema(request['schema'], scope.definitions),
    {
      name: textAt(request, 'name') || 'request',
      description: describe(request),
      pointer: [],
      required: request['nullable'] !== true,
    },
    prefix,
  );

/** Of an object each field can be set alone, so none is required. Properties of a component carry its mark. */
function readProperty({ object, path }: Located, name: string, scope: Scope, made: ConvertedContents): void {
  const prefix = `Set${pascalCase(scope.component)}${pascalCase(name)}`;
  const schema = convertSchema(object['schema'], scope.definitions);
  const place = ['properties', 'desired', ...(scope.component === '' ? [] : [scope.component])];
  const required = schema.kind !== 'object';
  const parameters = parametersFor(
    schema,
    { name: required ? name : '', description: describe(object), pointer: [...place, name], required },
    prefix,
  );
  const constants = scope.component === '' ? {} : { constants: { [`/${place.join('/')}/__t`]: 'c' } };
  add({ name: prefix, kind: 'twinUpdate', description: describe(object), ...constants }, parameters, path, made);
}

function add(
  service: RawService,
  parameters: ConvertedParameters | undefined,
  path: Located['path'],
  made: ConvertedContents,
): void {
  for (const message of parameters?.notes ?? []) made.notes.push({ path, message });
  const problem = problemWithServiceName(service.name);
  const isTaken = made.services.some((other) => other.name.toLowerCase() === service.name.toLowerCase());
  if (problem !== undefined || isTaken || (service.kind === 'twinUpdate' && parameters?.parameters.length === 0)) {
    const why = problem ?? (isTaken ? 'is the name of another service already' : 'has nothing that could be set');
    made.notes.push({ path, message: `${service.name}: ${why}: left out` });
    return;
  }
  const { description, ...rest } = service;
  made.services.push({
    ...rest,
    ...(description === undefined || description === '' ? {} : { description }),
    ...(parameters ? { parameters: parameters.parameters } : {}),
  });
  made.dataShapes.push(...(parameters?.dataShapes ?? []));
}
