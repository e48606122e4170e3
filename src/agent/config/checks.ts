import { type DocumentPath, type Problem, formatPath } from '../../documents/problem.js';
import { addressFault, hostNameFault, isAddressFault, parseThingWorxAddress } from '../../core/addresses.js';
import { readConnectionString, readSasToken } from '../../iothub/connection-string.js';
import { variableFor } from './key-lookup.js';
import { checkDatabase } from './database-checks.js';
import { appKeyFault } from './files.js';
import { type LayeredValue, valueAt } from './layers.js';
import { proxyFault } from './proxy.js';
import { Rules } from './rules.js';
import { nearMiss } from '../../documents/near-miss.js';
import { HUB_SERVICES } from '../../catalogue/hub-services.js';
import { wrapperDefinitions } from '../things.js';
import type { AgentConfig } from './agent-config.js';

/**
 * The rules between keys. They read the value as it was written, so that their problems are reported together with those
 * of single keys; a value of the wrong type is ignored here.
 */
export function checkRelations(layered: LayeredValue): Problem[] {
  const rules = new Rules(layered);
  checkThingWorx(rules);
  const hubs = rules.map(['iothubs']);
  if (Object.keys(hubs).length === 0 && !isOfOtherType(layered, ['iothubs'])) {
    rules.fail(['iothubs'], 'is required', 'configure at least one IoT Hub');
  }
  for (const hub of Object.keys(hubs)) checkHub(rules, ['iothubs', hub]);
  checkThings(rules, Object.keys(hubs));
  checkConsole(rules);
  checkDatabase(rules);
  if (rules.flag(['services', 'queueJobs']) && !rules.has(['stateDir']) && !rules.has(['database']))
    rules.fail(['services', 'queueJobs'], 'requires persistent state for the queue', 'set stateDir or database');
  return rules.problems;
}

const isOfOtherType = (layered: LayeredValue, path: DocumentPath): boolean => {
  const value = valueAt(layered.value, path);
  return value !== undefined && (typeof value !== 'object' || Array.isArray(value));
};

function checkThingWorx(rules: Rules): void {
  const url = rules.text(['thingworx', 'url']);
  const address = url === undefined || url === '' ? undefined : parseThingWorxAddress(url);
  if (address && isAddressFault(address)) rules.fail(['thingworx', 'url'], address.message, address.hint);
  else if (address && !address.isSecure && !rules.flag(['thingworx', 'allowInsecure'])) {
    const hint = 'use wss or https, or set thingworx.allowInsecure: true for a test system';
    rules.fail(['thingworx', 'url'], 'sends the application key in clear text', hint);
  }
  const key = ['thingworx', 'appKey'];
  rules.twin(key);
  rules.check(key, appKeyFault);
  if (!rules.has(key) && !rules.has(['thingworx', 'appKeyFile'])) {
    rules.fail(key, 'is required', `or thingworx.appKeyFile, or the variable ${variableFor(key)}`);
  }
  checkProxy(rules, ['thingworx', 'proxy']);
  const certificate = ['thingworx', 'clientCertificateFile'];
  const privateKey = ['thingworx', 'clientKeyFile'];
  if (rules.has(certificate) && !rules.has(privateKey))
    rules.fail(privateKey, 'is required with clientCertificateFile');
  if (rules.has(privateKey) && !rules.has(certificate)) rules.fail(certificate, 'is required with clientKeyFile');
}

const HUB_HINT = 'set connectionString or connectionStringFile, sasToken or sasTokenFile, or hostName with credential';

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
  rules.check([...hub, 'connectionString'], (text) => faultOf(readConnectionString(text)));
  rules.check([...hub, 'sasToken'], (text) => faultOf(readSasToken(text)));
  rules.check([...hub, 'hostName'], (text) => {
    const fault = hostNameFault(text);
    return fault && `is not a valid host name: ${fault}; omit scheme and port`;
  });
  rules.check([...hub, 'address'], addressFault);
  checkProxy(rules, [...hub, 'proxy']);
}

const faultOf = (read: { readonly ok: true } | { readonly ok: false; readonly fault: string }): string | undefined =>
  read.ok ? undefined : read.fault;

function checkProxy(rules: Rules, path: DocumentPath): void {
  const fault = proxyFault(rules.text(path) ?? 'http://none');
  if (fault) rules.fail(path, fault.message, fault.hint);
}

function checkConsole(rules: Rules): void {
  rules.twin(['console', 'key']);
  rules.check(['console', 'publicUrl'], publicUrlFault);
}

/** Browsers know the console by scheme, host and port alone: it is served at the root. */
function publicUrlFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return 'must be a URL that begins with https:// or http://';
  return url.href === `${url.origin}/` ? undefined : 'must have no path, query or user; serve the console at the root';
}

/** The rules for the list of Things: names that differ, and a hub for each. */
function checkThings(rules: Rules, hubs: readonly string[]): void {
  const names = new Set<string>();
  const boundNames = new Map<string, DocumentPath>();
  for (const index of rules.list(['things']).keys()) {
    const path = ['things', index];
    checkName(rules, names, [...path, 'name']);
    checkBoundName(rules, boundNames, path);
    checkHubOfThing(rules, [...path, 'iothub'], hubs);
  }
  if (!rules.has(['things']) && hubs.length > 1) {
    rules.fail(['things'], 'is required', 'with several hubs, list the Things and the hub of each');
  }
}

function checkName(rules: Rules, names: Set<string>, path: DocumentPath): void {
  const name = rules.text(path);
  if (name === undefined) return;
  if (names.has(name)) rules.fail(path, 'another Thing has the same name');
  names.add(name);
}

/**
 * Two Things must not be bound under the same name: ThingWorx would send the calls of both to one of them. BIND names a
 * Thing by its name, or by an asterisk and its identifier, so a name can also equal an identifier.
 */
function checkBoundName(rules: Rules, boundNames: Map<string, DocumentPath>, thing: DocumentPath): void {
  const identifier = rules.text([...thing, 'identifier']);
  const path = [...thing, identifier === undefined ? 'name' : 'identifier'];
  const boundName = identifier === undefined ? rules.text(path) : `*${identifier}`;
  if (boundName === undefined) return;
  const other = boundNames.get(boundName);
  if (other === undefined) boundNames.set(boundName, path);
  else rules.fail(path, 'another Thing is bound under the same name', `see ${formatPath(other)}`);
}

function checkHubOfThing(rules: Rules, path: DocumentPath, hubs: readonly string[]): void {
  const hub = rules.text(path);
  if (hub === undefined && hubs.length > 1) {
    rules.fail(path, 'is required', `there are several hubs: ${hubs.join(', ')}`);
  }
  if (hub !== undefined && hubs.length > 0 && !hubs.includes(hub)) {
    const meant = nearMiss(hub, hubs);
    rules.fail(
      path,
      'is not a hub of this configuration',
      meant ? `did you mean "${meant}"?` : `known: ${hubs.join(', ')}`,
    );
  }
}

/**
 * Reports names in `services.allow`, `services.deny` and `console.allow` that are not services: a typing error would leave a service
 * enabled that was meant to be disabled.
 * @throws AgentError `WrapperInvalid` for wrapper descriptions with errors.
 */
export async function checkServiceNames(config: AgentConfig, layered: LayeredValue): Promise<Problem[]> {
  const wrappers = (await wrapperDefinitions(config.wrappers)).map(({ name }) => name);
  const known = [...HUB_SERVICES.allDefinitions.map(({ name }) => name), ...wrappers];
  const lists = [
    [['services', 'allow'], config.services.allow],
    [['services', 'deny'], config.services.deny],
    [['console', 'allow'], config.console.allow],
  ] as const;
  return lists.flatMap(([at, names = []]) =>
    names.flatMap((name, index): Problem[] => {
      if (HUB_SERVICES.has(name) || wrappers.includes(name)) return [];
      const path = [...at, index];
      const meant = nearMiss(name, known);
      const hint = meant ? `did you mean "${meant}"?` : 'see `twx-iothub services`';
      return [{ origin: layered.locate(path), path, message: 'is not a service', hint }];
    }),
  );
}
