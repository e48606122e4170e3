import { expect, test } from '@jest/globals';
import {
  eventRow,
  isDone,
  endAsUnknown,
  newRecord,
  observe,
  readRecord,
  notified,
  withThing,
} from '../../../../src/jobs/watch/record.js';

const record = newRecord('j', 'scheduleUpdateTwin', ['A', 'B'], { atMs: 0, isConfirmed: false });
const seen = (status: string, more: object = {}) => ({
  job: { status, counts: {}, ...more },
  refusedCount: undefined,
  atMs: 7,
});

test('a change is pending until each of its Things has sent it', () => {
  const changed = observe(record, seen('running'), []);
  expect(changed.pending).toHaveLength(1);
  expect(notified(changed, 'A').pending[0]?.things).toEqual(['B']);
  expect(notified(notified(changed, 'A'), 'B').pending).toEqual([]);
});

test('a change of outcome under the same status is a change', () => {
  const done = observe(record, seen('completed', { type: 'scheduleUpdateTwin' }), []);
  const again = observe(
    done,
    seen('completed', { type: 'scheduleUpdateTwin', counts: { deviceCount: 1, failedCount: 1 } }),
    [],
  );
  expect(again.pending.map(({ outcome }) => outcome)).toEqual(['completed', 'completedWithErrors']);
});

test('* means all Things at the time of the change', () => {
  const all = newRecord('j', 't', '*', { atMs: 0, isConfirmed: true });
  expect(observe(all, seen('running'), ['X', 'Y']).pending[0]?.things).toEqual(['X', 'Y']);
  expect(withThing(all, 'Z')).toBe(all);
});

test('a hub that keeps changing a status does not exhaust memory', () => {
  let mad = record;
  for (let index = 0; index < 500; index += 1) mad = observe(mad, seen(index % 2 ? 'running' : 'queued'), []);
  expect(mad.pending.length).toBeLessThanOrEqual(32);
});

test('a job that the hub no longer has ends as unknown, with an event', () => {
  const gone = endAsUnknown(observe(record, seen('running'), []), 9, []);
  expect(gone).toMatchObject({ hasEnded: true, seen: { status: 'unknown', outcome: 'unknown' } });
  expect(gone.pending.map(({ status }) => status)).toEqual(['running', 'unknown']);
});

test('an ended job is done when its end has been notified', () => {
  const ended = observe(record, seen('failed'), []);
  expect(isDone(ended)).toBe(false);
  expect(isDone(notified(notified(ended, 'A'), 'B'))).toBe(true);
  expect(isDone(record)).toBe(false);
});

test('the row of an event has no empty cells', () => {
  const changed = observe(record, seen('running', { counts: { deviceCount: 3 } }), []);
  expect(eventRow(changed, changed.pending[0] as never)).toEqual({
    jobId: 'j',
    type: 'scheduleUpdateTwin',
    status: 'running',
    outcome: 'inProgress',
    deviceCount: 3,
    time: new Date(7),
  });
});

test.each([null, undefined, 7, 'x', {}, [], { jobId: 'j' }, { ...record, pending: 'x' }])(
  '%j is no record',
  (value) => {
    expect(readRecord(value)).toBeUndefined();
  },
);

test('a record survives the store', () => {
  const changed = observe(record, seen('running'), []);
  expect(readRecord(JSON.parse(JSON.stringify(changed)))).toEqual(changed);
});
