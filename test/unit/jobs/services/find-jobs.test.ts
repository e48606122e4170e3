import { beforeEach, describe, expect, it } from '@jest/globals';
import { AgentError } from '../../../../src/core/errors.js';
import type { Service } from '../../../../src/edge/definitions.js';
import type { ListJobsRequest } from '../../../../src/iothub/ports.js';
import { createJobServices } from '../../../../src/jobs/services/services.js';
import { jobEnvironment } from '../../../../src/jobs/environment.js';
import { callService, failureOf } from '../../../support/jobs/callers.js';
import { FakeHub } from '../../../support/jobs/fake-hub.js';
import { ManualClock } from '../../../support/manual-clock.js';

type Row = Readonly<Record<string, unknown>>;

const clock = new ManualClock();
const LATER = new Date(clock.nowMs() + 60_000).toISOString();
const EARLIER = new Date(clock.nowMs() - 60_000).toISOString();
/** The values that published clients of the service know. */
const KNOWN = ['unknown', 'enqueued', 'running', 'completed', 'failed', 'cancelled', 'scheduled', 'queued'];

let hub: FakeHub;
let services: Service[];

beforeEach(() => {
  hub = new FakeHub();
  services = createJobServices(jobEnvironment({ hub: hub.port({ clock }), thing: 'Hub' }));
});

const call = (name: string, parameters: Row = {}): Promise<Row[]> =>
  callService(services, name, parameters, { clock }) as Promise<Row[]>;

const askedFor = (): (string | undefined)[] => hub.calls.map(({ request }) => (request as ListJobsRequest).status);

function addJob(jobId: string, status: string, startTime?: string): void {
  hub.jobs.set(jobId, {
    jobId,
    type: 'scheduleDeviceMethod',
    status,
    ...(startTime === undefined ? {} : { startTime }),
  });
}

function addOneOfEach(): void {
  for (const status of ['queued', 'enqueued'])
    for (const [when, startTime] of Object.entries({ later: LATER, earlier: EARLIER, none: undefined }))
      addJob(`${status}-${when}`, status, startTime);
  addJob('scheduled', 'scheduled', LATER);
  for (const status of ['running', 'completed', 'failed', 'cancelled', 'unknown']) addJob(status, status, EARLIER);
}

describe('the status filter', () => {
  const CASES: [string, string[]][] = [
    ['scheduled', ['enqueued-later', 'queued-later', 'scheduled']],
    ['pending', ['enqueued-earlier', 'enqueued-none', 'queued-earlier', 'queued-none']],
    ['enqueued', ['enqueued-earlier', 'enqueued-none', 'queued-earlier', 'queued-none']],
    ['queued', ['queued-earlier', 'queued-later', 'queued-none']],
    ['running', ['running']],
    ['completed', ['completed']],
    ['failed', ['failed']],
    ['cancelled', ['cancelled']],
    ['canceled', ['cancelled']],
    ['unknown', ['unknown']],
  ];
  it.each(CASES)(
    '%s lists the jobs with this status, by values that published clients know',
    async (status, jobIds) => {
      addOneOfEach();
      const rows = await call('FindJobs', { status: status.toUpperCase() });
      expect(rows.map((row) => String(row['jobId'])).toSorted()).toEqual(jobIds);
      expect(KNOWN).toEqual(expect.arrayContaining(askedFor()));
      const shown = { enqueued: 'pending', canceled: 'cancelled' }[status] ?? status;
      if (status !== 'queued') expect(new Set(rows.map((row) => row['status']))).toEqual(new Set([shown]));
    },
  );

  it('returns queued jobs as pending or scheduled if no status is requested', async () => {
    addOneOfEach();
    const rows = await call('FindJobs');
    expect(askedFor()).toEqual([undefined]);
    expect(rows.filter((row) => row['status'] === 'pending')).toHaveLength(4);
    expect(rows.filter((row) => row['status'] === 'scheduled')).toHaveLength(3);
    expect(rows.every((row) => row['status'] !== 'queued' && row['status'] !== 'enqueued')).toBe(true);
  });

  it('returns a job whose status changes between two calls once', async () => {
    addJob('moving', 'enqueued', EARLIER);
    hub.fail = (_operation, request) => {
      if ((request as ListJobsRequest).status === 'queued') addJob('moving', 'queued', EARLIER);
      return undefined;
    };
    await expect(call('FindJobs', { status: 'pending' })).resolves.toMatchObject([{ jobId: 'moving' }]);
  });

  it('omits a job whose status has changed by the time it is listed', async () => {
    hub.operations.listJobs = () =>
      Promise.resolve({ items: [{ jobId: 'a', type: 'scheduleUpdateTwin', status: 'completed' }] });
    await expect(call('FindJobs', { status: 'running' })).resolves.toEqual([]);
  });

  it('keeps a document without a status', async () => {
    hub.operations.listJobs = () => Promise.resolve({ items: [{ jobId: 'a', jobType: 'scheduleUpdateTwin' }] });
    await expect(call('FindJobs', { status: 'running' })).resolves.toMatchObject([{ jobId: 'a' }]);
  });
});

describe('a hub that refuses a filter value', () => {
  const refuse = (...values: string[]): void => {
    hub.fail = (_operation, request) =>
      values.includes((request as ListJobsRequest).status ?? '')
        ? new AgentError('HubRejected', 'no such status', { context: { httpStatus: 400 } })
        : undefined;
  };

  it.each([['enqueued'], ['queued'], ['scheduled'], ['queued', 'enqueued'], ['scheduled', 'enqueued']])(
    '%s leaves the others',
    async (...values) => {
      refuse(...values);
      addOneOfEach();
      const rows = await call('FindJobs', { status: 'scheduled' });
      const expected = ['enqueued-later', 'queued-later', 'scheduled'].filter(
        (jobId) => !values.includes(jobId.replace('-later', '')),
      );
      expect(rows.map((row) => String(row['jobId'])).toSorted()).toEqual(expected);
    },
  );

  it('fails if every list is refused', async () => {
    refuse('queued', 'enqueued');
    expect((await failureOf(call('FindJobs', { status: 'pending' }))).code).toBe('HubRejected');
    refuse('running');
    expect((await failureOf(call('FindJobs', { status: 'running' }))).code).toBe('HubRejected');
  });

  it('does not include a hub that fails for another reason', async () => {
    hub.fail = (_operation, request) =>
      (request as ListJobsRequest).status === 'queued' ? new AgentError('HubThrottled', 'later') : undefined;
    expect((await failureOf(call('FindJobs', { status: 'pending' }))).code).toBe('HubThrottled');
  });
});

describe('several lists', () => {
  beforeEach(() => {
    hub.maxPageSize = 7;
    for (let index = 0; index < 50; index += 1) addJob(`a${index}`, 'enqueued', index % 2 ? LATER : EARLIER);
    for (let index = 0; index < 50; index += 1) addJob(`b${index}`, 'queued', index % 2 ? LATER : EARLIER);
  });

  it('are read completely, page by page', async () => {
    await expect(call('FindJobs', { status: 'pending' })).resolves.toHaveLength(50);
    await expect(call('FindJobs', { status: 'scheduled' })).resolves.toHaveLength(50);
  });

  it.each([1, 24, 25, 26, 49, 50, 51])('end at maxItems %d', async (maxItems) => {
    await expect(call('FindJobs', { status: 'pending', maxItems })).resolves.toHaveLength(Math.min(50, maxItems));
  });

  it('report the number of matching rows if they do not fit', async () => {
    services = createJobServices(
      jobEnvironment({
        hub: hub.port({ clock }),
        thing: 'Hub',
        messageLimits: { maxMessageBytes: 8192, maxFrameBytes: 1024 },
      }),
    );
    const failure = await failureOf(call('FindJobs', { status: 'pending' }));
    expect(failure.reason).toMatch(/^ResultTooLarge: The result has 50 rows/);
  });
});

describe('GetJob and CancelJob', () => {
  it.each([
    ['queued', LATER, 'scheduled'],
    ['enqueued', LATER, 'scheduled'],
    ['queued', EARLIER, 'pending'],
    ['enqueued', undefined, 'pending'],
    ['queued', '9999-12-31T23:59:59.9999999Z', 'pending'],
    ['thinking', EARLIER, 'thinking'],
  ])('show %s with the start time %s as %s', async (status, startTime, shown) => {
    addJob('j', status, startTime);
    await expect(call('GetJob', { jobId: 'j' })).resolves.toMatchObject([{ status: shown }]);
  });

  it.each([
    [LATER, 'scheduled'],
    [EARLIER, 'pending'],
  ])('name the shown status of a job that cannot be cancelled', async (startTime, shown) => {
    addJob('j', 'queued', startTime);
    hub.fail = (operation) => (operation === 'cancelJob' ? new AgentError('JobNotCancellable', 'no') : undefined);
    const failure = await failureOf(call('CancelJob', { jobId: 'j' }));
    expect(failure.code).toBe('JobNotCancellable');
    expect(failure.reason).toContain(`its status is ${shown},`);
  });

  it.each(['queued', 'scheduled', 'pending'])('cancel a job that is %s', async (status) => {
    addJob('j', status, LATER);
    await expect(call('CancelJob', { jobId: 'j' })).resolves.toMatchObject([{ status: 'cancelled' }]);
  });
});
