import { describe, expect, it } from '@jest/globals';
import { type Facts, nextAction, type OpenPart } from '../../../../src/rollouts/machine/next-action.js';
import { newRecord } from '../../../../src/rollouts/records/head.js';
import type { PartRecord, RolloutRecord } from '../../../../src/rollouts/records/records.js';
import { DEFINITION } from '../../../support/rollouts/rig.js';

const NOW = 1_000_000;

/** A running roll-out of two batches of two devices, the first of which has begun. */
function facts(changes: Partial<Facts> = {}, record: Partial<RolloutRecord> = {}): Facts {
  const made = newRecord(
    { rolloutId: 'r', thing: 'T', definition: DEFINITION, startMs: NOW, needsApproval: false },
    1,
    NOW,
  );
  return {
    nowMs: NOW,
    pauseMs: NOW,
    record: {
      ...made,
      state: 'running',
      deviceCount: 4,
      counts: { pending: 4 },
      batch: { batch: 1, attempt: 1, nextPosition: 0, parts: 0 },
      ...record,
    },
    plan: [
      { batch: 1, start: 0, size: 2 },
      { batch: 2, start: 2, size: 2 },
    ],
    batch: { batch: 1, size: 2, startMs: NOW, counts: { pending: 2 }, unsettledCount: 2 },
    parts: [],
    hasPostponed: false,
    blocked: new Set(),
    isHeld: false,
    isWindowOpen: true,
    isInLine: false,
    ...changes,
  };
}

const part = (changes: Partial<PartRecord> = {}, pollMs = NOW + 1): OpenPart => ({
  pollMs,
  record: {
    jobId: 'r-b1-a1-p1',
    batch: 1,
    attempt: 1,
    part: 1,
    positions: [0, 1],
    maxExecutionTimeInSeconds: 120,
    estimateMs: 1000,
    recordedMs: NOW,
    acceptedMs: NOW,
    ...changes,
  },
});

const BEGUN = { batch: 1, attempt: 1, nextPosition: 2, parts: 1 };
const SETTLED = { ...BEGUN, isSettled: true };
const UNFIXED = { counts: {} };

describe('nextAction', () => {
  it.each<[string, Facts]>([
    ['recordJob', facts()],
    ['createJob', facts({ parts: [part({ acceptedMs: undefined } as never, NOW)] })],
    ['pollJob', facts({ parts: [part({}, NOW)] })],
    ['readResults', facts({ parts: [part({ ended: { atMs: NOW, status: 'completed' } }, NOW)] })],
    ['cancelJob', facts({ parts: [part()] }, { state: 'cancelling' })],
    ['settle', facts({ batch: { batch: 1, size: 2, startMs: NOW, counts: {}, unsettledCount: 0 } })],
    ['beginBatch', facts({}, { batch: SETTLED })],
    ['scheduleRetry', facts({ retryAttempt: 2 }, { batch: BEGUN })],
    ['beginAttempt', facts({ retryAttempt: 2 }, { batch: { ...BEGUN, retryMs: NOW } })],
    ['verify', facts({ verifyMs: NOW }, { batch: BEGUN, counts: { verifying: 2, pending: 2 } })],
    ['verify', facts({}, { isExpired: true, counts: { verifying: 1 } })],
    ['checkConnections', facts({ connectionsMs: NOW, isWindowOpen: false })],
    ['expire', facts({ nowMs: NOW + DEFINITION.expiresAfterSeconds * 1000 })],
    ['finish', facts({}, { isExpired: true })],
    ['finish', facts({}, { batch: { ...SETTLED, batch: 2 }, counts: { succeeded: 4 } })],
    ['prepare', facts({}, { state: 'scheduled', ...UNFIXED })],
  ])('is %s', (kind, given) => {
    expect(nextAction(given).kind).toBe(kind);
  });

  it.each<[string, number | undefined, Facts]>([
    ['approval', undefined, facts({}, { state: 'awaitingApproval', ...UNFIXED })],
    ['startTime', NOW + 9, facts({}, { state: 'scheduled', startMs: NOW + 9, ...UNFIXED })],
    ['window', NOW + 9, facts({ isWindowOpen: false, nextWindowMs: NOW + 9 }, { state: 'scheduled', ...UNFIXED })],
    ['job', NOW + 1, facts({ parts: [part()] }, { batch: BEGUN })],
    ['answers', NOW + 1, facts({ parts: [part({ ended: { atMs: NOW, status: 'completed' } })] }, { batch: BEGUN })],
    ['resume', undefined, facts({}, { state: 'paused' })],
    ['job', NOW + 1, facts({ parts: [part()] }, { state: 'paused', batch: BEGUN })],
    ['window', NOW + 9, facts({ isWindowOpen: false, nextWindowMs: NOW + 9 })],
    ['place', undefined, facts({ isInLine: true })],
    ['verification', NOW + 9, facts({ verifyMs: NOW + 9 }, { batch: BEGUN, counts: { verifying: 2, pending: 2 } })],
    ['retry', NOW + 9, facts({ retryAttempt: 2 }, { batch: { ...BEGUN, retryMs: NOW + 9 } })],
    ['soak', NOW + 9, facts({}, { batch: { ...SETTLED, soakUntilMs: NOW + 9 }, definition: soaking() })],
    [
      'devices',
      NOW + 9,
      facts({ connectionsMs: NOW + 9 }, { batch: { ...SETTLED, batch: 2 }, counts: { waiting: 1 } }),
    ],
  ])('waits for %s until %s', (waitingFor, untilMs, given) => {
    const { expiresMs } = given.record;
    expect(nextAction(given)).toMatchObject({ kind: 'wait', waitingFor });
    const action = nextAction(given);
    expect(action.kind === 'wait' ? (action.untilMs ?? expiresMs) : undefined).toBe(untilMs ?? expiresMs);
  });
});

function soaking() {
  return { ...DEFINITION, soakSeconds: 60 };
}
