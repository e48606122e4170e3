import { describe, expect, it } from '@jest/globals';
import { AgentError } from '../../../../src/core/errors.js';
import { startCall } from '../../../../src/core/call-context.js';
import { noInstruments } from '../../../../src/core/instruments.js';
import { silentLog } from '../../../../src/core/log.js';
import { JobIndex } from '../../../../src/jobs/read-model/job-index.js';
import { ActiveJobs } from '../../../../src/jobs/watch/active-jobs.js';
import { FakeHub } from '../../../support/jobs/fake-hub.js';
import { ManualClock } from '../../../support/manual-clock.js';

function setUp() {
  const hub = new FakeHub();
  const clock = new ManualClock();
  const port = hub.port({ clock });
  const index = new JobIndex({ hub: port, clock, log: silentLog, instruments: noInstruments });
  const changes: string[] = [];
  index.onChange((jobId) => changes.push(jobId));
  const context = startCall({ timeoutMs: 60_000, clock });
  return { hub, clock, port, index, changes, context };
}

const job = (jobId: string, status = 'running', more: object = {}) => ({
  jobId,
  type: 'scheduleDeviceMethod',
  status,
  createdTime: '2026-01-01T00:00:00Z',
  ...more,
});

const statusOf = (index: JobIndex, jobId: string) => index.get(jobId)?.job.status;

describe('the jobs of a hub for those who look', () => {
  it('are read once, however many look at the same time and afterwards', async () => {
    const { hub, clock, index } = setUp();
    for (let count = 0; count < 600; count += 1) hub.jobs.set(`j-${count}`, job(`j-${count}`));
    await Promise.all(Array.from({ length: 50 }, () => index.ready()));
    expect([...index.jobs]).toHaveLength(600);
    expect(hub.count('listJobs')).toBe(3);
    clock.advance(59_000);
    await index.ready();
    expect(hub.count('listJobs')).toBe(3);
  });

  it('cost nothing while nobody looks, and are then forgotten', async () => {
    const { hub, clock, port, index, context } = setUp();
    hub.jobs.set('a', job('a'));
    await port.lane('user').listJobs(context, {});
    expect([...index.jobs]).toEqual([]);
    await index.ready();
    expect([...index.jobs]).toHaveLength(1);
    clock.advance(60_000);
    expect(index.isViewed).toBe(false);
    clock.advance(540_000);
    index.view();
    expect([...index.jobs]).toEqual([]);
    expect(hub.count('listJobs')).toBe(2);
  });

  it('follow whatever the hub returns to anybody, and nothing older', async () => {
    const { hub, port, index, changes, context } = setUp();
    await index.ready();
    const user = port.lane('user');
    await user.scheduleJob(context, {
      type: 'scheduleDeviceMethod',
      jobId: 'new',
      queryCondition: '*',
      methodName: 'echo',
      payload: undefined,
      maxExecutionTimeInSeconds: 60,
      responseTimeoutInSeconds: 30,
      connectTimeoutInSeconds: 30,
    });
    expect(index.get('new')?.job).toMatchObject({
      status: 'queued',
      methodName: 'echo',
      createdTime: expect.any(Date),
    });
    hub.jobs.set('new', job('new', 'running', { deviceJobStatistics: { deviceCount: 3 } }));
    await user.getJob(context, 'new');
    expect(index.get('new')?.job).toMatchObject({ status: 'running', counts: { deviceCount: 3 } });
    await user.getJob(context, 'new');
    expect(changes).toEqual(['new', 'new']);
    hub.jobs.set('new', job('new', 'completed'));
    await user.listJobs(context, {});
    hub.jobs.set('new', job('new', 'running'));
    await user.listJobs(context, {});
    expect(statusOf(index, 'new')).toBe('completed');
  });

  it('that have left the lists of active jobs are read one by one, to learn how they ended', async () => {
    const { hub, index, context } = setUp();
    for (const jobId of ['ended', 'waits', 'active', 'gone']) hub.jobs.set(jobId, job(jobId));
    await index.ready();
    hub.jobs.set('ended', job('ended', 'failed'));
    hub.jobs.delete('gone');
    const active = new ActiveJobs();
    active.add(job('active'), 0);
    await index.settle(context, active, (jobId) => jobId === 'waits');
    expect(hub.count('getJob')).toBe(2);
    expect(statusOf(index, 'ended')).toBe('failed');
    expect(index.get('gone')).toBeUndefined();
    await index.settle(context, active, (jobId) => jobId === 'waits');
    expect(hub.count('getJob')).toBe(2);
  });

  it('that the hub has forgotten disappear with the next whole list', async () => {
    const { hub, clock, index, changes } = setUp();
    hub.jobs.set('old', job('old', 'completed'));
    await index.ready();
    hub.jobs.delete('old');
    clock.advance(60_000);
    await index.ready();
    await Promise.resolve();
    await clock.advanceAsync(1);
    expect(index.get('old')).toBeUndefined();
    expect(changes).toEqual(['old', 'old']);
  });

  it('are refused while they cannot be listed, and asked for again after a pause', async () => {
    const { hub, clock, index } = setUp();
    hub.fail = () => new AgentError('HubRejected', 'no');
    await expect(index.ready()).rejects.toMatchObject({ code: 'HubRejected' });
    await expect(index.ready()).rejects.toMatchObject({ code: 'HubRejected' });
    expect(hub.count('listJobs')).toBe(1);
    hub.fail = () => undefined;
    clock.advance(10_000);
    await index.ready();
    expect(hub.count('listJobs')).toBe(2);
  });

  it('are ten thousand at most: the oldest are left out', async () => {
    const { port, index, hub, context } = setUp();
    await index.ready();
    for (let count = 0; count <= 10_000; count += 1) {
      const createdTime = new Date(Date.UTC(2026, 0, 1) + count * 1000).toISOString();
      hub.jobs.set(`j-${count}`, job(`j-${count}`, 'completed', { createdTime }));
    }
    let continuationToken: string | undefined;
    do {
      const token = continuationToken === undefined ? {} : { continuationToken };
      ({ continuationToken } = await port.lane('user').listJobs(context, { pageSize: 1000, ...token }));
    } while (continuationToken !== undefined);
    expect([...index.jobs].length).toBeLessThanOrEqual(10_000);
    expect(index.get('j-0')).toBeUndefined();
    expect(index.get('j-10000')).toBeDefined();
  });
});
