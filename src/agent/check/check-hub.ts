import { randomUUID } from 'node:crypto';
import { type CallContext, startCall } from '../../core/call-context.js';
import type { Clock } from '../../core/clock.js';
import { isAgentError, messageOf } from '../../core/errors.js';
import { readTextFile } from '../../core/regular-file.js';
import { unexpectedAnswerError } from '../../iothub/connection-errors.js';
import type { HubOperations, HubPort } from '../../iothub/ports.js';
import type { HubConfig } from '../config/agent-config.js';
import type { HubRight, HubService } from '../../jobs/services/job-service.js';
import { HUB_SERVICES } from '../../catalogue/hub-services.js';
import { hubPortOf } from '../hubs.js';
import { checkEndpoint } from './check-endpoint.js';
import type { Endpoint } from './endpoint-probe.js';
import { type CheckStep, StepLog, type StepListener } from './step.js';

const CALL_TIMEOUT_MS = 10_000;
const SKEW_WARNING_SECONDS = 30;
/** Tokens are valid for an hour; with a larger skew they may have expired or not be valid yet. */
const SKEW_FAILURE_SECONDS = 900;

/** A request that needs one right of a policy and changes nothing. */
interface RightProbe {
  readonly step: string;
  readonly right: HubRight;
  /** The services that need it, as they are listed in a sentence. */
  readonly services: () => string;
  readonly run: (port: HubPort, context: CallContext) => Promise<unknown>;
}

const needing = (right: HubRight) => ({ right, services: () => servicesNeeding(right) });

const PROBES: Readonly<Record<HubRight, RightProbe>> = {
  'registry read': {
    ...needing('registry read'),
    step: 'right to read jobs',
    run: (port, context) => port.lane('user').listJobs(context, { pageSize: 1 }),
  },
  'service connect': {
    ...needing('service connect'),
    step: 'right to query',
    run: (port, context) => port.lane('user').query(context, { query: 'SELECT deviceId FROM devices', pageSize: 1 }),
  },
  'registry write': {
    ...needing('registry write'),
    step: 'right to create and cancel jobs',
    run: (port, context) => cancelMissingJob(port.lane('user'), context),
  },
};

const RIGHTS = Object.keys(PROBES) as HubRight[];

/** With Entra ID, the right to write identities is another one than that to write jobs. */
const MANAGEMENT_PROBE: RightProbe = {
  step: 'right to create and delete devices',
  right: 'registry write',
  services: () => servicesListed(HUB_SERVICES.services.filter(({ isManagement }) => isManagement === true)),
  run: (port, context) => deleteMissingDevice(port, context),
};

/** The services that need a right, as they are listed in a sentence. */
export function servicesNeeding(right: HubRight): string {
  return servicesListed(HUB_SERVICES.services.filter(({ needs }) => [needs].flat().includes(right)));
}

function servicesListed(services: readonly HubService[]): string {
  return new Intl.ListFormat('en').format(services.map(({ definition }) => definition.name));
}

/** Cancelling a job that does not exist needs the right to write and changes nothing. */
async function cancelMissingJob(hub: HubOperations, context: CallContext): Promise<void> {
  try {
    await hub.cancelJob(context, `twx-iothub-check-${randomUUID()}`);
  } catch (error) {
    const isNotThere =
      isAgentError(error, 'JobNotFound') || (isAgentError(error) && error.context['httpStatus'] === 404);
    if (!isNotThere) throw error;
    return;
  }
  throw unexpectedAnswerError('success to the cancellation of a job that does not exist');
}

/** Deleting a device that does not exist needs the right to write identities and changes nothing. */
async function deleteMissingDevice(port: HubPort, context: CallContext): Promise<void> {
  try {
    await port.devices('user').deleteIdentity(context, `twx-iothub-check-${randomUUID()}`, '*');
  } catch (error) {
    if (isAgentError(error, 'DeviceNotFound')) return;
    throw error;
  }
  throw unexpectedAnswerError('success to the deletion of a device that does not exist');
}

/** Name, TLS, clock, credentials and each right of one hub. Changes nothing on it. */
export async function checkHub(
  hub: HubConfig,
  { deviceManagement }: { readonly deviceManagement: boolean },
  clock: Clock,
  listener: StepListener,
): Promise<CheckStep[]> {
  const log = new StepLog(`iothub ${hub.name}`, listener);
  const probes = [...RIGHTS.map((right) => PROBES[right]), ...(deviceManagement ? [MANAGEMENT_PROBE] : [])];
  const port = await hubPortOf(hub);
  try {
    const answer = await checkEndpoint(log, await endpointOf(hub, port), clock);
    if (!answer) {
      log.skipped('clock', 'credentials', ...probes.map(({ step }) => step));
      return log.steps;
    }
    reportClock(log, answer.serverTimeMs, clock.nowMs());
    await checkRights(log, port, clock, probes);
  } finally {
    port.close();
  }
  return log.steps;
}

function reportClock(log: StepLog, serverTimeMs: number | undefined, nowMs: number): void {
  if (serverTimeMs === undefined) return log.ok('clock', 'the hub does not send its time');
  const seconds = Math.round((nowMs - serverTimeMs) / 1000);
  const detail = `this machine is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} the hub`;
  const remedy = 'synchronize the clock of this machine (NTP): tokens expire, so the clock must be right';
  if (Math.abs(seconds) >= SKEW_FAILURE_SECONDS) return log.failed('clock', detail, remedy);
  if (Math.abs(seconds) >= SKEW_WARNING_SECONDS) return log.warning('clock', detail, remedy);
  return log.ok('clock', detail);
}

interface ProbeResult {
  readonly probe: RightProbe;
  /** Undefined if the hub accepted the request. */
  readonly error: unknown;
}

async function checkRights(log: StepLog, port: HubPort, clock: Clock, probes: readonly RightProbe[]): Promise<void> {
  const results: ProbeResult[] = [];
  for (const probe of probes) results.push({ probe, error: await errorOfProbe(probe, port, clock) });
  if (results.every(({ error }) => isAgentError(error, 'HubUnauthorized'))) {
    log.failed(
      'credentials',
      messageOf(results[0]?.error),
      'the hub refused every request; check the policy and its key (or the SAS token and its expiry)',
    );
    log.skipped(...probes.map(({ step }) => step));
    return;
  }
  log.ok('credentials', 'the hub accepts them');
  for (const result of results) reportRight(log, result);
}

function reportRight(log: StepLog, { probe, error }: ProbeResult): void {
  const { step, right } = probe;
  if (error === undefined) log.ok(step, `granted (${right})`);
  else if (isAgentError(error, 'HubUnauthorized')) {
    log.failed(step, messageOf(error), `grant the policy the right "${right}", which ${probe.services()} need`);
  } else if (isAgentError(error, 'HubThrottled')) {
    log.warning(step, messageOf(error), 'the hub is busy; check again later');
  } else log.failed(step, messageOf(error), `${probe.services()} will fail in the same way; see the reason`);
}

async function errorOfProbe(probe: RightProbe, port: HubPort, clock: Clock): Promise<unknown> {
  const context = startCall({ timeoutMs: CALL_TIMEOUT_MS, clock });
  try {
    await probe.run(port, context);
    return undefined;
  } catch (error) {
    return error ?? new Error('unknown');
  } finally {
    context.dispose();
  }
}

async function endpointOf(hub: HubConfig, port: HubPort): Promise<Endpoint> {
  const [serverName, ownPort] = splitPort(port.hostName);
  const [host, addressPort] = hub.address === undefined ? [serverName, ownPort] : splitPort(hub.address);
  return {
    host,
    port: addressPort ?? 443,
    isSecure: true,
    serverName,
    path: '/',
    ...(hub.caFile === undefined ? {} : { ca: await readTextFile(hub.caFile) }),
    ...(hub.proxy === undefined ? {} : { proxy: hub.proxy }),
  };
}

function splitPort(address: string): readonly [host: string, port?: number] {
  const match = /^\[?([^\]]+?)\]?(?::(\d+))?$/.exec(address);
  const host = match?.[1] ?? address;
  return match?.[2] === undefined ? [host] : [host, Number(match[2])];
}
