import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { expectInvariants, KILLS, Life } from '../../support/rollouts/life.js';
import { deviceId } from '../../support/rollouts/rig.js';

const EXPIRES_SECONDS = 900;
/** Every device that is there for a whole interval by then is called. */
const LAST_ARRIVAL = 500;

describe('a continuous roll-out whose agent is killed at any store write or hub call', () => {
  it('calls each device once that was there for an interval, whoever joins, leaves and comes back', async () => {
    const move = fc.record({
      second: fc.integer({ min: 0, max: LAST_ARRIVAL }),
      device: fc.integer({ min: 0, max: 11 }),
      isHere: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(KILLS, fc.array(move, { maxLength: 40 }), async (given, moves) => {
        const life = new Life(given, 3);
        const { rig } = life;
        const { hub } = rig;
        rig.environment = { ...rig.environment, continuousCheckMs: 60_000 };
        await rig.driver.start();
        await rig.start('r', { selection: 'continuous', batchSize: 2, expiresAfterSeconds: EXPIRES_SECONDS });
        await life.restart();
        const seen = new Set(hub.devices);
        await life.until(
          () => life.isFinal('r'),
          async (second) => {
            for (const { device, isHere } of moves.filter((each) => each.second === second)) {
              if (isHere) hub.devices.add(deviceId(device));
              else hub.devices.delete(deviceId(device));
              if (isHere) seen.add(deviceId(device));
            }
          },
        );
        const record = await rig.record('r');
        const states = await rig.deviceStates('r');
        for (const id of hub.devices) expect([id, states[id] === undefined]).toEqual([id, false]);
        for (const id of Object.keys(states)) expect([id, seen.has(id)]).toEqual([id, true]);
        for (const id of seen) expect([id, hub.callsOf(id) <= 1]).toEqual([id, true]);
        for (const [id, state] of Object.entries(states))
          expect([id, hub.callsOf(id), state]).toEqual([id, Number(state === 'succeeded'), state]);
        expect(record.reason).toBe('expired');
        await expectInvariants(life, record);
      }),
      { numRuns: 12 },
    );
  });
});
