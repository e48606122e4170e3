/** What the console's page needs: bytes, time to the first paint, longest tasks and heap, in a browser with a stand-in for the API. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, visit } from '../../test/support/console/browser.js';
import { FakeAgent, KEY, PAGE_FOLDER } from '../../test/support/console/fake-agent.js';
import * as fleet from '../../test/support/console/fake-fleet.js';

/** What the page may need. */
const MAX_BYTES = 120_000;
const MAX_PAINT_MS = 1000;
const MAX_TASK_MS = 200;
/** For lists that nobody scrolls through at this speed. */
const MAX_LIST_TASK_MS = 400;
const MAX_GROWTH_BYTES = 1_000_000;

const LOADS = 7;
const JOBS = 1000;
const DEVICES = 100_000;
const CHANGES = 10_000;

/** Keeps the length of the longest task of the page. */
const WATCH_TASKS = `window.longestTask = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longestTask = Math.max(window.longestTask, duration);
  }).observe({ type: 'longtask', buffered: true });`;

/** When something was painted first; the browser may report it a moment later. */
const FIRST_PAINT = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const [entry] = list.getEntriesByName('first-contentful-paint');
    if (entry) resolve(entry.startTime);
  }).observe({ type: 'paint', buffered: true });
})`;

/** Scrolls to the end again and again, until nothing more can be loaded. As text, since tsx adds helpers to functions. */
const SCROLL_TO_END = `new Promise((resolve) => {
  const frame = document.querySelector('.table-frame[aria-label^="Devices of"]');
  const timer = setInterval(() => {
    frame.scrollTo(0, frame.scrollHeight);
    if (!frame.parentElement.querySelector('.table-foot button')) resolve(clearInterval(timer));
  }, 5);
})`;

const longestTask = async (page: Page): Promise<number> =>
  Math.round(await page.evaluate<number>('window.longestTask'));

interface Figure {
  readonly text: string;
  readonly isWithinLimits: boolean;
}

function firstLoad(): Figure {
  const names = readdirSync(PAGE_FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => extname(name) !== '');
  const sum = (size: (bytes: Buffer) => number): number =>
    names.reduce((bytes, name) => bytes + size(readFileSync(join(PAGE_FOLDER, name))), 0);
  const [plain, gzip, brotli] = [
    sum(({ length }) => length),
    sum((bytes) => gzipSync(bytes, { level: 9 }).length),
    sum((bytes) => brotliCompressSync(bytes).length),
  ];
  return {
    text: `first load, ${names.length} files: ${plain} bytes, ${gzip} with gzip, ${brotli} with brotli`,
    isWithinLimits: gzip < MAX_BYTES,
  };
}

async function signedIn(browser: Browser, agent: FakeAgent): Promise<Page> {
  const { page } = await visit(browser, `${agent.url}/#key=${encodeURIComponent(KEY)}`);
  await page.addInitScript(WATCH_TASKS);
  await page.getByRole('navigation').waitFor();
  return page;
}

async function firstPaint(browser: Browser, agent: FakeAgent): Promise<Figure> {
  const page = await signedIn(browser, agent);
  const paints: number[] = [];
  for (let load = 0; load < LOADS; load++) {
    await page.goto(agent.url);
    paints.push(await page.evaluate<number>(FIRST_PAINT));
  }
  paints.sort((a, b) => a - b);
  const [median = 0, slowest = 0] = [paints[LOADS >> 1], paints.at(-1)];
  return {
    text: `first contentful paint, ${LOADS} loads: median ${Math.round(median)} ms, slowest ${Math.round(slowest)} ms`,
    isWithinLimits: slowest < MAX_PAINT_MS,
  };
}

async function manyJobs(browser: Browser, agent: FakeAgent): Promise<Figure> {
  agent.data.jobs = Array.from({ length: JOBS }, (_, number) => fleet.job(number));
  const page = await signedIn(browser, agent);
  await page.goto(`${agent.url}/jobs`);
  const startMs = Date.now();
  for (let loaded = 100; loaded <= JOBS; loaded += 50) {
    await page.getByRole('button', { name: 'Load more' }).click();
    await page.getByText(`${loaded.toLocaleString('en')} jobs`).waitFor();
  }
  const taskMs = await longestTask(page);
  return {
    text: `${JOBS} jobs in pages of 50: ${Date.now() - startMs} ms, longest task ${taskMs} ms`,
    isWithinLimits: taskMs < MAX_TASK_MS,
  };
}

async function manyDevices(browser: Browser, agent: FakeAgent): Promise<Figure> {
  agent.data.rollouts = [fleet.rollout('firmware', { deviceCount: DEVICES })];
  agent.data.deviceCount = DEVICES;
  const page = await signedIn(browser, agent);
  await page.goto(`${agent.url}/rollouts/${fleet.HUB}/firmware`);
  const table = page.getByRole('region', { name: 'Devices of the roll-out firmware' });
  await table.getByText('compressor-000000').waitFor();
  const startMs = Date.now();
  await page.evaluate(SCROLL_TO_END);
  const rows = await table.getByRole('row').count();
  const taskMs = await longestTask(page);
  return {
    text: `${DEVICES} devices scrolled through in pages of 100: ${Date.now() - startMs} ms, longest task ${taskMs} ms, ${rows} rows drawn`,
    isWithinLimits: taskMs < MAX_LIST_TASK_MS && rows < 100,
  };
}

async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

async function manyChanges(browser: Browser, agent: FakeAgent): Promise<Figure> {
  agent.data.jobs = Array.from({ length: 50 }, (_, number) => fleet.job(number));
  const page = await signedIn(browser, agent);
  await page.goto(`${agent.url}/jobs`);
  await page.getByText('job-49').waitFor();
  const sizes: number[] = [];
  for (let round = 0; round < 4; round++) {
    for (let number = 0; number < CHANGES; number++) {
      const job = fleet.job(number % 50, { failedCount: number % 200, statusMessage: `change ${round} ${number}` });
      agent.send('job', { hub: job.hub, jobId: job.jobId, job });
      if (number % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await page.waitForTimeout(1000);
    sizes.push(await heapOf(page));
  }
  const megabytes = sizes.map((size) => (size / 1e6).toFixed(2)).join(', ');
  const [first = 0, last = 0] = [sizes[0], sizes.at(-1)];
  return {
    text: `heap after each ${CHANGES} changes: ${megabytes} MB, longest task ${await longestTask(page)} ms`,
    isWithinLimits: last - first < MAX_GROWTH_BYTES,
  };
}

function report({ text, isWithinLimits }: Figure): void {
  console.log(isWithinLimits ? text : `${text}: above the limit`);
  if (!isWithinLimits) process.exitCode = 1;
}

async function measure(): Promise<void> {
  const browser = await launchBrowser();
  report(firstLoad());
  for (const figure of [firstPaint, manyJobs, manyDevices, manyChanges]) {
    const agent = new FakeAgent();
    await agent.start();
    report(await figure(browser, agent));
    await agent.stop();
  }
  await browser.close();
}

measure().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
