import type { Service, ServiceDefinition, ServiceHandler } from '../../edge/definitions.js';
import type { HubService } from './job-service.js';
import { AgentError } from '../../core/errors.js';

/** Precedes the short name of a service in its full name. */
export const FULL_NAME_PREFIX = 'AzureIotDeviceJob';

export interface OfferOptions extends ServiceSwitches {
  /** `services.shortNames`; default true. */
  readonly shortNames?: boolean;
}

/** Services of the hub Thing: each has a short name, under which it is defined, and a full one. */
export class ServiceList<S extends HubService> {
  /** In the order of the documentation. */
  readonly services: readonly S[];
  /** The services under their short names. */
  readonly shortDefinitions: readonly ServiceDefinition[];
  /** The same services under their full names, in the same order. */
  readonly definitions: readonly ServiceDefinition[];
  readonly #shortNames: ReadonlySet<string>;

  constructor(services: readonly S[]) {
    this.services = services;
    this.shortDefinitions = services.map(({ definition }) => definition);
    this.#shortNames = new Set(this.shortDefinitions.map(({ name }) => name));
    this.definitions = this.shortDefinitions.map((definition) => ({
      ...definition,
      name: this.fullNameOf(definition.name),
    }));
  }

  /** The full name of a service given by either name; any other name as it is. */
  fullNameOf(name: string): string {
    return this.#shortNames.has(name) ? `${FULL_NAME_PREFIX}${name}` : name;
  }

  /** Whether `name` is a full or short name of one of the services. */
  has(name: string): boolean {
    return this.definitions.some((definition) => definition.name === this.fullNameOf(name));
  }

  /** Whether the operator has enabled a service; in the lists, either of its names means both. */
  isOn(name: string, { allow, deny }: ServiceSwitches): boolean {
    const has = (list: readonly string[]): boolean =>
      list.some((listed) => this.fullNameOf(listed) === this.fullNameOf(name));
    if (deny && has(deny)) return false;
    return allow === undefined || has(allow);
  }

  /**
   * Creates the services of one Thing, under full and, unless disabled, short names. Disabled ones refuse every call.
   * @param handlerOf returns the handler of a service.
   */
  offer(handlerOf: (service: S) => ServiceHandler, options: OfferOptions = {}): Service[] {
    return this.services.flatMap((service) => {
      const { definition } = service;
      const names = [this.fullNameOf(definition.name), ...(options.shortNames === false ? [] : [definition.name])];
      return names.map((name): Service => {
        const offered = { definition: { ...definition, name }, handler: handlerOf(service) };
        return this.isOn(name, options) ? offered : switchOff(offered, 'services.allow or services.deny');
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
