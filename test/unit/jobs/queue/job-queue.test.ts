import { describe, expect, it } from '@jest/globals';
import { AgentError } from '../../../../src/core/errors.js';
import type { HubOperations } from '../../../../src/iothub/ports.js';
import { jobEnvironment } from '../../../../src/jobs/environment.js';
import { callJobService, failureOf } from '../../../support/jobs/callers.js';
import { FakeHub } from '../../../support/jobs/fake-hub.js';
import { limitJobs, QueueRig } from '../../../support/jobs/queue-rig.js';
import type { RecordingThing } from '../../../support/jobs/recording-thing.js';

const DAY_MS = 86_400_000;

describe('a queued job', () => {
  it('is created at once when the hub has a place, and otherwise waits and is created in order', async () => {
    const rig = await new QueueRig().start();
    await expect(rig.schedule('job-1')).resolves.toBe('job-1');
    expect(rig.atHub).toEqual(['job-1']);
    await rig.schedule('job-2');
    await rig.schedule('job-3');
    expect(rig.atHub).toEqual(['job-1']);
    expect(await rig.job('job-2')).toMatchObject({
      status: 'queued',
      outcome: 'inProgress',
      methodName: 'reboot',
      statusMessage: "waits in the agent's queue, place 1 of 2",
    });
    expect(await rig.job('job-3')).toMatchObject({ statusMessage: "waits in the agent's queue, place 2 of 2" });
    rig.move('job-1', 'completed');
    await rig.clock.advanceAsync(3000);
    expect(rig.atHub).toEqual(['job-1', 'job-2']);
    rig.move('job-2', 'completed');
    await rig.clock.advanceAsync(3000);
    expect(rig.atHub).toEqual(['job-1', 'job-2', 'job-3']);
    expect(rig.counts).toEqual([0, 1, 2, 1, 0]);
  });

  it('is created under the correlation id of the call that scheduled it, even by a later process', async () => {
    const hub = new FakeHub();
    limitJobs(hub, 1);
    const ids: string[] = [];
    const operations: HubOperations = {
      ...hub.operations,
      scheduleJob: (context, job) => {
        ids.push(context.correlationId);
        return hub.operations.scheduleJob(context, job);
      },
    };
    const first = await new QueueRig({ hub, operations }).start();
    await first.schedule('job-1');
    await first.schedule('job-2');
    const heads: unknown[] = [];
    for await (const [, value] of first.store.entries()) heads.push(value);
    const second = await first.restart({ operations });
    second.move('job-1', 'completed');
    await second.clock.advanceAsync(3000);
    expect(second.atHub).toEqual(['job-1', 'job-2']);
    expect(new Set(ids).size).toBe(2);
    expect(heads).toContainEqual(expect.objectContaining({ jobId: 'job-2', correlationId: ids.at(-1) }));
  });

  it('has no start time, which the clock of the hub might not have reached', async () => {
    const rig = await new QueueRig().start();
    await rig.schedule('job-1', { startTime: new Date(rig.clock.nowMs() + 60_000), payload: { a: [1, null] } });
    expect(rig.atHub).toEqual([]);
    expect(await rig.job('job-1')).toMatchObject({
      status: 'queued',
      startTime: new Date(rig.clock.nowMs() + 60_000),
      payload: { a: [1, null] },
    });
    await rig.clock.advanceAsync(59_000);
    expect(rig.atHub).toEqual([]);
    await rig.clock.advanceAsync(1500);
    expect(rig.hub.lastBody).toMatchObject({ jobId: 'job-1', cloudToDeviceMethod: { payload: { a: [1, null] } } });
    expect(rig.hub.lastBody).not.toHaveProperty('startTime');
  });

  it('with a start time in the future does not delay those that are due', async () => {
    const rig = await new QueueRig().start();
    await rig.schedule('later', { startTime: new Date(rig.clock.nowMs() + 60_000) });
    await rig.schedule('now');
    expect(rig.atHub).toEqual(['now']);
  });

  it('keeps every digit and key of payloadText', async () => {
    const rig = await new QueueRig().start();
    await rig.schedule('first');
    const payloadText = '{"b": 9007199254740993, "a": 1.0}';
    await rig.schedule('second', { payloadText });
    rig.move('first', 'completed');
    await rig.clock.advanceAsync(3000);
    const sent = rig.hub.calls.findLast(({ operation }) => operation === 'scheduleJob')?.request;
    expect(sent).toMatchObject({ jobId: 'second', payloadText });
  });

  it('fires an event for each of its statuses', async () => {
    const rig = await new QueueRig().start();
    await rig.schedule('first');
    await rig.schedule('second');
    rig.move('first', 'completed');
    await rig.clock.advanceAsync(3000);
    rig.move('second', 'running');
    await rig.clock.advanceAsync(11_000);
    rig.move('second', 'completed');
    await rig.clock.advanceAsync(11_000);
    const { events } = rig.thing as RecordingThing;
    const statuses = events.filter(({ jobId }) => jobId === 'second').map(({ status }) => status);
    expect(statuses).toEqual(['queued', 'pending', 'running', 'completed']);
  });

  it('fails with QueueExpired if it gets no place in time, counted from its start time', async () => {
    const rig = await new QueueRig({ maxAgeMs: 600_000 }).start();
    await rig.schedule('first');
    await rig.schedule('second');
    await rig.schedule('third', { startTime: new Date(rig.clock.nowMs() + 300_000) });
    await rig.clock.advanceAsync(601_000);
    expect(await rig.job('second')).toMatchObject({
      status: 'failed',
      outcome: 'failed',
      failureReason: 'QueueExpired',
    });
    expect(await rig.job('third')).toMatchObject({ status: 'queued' });
    await rig.clock.advanceAsync(300_000);
    expect(await rig.job('third')).toMatchObject({ status: 'failed', failureReason: 'QueueExpired' });
    expect((rig.thing as RecordingThing).statusesOf('second')).toEqual(['queued', 'failed']);
    expect(rig.atHub).toEqual(['first']);
  });

  it('is returned for 30 days after it ended in the queue', async () => {
    const rig = await new QueueRig({ maxAgeMs: 60_000 }).start();
    await rig.schedule('first');
    await rig.schedule('second');
    await rig.clock.advanceAsync(61_000);
    rig.clock.setWallClock(29 * DAY_MS);
    await rig.clock.advanceAsync(3_601_000);
    expect(await rig.find({ status: 'failed' })).toEqual(['second failed']);
    rig.clock.setWallClock(2 * DAY_MS);
    await rig.clock.advanceAsync(3_601_000);
    expect(await rig.find({ status: 'failed' })).toEqual([]);
    expect((await failureOf(rig.job('second'))).code).toBe('JobNotFound');
  });
});

describe('FindJobs', () => {
  it('lists the jobs of the queue before those of the hub, by status and type', async () => {
    const rig = await new QueueRig().start();
    await rig.schedule('first');
    await rig.schedule('second');
    await rig.call('ScheduleTwinUpdateJob', { patch: { tags: { a: 1 } }, jobId: 'third', queue: true });
    await rig.call('CancelJob', { jobId: 'second' });
    expect(await rig.find()).toEqual(['third queued', 'second cancelled', 'first scheduled']);
    expect(await rig.find({ status: 'queued' })).toEqual(['third queued']);
    expect(await rig.find({ status: 'canceled' })).toEqual(['second cancelled']);
    expect(await rig.find({ type: 'scheduleDeviceMethod' })).toEqual(['second cancelled', 'first scheduled']);
    expect(await rig.find({ maxItems: 1 })).toEqual(['third queued']);
    expect(await rig.find({ maxItems: 3 })).toHaveLength(3);
  });
});

describe('CancelJob', () => {
  it('cancels a waiting job, and names the status of one that has ended', async () => {
    const rig = await new QueueRig().start();
    await rig.schedule('first');
    await rig.schedule('second');
    const rows = await rig.call('CancelJob', { jobId: 'second' });
    expect(rows).toEqual([expect.objectContaining({ jobId: 'second', status: 'cancelled', outcome: 'cancelled' })]);
    const error = await failureOf(rig.call('CancelJob', { jobId: 'second' }));
    expect(error.reason).toMatch(/^JobNotCancellable: .*its status is cancelled/);
    rig.move('first', 'completed');
    await rig.clock.advanceAsync(60_000);
    expect(rig.atHub).toEqual(['first']);
    expect((rig.thing as RecordingThing).statusesOf('second')).toEqual(['queued', 'cancelled']);
  });

  it.each([true, false])(
    'looks at the hub when the answer to its creation is unknown (created: %s)',
    async (isCreated) => {
      const rig = await new QueueRig().start();
      await rig.schedule('first');
      await rig.schedule('second');
      rig.move('first', 'completed');
      const { hub } = rig;
      hub.fail = (operation, request) => {
        if (operation !== 'scheduleJob') return undefined;
        const { jobId } = request as { readonly jobId: string };
        if (isCreated) hub.jobs.set(jobId, { jobId, type: 'scheduleDeviceMethod', status: 'scheduled' });
        return new AgentError('HubUnavailable', 'lost', { context: { answerLost: true } });
      };
      await rig.clock.advanceAsync(3000);
      expect(await rig.job('second')).toMatchObject({ status: 'queued' });
      const rows = await rig.call('CancelJob', { jobId: 'second' });
      expect(rows).toEqual([expect.objectContaining({ jobId: 'second', status: 'cancelled' })]);
      expect(hub.count('cancelJob')).toBe(isCreated ? 1 : 0);
      limitJobs(hub, 1);
      await rig.clock.advanceAsync(60_000);
      expect(hub.jobs.get('second')?.['status']).toBe(isCreated ? 'cancelled' : undefined);
    },
  );
});

describe('an id', () => {
  it('identifies one job, in the queue and in the hub', async () => {
    const rig = await new QueueRig().start();
    await rig.schedule('first');
    await Promise.all([rig.schedule('second'), rig.schedule('second'), rig.schedule('second')]);
    expect(rig.queue.count).toBe(1);
    await expect(rig.schedule('first')).resolves.toBe('first');
    await expect(rig.schedule('second', { queue: false })).resolves.toBe('second');
    expect((await failureOf(rig.schedule('second', { methodName: 'other' }))).code).toBe('JobAlreadyExists');
    expect((await failureOf(rig.schedule('first', { methodName: 'other' }))).code).toBe('JobAlreadyExists');
    expect(rig.queue.count).toBe(1);
    rig.move('first', 'completed');
    await rig.clock.advanceAsync(3000);
    await expect(rig.schedule('second')).resolves.toBe('second');
    expect(rig.queue.count).toBe(0);
    expect(rig.atHub).toEqual(['first', 'second']);
  });

  it('fails the job if another program has used it meanwhile', async () => {
    const rig = await new QueueRig().start();
    await rig.schedule('first');
    await rig.schedule('second');
    rig.hub.jobs.set('second', {
      jobId: 'second',
      type: 'scheduleDeviceMethod',
      status: 'completed',
      cloudToDeviceMethod: { methodName: 'other' },
    });
    rig.move('first', 'completed');
    await rig.clock.advanceAsync(3000);
    expect(await rig.job('second')).toMatchObject({
      status: 'failed',
      failureReason: expect.stringMatching(/^JobAlreadyExists: /),
    });
  });
});

describe('the queue', () => {
  it('tries again after 5 s, doubling, while jobs of other programs occupy the places, or when a list shows a place', async () => {
    const rig = await new QueueRig().start();
    rig.hub.jobs.set('other', { jobId: 'other', type: 'scheduleDeviceMethod', status: 'running' });
    await rig.schedule('mine');
    expect(rig.queue.count).toBe(1);
    const attempts = (): number => rig.hub.count('scheduleJob');
    expect(attempts()).toBe(1);
    await rig.clock.advanceAsync(5000);
    expect(attempts()).toBe(2);
    await rig.clock.advanceAsync(9000);
    expect(attempts()).toBe(2);
    rig.hub.jobs.delete('other');
    await rig.clock.advanceAsync(46_000);
    expect(rig.atHub).toEqual(['mine']);
    expect(attempts()).toBe(3);
  });

  it('continues by itself when the hub is reachable again', async () => {
    const rig = await new QueueRig().start();
    await rig.schedule('first');
    await rig.schedule('second');
    rig.hub.fail = () => new AgentError('HubUnavailable', 'away');
    rig.move('first', 'completed');
    await rig.clock.advanceAsync(120_000);
    expect(rig.atHub).toEqual(['first']);
    limitJobs(rig.hub, 1);
    await rig.clock.advanceAsync(60_000);
    expect(rig.atHub).toEqual(['first', 'second']);
  });

  it('continues after a restart', async () => {
    let rig = await new QueueRig().start();
    await rig.schedule('first');
    await rig.schedule('second', { payload: [1, 2] });
    await rig.schedule('third');
    await rig.call('CancelJob', { jobId: 'third' });
    rig = await rig.restart();
    expect(await rig.find()).toEqual(['second queued', 'third cancelled', 'first scheduled']);
    rig.move('first', 'completed');
    await rig.clock.advanceAsync(70_000);
    expect(rig.atHub).toEqual(['first', 'second']);
    expect(rig.places.openCount).toBe(1);
  });

  it('fails a job whose method the guards do not allow any more', async () => {
    let rig = await new QueueRig().start();
    await rig.schedule('first');
    await rig.schedule('second');
    rig = await rig.restart({ guards: { allowedMethods: ['get*'] } });
    rig.move('first', 'completed');
    await rig.clock.advanceAsync(70_000);
    expect(await rig.job('second')).toMatchObject({
      status: 'failed',
      failureReason: expect.stringMatching(/^Forbidden: /),
    });
  });

  it('holds 1,000 jobs', async () => {
    const rig = await new QueueRig().start();
    await rig.schedule('first');
    for (let job = 0; job < 1000; job += 1) await rig.call('ScheduleDeviceMethodJob', { methodName: 'm', queue: true });
    expect((await failureOf(rig.schedule('too-many'))).code).toBe('JobQueueFull');
    expect(rig.queue.count).toBe(1000);
  });

  it('returns the error of a job that the hub refuses at once', async () => {
    const rig = await new QueueRig().start();
    rig.hub.fail = (operation) =>
      operation === 'scheduleJob'
        ? new AgentError('HubRejected', 'not so', { context: { httpStatus: 400 } })
        : undefined;
    expect((await failureOf(rig.schedule('first'))).code).toBe('HubRejected');
    expect(rig.places.openCount).toBe(0);
    expect(rig.queue.count).toBe(0);
  });

  it('requires persistent state', async () => {
    const { hub, clock } = new QueueRig();
    const environment = jobEnvironment({ hub: hub.port({ clock }), thing: 'Hub' });
    const call = callJobService(environment, 'ScheduleDeviceMethodJob', { methodName: 'm', queue: true }, { clock });
    expect((await failureOf(call)).code).toBe('StateRequired');
  });

  it('is the default if the agent is configured so', async () => {
    const rig = await new QueueRig().start();
    const environment = { ...rig.environment, queuesJobs: true };
    const schedule = (jobId: string): Promise<unknown> =>
      callJobService(environment, 'ScheduleDeviceMethodJob', { methodName: 'm', jobId }, { clock: rig.clock });
    await schedule('first');
    await schedule('second');
    expect(rig.queue.count).toBe(1);
    const direct = rig.schedule('third', { queue: false });
    expect((await failureOf(direct)).code).toBe('HubJobQuotaExceeded');
  });
});
