import type { Store } from '../../../store/store.js';
import { type Endpoint, endpointKey, endpointOf, type EndpointRecord } from '../model/endpoint.js';
import type { EndpointId } from '../ports.js';
import type { Journal } from './journal.js';
import { OrderedItems } from './ordered-items.js';

const DEVICE_PREFIX = 'device/';
const MODULE_PREFIX = 'module/';

/** All devices and modules, by id and in the order of their registration. */
export class Endpoints {
  readonly #journal: Journal;
  readonly #byKey = new Map<string, Endpoint>();
  readonly #modulesByDevice = new Map<string, Map<string, Endpoint>>();
  readonly devices = new OrderedItems<Endpoint>(sequenceOf);
  readonly modules = new OrderedItems<Endpoint>(sequenceOf);
  #nextSequence = 1;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Loads the endpoints that an earlier process stored. */
  async load(store: Store): Promise<void> {
    const records: EndpointRecord[] = [];
    for (const prefix of [DEVICE_PREFIX, MODULE_PREFIX]) {
      for await (const [, value] of store.entries({ prefix })) records.push(value as EndpointRecord);
    }
    records.sort((a, b) => a.sequence - b.sequence);
    for (const record of records) this.#place(endpointOf(record));
    this.#nextSequence = (records.at(-1)?.sequence ?? 0) + 1;
  }

  find(id: EndpointId): Endpoint | undefined {
    return this.#byKey.get(endpointKey(id));
  }

  modulesOf(deviceId: string): Endpoint[] {
    return [...(this.#modulesByDevice.get(deviceId)?.values() ?? [])];
  }

  /** Registers an endpoint at the end of the order. */
  add(record: Omit<EndpointRecord, 'sequence'>): Endpoint {
    const endpoint = endpointOf({ ...record, sequence: this.#nextSequence++ });
    this.#place(endpoint);
    this.#journal.record(storeKey(endpoint.record), endpoint.record);
    return endpoint;
  }

  /** Changes members of an endpoint's record. */
  update(endpoint: Endpoint, changes: Partial<EndpointRecord>): void {
    endpoint.record = { ...endpoint.record, ...changes, lastActivityMs: endpoint.lastActivityMs };
    if (!endpoint.isDeleted) this.#journal.record(storeKey(endpoint.record), endpoint.record);
  }

  /** Removes an endpoint, a device together with its modules. Returns everything that was removed. */
  remove(endpoint: Endpoint): Endpoint[] {
    const { deviceId, moduleId } = endpoint.record;
    const removed = moduleId === undefined ? [endpoint, ...this.modulesOf(deviceId)] : [endpoint];
    for (const each of removed) this.#displace(each);
    return removed;
  }

  #place(endpoint: Endpoint): void {
    const { deviceId, moduleId } = endpoint.record;
    this.#byKey.set(endpointKey(endpoint.record), endpoint);
    if (moduleId === undefined) {
      this.devices.add(endpoint);
      return;
    }
    this.modules.add(endpoint);
    const siblings = this.#modulesByDevice.get(deviceId) ?? new Map<string, Endpoint>();
    this.#modulesByDevice.set(deviceId, siblings.set(moduleId, endpoint));
  }

  #displace(endpoint: Endpoint): void {
    const { deviceId, moduleId } = endpoint.record;
    endpoint.isDeleted = true;
    this.#byKey.delete(endpointKey(endpoint.record));
    if (moduleId === undefined) {
      this.devices.remove(endpoint);
      this.#modulesByDevice.delete(deviceId);
    } else {
      this.modules.remove(endpoint);
      this.#modulesByDevice.get(deviceId)?.delete(moduleId);
    }
    this.#journal.record(storeKey(endpoint.record), undefined);
  }
}

const sequenceOf = (endpoint: Endpoint): number => endpoint.record.sequence;

const storeKey = (record: EndpointRecord): string =>
  `${record.moduleId === undefined ? DEVICE_PREFIX : MODULE_PREFIX}${endpointKey(record)}`;
