import type { Service, ServiceDefinition, ServiceHandler } from '../../edge/definitions.js';
import type { HubService } from './job-service.js';
import { AgentError } from '../../core/errors.js';

/** Precedes the short name of a service in its full name, unless it has one of its own. */
export const FULL_NAME_PREFIX = 'AzureIotDeviceJob';

export interface OfferOptions extends ServiceSwitches {
  /** `services.shortNames`; default true. */
  readonly shortNames?: boolean;
}

/**
 * Services of the hub Thing: each has a short name, under which it is defined, and a full one. An alias has only one name,
 * which is never left out, and stands for another service wherever services are enabled or disabled.
 */
export class ServiceList<S extends HubService> {
  /** In the order of the documentation. */
  readonly services: readonly S[];
  /** The services under their short names. */
  readonly shortDefinitions: readonly ServiceDefinition[];
  /** The same services under their full names, in the same order. */
  readonly definitions: readonly ServiceDefinition[];
  /** The full names by short name. */
  readonly #fullNames: ReadonlyMap<string, string>;
  /** The short names of the services that aliases stand for. */
  readonly #aliases: ReadonlyMap<string, string>;

  constructor(services: readonly S[]) {
    this.services = services;
    this.shortDefinitions = services.map(({ definition }) => definition);
    this.#fullNames = new Map(
      services.map(({ definition: { name }, fullName }) => [name, fullName ?? `${FULL_NAME_PREFIX}${name}`]),
    );
    this.#aliases = new Map(
      services.flatMap(({ definition: { name }, aliasOf }) => (aliasOf === undefined ? [] : [[name, aliasOf]])),
    );
    this.definitions = this.shortDefinitions.map((definition) => ({
      ...definition,
      name: this.fullNameOf(definition.name),
    }));
  }

  /** The services under each of their names: first the full names, then the short ones. */
  get allDefinitions(): readonly ServiceDefinition[] {
    return [...this.definitions, ...this.shortDefinitions.filter(({ name }) => !this.#aliases.has(name))];
  }

  /** The full name of a service given by either name; any other name as it is. */
  fullNameOf(name: string): string {
    return this.#fullNames.get(name) ?? name;
  }

  /** Whether `name` is a full or short name of one of the services. */
  has(name: string): boolean {
    return this.definitions.some((definition) => definition.name === this.fullNameOf(name));
  }

  /** Whether `name` is an alias, or the full name of a service that is among `offered` under its short name too. */
  isOtherName(name: string, offered: ReadonlySet<string>): boolean {
    if (this.#aliases.has(name)) return true;
    return [...this.#fullNames].some(([short, full]) => full === name && short !== name && offered.has(short));
  }

  /** Whether the operator has enabled a service; in the lists, any of its names and aliases means all of them. */
  isOn(name: string, { allow, deny }: ServiceSwitches): boolean {
    const meant = (either: string): string => this.fullNameOf(this.#aliases.get(either) ?? either);
    const has = (list: readonly string[]): boolean => list.some((listed) => meant(listed) === meant(name));
    if (deny && has(deny)) return false;
    return allow === undefined || has(allow);
  }

  /**
   * Creates the services of one Thing, under full and, unless disabled, short names. Disabled ones refuse every call.
   * @param handlerOf returns the handler of a service.
   * @param missingKey returns the configuration key that would enable a service, if that is not set.
   */
  offer(
    handlerOf: (service: S) => ServiceHandler,
    options: OfferOptions = {},
    missingKey: (service: S) => string | undefined = () => undefined,
  ): Service[] {
    return this.services.flatMap((service) => {
      const { definition } = service;
      const names = new Set([
        this.fullNameOf(definition.name),
        ...(options.shortNames === false ? [] : [definition.name]),
      ]);
      return [...names].map((name): Service => {
        const offered = { definition: { ...definition, name }, handler: handlerOf(service) };
        const keys = this.isOn(name, options) ? missingKey(service) : 'services.allow or services.deny';
        return keys === undefined ? offered : switchOff(offered, keys);
      });
    });
  }
}

/** Which services may be called, by full or short name. */
export interface ServiceSwitches {
  /** Absent: all. */
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
}

/**
 * A service that stays in the metadata but refuses every call, whatever its parameters.
 * @param keys the configuration keys that disable it.
 */
export function switchOff(service: Service, keys: string): Service {
  const { name } = service.definition;
  const sentence = `The service ${name} is switched off in this agent; ask its operator to change ${keys}.`;
  return { ...service, refuse: () => new AgentError('Forbidden', sentence) };
}
