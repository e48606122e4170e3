import { expect } from '@jest/globals';
import * as fc from 'fast-check';
import { FINAL_DEVICE_STATES } from '../../../src/rollouts/machine/device-states.js';
import type { RolloutRecord } from '../../../src/rollouts/records/records.js';
import { Mortal } from './mortal.js';
import { RolloutRig } from './rig.js';

const PLACES = 3;

/** A kill after some operations, the last of which may still take effect. */
interface Kill {
  readonly after: number;
  readonly hasEffect: boolean;
}

export const KILLS: fc.Arbitrary<Kill[]> = fc.array(
  fc.record({ after: fc.integer({ min: 1, max: 60 }), hasEffect: fc.boolean() }),
  { minLength: 5, maxLength: 30 },
);

/** Runs a roll-out to its end, with an agent that is killed again and again. */
export class Life {
  readonly rig: RolloutRig;
  #mortal: Mortal | undefined;
  readonly #kills: Kill[];

  constructor(given: readonly Kill[], devices: number) {
    this.rig = new RolloutRig({ devices, maxJobs: PLACES });
    this.#kills = [...given];
    this.rig.hub.maxJobs = PLACES;
    this.rig.hub.jobMs = 7000;
  }

  /** Begins the next life; the last has no end. */
  async restart(): Promise<void> {
    const { store, hub } = this.rig;
    for (;;) {
      const next = this.#kills.shift();
      const mortal = new Mortal(store, hub, next?.after ?? Infinity, next?.hasEffect ?? false);
      this.#mortal = mortal;
      this.rig.environment = { ...this.rig.environment, store: mortal.store, hub: mortal.hub, devices: mortal.devices };
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
export async function expectInvariants({ rig }: Life, record: RolloutRecord): Promise<void> {
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
