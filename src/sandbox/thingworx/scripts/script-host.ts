import { rowsFromTable } from '../../../alwayson/values.js';
import { messageOf } from '../../../core/errors.js';
import type { PlatformThing } from '../model/thing.js';
import type { Platform } from '../platform.js';
import { propertiesTable, propertyValue, writeProperties } from '../services/property-values.js';
import { callResourceService, callThingService } from '../services/call-service.js';
import { builtInNames } from '../services/built-in.js';
import { callEntityService, kindNamed } from '../services/entity-services.js';
import type { ServiceOutcome } from '../services/service-outcome.js';
import { fitting, pack, packFields, packTable, scalarOf, unpack, unpackRow } from './pack-values.js';
import type { HostAnswer, HostCall, PackedValue, ThingFacts } from './script-protocol.js';
import type { ScriptHost } from './script-thread.js';

/** Fields of every RemoteThing in addition to its properties. */
const REMOTE_PROPERTIES: readonly string[] = ['isConnected', 'lastConnection'];
const EMPTY: PackedValue = { is: 'undefined' };
const MAX_LOG_LENGTH = 4000;
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

function packed({ baseType, table }: ServiceOutcome, what: string): PackedValue {
  if (!table || baseType === 'NOTHING') return EMPTY;
  return baseType === 'INFOTABLE' ? packTable(table, what) : pack(baseType, scalarOf(table), what);
}

/** Handles the requests of a script to the platform. */
export class PlatformScriptHost implements ScriptHost {
  readonly #platform: Platform;
  readonly #depth: number;

  /** @param depth the number of nested script calls, including the script whose requests are handled */
  constructor(platform: Platform, depth: number) {
    this.#platform = platform;
    this.#depth = depth;
  }

  async answer(call: HostCall): Promise<HostAnswer> {
    try {
      return { json: JSON.stringify((await this.#answer(call)) ?? null) };
    } catch (error) {
      return { error: messageOf(error) };
    }
  }

  #answer(call: HostCall): unknown {
    switch (call.ask) {
      case 'thing':
        return this.#thing(call.thing);
      case 'invoke':
        return this.#invoke(call);
      case 'entity':
        return this.#entity(call);
      case 'read':
        return this.#read(call);
      case 'write':
        return this.#write(call);
      case 'dataShape':
        return this.#dataShape(call.dataShape);
      case 'log':
        return this.#log(call);
    }
  }

  async #thing(name: string): Promise<ThingFacts | null> {
    const thing = this.#platform.things.get(name);
    if (!thing) return null;
    await this.#platform.alwaysOn.learned(thing);
    const { description, template, identifier, definitions } = thing;
    return {
      name: thing.name,
      description,
      thingTemplate: template,
      identifier,
      services: [...new Set([...definitions.services.keys(), ...builtInNames(thing)])],
      properties: [...definitions.properties.keys(), ...(thing.isRemote ? REMOTE_PROPERTIES : [])],
    };
  }

  async #invoke(call: Extract<HostCall, { ask: 'invoke' }>): Promise<PackedValue> {
    const thing = this.#required(call.thing);
    const { service } = call;
    const inputs = unpackRow(call.inputs);
    const outcome = await callThingService(this.#platform, { thing, service, inputs, depth: this.#depth });
    return packed(outcome, `result of ${service}`);
  }

  async #entity({ collection, entity, service, inputs }: Extract<HostCall, { ask: 'entity' }>): Promise<PackedValue> {
    const what = `result of ${service}`;
    if (collection === 'Resources')
      return packed(await callResourceService(this.#platform, entity, service, { inputs: unpackRow(inputs) }), what);
    const kind = kindNamed(collection);
    if (!kind) throw new Error(`the sandbox does not have ${collection} in scripts`);
    return packed(callEntityService(this.#platform, { kind, name: entity, service, inputs: unpackRow(inputs) }), what);
  }

  #read({ thing, property }: Extract<HostCall, { ask: 'read' }>): PackedValue {
    const target = this.#required(thing);
    if (target.isRemote && REMOTE_PROPERTIES.includes(property)) return this.#readRemote(target, property);
    const { definition, value } = propertyValue(target, property);
    return pack(definition.baseType, value, property);
  }

  #readRemote(thing: PlatformThing, property: string): PackedValue {
    const table = propertiesTable(this.#platform, thing, property);
    return pack(table.fields[0]?.baseType ?? 'NOTHING', rowsFromTable(table)[0]?.[property], property);
  }

  async #write({ thing, property, value }: Extract<HostCall, { ask: 'write' }>): Promise<void> {
    const target = this.#required(thing);
    const { definition } = propertyValue(target, property);
    const native = fitting(definition.baseType, unpack(value));
    await writeProperties(this.#platform, target, { [property]: native ?? null });
  }

  #dataShape(name: string): unknown {
    const shape = this.#platform.things.entities.get('DataShapes', name);
    return shape ? packFields(shape.fields) : null;
  }

  #log({ level, text }: Extract<HostCall, { ask: 'log' }>): void {
    const known = LEVELS.find((candidate) => candidate === level) ?? 'info';
    this.#platform.log[known]({ script: true }, text.slice(0, MAX_LOG_LENGTH));
  }

  #required(name: string): NonNullable<ReturnType<Platform['things']['get']>> {
    const thing = this.#platform.things.get(name);
    if (!thing) throw new Error(`Thing [${name}] does not exist`);
    return thing;
  }
}
