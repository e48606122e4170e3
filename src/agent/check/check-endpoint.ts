import type { Clock } from '../../core/clock.js';
import { type Endpoint, type EndpointAnswer, isFault, probeEndpoint, resolveName } from './endpoint-probe.js';
import type { StepLog } from './step.js';

const DAY_MS = 86_400_000;
const EXPIRY_WARNING_DAYS = 21;

/** The names of the steps of `checkEndpoint`. */
export const endpointSteps = (endpoint: Pick<Endpoint, 'isSecure'>): readonly string[] => [
  'name',
  endpoint.isSecure ? 'TLS' : 'connection',
];

/** Checks the name and TLS (or connection) of an end; returns undefined if no further step is possible. */
export async function checkEndpoint(
  log: StepLog,
  endpoint: Endpoint,
  clock: Clock,
): Promise<EndpointAnswer | undefined> {
  const [nameStep = '', connectionStep = ''] = endpointSteps(endpoint);
  if (endpoint.proxy === undefined) {
    const addresses = await resolveName(endpoint.host);
    if (isFault(addresses)) {
      log.failed(nameStep, addresses.message, addresses.remedy);
      log.skipped(connectionStep);
      return undefined;
    }
    log.ok(nameStep, `${endpoint.host} is ${addresses.join(', ')}`);
  } else {
    log.ok(nameStep, `${endpoint.host} is resolved by the proxy`);
  }
  const answer = await probeEndpoint(endpoint);
  if (isFault(answer)) {
    log.failed(connectionStep, answer.message, answer.remedy);
    return undefined;
  }
  reportConnection(log, connectionStep, { endpoint, answer, nowMs: clock.nowMs() });
  return answer;
}

interface Connected {
  readonly endpoint: Endpoint;
  readonly answer: EndpointAnswer;
  readonly nowMs: number;
}

function reportConnection(log: StepLog, step: string, { endpoint, answer, nowMs }: Connected): void {
  if (!endpoint.isSecure) {
    const detail = `${endpoint.host}:${endpoint.port} has no TLS: the application key is sent in clear text`;
    log.warning(step, detail, 'use wss except in tests');
    return;
  }
  const days = answer.certificateEndsMs === undefined ? Infinity : (answer.certificateEndsMs - nowMs) / DAY_MS;
  const until =
    answer.certificateEndsMs === undefined ? '' : new Date(answer.certificateEndsMs).toISOString().slice(0, 10);
  if (days < EXPIRY_WARNING_DAYS) {
    log.warning(step, `the certificate expires on ${until}`, 'renew it');
  } else {
    log.ok(step, `${answer.protocol ?? 'TLS'}, the certificate is trusted${until && ` and valid until ${until}`}`);
  }
}
