import { randomUUID } from 'node:crypto';
import { type CallContext, startCall } from '../../core/call-context.js';
import type { Clock } from '../../core/clock.js';
import { isAgentError, messageOf } from '../../core/errors.js';
import { readTextFile } from '../../core/regular-file.js';
import { errorOfOddAnswer } from '../../iothub/connection-errors.js';
import type { HubOperations, HubPort } from '../../iothub/ports.js';
import type { HubConfig } from '../config/agent-config.js';
import { hubPortOf } from '../hubs.js';
import { checkEndpoint } from './check-endpoint.js';
import type { Endpoint } from './endpoint-probe.js';
import { type CheckStep, StepLog, type StepListener } from './step.js';

const CALL_TIMEOUT_MS = 10_000;
const SKEW_WARNING_SECONDS = 30;
/** Tokens live an hour: a clock so wrong makes ones that are over, or not yet good. */
const SKEW_FAILURE_SECONDS = 900;

/** One right of a policy, with a request that needs it and changes nothing. */
interface RightProbe {
  readonly step: string;
  readonly right: string;
  readonly neededFor: string;
  readonly run: (hub: HubOperations, context: CallContext) => Promise<unknown>;
}

const PROBES: readonly RightProbe[] = [
  {
    step: 'right to read jobs',
    right: 'registry read',
    neededFor: 'GetJob and FindJobs',
    run: (hub, context) => hub.listJobs(context, { pageSize: 1 }),
  },
  {
    step: 'right to query',
    right: 'service connect',
    neededFor: 'QueryJobResults and PreviewTargets',
    run: (hub, context) => hub.query(context, { query: 'SELECT deviceId FROM devices', pageSize: 1 }),
  },
  {
    step: 'right to make and cancel jobs',
    right: 'registry write',
    neededFor: 'ScheduleDeviceMethodJob, ScheduleTwinUpdateJob and CancelJob',
    run: (hub, context) => cancelNoJob(hub, context),
  },
];

/** Cancelling what is not there needs the right to write and writes nothing. */
async function cancelNoJob(hub: HubOperations, context: CallContext): Promise<void> {
  try {
    await hub.cancelJob(context, `twx-iothub-check-${randomUUID()}`);
  } catch (error) {
    const isNotThere =
      isAgentError(error, 'JobNotFound') || (isAgentError(error) && error.context['httpStatus'] === 404);
    if (!isNotThere) throw error;
    return;
  }
  throw errorOfOddAnswer('success to the cancel of a job that does not exist');
}

/** Name, TLS, clock, credentials and each right of one hub. Changes nothing on it. */
export async function checkHub(hub: HubConfig, clock: Clock, listener: StepListener): Promise<CheckStep[]> {
  const log = new StepLog(`iothub ${hub.name}`, listener);
  const port = await hubPortOf(hub);
  try {
    const answer = await checkEndpoint(log, await endpointOf(hub, port), clock);
    if (!answer) {
      log.skipped('clock', 'credentials', ...PROBES.map(({ step }) => step));
      return log.steps;
    }
    tellClock(log, answer.serverTimeMs, clock.nowMs());
    await checkRights(log, port, clock);
  } finally {
    port.close();
  }
  return log.steps;
}

function tellClock(log: StepLog, serverTimeMs: number | undefined, nowMs: number): void {
  if (serverTimeMs === undefined) return log.ok('clock', 'the hub does not tell its time');
  const seconds = Math.round((nowMs - serverTimeMs) / 1000);
  const detail = `this machine is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} the hub`;
  const remedy = 'set the clock of this machine (NTP): tokens are only good for a time';
  if (Math.abs(seconds) >= SKEW_FAILURE_SECONDS) return log.failed('clock', detail, remedy);
  if (Math.abs(seconds) >= SKEW_WARNING_SECONDS) return log.warning('clock', detail, remedy);
  return log.ok('clock', detail);
}

interface Probed extends RightProbe {
  readonly error: unknown;
}

async function checkRights(log: StepLog, port: HubPort, clock: Clock): Promise<void> {
  const results: Probed[] = [];
  for (const probe of PROBES) results.push({ ...probe, error: await errorOfProbe(probe, port, clock) });
  const refused = results.filter(({ error }) => isAgentError(error, 'HubUnauthorized'));
  if (refused.length === results.length) {
    log.failed(
      'credentials',
      messageOf(results[0]?.error),
      'check the policy and its key (or the SAS token and its end): the hub refuses all that was tried',
    );
    log.skipped(...PROBES.map(({ step }) => step));
    return;
  }
  log.ok('credentials', 'the hub accepts them');
  for (const result of results) tellRight(log, result);
}

function tellRight(log: StepLog, { step, right, neededFor, error }: Probed): void {
  if (error === undefined) log.ok(step, `there (${right})`);
  else if (isAgentError(error, 'HubUnauthorized')) {
    log.failed(step, messageOf(error), `give the policy the right "${right}"; it is needed for ${neededFor}`);
  } else if (isAgentError(error, 'HubThrottled')) {
    log.warning(step, messageOf(error), 'the hub is busy; check again later');
  } else log.failed(step, messageOf(error), `${neededFor} will fail likewise; see the reason`);
}

async function errorOfProbe(probe: RightProbe, port: HubPort, clock: Clock): Promise<unknown> {
  const context = startCall({ timeoutMs: CALL_TIMEOUT_MS, clock });
  try {
    await probe.run(port.lane('user'), context);
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
