import type { RolloutRecord } from '../records/records.js';

/** What a roll-out can wait for; of several, the first in this order is reported. */
export const WAITING_FOR = [
  'store',
  'hub',
  'approval',
  'startTime',
  'job',
  'answers',
  'resume',
  'platform',
  'window',
  'place',
  'verification',
  'retry',
  'soak',
  'devices',
] as const;
export type WaitingFor = (typeof WAITING_FOR)[number];

/** What a roll-out waits for, and for how long, as far as that is known. */
export interface Waiting {
  readonly waitingFor: WaitingFor;
  readonly nextActionMs?: number;
}

export interface Wait {
  readonly kind: 'wait';
  readonly waitingFor: WaitingFor;
  /** Epoch milliseconds; by the wall clock for `approval`, `startTime`, `resume`, `platform` and `window`. */
  readonly untilMs?: number;
  /** Whether the roll-out is in line for a place of the hub, whatever else it waits for. */
  readonly isInLine?: boolean;
}

/** Returns a wait. */
export const wait = (waitingFor: WaitingFor, untilMs?: number): Wait => ({
  kind: 'wait',
  waitingFor,
  ...(untilMs === undefined ? {} : { untilMs }),
});

/** What a roll-out waits for as long as only its state is known. */
export function firstWaitingFor({ state }: RolloutRecord): WaitingFor {
  if (state === 'awaitingApproval') return 'approval';
  if (state === 'scheduled' || state === 'recurring') return 'startTime';
  return state === 'paused' ? 'resume' : 'job';
}
