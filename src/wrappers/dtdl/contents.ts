import { isPlainObject } from '../../core/objects.js';
import type { Finding } from '../rules/finding.js';
import { problemWithNameOfService } from '../rules/names.js';
import type { RawDataShape, RawService } from '../schema.js';
import { pascalCase } from '../typescript-types.js';
import { Definitions } from './definitions.js';
import { describe, type DtdlObject, hasType, leftOver, listAt, type Located, quoted, textAt } from './model.js';
import { type ConvertedParameters, parametersFor, type Place } from './parameters.js';
import { type Converted, convertSchema } from './schemas.js';

export interface ConvertedService {
  readonly service: RawService;
  /** The data shapes of its parameters. */
  readonly dataShapes: readonly RawDataShape[];
  /** The path of the command or property from which it was converted. */
  readonly path: Located['path'];
}

export interface ConvertedContents {
  readonly services: readonly ConvertedService[];
  /** The parts without a counterpart. */
  readonly notes: readonly Finding[];
}

/** A part of the model, for reports. */
interface Part {
  readonly path: Located['path'];
  readonly name: string;
}

/** Whether a part is in the interface itself or in one of its components. */
interface Scope {
  /** Empty for the interface itself. */
  readonly component: string;
  readonly depth: number;
}

const MAX_DEPTH = 8;

/** Converts the contents of the first interface, of those it extends, and of its components. */
export function readContents(interfaces: readonly Located[]): ConvertedContents {
  const reader = new ContentsReader(interfaces);
  const [model] = interfaces;
  if (model) reader.readInterface(model, { component: '', depth: 0 });
  reader.reportUnused();
  return reader;
}

class ContentsReader {
  readonly services: ConvertedService[] = [];
  readonly notes: Finding[] = [];
  readonly #interfaces: readonly Located[];
  readonly #definitions: Definitions;
  /** Interfaces that were read, and for which components. */
  readonly #read = new Map<DtdlObject, Set<string>>();

  constructor(interfaces: readonly Located[]) {
    this.#interfaces = interfaces;
    this.#definitions = new Definitions(interfaces);
  }

  readInterface(model: Located, scope: Scope): void {
    const components = this.#read.get(model.object) ?? new Set();
    // An interface may be extended along several paths but counts once.
    if (components.has(scope.component)) return;
    this.#read.set(model.object, components.add(scope.component));
    for (const base of this.#basesOf(model, scope)) this.readInterface(base, { ...scope, depth: scope.depth + 1 });
    const contents = model.object['contents'];
    if (Array.isArray(contents)) {
      contents.forEach((item: unknown, index) => {
        if (!isPlainObject(item))
          this.#note([...model.path, 'contents', index], `${quoted(item)} is not an object: left out`);
      });
    }
    for (const content of listAt(model.object, 'contents', model.path)) this.#readContent(content, scope);
  }

  /** Reports interfaces that the first one does not reach, and members of the others besides contents. */
  reportUnused(): void {
    this.#interfaces.forEach(({ object, path }, index) => {
      if (!this.#read.has(object)) {
        this.#note(
          path,
          `${textAt(object, '@id') || 'the interface'} is not reached from the first interface: left out`,
        );
        return;
      }
      // The members of the first interface describe the bundle.
      if (index > 0) this.#report({ path, name: textAt(object, '@id') }, leftOver(object, 'Interface', INTERFACE_KEYS));
      for (const schema of listAt(object, 'schemas', path)) {
        if (this.#definitions.isUsed(schema.object)) continue;
        this.#note(schema.path, `the schema ${textAt(schema.object, '@id')} is not used: left out`);
      }
    });
  }

  #note(path: Located['path'], message: string): void {
    this.notes.push({ path, message });
  }

  /** The interfaces that an interface extends, by name or inline. */
  #basesOf({ object, path }: Located, scope: Scope): Located[] {
    const given = [object['extends']].flat().filter((base) => base !== undefined);
    return given.flatMap((base: unknown) => this.#resolve(base, [...path, 'extends'], scope) ?? []);
  }

  /** The interface of a reference; reports a reference that cannot be resolved. */
  #resolve(reference: unknown, path: Located['path'], scope: Scope, prefix = ''): Located | undefined {
    const name = typeof reference === 'string' ? reference : 'the interface';
    const found = isPlainObject(reference)
      ? { object: reference, path }
      : this.#interfaces.find(({ object }) => object['@id'] === reference);
    if (!found) this.#note(path, `${prefix}${name} is not in this file: left out`);
    else if (scope.depth < MAX_DEPTH) return found;
    else this.#note(path, `${prefix}${name} is more than ${MAX_DEPTH} interfaces away from the first: left out`);
    return undefined;
  }

  #readContent(content: Located, scope: Scope): void {
    const { object, path } = content;
    const name = textAt(object, 'name');
    const leave = (why: string): void => this.#note(path, `${name || 'a part'}: ${why}: left out`);
    if (hasType(object, 'Command')) this.#readCommand(content, name, scope);
    else if (hasType(object, 'Property') && object['writable'] === true) this.#readProperty(content, name, scope);
    else if (hasType(object, 'Component')) this.#readComponent(content, name, scope);
    else if (hasType(object, 'Property')) leave('a property that is not writable cannot be set by a job');
    else if (hasType(object, 'Telemetry')) leave('telemetry has no counterpart');
    else if (hasType(object, 'Relationship')) leave('a relationship has no counterpart');
    else leave(`its type, ${quoted(object['@type'] ?? null)}, is not known`);
  }

  #readComponent({ object, path }: Located, name: string, scope: Scope): void {
    if (scope.component !== '') {
      this.#note(path, `${name}: a component inside a component is not possible: left out`);
      return;
    }
    const found = this.#resolve(object['schema'], path, scope, `${name}: `);
    if (!found) return;
    this.#report({ path, name }, leftOver(object, 'Component', ['name', 'schema']));
    this.readInterface(found, { component: name, depth: scope.depth + 1 });
  }

  /** Commands of a component are methods named `component*command` (IoT Plug and Play conventions). */
  #readCommand({ object, path }: Located, name: string, scope: Scope): void {
    const request = object['request'];
    const described = describe(object);
    const prefix = this.#serviceName({ path, name }, scope, { verb: '', suffix: 'Command' });
    const methodName = scope.component === '' ? name : `${scope.component}*${name}`;
    const keys = ['name', 'request', 'response', ...described.used];
    this.#report({ path, name }, [...described.losses, ...leftOver(object, 'Command', keys)]);
    const parameters = isPlainObject(request) ? this.#requestParameters(request, { path, name }, prefix) : undefined;
    if (request !== undefined && !isPlainObject(request)) {
      this.#note(path, `${name}: request ${quoted(request)} is not an object: left out`);
    }
    if (object['response'] !== undefined) {
      this.#note(path, `${name}: the response is not checked; it is in the results of the job`);
    }
    this.#add({ name: prefix, kind: 'deviceMethod', methodName, description: described.text }, parameters, path);
  }

  /** The payload of a command is the value of its request, without its name. */
  #requestParameters(request: DtdlObject, command: Part, prefix: string): ConvertedParameters {
    const schema = convertSchema(request['schema'], this.#definitions);
    const { text, used, losses } = describe(request, meaningOf(schema));
    const name = textAt(request, 'name') || 'request';
    const keys = ['schema', 'nullable', ...(schema.kind === 'object' ? [] : ['name']), ...used];
    const label = `${command.name}.${name}`;
    this.#report({ path: command.path, name: label }, [...losses, ...leftOver(request, 'CommandRequest', keys)]);
    const required = request['nullable'] !== true;
    const place = { name, label, description: text, pointer: [], required };
    return this.#parameters(schema, place, prefix);
  }

  /** Each field of an object can be set alone, so none is required. Properties of a component have its marker. */
  #readProperty({ object, path }: Located, name: string, scope: Scope): void {
    const prefix = this.#serviceName({ path, name }, scope, { verb: 'Set', suffix: 'Property' });
    const schema = convertSchema(object['schema'], this.#definitions);
    const { text, used, losses } = describe(object, meaningOf(schema));
    const keys = ['name', 'schema', 'writable', ...used];
    this.#report({ path, name }, [...losses, ...leftOver(object, 'Property', keys)]);
    const top = ['properties', 'desired', ...(scope.component === '' ? [] : [scope.component])];
    const isObjectSchema = schema.kind === 'object';
    const place: Place = {
      name: isObjectSchema ? '' : name,
      label: name,
      // The description of an object belongs to the service.
      description: isObjectSchema ? '' : text,
      pointer: [...top, name],
      required: !isObjectSchema,
    };
    const constants = scope.component === '' ? {} : { constants: { [`/${top.join('/')}/__t`]: 'c' } };
    const service: RawService = { name: prefix, kind: 'twinUpdate', description: describe(object).text, ...constants };
    this.#add(service, this.#parameters(schema, place, prefix), path);
  }

  #parameters(schema: Converted, place: Place, prefix: string): ConvertedParameters {
    const shapes = this.services.flatMap(({ dataShapes }) => dataShapes.map((shape) => shape.name.toLowerCase()));
    return parametersFor(schema, place, prefix, new Set(shapes));
  }

  /** Adds a suffix to a name that is not valid for a service; the device still uses the name of the model. */
  #serviceName(
    { path, name }: Part,
    scope: Scope,
    { verb, suffix }: { readonly verb: string; readonly suffix: string },
  ): string {
    const component = pascalCase(scope.component);
    const plain = `${verb}${component}${pascalCase(name)}`;
    const problem = problemWithNameOfService(pascalCase(name)) ?? problemWithNameOfService(plain);
    if (problem === undefined) return plain;
    this.#note(path, `${name}: ${pascalCase(name)} ${problem}: the service became ${plain}${suffix}`);
    return `${plain}${suffix}`;
  }

  #report({ path, name }: Part, sentences: readonly string[]): void {
    for (const sentence of sentences) this.#note(path, `${name}: ${sentence}`);
  }

  #add(service: RawService, parameters: ConvertedParameters | undefined, path: Located['path']): void {
    for (const message of parameters?.notes ?? []) this.#note(path, message);
    const isTaken = this.services.some((other) => other.service.name.toLowerCase() === service.name.toLowerCase());
    const hasNothing = service.kind === 'twinUpdate' && parameters?.parameters.length === 0;
    if (isTaken || hasNothing) {
      const why = isTaken ? 'is already the name of another service' : 'has nothing to set';
      this.#note(path, `${service.name}: ${why}: left out`);
      return;
    }
    const { description, ...rest } = service;
    this.services.push({
      service: {
        ...rest,
        ...(description === undefined || description === '' ? {} : { description }),
        ...(parameters ? { parameters: parameters.parameters } : {}),
      },
      dataShapes: parameters?.dataShapes ?? [],
      path,
    });
  }
}

const INTERFACE_KEYS = ['@id', '@context', 'extends', 'contents', 'schemas'];

const meaningOf = (schema: Converted): string => (schema.kind === 'value' ? (schema.meaning ?? '') : '');
