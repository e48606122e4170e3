/** What must hold for roll-outs, whatever happened to the agent. Each function returns a sentence for each thing that does not. */
import type { TableRow } from '../thingworx-rest.js';
import type { EndedJob } from './read-all.js';

const PARTS = [
  'pendingCount',
  'runningCount',
  'waitingCount',
  'succeededCount',
  'refusedCount',
  'failedCount',
  'expiredCount',
  'cancelledCount',
] as const;
const FINAL: readonly unknown[] = ['completed', 'cancelled', 'failed'];
/** The states that `failedCount` counts. */
const FAILED: readonly string[] = ['failed', 'timedOut', 'offline', 'unverified', 'notFound'];
const MAX_CONDITION_LENGTH = 8192;

export const isFinalRow = ({ state }: TableRow): boolean => FINAL.includes(state);

/** A row or an event of a roll-out whose set of devices may be fixed. */
export function problemsOfCounts(row: TableRow): string[] {
  const { rolloutId, deviceCount, batchCount } = row;
  const sum = PARTS.reduce((total, part) => total + Number(row[part]), 0);
  const isFixed = Number(batchCount) > 0;
  return sum === deviceCount || (!isFixed && sum === 0)
    ? []
    : [`${String(rolloutId)}: ${sum} of ${String(deviceCount)}`];
}

export function problemsOfHistory({ rolloutId, history }: TableRow): string[] {
  const entries = (history as { readonly array: readonly { readonly time?: string }[] }).array;
  const times = entries.flatMap(({ time }) => (time === undefined ? [] : [time]));
  return times.some((time, at) => time < (times[at - 1] ?? '')) ? [`${String(rolloutId)}: the history goes back`] : [];
}

/** Devices of a walk against the row of their roll-out. */
export function problemsOfWalk(row: TableRow, devices: readonly TableRow[]): string[] {
  const name = String(row['rolloutId']);
  const problems: string[] = [];
  if (new Set(devices.map(({ deviceId }) => deviceId)).size !== devices.length)
    problems.push(`${name}: a walk returns a device twice`);
  if (devices.length !== row['deviceCount']) problems.push(`${name}: a walk returns ${devices.length} devices`);
  if (!isFinalRow(row)) return problems;
  for (const state of ['succeeded', 'refused', 'failed', 'expired', 'cancelled']) {
    const counted = state === 'failed' ? FAILED : [state];
    const found = devices.filter((device) => counted.includes(String(device['state']))).length;
    if (found !== row[`${state}Count`]) problems.push(`${name}: a walk returns ${found} devices that are ${state}`);
  }
  return problems;
}

/** Events of one roll-out in the order of their arrival: counts add up, batches and ends never go back. */
export function problemsOfEvents(rolloutId: string, events: readonly TableRow[]): string[] {
  const problems = events.flatMap(problemsOfCounts);
  const batches = events.map(({ batch }) => Number(batch));
  // An event whose acknowledgement was lost with the agent is sent again.
  const steps = batches.filter((batch, at) => batch !== batches[at - 1]);
  if (steps.some((batch, at) => at > 0 && batch < (steps[at - 1] as number)))
    problems.push(`${rolloutId}: the events go back from a batch: ${steps.join(' ')}`);
  if (events[0]?.['previousState'] !== '') problems.push(`${rolloutId}: the first event is not that of its creation`);
  if (events.at(-1)?.['state'] !== 'completed') problems.push(`${rolloutId}: its end was not reported`);
  return problems;
}

/** The hub jobs of all roll-outs. @param places how many may be open at once. */
export function problemsOfJobs(jobs: readonly EndedJob[], places: number): string[] {
  const problems: string[] = [];
  const attempts = new Map<string, Set<string>>();
  for (const { jobId, queryCondition } of jobs) {
    if (queryCondition.length > MAX_CONDITION_LENGTH) problems.push(`${jobId}: ${queryCondition.length} characters`);
    const [, name = '', isLate] = /^(.*-b(?:(0)|\d+)-a\d+)-p\d+$/.exec(jobId) ?? [];
    const devices = attempts.get(name) ?? new Set<string>();
    for (const deviceId of isLate === undefined ? idsIn(queryCondition) : []) {
      if (devices.has(deviceId)) problems.push(`${jobId}: ${deviceId} is in two jobs of one attempt`);
      devices.add(deviceId);
    }
    attempts.set(name, devices);
  }
  for (const job of jobs) {
    const others = jobs.filter((other) => other !== job && isOpenAt(other, job.createdTime));
    if (others.length >= places) problems.push(`${job.jobId}: ${others.length} others are open`);
    const busy = new Set(others.flatMap((other) => idsIn(other.queryCondition)));
    const shared = idsIn(job.queryCondition).filter((deviceId) => busy.has(deviceId));
    if (shared.length > 0) problems.push(`${job.jobId}: ${shared.length} devices are in another open job`);
  }
  return problems;
}

/** Times of the hub have milliseconds: a job that ended in the one in which another was created was not open with it. */
const isOpenAt = (job: EndedJob, time: string): boolean => job.createdTime <= time && time < job.endTime;

const idsIn = (condition: string): string[] => [...condition.matchAll(/'([^']+)'/g)].map(([, id]) => id as string);
