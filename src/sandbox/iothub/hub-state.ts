import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import type { Store } from '../../store/store.js';
import { Gatekeeper } from './access/gatekeeper.js';
import { DEFAULT_POLICIES, type KeyPair, newKeyPair, policiesOf, type Policy } from './access/policies.js';
import { createDeviceDirectory } from './device-directory.js';
import { DeviceWaiters } from './device-waiters.js';
import { JobArchive } from './device-jobs/job-archive.js';
import { Jobs } from './device-jobs/jobs.js';
import { countTargets } from './device-jobs/target-finder.js';
import { Registry } from './identities/registry.js';
import type { DeviceDirectory, DeviceGateway } from './ports.js';
import { Paging } from './rest/paging.js';
import { Configurations } from './state/configurations.js';
import { Endpoints } from './state/endpoints.js';
import { Journal } from './state/journal.js';
import { Throttle } from './tiers/throttle.js';
import type { Limits } from './tiers/tiers.js';
import { Twins } from './twins/twins.js';

export interface HubStateOptions {
  readonly hostName: string;
  readonly limits: Limits;
  readonly store: Store | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly gateway: () => DeviceGateway;
  /** The minimum time that a job stays queued. */
  readonly jobStartDelayMs: number;
}

/** All parts of a hub except its servers. */
export interface HubState {
  readonly policies: ReadonlyMap<string, Policy>;
  readonly gatekeeper: Gatekeeper;
  readonly endpoints: Endpoints;
  readonly configurations: Configurations;
  readonly registry: Registry;
  readonly twins: Twins;
  readonly jobs: Jobs;
  readonly journal: Journal;
  readonly throttle: Throttle;
  readonly paging: Paging;
  readonly directory: DeviceDirectory;
  /** Returns the current gateway to the devices. */
  readonly gateway: () => DeviceGateway;
}

/** Builds the state from what the store contains. Jobs resume with `jobs.load`, once devices can be reached. */
export async function openHubState(options: HubStateOptions): Promise<HubState> {
  const { hostName, limits, store, clock, log, gateway } = options;
  const secrets = await ensureSecrets(store);
  const policies = policiesOf(secrets.policyKeys);
  const gatekeeper = new Gatekeeper({ hostName, policies, nowMs: () => clock.nowMs() });
  const journal = new Journal(store, log);
  const endpoints = new Endpoints(journal);
  const configurations = new Configurations(journal, clock, (query) => countTargets(endpoints, query));
  const throttle = new Throttle(limits, clock);
  const twins = new Twins({ endpoints, journal, gateway, clock });
  const waiters = new DeviceWaiters(clock);
  const registry = new Registry({
    endpoints,
    gateway,
    clock,
    maxDevices: limits.maxDevices,
    // Operations that wait for the device must end, because it will never connect.
    onDeleted: (id) => waiters.announce(id),
  });
  const jobs = new Jobs({
    gateway,
    twins,
    waiters,
    journal,
    clock,
    log,
    endpoints,
    archive: new JobArchive(journal),
    maxActive: limits.maxActiveJobs,
    startDelayMs: options.jobStartDelayMs,
    reserveOperationMs: () => throttle.reserveDeviceOperationMs(),
  });
  const directory = createDeviceDirectory({
    endpoints,
    twins,
    gatekeeper,
    clock,
    onConnected: (id) => waiters.announce(id),
  });
  if (store) {
    await endpoints.load(store);
    await configurations.load(store);
  }
  const paging = new Paging(Buffer.from(secrets.pagingSecret, 'base64'));
  return {
    policies,
    gatekeeper,
    endpoints,
    configurations,
    registry,
    twins,
    jobs,
    journal,
    throttle,
    paging,
    directory,
    gateway,
  };
}

const KEY = 'meta/secrets';

/** What a hub generates once and stores permanently. */
export interface HubSecrets {
  /** The keys of each policy, by its name. */
  readonly policyKeys: Readonly<Record<string, KeyPair>>;
  /** Signs continuation tokens; base64. */
  readonly pagingSecret: string;
}

/** Loads the secrets of the hub from its store; generates them for a new hub. */
export async function ensureSecrets(store: Store | undefined): Promise<HubSecrets> {
  const kept = (await store?.get(KEY)) as HubSecrets | undefined;
  if (kept) return kept;
  const made: HubSecrets = {
    policyKeys: Object.fromEntries(Object.keys(DEFAULT_POLICIES).map((name) => [name, newKeyPair()])),
    pagingSecret: randomBytes(32).toString('base64'),
  };
  await store?.put(KEY, made);
  return made;
}
