import { nearMiss } from '../../documents/near-miss.js';
import type { DocumentPath, Problem } from '../../documents/problem.js';
import { isAddressFault, parseThingWorxAddress } from '../../thingworx-rest/address.js';
import { connectionStringFault, sasTokenFault } from './credentials.js';
import { variableFor } from './key-lookup.js';
import { type LayeredValue, valueAt } from './layers.js';

/**
 * The rules between keys. They look at the value as it was written, so that they are told together with the errors of
 * single keys: what has a wrong type is passed over here.
 */
export function checkRelations(layered: LayeredValue): Problem[] {
  const rules = new Rules(layered);
  checkThingWorx(rules);
  const hubs = rules.map(['iothubs']);
  if (Object.keys(hubs).length === 0 && !isOfOtherType(layered, ['iothubs'])) {
    rules.fail(['iothubs'], 'is required', 'name at least one IoT Hub');
  }
  for (const hub of Object.keys(hubs)) checkHub(rules, ['iothubs', hub]);
  checkThings(rules, Object.keys(hubs));
  return rules.problems;
}

const isOfOtherType = (layered: LayeredValue, path: DocumentPath): boolean => {
  const value = valueAt(layered.value, path);
  return value !== undefined && (typeof value !== 'object' || Array.isArray(value));
};

class Rules {
  readonly problems: Problem[] = [];
  readonly #layered: LayeredValue;

  constructor(layered: LayeredValue) {
    this.#layered = layered;
  }

  text(path: DocumentPath): string | undefined {
    const value = valueAt(this.#layered.value, path);
    return typeof value === 'string' ? value : undefined;
  }

  has(path: DocumentPath): boolean {
    return valueAt(this.#layered.value, path) !== undefined;
  }

  flag(path: DocumentPath): boolean {
    return valueAt(this.#layered.value, path) === true;
  }

  map(path: DocumentPath): Readonly<Record<string, unknown>> {
    const value = valueAt(this.#layered.value, path);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : {};
  }

  list(path: DocumentPath): readonly unknown[] {
    const value = valueAt(this.#layered.value, path);
    return Array.isArray(value) ? (value as unknown[]) : [];
  }

  fail(path: DocumentPath, message: string, hint?: string): void {
    const problem = { origin: this.#layered.locate(path), path, message };
    this.problems.push(hint === undefined ? problem : { ...problem, hint });
  }

  /** Both a secret and its file: which one is meant is not for the agent to guess. */
  twin(path: DocumentPath): void {
    const file = [...path.slice(0, -1), `${path.at(-1)}File`];
    if (!this.has(path) || !this.has(file)) return;
    const { source, line } = this.#layered.locate(path);
    const other = line === undefined ? source : `${source}:${line}`;
    this.fail(file, `both ${path.at(-1)} and ${file.at(-1)} are given`, `take out one; the other is at ${other}`);
  }
}

function checkThingWorx(rules: Rules): void {
  const url = rules.text(['thingworx', 'url']);
  const address = url === undefined || url === '' ? undefined : parseThingWorxAddress(url);
  if (address && isAddressFault(address)) rules.fail(['thingworx', 'url'], address.message, address.hint);
  else if (address && !address.isSecure && !rules.flag(['thingworx', 'allowInsecure'])) {
    const hint = 'use wss or https, or set thingworx.allowInsecure: true for a test system';
    rules.fail(['thingworx', 'url'], 'sends the application key in the clear', hint);
  }
  const key = ['thingworx', 'appKey'];
  rules.twin(key);
  if (!rules.has(key) && !rules.has(['thingworx', 'appKeyFile'])) {
    rules.fail(key, 'is required', `or thingworx.appKeyFile, or the variable ${variableFor(key)}`);
  }
  const certificate = ['thingworx', 'clientCertificateFile'];
  const privateKey = ['thingworx', 'clientKeyFile'];
  if (rules.has(certificate) && !rules.has(privateKey))
    rules.fail(privateKey, 'is required with clientCertificateFile');
  if (rules.has(privateKey) && !rules.has(certificate)) rules.fail(certificate, 'is required with clientKeyFile');
}

const HUB_HINT = 'give connectionString or connectionStringFile, sasToken or sasTokenFile, or hostName with credential';

function checkHub(rules: Rules, hub: DocumentPath): void {
  rules.twin([...hub, 'connectionString']);
  rules.twin([...hub, 'sasToken']);
  const hasAny = (...keys: readonly string[]): boolean => keys.some((key) => rules.has([...hub, key]));
  const ways = [
    hasAny('connectionString', 'connectionStringFile') && 'a connection string',
    hasAny('sasToken', 'sasTokenFile') && 'a SAS token',
    hasAny('hostName', 'credential') && 'hostName and credential',
  ].filter((way) => way !== false);
  if (ways.length === 0) rules.fail(hub, 'has no credentials', HUB_HINT);
  if (ways.length > 1) rules.fail(hub, `has ${ways.join(' and ')}`, 'only one of them can be used');
  if (hasAny('hostName') && !hasAny('credential') && ways.length === 1) {
    rules.fail([...hub, 'credential'], 'is required with hostName', 'default or managedIdentity');
  }
  if (hasAny('credential') && !hasAny('hostName')) rules.fail([...hub, 'hostName'], 'is required with credential');
  checkText(rules, [...hub, 'connectionString'], connectionStringFault);
  checkText(rules, [...hub, 'sasToken'], sasTokenFault);
}

function checkText(rules: Rules, path: DocumentPath, faultOf: (text: string) => string | undefined): void {
  const text = rules.text(path);
  const fault = text ? faultOf(text) : undefined;
  if (fault !== undefined) rules.fail(path, fault);
}

function checkThings(rules: Rules, hubs: readonly string[]): void {
  const seen = new Set<string>();
  for (const index of rules.list(['things']).keys()) {
    const path = ['things', index];
    const name = rules.text([...path, 'name']);
    if (name !== undefined && seen.has(name)) rules.fail([...path, 'name'], 'another Thing has this name');
    if (name !== undefined) seen.add(name);
    const hub = rules.text([...path, 'iothub']);
    if (hub === undefined && hubs.length > 1) {
      rules.fail([...path, 'iothub'], 'is required', `there are several hubs: ${hubs.join(', ')}`);
    }
    if (hub !== undefined && hubs.length > 0 && !hubs.includes(hub)) {
      const meant = nearMiss(hub, hubs);
      rules.fail([...path, 'iothub'], 'names no hub', meant ? `did you mean "${meant}"?` : `known: ${hubs.join(', ')}`);
    }
  }
  if (!rules.has(['things']) && hubs.length > 1) {
    rules.fail(['things'], 'is required', 'with several hubs, say which Thing stands for which');
  }
}
