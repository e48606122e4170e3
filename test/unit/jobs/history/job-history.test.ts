import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog } from '../../../../src/core/log.js';
import type { Job } from '../../../../src/iothub/documents.js';
import { JobHistory } from '../../../../src/jobs/history/job-history.js';
import { MemoryStore } from '../../../../src/store/memory-store.js';
import { ManualClock } from '../../../support/manual-clock.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const { signal } = new AbortController();

let clock: ManualClock;
let store: MemoryStore;
let history: JobHistory;

beforeEach(() => {
  clock = new ManualClock();
  store = new MemoryStore();
  history = new JobHistory({ store, hubName: 'main', days: 30, clock, log: silentLog });
});

afterEach(async () => {
  await history.stop();
});

const job = (jobId: string, more: Partial<Job> = {}): Job & { readonly jobId: string } => ({
  jobId,
  type: 'scheduleDeviceMethod',
  status: 'completed',
  counts: { deviceCount: 2, succeededCount: 2, failedCount: 0 },
  ...more,
});

async function add(jobId: string, endMs: number, more: Partial<Job> = {}): Promise<void> {
  await store.batch(await history.changesFor(job(jobId, { endTime: new Date(endMs), ...more }), undefined));
}

async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const [key] of store.entries()) found.push(key);
  return found;
}

async function pages(size: number): Promise<string[][]> {
  const found: string[][] = [];
  let continuationToken: string | undefined;
  do {
    const page = await history.page({ size, continuationToken, signal });
    found.push(page.jobs.map((past) => past.job.jobId));
    continuationToken = page.continuationToken;
  } while (continuationToken !== undefined);
  return found;
}

describe('a job that has ended', () => {
  it('is returned as it was, with times, payload and count of refusals', async () => {
    const last = job('a/b', {
      queryCondition: "tags.site = 'Lyon'",
      createdTime: new Date(clock.nowMs() - 3000),
      startTime: new Date(clock.nowMs() - 2000),
      endTime: new Date(clock.nowMs() - 1000),
      maxExecutionTimeInSeconds: 60,
      methodName: 'reboot',
      payload: { delay: 12345678901234567890n },
      statusMessage: "the hub's",
    });
    await store.batch(await history.changesFor(last, 1));
    await expect(history.find('a/b')).resolves.toMatchObject({
      job: { ...last, statusMessage: "from the agent's history" },
      refusedCount: 1,
    });
    await expect(history.find('a')).resolves.toBeUndefined();
  });

  it('replaces an earlier one with its id', async () => {
    await add('j', clock.nowMs() - 2000);
    await add('j', clock.nowMs() - 1000, { status: 'failed' });
    await expect(history.find('j')).resolves.toMatchObject({ job: { status: 'failed' } });
    await expect(pages(10)).resolves.toEqual([['j']]);
    await expect(keys()).resolves.toHaveLength(2);
  });

  it('has texts of a bounded length', async () => {
    await add('j', clock.nowMs(), { failureReason: 'x'.repeat(1_000_000) });
    expect((await history.find('j'))?.size).toBeLessThan(20_000);
  });
});

describe('the list', () => {
  it('has the job that ended last first, page by page, each once', async () => {
    for (let index = 0; index < 25; index += 1) await add(`j${index}`, clock.nowMs() - index * 1000);
    const found = await pages(10);
    expect(found.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(found.flat()).toEqual(Array.from({ length: 25 }, (_, index) => `j${index}`));
  });

  it('ends a page early when its jobs have long payloads', async () => {
    for (let index = 0; index < 20; index += 1)
      await add(`j${index}`, clock.nowMs() - index, { payload: 'x'.repeat(100_000) });
    expect((await pages(20)).map(({ length }) => length)).toEqual([11, 9]);
  });

  it('finds the wanted jobs among many in one page', async () => {
    for (let index = 0; index < 300; index += 1)
      await add(`j${index}`, clock.nowMs() - index, { status: index === 299 ? 'failed' : 'completed' });
    const isWanted = ({ job: { status } }: { readonly job: Job }): boolean => status === 'failed';
    const page = await history.page({ size: 10, isWanted, signal });
    expect(page.jobs.map((past) => past.job.jobId)).toEqual(['j299']);
  });

  it('continues after a record that cannot be read', async () => {
    for (let index = 0; index < 4; index += 1) await add(`j${index}`, clock.nowMs() - index);
    const damaged = (await keys()).filter((key) => key.includes('/end/') && key.endsWith('/j1'));
    for (const key of damaged) await store.put(key, { version: 99 });
    expect(damaged).toHaveLength(1);
    expect((await pages(2)).flat()).toEqual(['j0', 'j2', 'j3']);
  });

  it('fails when the call has ended', async () => {
    await add('j', clock.nowMs());
    await expect(history.page({ size: 10, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ServiceTimeout',
    });
  });
});

describe('deletion', () => {
  it('removes the jobs that ended too long ago, in small steps, and keeps the others', async () => {
    const startMs = clock.nowMs();
    for (let index = 0; index < 250; index += 1) await add(`old${index}`, startMs - 31 * DAY_MS - index);
    await add('kept', startMs - 29 * DAY_MS);
    history.start();
    const left: number[] = [];
    for (let step = 0; step < 3; step += 1) {
      await clock.advanceAsync(step === 0 ? 0 : 10);
      left.push((await keys()).length / 2);
    }
    expect(left).toEqual([151, 51, 1]);
    await expect(history.find('old0')).resolves.toBeUndefined();
    await expect(history.find('kept')).resolves.toBeDefined();
  });

  it('happens within an hour after the configured days', async () => {
    await add('j', clock.nowMs());
    history.start();
    await clock.advanceAsync(30 * DAY_MS);
    await expect(history.find('j')).resolves.toBeDefined();
    await clock.advanceAsync(HOUR_MS);
    await expect(keys()).resolves.toEqual([]);
  });

  it('does not wait longer because the clock of the hub is ahead', async () => {
    await add('j', clock.nowMs() + 1000 * DAY_MS);
    history.start();
    await clock.advanceAsync(30 * DAY_MS + HOUR_MS);
    await expect(keys()).resolves.toEqual([]);
  });

  it('ends with the agent, also between two steps', async () => {
    for (let index = 0; index < 150; index += 1) await add(`old${index}`, clock.nowMs() - 31 * DAY_MS);
    history.start();
    await clock.advanceAsync(0);
    await history.stop();
    expect(clock.armed).toBe(0);
    await expect(keys()).resolves.toHaveLength(100);
  });
});
