/** The colour family of a state; each has a token in the stylesheet. */
export type Tone = 'succeeded' | 'refused' | 'failed' | 'running' | 'waiting' | 'pending' | 'expired' | 'cancelled';

const TONES: Readonly<Record<string, Tone>> = {
  // Jobs and their outcomes
  inProgress: 'running',
  succeeded: 'succeeded',
  completed: 'succeeded',
  completedWithErrors: 'refused',
  noTargets: 'cancelled',
  failed: 'failed',
  cancelled: 'cancelled',
  running: 'running',
  // Roll-outs
  awaitingApproval: 'waiting',
  recurring: 'waiting',
  preparing: 'running',
  paused: 'refused',
  cancelling: 'cancelled',
  // Devices
  refused: 'refused',
  verifying: 'running',
  retrying: 'waiting',
  waiting: 'waiting',
  timedOut: 'failed',
  offline: 'failed',
  unverified: 'failed',
  notFound: 'failed',
  expired: 'expired',
  Connected: 'succeeded',
  // Batches
  soaking: 'waiting',
  done: 'succeeded',
  // Parts of the agent
  ok: 'succeeded',
  starting: 'waiting',
  degraded: 'refused',
  failing: 'failed',
  stopping: 'cancelled',
};

const WORDS: Readonly<Record<string, string>> = {
  noTargets: 'no devices',
  unverified: 'not verified',
  scheduleDeviceMethod: 'method',
  scheduleUpdateTwin: 'twin update',
  ok: 'connected',
};

export const toneOf = (state: string): Tone => TONES[state] ?? 'pending';

/** A state as words: `completedWithErrors` is `completed with errors`. States that no table knows are shown as they are. */
export const wordsOf = (state: string): string =>
  WORDS[state] ?? separated(state).replace(/^[A-Z](?=[a-z]+$)/, (letter) => letter.toLowerCase());

/** The name of a parameter as a label: `batchSize` is `Batch size`. */
export const wordsOfName = (name: string): string =>
  separated(name).replace(/^[a-z]/, (letter) => letter.toUpperCase());

const separated = (name: string): string =>
  name.replaceAll(/(?<=[a-z])[A-Z](?=[a-z])/g, (letter) => ` ${letter.toLowerCase()}`);

/** One part of a bar. */
export interface Segment {
  readonly tone: Tone;
  readonly label: string;
  readonly count: number;
}

export interface JobCounts {
  readonly deviceCount?: number | undefined;
  readonly succeededCount?: number | undefined;
  readonly refusedCount?: number | undefined;
  readonly failedCount?: number | undefined;
  readonly runningCount?: number | undefined;
  readonly pendingCount?: number | undefined;
}

/** The devices of a job by outcome. The hub counts devices that refused as succeeded, so they are taken out of those. */
export function jobSegments(job: JobCounts): Segment[] {
  const { deviceCount = 0, succeededCount = 0, refusedCount = 0, failedCount = 0, runningCount = 0 } = job;
  const succeeded = Math.max(0, succeededCount - refusedCount);
  const counted = succeeded + refusedCount + failedCount + runningCount;
  // A job that ended early leaves devices that no count of the hub has.
  const rest = Math.max(job.pendingCount ?? 0, deviceCount - counted);
  return [
    { tone: 'succeeded', label: 'succeeded', count: succeeded },
    { tone: 'refused', label: 'refused', count: refusedCount },
    { tone: 'failed', label: 'failed', count: failedCount },
    { tone: 'running', label: 'running', count: runningCount },
    { tone: 'pending', label: 'pending', count: rest },
  ];
}

export interface RolloutCounts {
  readonly pendingCount: number;
  readonly runningCount: number;
  readonly waitingCount: number;
  readonly succeededCount: number;
  readonly refusedCount: number;
  readonly failedCount: number;
  readonly expiredCount: number;
  readonly cancelledCount: number;
}

/** In the order of bars and plots: what has ended first. */
export const rolloutSegments = (counts: RolloutCounts): Segment[] => [
  { tone: 'succeeded', label: 'succeeded', count: counts.succeededCount },
  { tone: 'refused', label: 'refused', count: counts.refusedCount },
  { tone: 'failed', label: 'failed', count: counts.failedCount },
  { tone: 'expired', label: 'expired', count: counts.expiredCount },
  { tone: 'cancelled', label: 'cancelled', count: counts.cancelledCount },
  { tone: 'running', label: 'running', count: counts.runningCount },
  { tone: 'waiting', label: 'waiting', count: counts.waitingCount },
  { tone: 'pending', label: 'pending', count: counts.pendingCount },
];

/** `3 succeeded, 1 failed`, without the empty ones. */
export const segmentsText = (segments: readonly Segment[]): string =>
  segments
    .filter(({ count }) => count > 0)
    .map(({ label, count }) => `${count.toLocaleString('en')} ${label}`)
    .join(', ') || 'no devices yet';
