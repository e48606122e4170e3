import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { AgentError } from '../../../../src/core/errors.js';
import { MemoryStore } from '../../../../src/store/memory-store.js';
import { FakeHub } from '../../../support/jobs/fake-hub.js';
import { RecordingThing } from '../../../support/jobs/recording-thing.js';
import { ManualClock } from '../../../support/manual-clock.js';
import { startWatching } from '../../../support/jobs/watch-rig.js';

const DAY_MS = 86_400_000;

const jump = fc.record({
  days: fc.oneof(fc.integer({ min: -4000, max: 4000 }), fc.constantFrom(31, 32, -31, 365, -365, 0.001, -0.001)),
  passMs: fc.integer({ min: 0, max: 50_000 }),
  restarts: fc.boolean(),
});

test('no jump of the wall clock, forward or back, loses the end of a watched job', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(jump, { minLength: 1, maxLength: 8 }),
      fc.constantFrom('scheduled', 'queued', 'pending', 'running'),
      fc.boolean(),
      async (jumps, status, isPlatformAway) => {
        const thing = new RecordingThing('Hub');
        const world = {
          tier: 'unlimited',
          fakeHub: new FakeHub(),
          manualClock: new ManualClock(),
          memoryStore: new MemoryStore(),
          things: [thing],
        } as const;
        let isAway = isPlatformAway;
        thing.answer = () => {
          if (isAway) throw new AgentError('QueueFull', 'not connected');
        };
        let rig = await startWatching(world);
        await rig.schedule('j');
        rig.move('j', status);
        if (isPlatformAway) {
          await rig.clock.advanceAsync(20_000);
          rig.move('j', 'completed');
        }
        for (const { days, passMs, restarts } of jumps) {
          rig.clock.setWallClock(days * DAY_MS);
          await rig.clock.advanceAsync(passMs);
          if (!restarts) continue;
          await rig.stop();
          rig = await startWatching(world);
        }
        isAway = false;
        rig.move('j', 'completed');
        await rig.clock.advanceAsync(30_000);
        expect(thing.statusesOf('j').at(-1)).toBe('completed');
        await rig.stop();
      },
    ),
    { numRuns: 150 },
  );
});

test.each([31, 400, -400])('a job whose response is pending is kept over a jump of %d days', async (days) => {
  const rig = await startWatching({ tier: 'unlimited' });
  rig.hub.fail = (operation) =>
    operation === 'scheduleJob' ? new AgentError('HubTimeout', 'lost', { context: { answerLost: true } }) : undefined;
  await expect(rig.schedule('j')).rejects.toThrow('lost');
  await rig.clock.advanceAsync(25_000);
  rig.clock.setWallClock(days * DAY_MS);
  await rig.clock.advanceAsync(25_000);
  rig.move('j', 'running');
  await rig.clock.advanceAsync(15_000);
  expect(rig.thing.statusesOf('j')).toEqual(['running']);
  await rig.stop();
});

test('a job that the hub does not know is dropped after a minute, with a log line', async () => {
  const rig = await startWatching({ tier: 'unlimited' });
  rig.hub.fail = (operation) =>
    operation === 'scheduleJob' ? new AgentError('HubTimeout', 'lost', { context: { answerLost: true } }) : undefined;
  await expect(rig.schedule('j')).rejects.toThrow('lost');
  await rig.clock.advanceAsync(100_000);
  const keys: string[] = [];
  for await (const [key] of rig.store.entries()) keys.push(key);
  expect(keys).toEqual([]);
  expect(rig.log.lines.filter(({ fields }) => fields['jobId'] === 'j').map(({ level }) => level)).toContain('info');
  await rig.stop();
});
