import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES } from '../../../src/core/error-codes.js';
import { AgentError } from '../../../src/core/errors.js';
import type { NativeRow } from '../../../src/edge/definitions.js';
import { failureOf } from '../../support/jobs/callers.js';
import { deviceId } from '../../support/rollouts/rig.js';
import { limitsOf, ServiceRig } from '../../support/rollouts/services.js';

const METHOD = { methodName: 'reboot', queryCondition: '*' };
const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => deviceId(index));

const COUNTS = ['pending', 'running', 'waiting', 'succeeded', 'refused', 'failed', 'expired', 'cancelled'];
const sumOf = (row: NativeRow): number => COUNTS.reduce((sum, name) => sum + Number(row[`${name}Count`]), 0);

interface Page {
  readonly rows: readonly NativeRow[];
  readonly continuationToken: string | null;
}

async function walk(rig: ServiceRig, parameters: Record<string, unknown>): Promise<NativeRow[]> {
  const rows: NativeRow[] = [];
  let continuationToken: string | null | undefined;
  do {
    const token = continuationToken === undefined ? {} : { continuationToken };
    const page = (await rig.call('QueryRolloutDevices', { ...parameters, ...token })) as Page;
    rows.push(...page.rows);
    continuationToken = page.continuationToken;
  } while (continuationToken !== null);
  return rows;
}

describe('the errors', () => {
  it.each([
    'GetRollout',
    'QueryRolloutDevices',
    'PauseRollout',
    'ResumeRollout',
    'CancelRollout',
    'ApproveRollout',
    'RetryRollout',
    'DeleteRollout',
  ])('%s of an id that does not exist is RolloutNotFound', async (name) => {
    const error = await failureOf(new ServiceRig().call(name, { rolloutId: 'none' }));
    expect([error.code, ERROR_CODES.RolloutNotFound.status]).toEqual(['RolloutNotFound', 0x84]);
  });

  it.each([
    ['RolloutAlreadyExists', 0x89],
    ['RolloutStateConflict', 0x89],
    ['StateRequired', 0x83],
    ['RolloutLimitReached', 0xa3],
  ] as const)('%s has the status %i', (code, status) => {
    expect(ERROR_CODES[code].status).toBe(status);
  });

  it('StartRollout requires persistent state, and the other services do not', async () => {
    const rig = new ServiceRig({ services: { isDurable: false } });
    expect((await failureOf(rig.call('StartRollout', METHOD))).code).toBe('StateRequired');
    expect((await failureOf(rig.call('RetryRollout', { rolloutId: 'r1' }))).code).toBe('StateRequired');
    expect(await rig.call('FindRollouts')).toEqual([]);
    expect(await rig.call('PreviewRollout', METHOD)).toMatchObject({ deviceCount: 10 });
  });

  it('no more roll-outs are open than rollouts.maxOpen allows', async () => {
    const rig = new ServiceRig();
    for (let made = 0; made < 100; made += 1)
      await rig.call('StartRollout', { ...METHOD, rolloutId: `r${made}`, startTime: new Date(4e12) });
    expect((await failureOf(rig.call('StartRollout', METHOD))).code).toBe('RolloutLimitReached');
    await rig.call('CancelRollout', { rolloutId: 'r7' });
    expect(await rig.call('StartRollout', METHOD)).toBe('generated');
  });

  it('a recurring roll-out has its state, its definition and the number of times that were skipped', async () => {
    const rig = new ServiceRig();
    const recurrenceEnds = new Date(rig.clock.nowMs() + 3_600_000);
    const recurrence = { recurrence: '* * * * *', recurrenceEnds };
    expect(await rig.call('StartRollout', { ...METHOD, ...recurrence, rolloutId: 'again' })).toBe('again');
    await rig.clock.advanceAsync(61_000);
    await rig.call('PauseRollout', { rolloutId: 'again' });
    await rig.clock.advanceAsync(60_000);
    expect(await rig.row('ResumeRollout', { rolloutId: 'again' })).toMatchObject({
      state: 'recurring',
      outcome: 'inProgress',
      waitingFor: 'startTime',
      skippedCount: 1,
      expiresTime: recurrenceEnds,
      definition: { recurrence: '* * * * *', recurrenceEnds: recurrenceEnds.toISOString() },
    });
    const found = (await rig.call('FindRollouts', { state: 'RECURRING' })) as readonly NativeRow[];
    expect(found.map(({ rolloutId }) => rolloutId)).toEqual(['again']);
    expect(await rig.row('GetRollout', { rolloutId: 'again-r1' })).toMatchObject({
      state: 'completed',
      skippedCount: 0,
    });
    const endless = await rig.call('StartRollout', { ...METHOD, recurrence: '0 0 1 1 *' });
    expect((await rig.row('GetRollout', { rolloutId: endless }))['expiresTime']).toBeUndefined();
    expect(await rig.row('CancelRollout', { rolloutId: 'again' })).toMatchObject({ state: 'cancelled' });
  });

  it('a roll-out via direct calls has no hub jobs, in the preview and in its rows', async () => {
    const rig = new ServiceRig();
    const parameters = { ...METHOD, via: 'direct', rolloutId: 'd1' };
    expect(await rig.call('PreviewRollout', parameters)).toMatchObject({ deviceCount: 10, jobCount: 0 });
    await rig.call('StartRollout', parameters);
    await rig.clock.advanceAsync(5000);
    const row = await rig.row('GetRollout', { rolloutId: 'd1' });
    expect(row).toMatchObject({ outcome: 'succeeded', jobCount: 0, definition: { via: 'direct' } });
    const { rows } = (await rig.call('QueryRolloutDevices', { rolloutId: 'd1', maxItems: 1 })) as Page;
    expect(rows).toEqual([expect.objectContaining({ state: 'succeeded', methodStatus: 200 })]);
    expect(rows[0]).not.toHaveProperty('jobId');
  });

  it('a continuous roll-out shows its selection, and is not inherited by a list or a retry', async () => {
    const rig = new ServiceRig();
    const years = { selection: 'continuous', expiresAfterSeconds: 157_680_000 };
    await rig.call('StartRollout', { ...METHOD, ...years, rolloutId: 'c1' });
    await rig.clock.advanceAsync(60_000);
    const row = await rig.row('GetRollout', { rolloutId: 'c1' });
    expect(row).toMatchObject({ state: 'running', waitingFor: 'devices', succeededCount: 10, definition: years });
    expect(row['nextActionTime']).toBeInstanceOf(Date);
    await rig.call('CancelRollout', { rolloutId: 'c1' });
    const list = { copyOf: 'c1', deviceIds: ['device-0001'], expiresAfterSeconds: 60, rolloutId: 'c2' };
    expect(await rig.call('StartRollout', list)).toBe('c2');
    expect(await rig.row('GetRollout', { rolloutId: 'c2' })).toMatchObject({ definition: { selection: 'snapshot' } });
  });

  it('services that are switched off refuse every call', async () => {
    const disabled = new ServiceRig({ offer: { isEnabled: false } });
    expect(await failureOf(disabled.call('FindRollouts'))).toMatchObject({
      code: 'Forbidden',
      message: expect.stringContaining('rollouts.enabled'),
    });
    const denied = new ServiceRig({ offer: { deny: ['AzureIotDeviceJobStartRollout'] } });
    expect((await failureOf(denied.call('StartRollout', METHOD))).code).toBe('Forbidden');
    expect(await denied.call('AzureIotDeviceJobFindRollouts')).toEqual([]);
  });
});

describe('the guards', () => {
  it('refuse a method that is not allowed, in a preview too', async () => {
    const rig = new ServiceRig({ services: { guards: { allowedMethods: ['get*'] } } });
    for (const name of ['StartRollout', 'PreviewRollout'])
      expect((await failureOf(rig.call(name, METHOD))).code).toBe('Forbidden');
  });

  it('count the devices at the call and name both numbers', async () => {
    const rig = new ServiceRig({ services: { guards: { maxDevicesPerRollout: 9, requireQueryCondition: true } } });
    for (const name of ['StartRollout', 'PreviewRollout'])
      for (const targets of [{ queryCondition: '*' }, { deviceIds: ids(10) }])
        expect(await failureOf(rig.call(name, { methodName: 'm', ...targets }))).toMatchObject({
          code: 'Forbidden',
          message: expect.stringMatching(/\b10\b.*\b9\b/),
        });
    expect(await rig.call('StartRollout', { methodName: 'm', deviceIds: ids(9) })).toBe('generated');
  });

  it('let a large roll-out wait until it is approved', async () => {
    const rig = new ServiceRig({ services: { guards: { approvalAbove: 9 } } });
    await rig.driver.start();
    expect(await rig.call('PreviewRollout', METHOD)).toMatchObject({ needsApproval: true });
    await rig.call('StartRollout', { ...METHOD, rolloutId: 'r1' });
    await rig.clock.advanceAsync(5000);
    expect(await rig.row('GetRollout', { rolloutId: 'r1' })).toMatchObject({
      state: 'awaitingApproval',
      waitingFor: 'approval',
      deviceCount: 10,
      pendingCount: 0,
    });
    expect((await failureOf(rig.call('PauseRollout', { rolloutId: 'r1' }))).code).toBe('RolloutStateConflict');
    const approved = await rig.row('ApproveRollout', { rolloutId: 'r1', comment: 'by the shift lead' });
    expect(approved['state']).toBe('scheduled');
    await rig.until('r1', 'completed');
    const { history } = await rig.row('GetRollout', { rolloutId: 'r1' });
    expect((history as { array: unknown[] }).array).toContainEqual(
      expect.objectContaining({ event: 'approved', comment: 'by the shift lead' }),
    );
  });
});

describe('PreviewRollout', () => {
  it('plans as the roll-out does, and stores nothing', async () => {
    const rig = new ServiceRig({ devices: 100 });
    rig.hub.offline.add(deviceId(1)).add(deviceId(2));
    const shape = { canarySize: 3, batchSize: 10, batchGrowth: 2, soakSeconds: 5 };
    expect(await rig.call('PreviewRollout', { ...METHOD, ...shape, deviceIds: undefined })).toMatchObject({
      deviceCount: 100,
      batches: [3, 10, 20, 40, 27].map((size, index) => ({ batch: index + 1, size, jobs: 1 })),
      batchCount: 5,
      jobCount: 5,
      estimatedSeconds: 30,
      needsApproval: false,
      nextWindow: null,
    });
    expect(await rig.call('FindRollouts')).toEqual([]);
    expect(rig.hub.jobs.size).toBe(0);
  });

  it('counts the jobs of a list exactly, and only devices of the hub as connected or not', async () => {
    const rig = new ServiceRig({ devices: 50, services: { guards: { maxDevicesPerJob: 20 } } });
    rig.hub.offline.add(deviceId(1));
    expect(
      await rig.call('PreviewRollout', { methodName: 'm', deviceIds: [...ids(50), 'gone'], batchSize: 30 }),
    ).toMatchObject({
      deviceCount: 51,
      connectedCount: 49,
      disconnectedCount: 1,
      batches: [
        { batch: 1, size: 30, jobs: 2 },
        { batch: 2, size: 21, jobs: 2 },
      ],
      jobCount: 4,
    });
  });

  it('lists the first 1,000 batches of a condition, and counts all of them', async () => {
    const rig = new ServiceRig({ devices: 1200 });
    const preview = await rig.call('PreviewRollout', { ...METHOD, batchSize: 1 });
    expect(preview).toMatchObject({ deviceCount: 1200, batchCount: 1200, jobCount: 1200 });
    expect((preview as { batches: unknown[] }).batches).toHaveLength(1000);
  });

  it('returns null for the connections if the hub has no quota for them', async () => {
    const rig = new ServiceRig();
    const throttled = () => Promise.reject(new AgentError('HubThrottled', 'no quota'));
    rig.spareLane = { ...rig.spareLane, query: throttled };
    expect(await rig.call('PreviewRollout', { methodName: 'm', deviceIds: ids(3) })).toMatchObject({
      deviceCount: 3,
      connectedCount: null,
      disconnectedCount: null,
      batchCount: 1,
    });
  });

  it('returns the open window, otherwise the next one', async () => {
    const rig = new ServiceRig();
    const windows = [{ start: '0 2 * * *', durationMinutes: 60 }];
    const day = 86_400_000;
    const midnight = Math.ceil(rig.clock.nowMs() / day) * day;
    const preview = (hour: number) =>
      rig.call('PreviewRollout', { ...METHOD, windows, startTime: new Date(midnight + hour * 3_600_000) });
    const window = {
      start: new Date(midnight + 7_200_000).toISOString(),
      end: new Date(midnight + 10_800_000).toISOString(),
    };
    expect(await preview(1)).toMatchObject({ nextWindow: window });
    expect(await preview(2.5)).toMatchObject({ nextWindow: window });
  });
});

describe('FindRollouts', () => {
  it('lists the newest first, by state in any case, without JSON fields', async () => {
    const rig = new ServiceRig();
    for (const rolloutId of ['r1', 'r2', 'r3'])
      await rig.call('StartRollout', { ...METHOD, rolloutId, startTime: new Date(4e12) });
    await rig.call('PauseRollout', { rolloutId: 'r2' });
    const found = async (parameters: Record<string, unknown>) =>
      ((await rig.call('FindRollouts', parameters)) as NativeRow[]).map(({ rolloutId }) => rolloutId);
    expect(await found({})).toEqual(['r3', 'r2', 'r1']);
    expect(await found({ maxItems: 2 })).toEqual(['r3', 'r2']);
    expect(await found({ state: 'PAUSED' })).toEqual(['r2']);
    const [row] = (await rig.call('FindRollouts')) as NativeRow[];
    for (const name of ['definition', 'batches', 'failures', 'history']) expect(row).not.toHaveProperty(name);
  });

  it('fails with ResultTooLarge and the number of rows if they do not fit a message', async () => {
    const rig = new ServiceRig({ services: { messageLimits: limitsOf(65_536) } });
    for (let made = 0; made < 90; made += 1)
      await rig.call('StartRollout', {
        ...METHOD,
        rolloutId: `r${made}`,
        startTime: new Date(4e12),
        description: 'x'.repeat(500),
      });
    expect(await failureOf(rig.call('FindRollouts'))).toMatchObject({
      code: 'ResultTooLarge',
      message: expect.stringContaining('90 rows'),
    });
    expect(await rig.call('FindRollouts', { maxItems: 20 })).toHaveLength(20);
  });
});

describe('GetRollout', () => {
  it('shows batches, failures and history, with counts that add up', async () => {
    const rig = new ServiceRig({ devices: 20 });
    rig.hub.script = (id) => (id === deviceId(3) ? { status: 500 } : { status: 200 });
    await rig.driver.start();
    await rig.call('StartRollout', { ...METHOD, rolloutId: 'r1', batchSize: 10 });
    await rig.until('r1', 'completed');
    const row = await rig.row('GetRollout', { rolloutId: 'r1' });
    expect(sumOf(row)).toBe(20);
    expect(row).toMatchObject({
      state: 'completed',
      outcome: 'completedWithErrors',
      waitingFor: '',
      deviceCount: 20,
      succeededCount: 19,
      refusedCount: 1,
      batch: 2,
      batchCount: 2,
      jobCount: 2,
      failures: { array: [{ state: 'refused', code: '500', count: 1 }] },
    });
    expect((row['batches'] as { array: unknown[] }).array).toEqual([
      expect.objectContaining({ batch: 1, size: 10, state: 'done' }),
      expect.objectContaining({ batch: 2, size: 10, state: 'done' }),
    ]);
  });

  it('fails with ResultTooLarge if it does not fit a message', async () => {
    const rig = new ServiceRig({ services: { messageLimits: limitsOf(65_536) } });
    await rig.call('StartRollout', { ...METHOD, rolloutId: 'r1', payload: { text: 'x'.repeat(100_000) } });
    expect((await failureOf(rig.call('GetRollout', { rolloutId: 'r1' }))).code).toBe('ResultTooLarge');
    expect(await rig.row('PauseRollout', { rolloutId: 'r1' })).not.toHaveProperty('definition');
  });
});

describe('QueryRolloutDevices', () => {
  it('returns each device once, in order, while devices change their states', async () => {
    const rig = new ServiceRig({ devices: 30 });
    await rig.driver.start();
    await rig.call('StartRollout', { methodName: 'm', deviceIds: ids(30).reverse(), rolloutId: 'r1', batchSize: 10 });
    await rig.until('r1', 'running');
    const rows: NativeRow[] = [];
    let continuationToken: string | null | undefined;
    while (continuationToken !== null) {
      const token = continuationToken === undefined ? {} : { continuationToken };
      const page = (await rig.call('QueryRolloutDevices', { rolloutId: 'r1', maxItems: 7, ...token })) as Page;
      expect(page.rows.length).toBeLessThanOrEqual(7);
      rows.push(...page.rows);
      continuationToken = page.continuationToken;
      await rig.clock.advanceAsync(1500);
    }
    expect(rows.map((row) => row['deviceId'])).toEqual(ids(30).reverse());
  });

  it('filters by state and batch, and agrees with the counts', async () => {
    const rig = new ServiceRig({ devices: 20 });
    rig.hub.script = (id) => ({ status: id.endsWith('5') ? 500 : 200, payload: { ok: id } });
    await rig.driver.start();
    await rig.call('StartRollout', { methodName: 'm', deviceIds: ids(20), rolloutId: 'r1', batchSize: 10 });
    await rig.until('r1', 'completed');
    const refused = await walk(rig, { rolloutId: 'r1', state: 'REFUSED' });
    expect(refused.map((row) => row['deviceId'])).toEqual([deviceId(5), deviceId(15)]);
    expect(refused[0]).toEqual({
      deviceId: deviceId(5),
      batch: 1,
      state: 'refused',
      attempts: 1,
      jobId: expect.stringMatching(/^r1-\w{4}-b1-a1-p1$/),
      methodStatus: 500,
      methodPayload: { ok: deviceId(5) },
      startTime: expect.any(String),
      endTime: expect.any(String),
    });
    const second = await walk(rig, { rolloutId: 'r1', batch: 2, maxItems: 3 });
    expect(second.map((row) => row['deviceId'])).toEqual(ids(20).slice(10));
    expect(await walk(rig, { rolloutId: 'r1', batch: 3 })).toEqual([]);
    expect(await walk(rig, { rolloutId: 'r1', batch: 2, state: 'refused' })).toHaveLength(1);
  });

  it('has no rows before the set is fixed', async () => {
    const rig = new ServiceRig();
    await rig.call('StartRollout', { ...METHOD, rolloutId: 'r1', startTime: new Date(4e12) });
    expect(await rig.call('QueryRolloutDevices', { rolloutId: 'r1' })).toEqual({ rows: [], continuationToken: null });
  });

  it('ends a page early when more would not fit a message', async () => {
    const rig = new ServiceRig({ devices: 60, services: { messageLimits: limitsOf(65_536) } });
    rig.hub.script = () => ({ status: 200, payload: 'x'.repeat(4000) });
    await rig.driver.start();
    await rig.call('StartRollout', { methodName: 'm', deviceIds: ids(60), rolloutId: 'r1' });
    await rig.until('r1', 'completed');
    const page = (await rig.call('QueryRolloutDevices', { rolloutId: 'r1' })) as Page;
    expect(page.rows.length).toBeLessThan(20);
    expect(await walk(rig, { rolloutId: 'r1' })).toHaveLength(60);
  });

  it.each<[string, Record<string, unknown>]>([
    ['another roll-out', { rolloutId: 'r2' }],
    ['another state', { rolloutId: 'r1', state: 'succeeded' }],
    ['another batch', { rolloutId: 'r1', batch: 1 }],
  ])('refuses a token of %s', async (_what, parameters) => {
    const rig = new ServiceRig();
    await rig.driver.start();
    for (const rolloutId of ['r1', 'r2']) {
      await rig.call('StartRollout', { ...METHOD, rolloutId });
      await rig.until(rolloutId, 'completed');
    }
    const { continuationToken } = (await rig.call('QueryRolloutDevices', { rolloutId: 'r1', maxItems: 1 })) as Page;
    const call = rig.call('QueryRolloutDevices', { ...parameters, continuationToken });
    expect((await failureOf(call)).message).toContain('continuationToken');
  });

  it.each(['x', '!', 'AAAA', 'W10'])('refuses the token %s', async (continuationToken) => {
    const rig = new ServiceRig();
    await rig.call('StartRollout', { ...METHOD, rolloutId: 'r1' });
    const call = rig.call('QueryRolloutDevices', { rolloutId: 'r1', continuationToken });
    expect(await failureOf(call)).toMatchObject({ code: 'InvalidArgument' });
  });
});

describe('the calls that change a roll-out', () => {
  it('pause and resume it, and have no effect when repeated', async () => {
    const rig = new ServiceRig({ devices: 20 });
    await rig.driver.start();
    await rig.call('StartRollout', { ...METHOD, rolloutId: 'r1', batchSize: 5, soakSeconds: 600 });
    await rig.clock.advanceAsync(20_000);
    const paused = await rig.row('PauseRollout', { rolloutId: 'r1', comment: 'lunch' });
    expect(paused).toMatchObject({ state: 'paused', reason: 'user', waitingFor: 'resume' });
    expect(await rig.row('PauseRollout', { rolloutId: 'r1' })).toMatchObject({ state: 'paused' });
    await rig.clock.advanceAsync(3_600_000);
    expect(rig.hub.jobs.size).toBe(1);
    expect(await rig.row('ResumeRollout', { rolloutId: 'r1' })).toMatchObject({
      state: 'running',
      reason: '',
      waitingFor: 'job',
    });
    expect(await rig.row('ResumeRollout', { rolloutId: 'r1' })).toMatchObject({ state: 'running' });
    await rig.until('r1', 'completed');
  });

  it('end a soak', async () => {
    const rig = new ServiceRig({ devices: 10 });
    await rig.driver.start();
    await rig.call('StartRollout', { ...METHOD, rolloutId: 'r1', batchSize: 5, soakSeconds: 100_000 });
    await rig.clock.advanceAsync(60_000);
    expect(await rig.row('GetRollout', { rolloutId: 'r1' })).toMatchObject({ waitingFor: 'soak', batch: 1 });
    await rig.call('ResumeRollout', { rolloutId: 'r1', skipSoak: true });
    await rig.clock.advanceAsync(60_000);
    expect(await rig.row('GetRollout', { rolloutId: 'r1' })).toMatchObject({ state: 'completed' });
  });

  it('cancel it at once if no hub job is open', async () => {
    const rig = new ServiceRig({ devices: 10 });
    await rig.driver.start();
    await rig.call('StartRollout', { ...METHOD, rolloutId: 'r1', batchSize: 5, soakSeconds: 600 });
    await rig.clock.advanceAsync(60_000);
    const row = await rig.row('CancelRollout', { rolloutId: 'r1' });
    expect(row).toMatchObject({ state: 'cancelled', outcome: 'cancelled', succeededCount: 5, cancelledCount: 5 });
    expect(await rig.row('CancelRollout', { rolloutId: 'r1' })).toMatchObject({ state: 'cancelled' });
    for (const name of ['PauseRollout', 'ResumeRollout', 'ApproveRollout'])
      expect((await failureOf(rig.call(name, { rolloutId: 'r1' }))).code).toBe('RolloutStateConflict');
  });

  it('delete it once it has ended', async () => {
    const rig = new ServiceRig();
    await rig.driver.start();
    await rig.call('StartRollout', { ...METHOD, rolloutId: 'r1', startTime: new Date(4e12) });
    expect((await failureOf(rig.call('DeleteRollout', { rolloutId: 'r1' }))).code).toBe('RolloutStateConflict');
    await rig.call('CancelRollout', { rolloutId: 'r1' });
    expect(await rig.call('DeleteRollout', { rolloutId: 'r1' })).toBe(true);
    expect((await failureOf(rig.call('DeleteRollout', { rolloutId: 'r1' }))).code).toBe('RolloutNotFound');
  });
});

describe('RetryRollout', () => {
  async function failed(): Promise<ServiceRig> {
    const rig = new ServiceRig({ devices: 20 });
    rig.hub.script = (id) => ({ status: id.endsWith('5') ? 500 : 200 });
    rig.hub.offline.add(deviceId(3));
    await rig.driver.start();
    await rig.call('StartRollout', {
      methodName: 'm',
      deviceIds: [...ids(20), 'gone'],
      rolloutId: 'r1',
      canarySize: 1,
    });
    await rig.until('r1', 'completed');
    return rig;
  }

  it('starts a roll-out for the devices that failed, in order, once', async () => {
    const rig = await failed();
    const parameters = { rolloutId: 'r1', newRolloutId: 'r2' };
    expect(await rig.call('RetryRollout', parameters)).toBe('r2');
    expect(await rig.call('RetryRollout', parameters)).toBe('r2');
    rig.hub.offline.clear();
    await rig.until('r2', 'completed');
    expect(await rig.row('GetRollout', { rolloutId: 'r2' })).toMatchObject({
      retryOf: 'r1',
      deviceCount: 3,
      definition: { methodName: 'm', canarySize: 1, deviceIds: { count: 3 } },
    });
    const rows = await walk(rig, { rolloutId: 'r2' });
    expect(rows.map((row) => row['deviceId'])).toEqual([deviceId(3), deviceId(5), deviceId(15)]);
    const other = rig.call('RetryRollout', { ...parameters, states: ['offline'] });
    expect((await failureOf(other)).code).toBe('RolloutAlreadyExists');
  });

  it('retries the devices in the given states', async () => {
    const rig = await failed();
    await rig.call('RetryRollout', { rolloutId: 'r1', newRolloutId: 'r2', states: { array: ['notFound'] } });
    expect(await rig.row('GetRollout', { rolloutId: 'r2' })).toMatchObject({ deviceCount: 1 });
  });

  it.each<[string, unknown, string]>([
    ['a state without devices', ['timedOut'], 'selects no device'],
    ['succeeded', ['succeeded'], 'states[0]'],
    ['a text', 'offline', 'array'],
  ])('refuses %s', async (_what, states, text) => {
    const error = await failureOf((await failed()).call('RetryRollout', { rolloutId: 'r1', states }));
    expect(error).toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining(text) });
  });

  it('requires a roll-out that has ended', async () => {
    const rig = new ServiceRig();
    await rig.call('StartRollout', { ...METHOD, rolloutId: 'r1', startTime: new Date(4e12) });
    expect((await failureOf(rig.call('RetryRollout', { rolloutId: 'r1' }))).code).toBe('RolloutStateConflict');
  });
});
