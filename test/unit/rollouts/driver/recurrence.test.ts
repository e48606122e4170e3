import { describe, expect, it } from '@jest/globals';
import { cancel, pause, resume } from '../../../../src/rollouts/driver/commands.js';
import type { RolloutDefinition, RolloutRecord } from '../../../../src/rollouts/records/records.js';
import { deviceId, RolloutRig } from '../../../support/rollouts/rig.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A rig whose clock shows a time, which is written without the seconds: `2026-03-29T00:00`. */
async function rigAt(time: string): Promise<RolloutRig> {
  const rig = new RolloutRig({ devices: 2 });
  await rig.clock.advanceAsync(Date.parse(`${time}:00Z`) - rig.clock.nowMs());
  return rig;
}

async function startHourly(rig: RolloutRig, more: Partial<RolloutDefinition> = {}): Promise<void> {
  await rig.start('r', { recurrence: '0 * * * *', ...more });
}

/** The start times of all runs, as UTC. */
async function runTimes(rig: RolloutRig): Promise<string[]> {
  const times: string[] = [];
  for await (const { record } of rig.driver.list())
    if (record.rolloutId.startsWith('r-r')) times.push(new Date(record.startMs).toISOString().slice(0, 16));
  return times.reverse();
}

const recurring = async (rig: RolloutRig): Promise<RolloutRecord['recurring']> => (await rig.record('r')).recurring;

describe('a recurring roll-out', () => {
  it('starts a run at each time, and ends with its outcome', async () => {
    const rig = await rigAt('2026-01-05T10:30');
    await startHourly(rig, { recurrenceEndsMs: Date.parse('2026-01-05T14:00Z'), payloadText: '{"n":1}' });
    await rig.clock.advanceAsync(1);
    const { waiting } = await rig.driver.status('r');
    expect(waiting).toEqual({ waitingFor: 'startTime', nextActionMs: Date.parse('2026-01-05T11:00Z') });
    expect(await rig.until('r', 'completed')).toMatchObject({
      outcome: 'succeeded',
      recurring: { runs: 3, skipped: 0 },
    });
    expect(await runTimes(rig)).toEqual(['2026-01-05T11:00', '2026-01-05T12:00', '2026-01-05T13:00']);
    expect(await rig.record('r-r3')).toMatchObject({ state: 'completed', definition: { payloadText: '{"n":1}' } });
    expect(rig.hub.callsOf(deviceId(0))).toBe(3);
    expect(rig.clock.nowMs()).toBeGreaterThanOrEqual(Date.parse('2026-01-05T14:00Z'));
  });

  it('reports the failure of a run, also of one that ends after the repetition', async () => {
    const rig = await rigAt('2026-01-05T10:30');
    rig.hub.script = (_id, calls) => ({ status: calls === 1 ? 500 : 200 });
    rig.hub.jobMs = 40 * MINUTE;
    await startHourly(rig, { recurrenceEndsMs: Date.parse('2026-01-05T12:05Z') });
    await rig.clock.advanceAsync(2 * HOUR - 20 * MINUTE);
    expect([(await rig.record('r')).state, await rig.waitingFor('r')]).toEqual(['recurring', 'devices']);
    expect(await rig.until('r', 'completed')).toMatchObject({ outcome: 'completedWithErrors' });
  });

  it('keeps the list of devices for each run', async () => {
    const rig = await rigAt('2026-01-05T10:59');
    await rig.start('r', { recurrence: '0 * * * *' }, { deviceIds: [deviceId(1)] });
    await rig.until('r-r2', 'completed').catch(() => rig.clock.advanceAsync(2 * HOUR));
    expect([rig.hub.callsOf(deviceId(0)), rig.hub.callsOf(deviceId(1))]).toEqual([0, 2]);
  });

  it('skips and counts a time at which the last run has not ended', async () => {
    const rig = await rigAt('2026-01-05T10:30');
    rig.hub.jobMs = 90 * MINUTE;
    await startHourly(rig);
    await rig.clock.advanceAsync(5 * HOUR);
    expect(await runTimes(rig)).toEqual(['2026-01-05T11:00', '2026-01-05T13:00', '2026-01-05T15:00']);
    expect(await recurring(rig)).toMatchObject({ runs: 3, skipped: 2 });
  });

  it('skips and counts the times at which the agent was down', async () => {
    const rig = await rigAt('2026-01-05T10:30');
    await startHourly(rig);
    await rig.clock.advanceAsync(HOUR);
    await rig.driver.stop();
    await rig.clock.advanceAsync(3 * HOUR);
    await rig.restart();
    await rig.clock.advanceAsync(HOUR);
    expect(await runTimes(rig)).toEqual(['2026-01-05T11:00', '2026-01-05T15:00']);
    expect(await recurring(rig)).toMatchObject({ runs: 2, skipped: 3 });
  });

  it('counts the times of a year while the agent was down, although they are many', async () => {
    const rig = await rigAt('2026-01-05T10:30');
    await startHourly(rig);
    await rig.clock.advanceAsync(1000);
    await rig.driver.stop();
    await rig.clock.advanceAsync(365 * 24 * HOUR);
    await rig.restart();
    await rig.clock.advanceAsync(MINUTE);
    expect(await recurring(rig)).toMatchObject({ runs: 0, skipped: 365 * 24 });
  });

  it.each([
    ['spring', '2026-03-28T12:00', '30 2 * * *', ['2026-03-29T01:00', '2026-03-30T00:30']],
    ['autumn', '2026-10-24T12:00', '30 2 * * *', ['2026-10-25T00:30', '2026-10-26T01:30']],
  ])('comes once a day when clocks change in %s', async (_season, from, recurrence, times) => {
    const rig = await rigAt(from);
    await rig.start('r', { recurrence, timeZone: 'Europe/Berlin' });
    await rig.clock.advanceAsync(48 * HOUR);
    expect(await runTimes(rig)).toEqual(times);
  });

  it('has one run for the times that pass at once, when the clock is set forward, and none twice when it is set back', async () => {
    const rig = await rigAt('2026-01-05T10:30');
    await startHourly(rig);
    await rig.clock.advanceAsync(1000);
    rig.clock.setWallClock(3 * HOUR);
    rig.driver.wake();
    await rig.clock.advanceAsync(MINUTE);
    expect(await recurring(rig)).toMatchObject({ runs: 1, skipped: 2 });
    rig.clock.setWallClock(-3 * HOUR);
    await rig.clock.advanceAsync(3 * HOUR);
    expect(await recurring(rig)).toMatchObject({ runs: 1, skipped: 2 });
    await rig.clock.advanceAsync(HOUR);
    expect(await recurring(rig)).toMatchObject({ runs: 2, skipped: 2 });
  });

  it('begins no run while it is paused, and goes on with the next time after', async () => {
    const rig = await rigAt('2026-01-05T10:30');
    await startHourly(rig);
    await rig.clock.advanceAsync(1000);
    expect((await rig.command('r', (work) => pause(work))).state).toBe('paused');
    await rig.clock.advanceAsync(2 * HOUR);
    expect([await rig.waitingFor('r'), await recurring(rig)]).toMatchObject(['resume', { runs: 0, skipped: 2 }]);
    expect((await rig.command('r', (work) => resume(work, false))).state).toBe('recurring');
    await rig.clock.advanceAsync(HOUR);
    expect(await recurring(rig)).toMatchObject({ runs: 1, skipped: 2 });
  });

  it('is cancelled at once, while its run goes on', async () => {
    const rig = await rigAt('2026-01-05T10:59');
    rig.hub.jobMs = 10 * MINUTE;
    await startHourly(rig);
    await rig.clock.advanceAsync(5 * MINUTE);
    expect((await rig.command('r', (work) => cancel(work))).state).toBe('cancelled');
    expect((await rig.until('r-r1', 'completed')).outcome).toBe('succeeded');
    await rig.clock.advanceAsync(3 * HOUR);
    expect(await runTimes(rig)).toHaveLength(1);
  });

  it('skips a time whose id another roll-out has, or for which rollouts.maxOpen has been reached', async () => {
    const rig = new RolloutRig({ devices: 1, maxOpen: 2 });
    await rig.clock.advanceAsync(Date.parse('2026-01-05T10:30Z') - rig.clock.nowMs());
    await rig.start('r-r1');
    await rig.until('r-r1', 'completed');
    await startHourly(rig);
    await rig.clock.advanceAsync(HOUR);
    expect(await recurring(rig)).toMatchObject({ runs: 1, skipped: 1 });
    await rig.start('other', { windows: [{ start: '0 0 1 1 *', durationMinutes: 1 }] });
    await rig.clock.advanceAsync(HOUR);
    expect(await recurring(rig)).toMatchObject({ runs: 1, skipped: 2 });
    await rig.command('other', (work) => cancel(work));
    await rig.clock.advanceAsync(HOUR);
    expect((await rig.record('r-r2')).outcome).toBe('succeeded');
  });
});
