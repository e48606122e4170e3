import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { RolloutDefinition } from '../../../src/rollouts/records/records.js';
import { cancel, pause, resume } from '../../../src/rollouts/driver/commands.js';
import { expectInvariants, KILLS, Life } from '../../support/rollouts/life.js';
import { deviceId } from '../../support/rollouts/rig.js';

const DEVICES = 60;
const RETRIES = 2;

/** How often a device refuses the method before it does as it is told. */
const refusals = (index: number): number => (index % 7 === 3 ? 1 + (index % 3) : 0);
const ids = Array.from({ length: DEVICES }, (_, index) => deviceId(index));

const DEFINITION: Partial<RolloutDefinition> = {
  batchSize: 12,
  retries: RETRIES,
  retryOn: ['refused'],
  retryDelaySeconds: 5,
  soakSeconds: 3,
};

describe('a roll-out whose agent is killed at any store write or hub call', () => {
  it('calls each device exactly as often as the rules require', async () => {
    await fc.assert(
      fc.asyncProperty(KILLS, async (given) => {
        const life = new Life(given, DEVICES);
        const { rig } = life;
        rig.hub.script = (id, calls) => ({ status: calls < refusals(ids.indexOf(id)) ? 500 : 200 });
        for (const id of ids) rig.hub.matching.add(id);
        rig.hub.offline.add(deviceId(5)).add(deviceId(40));
        await rig.driver.start();
        const verifyCondition = 'properties.reported.v = 2';
        await rig.start('r1', { ...DEFINITION, offlineDevices: 'wait', verifyCondition }, { deviceIds: ids });
        await life.restart();
        await life.until(
          () => life.isFinal('r1'),
          async (second) => {
            if (second === 90) rig.hub.offline.clear();
          },
        );
        const record = await rig.record('r1');
        const failed = ids.filter((_id, index) => refusals(index) > RETRIES).length;
        expect(record.counts).toEqual({ succeeded: DEVICES - failed, refused: failed });
        for (const [index, id] of ids.entries())
          expect([id, rig.hub.callsOf(id)]).toEqual([id, Math.min(refusals(index), RETRIES) + 1]);
        await expectInvariants(life, record);
      }),
      { numRuns: 15 },
    );
  });

  it('keeps all invariants when users pause, resume and cancel, and when it stops by itself', async () => {
    const command = fc.tuple(fc.integer({ min: 0, max: 90 }), fc.constantFrom('pause', 'resume', 'cancel'));
    const commands = fc.array(command, { maxLength: 6 });
    const action = fc.constantFrom<'pause' | 'cancel'>('pause', 'cancel');
    await fc.assert(
      fc.asyncProperty(KILLS, commands, action, fc.nat({ max: 8000 }), async (given, acts, act, queueMs) => {
        const life = new Life(given, DEVICES);
        const { rig } = life;
        rig.hub.queueMs = queueMs;
        rig.hub.script = (id, calls) => ({ status: calls < refusals(ids.indexOf(id)) ? 500 : 200 });
        await rig.driver.start();
        const abort = [{ on: 'any' as const, count: 2, minimumExecuted: 1, scope: 'rollout' as const, action: act }];
        await rig.start('r1', { ...DEFINITION, abort, expiresAfterSeconds: 400 }, { deviceIds: ids });
        await life.restart();
        const run = { pause, cancel, resume: (work: Parameters<typeof pause>[0]) => resume(work, false) };
        await life.until(
          () => life.isFinal('r1'),
          async (second) => {
            for (const [at, name] of acts)
              if (at === second) await rig.command('r1', (work) => run[name as 'pause'](work));
          },
        );
        const record = await rig.record('r1');
        for (const [index, id] of ids.entries())
          expect(rig.hub.callsOf(id)).toBeLessThanOrEqual(Math.min(refusals(index), RETRIES) + 1);
        await expectInvariants(life, record);
      }),
      { numRuns: 15 },
    );
  });

  it('never has a device in two open jobs of two roll-outs', async () => {
    await fc.assert(
      fc.asyncProperty(KILLS, async (given) => {
        const life = new Life(given, DEVICES);
        const { rig } = life;
        await rig.driver.start();
        await rig.start('r1', { batchSize: 20 });
        await rig.start('r2', { methodName: 'other', batchSize: 15 }, { deviceIds: ids.slice(0, 40) });
        await life.restart();
        await life.until(async () => (await life.isFinal('r1')) && (await life.isFinal('r2')));
        for (const id of ['r1', 'r2']) await expectInvariants(life, await rig.record(id));
        for (const [index, id] of ids.entries()) expect(rig.hub.callsOf(id)).toBe(index < 40 ? 2 : 1);
      }),
      { numRuns: 10 },
    );
  });
});
