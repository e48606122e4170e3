/** The head of a roll-out in the store: everything but its devices, batches, hub jobs and history. */
import { randomBytes } from 'node:crypto';
import type { RolloutEnvironment } from '../environment.js';
import { sequenceIn, type RolloutKeys } from './keys.js';
import type { RolloutDefinition, RolloutRecord } from './records.js';
import type { Store, StoreChange } from '../../store/store.js';

/** What a new roll-out consists of. */
export interface NewRollout {
  readonly rolloutId: string;
  readonly thing: string;
  /** The id of the call that starts it. */
  readonly correlationId?: string;
  readonly definition: RolloutDefinition;
  /** In order; present if the definition lists devices instead of having a condition. */
  readonly deviceIds?: readonly string[];
  readonly startMs: number;
  readonly countedDevices?: number;
  readonly needsApproval: boolean;
  readonly retryOf?: string;
  /** The number of devices for which it is approved already. */
  readonly approvedDevices?: number;
}

/** Returns the head of a new roll-out. */
export function newRecord(rollout: NewRollout, sequence: number, nowMs: number): RolloutRecord {
  const {
    rolloutId,
    thing,
    correlationId,
    definition,
    startMs,
    countedDevices,
    needsApproval,
    retryOf,
    approvedDevices,
  } = rollout;
  return {
    version: 1,
    rolloutId,
    sequence,
    thing,
    nonce: newNonce(),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(retryOf === undefined ? {} : { retryOf }),
    definition,
    createdMs: nowMs,
    startMs,
    expiresMs: expiryOf(definition, startMs),
    state: needsApproval ? 'awaitingApproval' : 'scheduled',
    outcome: 'inProgress',
    reason: '',
    ...(countedDevices === undefined ? {} : { countedDevices }),
    ...(approvedDevices === undefined ? {} : { approvedDevices }),
    counts: {},
    failures: [],
    jobCount: 0,
    deferredParts: 0,
    baselines: {},
    historyLength: 0,
    lastHistoryMs: 0,
    eventCount: 0,
  };
}

/** The latest time of a `Date` that has four digits for its year. */
const NEVER_MS = Date.UTC(9999, 11, 31);

/** `expiresAfterSeconds` of a recurring roll-out is that of each of its runs. */
function expiryOf({ recurrence, recurrenceEndsMs, expiresAfterSeconds }: RolloutDefinition, startMs: number): number {
  if (recurrence !== undefined) return recurrenceEndsMs ?? NEVER_MS;
  return startMs + expiresAfterSeconds * 1000;
}

/** Whether a roll-out ends only when a user cancels it. */
export const isEndless = ({ expiresMs }: RolloutRecord): boolean => expiresMs >= NEVER_MS;

/** Generates four letters or digits. */
function newNonce(): string {
  return [...randomBytes(4)].map((byte) => (byte % 36).toString(36)).join('');
}

/** Returns the highest sequence number of which the store has any record, including roll-outs that were deleted. */
export async function lastSequence({ keys, store }: RolloutEnvironment): Promise<number> {
  let last = 0;
  for (const prefix of [keys.heads, keys.removals, keys.events])
    for await (const [key] of store.entries({ prefix, reverse: true, limit: 1 }))
      last = Math.max(last, sequenceIn(key, prefix));
  return last;
}

/** What a roll-out sends to its devices: up to 128 KiB, and therefore not written again with each step. */
type Content = Pick<RolloutDefinition, 'payloadText' | 'patchText'>;

/** Returns the change that stores the head of a roll-out without its content. */
export function headChange(keys: RolloutKeys, record: RolloutRecord): StoreChange {
  const { payloadText: _payloadText, patchText: _patchText, ...definition } = record.definition;
  return { type: 'put', key: keys.head(record.sequence), value: { ...record, definition } };
}

/** Returns the change that stores the content of a new roll-out. */
export function contentChange(keys: RolloutKeys, { sequence, definition }: RolloutRecord): StoreChange {
  const { payloadText, patchText } = definition;
  const content: Content = {
    ...(payloadText === undefined ? {} : { payloadText }),
    ...(patchText === undefined ? {} : { patchText }),
  };
  return { type: 'put', key: keys.content(sequence), value: content };
}

/** Reads the head of a roll-out with its content; undefined if it does not exist. */
export async function readHead(store: Store, keys: RolloutKeys, sequence: number): Promise<RolloutRecord | undefined> {
  const record = (await store.get(keys.head(sequence))) as RolloutRecord | undefined;
  if (!record) return undefined;
  const content = (await store.get(keys.content(sequence))) as Content | undefined;
  return { ...record, definition: { ...record.definition, ...content } };
}
