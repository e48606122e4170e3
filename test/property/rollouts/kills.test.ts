import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { FINAL_DEVICE_STATES } from '../../../src/rollouts/machine/device-states.js';
import type { RolloutDefinition, RolloutRecord } from '../../../src/rollouts/records/records.js';
import { cancel, pause, resume } from '../../../src/rollouts/driver/commands.js';
import { Mortal } from '../../support/rollouts/mortal.js';
import { deviceId, RolloutRig } from '../../support/rollouts/rig.js';

const DEVICES = 60;
const RETRIES = 2;
const PLACES = 3;

/** How often a device refuses the method before it does as it is told. */
const refusals = (index: number): number => (index % 7 === 3 ? 1 + (index % 3) : 0);
const ids = Array.from({ length: DEVICES }, (_, index) => deviceId(index));

const kill = fc.record({ after: fc.integer({ min: 1, max: 60 }), hasEffect: fc.boolean() });
const kills = fc.array(kill, { minLength: 5, maxLength: 30 });

/** Runs a roll-out to its end, with an agent that is killed again and again. */
class Life {
  readonly rig = new RolloutRig({ devices: DEVICES, maxJobs: PLACES });
  #mortal: Mortal | undefined;
  readonly #kills: { readonly after: number; readonly hasEffect: boolean }[];

  constructor(given: readonly { readonly after: number; readonly hasEffect: boolean }[]) {
    this.#kills = [...given];
    this.rig.hub.maxJobs = PLACES;
    this.rig.hub.jobMs = 7000;
  }

  /** Begins the next life; the last has no end. */
  async restart(): Promise<void> {
    const { store, hub } = this.rig;
    for (;;) {
      const next = this.#kills.shift();
      const mortal = new Mortal(store, hub.operations, next?.after ?? Infinity, next?.hasEffect ?? false);
      this.#mortal = mortal;
      this.rig.environment = { store: mortal.store, hub: mortal.hub };
      await Promise.race([this.rig.restart(), mortal.death]);
      if (!mortal.isDead) return;
    }
  }

  /** Moves time on, and the agent to its next life when it was killed. @param act what a user does meanwhile. */
  async until(isOver: () => Promise<boolean>, act: (second: number) => Promise<unknown> = async () => undefined) {
    for (let second = 0; second < 20_000; second += 1) {
      if (this.#mortal?.isDead === true) await this.restart();
      if (await isOver()) return;
      const acting = act(second).catch(() => undefined);
      await this.rig.clock.advanceAsync(1000);
      if (this.#mortal?.isDead !== true) await acting;
    }
    throw new Error('the roll-out does not end');
  }

  async isFinal(rolloutId: string): Promise<boolean> {
    const found = await this.rig.driver.find(rolloutId);
    return found !== undefined && ['completed', 'cancelled', 'failed'].includes(found.state);
  }
}

/** What holds for every roll-out that has ended. */
async function expectInvariants({ rig }: Life, record: RolloutRecord): Promise<void> {
  const { hub } = rig;
  const { counts, rolloutId } = record;
  const found: Record<string, number> = {};
  for (const state of Object.values(await rig.deviceStates(rolloutId))) found[state] = (found[state] ?? 0) + 1;
  expect(found).toEqual(counts);
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(record.deviceCount);
  for (const state of Object.keys(counts)) expect(FINAL_DEVICE_STATES).toContain(state);
  expect(hub.overlaps).toEqual([]);
  expect(hub.mostOpen).toBeLessThanOrEqual(PLACES);
  expect(hub.longest).toBeLessThanOrEqual(8192);
  const byAttempt = new Map<string, string[]>();
  for (const { jobId, deviceIds, status } of hub.jobs.values()) {
    const attempt = jobId.replace(/-p\d+$/, '');
    if (status !== 'cancelled' && !attempt.endsWith('-b0-a1'))
      byAttempt.set(attempt, [...(byAttempt.get(attempt) ?? []), ...deviceIds]);
  }
  for (const devices of byAttempt.values()) expect(new Set(devices).size).toBe(devices.length);
  const times = (await rig.history(rolloutId)).map(({ timeMs }) => timeMs);
  expect([...times].sort((a, b) => a - b)).toEqual(times);
  const left: string[] = [];
  for (const list of ['postponed', 'retry', 'deferredRetry', 'waiting', 'verifying'] as const)
    for await (const [key] of rig.store.entries({ prefix: rig.driver.env.keys.index(record.sequence, list) }))
      left.push(key);
  for await (const [key] of rig.store.entries({ prefix: rig.driver.env.keys.parts(record.sequence) })) left.push(key);
  expect(left).toEqual([]);
}

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
      fc.asyncProperty(kills, async (given) => {
        const life = new Life(given);
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
      fc.asyncProperty(kills, commands, action, fc.nat({ max: 8000 }), async (given, acts, act, queueMs) => {
        const life = new Life(given);
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
      fc.asyncProperty(kills, async (given) => {
        const life = new Life(given);
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
