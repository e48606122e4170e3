import { createMetrics } from '../../../src/agent/ops/prometheus.js';
import { describe, expect, test } from '@jest/globals';
import { isAgentError } from '../../../src/core/errors.js';
import { createJobServices } from '../../../src/jobs/services/services.js';
import { jobEnvironment } from '../../../src/jobs/environment.js';
import { tierLimits } from '../../../src/iothub/tier-limits.js';
import { HubThrottle } from '../../../src/iothub/throttle.js';
import { callService, failureOf, inCall } from '../../support/jobs/callers.js';
import { FakeHub } from '../../support/jobs/fake-hub.js';
import { ManualClock } from '../../support/manual-clock.js';

test.each([
  ['F1', 1, { jobOperations: 100, queries: 20, identityOperations: 100 }, [100, 50, 40], 10],
  ['S1', 3, { jobOperations: 300, queries: 60, identityOperations: 300 }, [100, 50, 120], 10],
  ['S2', 1, { jobOperations: 100, queries: 20, identityOperations: 100 }, [100, 50, 120], 10],
  ['S2', 20, { jobOperations: 2000, queries: 400, identityOperations: 2000 }, [200, 100, 2400], 20],
  ['S3', 2, { jobOperations: 10_000, queries: 2000, identityOperations: 10_000 }, [1000, 500, 12_288], 100],
  ['unlimited', 1, {}, [Infinity, Infinity, Infinity], Infinity],
] as const)('%s with %d units', (tier, units, minutely, [twinReads, twinUpdates, methodCalls], rate) => {
  const { budgets, deviceOperationsPerSecond } = tierLimits(tier, units);
  for (const [budget, count] of Object.entries(minutely))
    expect(budgets[budget as keyof typeof budgets]).toEqual({ perMinute: count, burst: count });
  for (const [budget, count] of Object.entries({ twinReads, twinUpdates, methodCalls }))
    expect(budgets[budget as keyof typeof budgets]).toEqual({ perMinute: 60 * count, burst: count });
  expect(deviceOperationsPerSecond).toBe(rate);
});

test('500 concurrent calls on S1: none lost, none late, the excess refused with a remedy', async () => {
  const clock = new ManualClock();
  const hub = new FakeHub();
  const services = createJobServices(jobEnvironment({ hub: hub.port({ tier: 'S1', clock }), thing: 'Hub' }));
  const startMs = clock.monotonicMs();
  const answers: { readonly afterMs: number; readonly error?: unknown }[] = [];
  const calls = Array.from({ length: 500 }, () =>
    callService(services, 'ScheduleDeviceMethodJob', { methodName: 'm' }, { clock, timeoutMs: 25_000 }).then(
      () => answers.push({ afterMs: clock.monotonicMs() - startMs }),
      (error: unknown) => answers.push({ afterMs: clock.monotonicMs() - startMs, error }),
    ),
  );
  await clock.advanceAsync(60_000);
  await Promise.all(calls);
  expect(answers).toHaveLength(500);
  expect(Math.max(...answers.map(({ afterMs }) => afterMs))).toBeLessThanOrEqual(25_000);
  const refused = answers.filter(({ error }) => error !== undefined);
  const served = answers.length - refused.length;
  expect(served).toBe(hub.jobs.size);
  expect(served).toBeGreaterThan(90);
  expect(served).toBeLessThan(145);
  for (const { error, afterMs } of refused) {
    expect(isAgentError(error, 'HubThrottled')).toBe(true);
    expect((error as Error).message).toMatch(/100 job operations a minute/);
    expect(afterMs).toBe(0);
  }
});

test('a call that the budget refuses is counted', async () => {
  const clock = new ManualClock();
  const limits = tierLimits('S1', 1);
  const budgets = { ...limits.budgets, queries: { perMinute: 1, burst: 1 } };
  const throttle = new HubThrottle({ ...limits, budgets }, clock);
  const metrics = createMetrics({ withProcessMetrics: false });
  const options = { clock, timeoutMs: 1, instruments: metrics.instruments };
  const query = (): Promise<void> => inCall((context) => throttle.take(context, 'queries', 'user'), options);
  await expect(query().then(query)).rejects.toMatchObject({ code: 'HubThrottled' });
  expect(await metrics.text()).toContain('twx_iothub_hub_throttles_total{by="agent"} 1');
});

describe('lanes', () => {
  const limits = tierLimits('S1', 1);

  async function takeAll(
    throttle: HubThrottle,
    clock: ManualClock,
    lane: 'user' | 'background' | 'spare',
  ): Promise<number> {
    for (let count = 0; ; count += 1) {
      const taken = inCall((context) => throttle.take(context, 'jobOperations', lane), { clock, timeoutMs: 1 });
      const failure = await failureOf(taken).catch(() => undefined);
      if (failure) return count;
    }
  }

  test('users do not take the reserve of the watcher', async () => {
    const clock = new ManualClock();
    const throttle = new HubThrottle(limits, clock);
    const users = await takeAll(throttle, clock, 'user');
    expect(users).toBeGreaterThanOrEqual(90);
    expect(await takeAll(throttle, clock, 'background')).toBeGreaterThanOrEqual(5);
  });

  test.each([
    ['background', 25],
    ['spare', 36],
  ] as const)('the %s lane leaves users at least %d of 100 operations', async (lane, count) => {
    const clock = new ManualClock();
    const throttle = new HubThrottle(limits, clock);
    await takeAll(throttle, clock, lane);
    expect(await takeAll(throttle, clock, 'user')).toBeGreaterThanOrEqual(count);
  });

  test('a steady load from users does not stop the watcher', async () => {
    const clock = new ManualClock();
    const throttle = new HubThrottle(limits, clock);
    let polls = 0;
    for (let second = 0; second < 120; second += 1) {
      await takeAll(throttle, clock, 'user');
      polls += await takeAll(throttle, clock, 'background');
      await clock.advanceAsync(1000);
    }
    expect(polls).toBeGreaterThan(40);
  });
});
