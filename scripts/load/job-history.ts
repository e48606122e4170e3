/**
 * `tsx scripts/load/job-history.ts [JOBS]`: a history of 100,000 jobs in a store on disk is listed page by page, searched
 * through FindJobs, and deleted when its days are over, while a timer measures how long the event loop is blocked. No tick may
 * use more than 50 ms of processor time of this process; elapsed time would include other processes of a busy machine.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.js';
import { isAgentError } from '../../src/core/errors.js';
import { silentLog } from '../../src/core/log.js';
import { jobEnvironment } from '../../src/jobs/environment.js';
import { JobHistory } from '../../src/jobs/history/job-history.js';
import { openLevelStore } from '../../src/store/level-store.js';
import type { Store } from '../../src/store/store.js';
import { callJobService } from '../../test/support/jobs/callers.js';
import { FakeHub } from '../../test/support/jobs/fake-hub.js';
import { startProcessorStopwatch } from '../../test/support/processor-time.js';

const DAY_MS = 86_400_000;
const MOST_STALL_MS = 50;
/** The deadline of a call. */
const DEADLINE_MS = 25_000;
const PAGE_SIZE = 1000;
const MEBIBYTE = 1_048_576;

const isGood: boolean[] = [];

/** Runs a step and prints how long it took and how long it blocked the event loop at most. */
async function measured<T>(what: string, mostMs: number, run: () => Promise<T>): Promise<T> {
  const ticker = startTicker();
  const startedMs = performance.now();
  const result = await run();
  const tookMs = performance.now() - startedMs;
  const { wallMs, busyMs } = ticker();
  isGood.push(tookMs <= mostMs && busyMs <= MOST_STALL_MS);
  process.stdout.write(
    `${what}: ${(tookMs / 1000).toFixed(2)} s, longest tick ${busyMs.toFixed(1)} ms (${wallMs.toFixed(1)} ms with waiting)\n`,
  );
  return result;
}

/** Measures the longest time between two ticks of a timer: elapsed time, and processor time of this process. */
function startTicker(): () => { readonly wallMs: number; readonly busyMs: number } {
  let [wallMs, busyMs] = [0, 0];
  let lastMs = performance.now();
  let processorMs = startProcessorStopwatch();
  const timer = setInterval(() => {
    const gapMs = performance.now() - lastMs;
    wallMs = Math.max(wallMs, gapMs);
    busyMs = Math.max(busyMs, Math.min(gapMs, processorMs()));
    lastMs = performance.now();
    processorMs = startProcessorStopwatch();
  }, 1);
  return () => {
    clearInterval(timer);
    return { wallMs, busyMs };
  };
}

async function main(jobs: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-history-'));
  const store = await openLevelStore(folder);
  try {
    const history = historyOf(store, 365);
    await fill(store, history, jobs);
    const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    process.stdout.write(`  the store is ${(bytes / MEBIBYTE).toFixed(0)} MB\n`);
    await list(history, jobs);
    await find(history, jobs);
    await remove(store, history);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = isGood.every(Boolean) ? 0 : 1;
}

const historyOf = (store: Store, days: number): JobHistory =>
  new JobHistory({ store, hubName: 'main', days, clock: systemClock, log: silentLog });

/** Half of the jobs ended more than 180 days ago, all within a year. */
async function fill(store: Store, history: JobHistory, jobs: number): Promise<void> {
  const nowMs = Date.now();
  await measured(`${jobs} jobs added`, Infinity, async () => {
    for (let from = 0; from < jobs; from += 100) {
      const changes = Array.from({ length: Math.min(100, jobs - from) }, async (_, at) => {
        const endMs = nowMs - ((from + at) / jobs) * 360 * DAY_MS;
        return await history.changesFor(pastJob(`job-${from + at}`, endMs, (from + at) % 1000 === 0), 3);
      });
      await store.batch((await Promise.all(changes)).flat());
    }
  });
}

const pastJob = (jobId: string, endMs: number, hasFailed: boolean) => ({
  jobId,
  type: 'scheduleDeviceMethod',
  status: hasFailed ? 'failed' : 'completed',
  queryCondition: "tags.site = 'Lyon' AND properties.reported.firmware.version < '4.2.0'",
  createdTime: new Date(endMs - 60_000),
  startTime: new Date(endMs - 50_000),
  endTime: new Date(endMs),
  maxExecutionTimeInSeconds: 3600,
  counts: { deviceCount: 400, succeededCount: 398, failedCount: 2, runningCount: 0, pendingCount: 0 },
  methodName: 'updateFirmware',
  payload: { version: '4.2.0', url: 'https://downloads.example.com/firmware/4.2.0.bin', sha256: 'a'.repeat(64) },
});

async function list(history: JobHistory, jobs: number): Promise<void> {
  const { signal } = new AbortController();
  const result = await measured(`listed in pages of ${PAGE_SIZE}`, DEADLINE_MS, async () => {
    const seen = new Set<string>();
    let continuationToken: string | undefined;
    let slowestMs = 0;
    do {
      const startedMs = performance.now();
      const page = await history.page({ size: PAGE_SIZE, continuationToken, signal });
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
      for (const { job } of page.jobs) seen.add(job.jobId);
      continuationToken = page.continuationToken;
    } while (continuationToken !== undefined);
    return { jobs: seen.size, slowestMs };
  });
  isGood.push(result.jobs === jobs);
  process.stdout.write(`  ${result.jobs} jobs, slowest page ${result.slowestMs.toFixed(0)} ms\n`);
}

async function find(history: JobHistory, jobs: number): Promise<void> {
  const hub = new FakeHub();
  const environment = jobEnvironment({ hub: hub.port({ tier: 'S1' }), thing: 'Hub', history });
  const call = async (parameters: object): Promise<unknown[]> =>
    (await callJobService(
      environment,
      'FindJobs',
      { history: true, ...parameters },
      {
        timeoutMs: DEADLINE_MS,
      },
    )) as unknown[];
  const newest = await measured('FindJobs of the newest 100', DEADLINE_MS, () => call({ maxItems: 100 }));
  const failed = await measured('FindJobs of the failed ones', DEADLINE_MS, () => call({ status: 'failed' }));
  const all = await measured('FindJobs of all', DEADLINE_MS, () =>
    call({}).catch((error: unknown) => (isAgentError(error) ? error.reason : String(error))),
  );
  isGood.push(
    newest.length === 100,
    failed.length === jobs / 1000,
    String(all).includes(`ResultTooLarge: The result has ${jobs} rows`),
  );
  process.stdout.write(`  ${String(all)}; requests to the hub: ${hub.calls.length}\n`);
}

async function remove(store: Store, history: JobHistory): Promise<void> {
  const shorter = historyOf(store, 180);
  const before = process.memoryUsage().rss;
  await measured('half of them deleted', Infinity, async () => {
    shorter.start();
    while (await hasOlder(history)) await new Promise((resolve) => setTimeout(resolve, 100));
  });
  await shorter.stop();
  const growth = (process.memoryUsage().rss - before) / MEBIBYTE;
  process.stdout.write(`  memory grew by ${growth.toFixed(1)} MB\n`);
}

/** Whether the newest of the jobs to delete, which is deleted last, still exists. */
async function hasOlder(history: JobHistory): Promise<boolean> {
  return (await history.find(`job-${lastDeleted}`)) !== undefined;
}

const total = Number(process.argv[2] ?? 100_000);
const lastDeleted = Math.ceil(total / 2) + Math.ceil(total / 360);

void main(total);
