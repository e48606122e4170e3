import type * as FrameReaderModule from '../../src/alwayson/frame-reader.js';
import type * as MultipartModule from '../../src/alwayson/codec/multipart.js';
import type * as ContextModule from '../../src/core/call-context.js';
import type * as RowsModule from '../../src/jobs/rows.js';
import type * as QueryPageModule from '../../src/jobs/services/query-page.js';
import type * as ChangesModule from '../../src/jobs/watch/changes.js';
import type * as NotifierModule from '../../src/jobs/watch/change-notifier.js';
import type * as ListModule from '../../src/jobs/watch/watch-list.js';
import type * as StoreModule from '../../src/store/memory-store.js';
import { CODE } from '../../src/alwayson/codec/codes.js';
import { systemClock } from '../../src/core/clock.js';
import { silentLog } from '../../src/core/log.js';
import type { HubDocument, HubPort, PageRequest } from '../../src/iothub/ports.js';
import { DEFAULT_MESSAGE_LIMITS } from '../../src/jobs/result-size.js';
import { resultTable } from '../../test/support/edge/platform-end.js';
import type { Growth } from './growth.js';

/** The compiled code that the package ships. */
const { FrameReader } = require('../../dist/alwayson/frame-reader.js') as typeof FrameReaderModule;
const { encodeFrames } = require('../../dist/alwayson/codec/multipart.js') as typeof MultipartModule;
const { startCall } = require('../../dist/core/call-context.js') as typeof ContextModule;
const { resultJson } = require('../../dist/jobs/rows.js') as typeof RowsModule;
const { readQueryPage } = require('../../dist/jobs/services/query-page.js') as typeof QueryPageModule;
const { WatchChanges } = require('../../dist/jobs/watch/changes.js') as typeof ChangesModule;
const { ChangeNotifier } = require('../../dist/jobs/watch/change-notifier.js') as typeof NotifierModule;
const { WatchList } = require('../../dist/jobs/watch/watch-list.js') as typeof ListModule;
const { MemoryStore } = require('../../dist/store/memory-store.js') as typeof StoreModule;

const LEAST_MS = 150;
const QUERY = 'SELECT * FROM devices.jobs';
const TIME = '2026-01-02T03:04:05.678Z';

/** Growth of what runs inside the agent, without other processes. */
export function codeGrowths(): Growth[] {
  return [
    {
      name: 'messages',
      unit: 'us/kB',
      sizes: [1, 10, 100],
      open: async (kilobytes) => ({ measure: () => microsOf(() => sendAndReceive(kilobytes), kilobytes) }),
    },
    {
      name: 'results',
      unit: 'us/row',
      sizes: [100, 1000, 10_000],
      open: async (rows) => ({ measure: () => microsOf(() => readAll(rows), rows) }),
    },
    {
      name: 'watched',
      unit: 'us/job',
      sizes: [100, 1000, 10_000],
      open: async (jobs) => ({ measure: () => microsOf(() => watch(jobs), jobs) }),
    },
  ];
}

/** Repeats `run` for a while; returns the microseconds for one of its units. */
async function microsOf(run: () => Promise<void> | void, units: number): Promise<number> {
  const startMs = performance.now();
  let runs = 0;
  do {
    await run();
    runs += 1;
  } while (performance.now() - startMs < LEAST_MS);
  return ((performance.now() - startMs) * 1000) / (runs * units);
}

/** Encodes a message of a size into frames, and decodes them. */
function sendAndReceive(kilobytes: number): void {
  const limits = { maxFrameBytes: DEFAULT_MESSAGE_LIMITS.maxFrameBytes, maxMessageBytes: 1_048_576 };
  const header = { code: CODE.SUCCESS, requestId: 1, endpointId: 1, sessionId: 1 };
  const content = resultTable('STRING', 'x'.repeat(kilobytes * 1000));
  const reader = new FrameReader();
  const frames = encodeFrames(header, { kind: 'response', reason: null, content }, limits);
  if (!frames.some((frame) => reader.read(frame, 0).kind === 'message')) throw new Error('the message was not read');
}

/** Reads all results page by page, as QueryJobResultsPage does, from a hub that has them at once. */
async function readAll(rows: number): Promise<void> {
  const hub = hubOf(rows);
  const context = startCall({ timeoutMs: 60_000 });
  let token: string | null = null;
  let read = 0;
  do {
    const continuationToken: string | undefined = token ?? undefined;
    const page = await readQueryPage({ hub, messageLimits: DEFAULT_MESSAGE_LIMITS }, context, {
      query: QUERY,
      maxItems: 1000,
      continuationToken,
      toRow: resultJson,
    });
    read += page.rows.length;
    token = page.continuationToken;
  } while (token !== null);
  context.dispose();
  if (read !== rows) throw new Error(`read ${read} rows in place of ${rows}`);
}

function hubOf(rows: number): HubPort {
  const query = async (_context: unknown, { pageSize = 1000, continuationToken = '0' }: PageRequest) => {
    const from = Number(continuationToken);
    const to = Math.min(rows, from + pageSize);
    const items = Array.from({ length: to - from }, (_, index) => resultOf(from + index));
    return to < rows ? { items, continuationToken: String(to) } : { items };
  };
  return { lane: () => ({ query }) } as unknown as HubPort;
}

function resultOf(index: number): HubDocument {
  return {
    deviceId: `device-${index}`,
    jobId: 'job',
    jobType: 'scheduleDeviceMethod',
    status: 'completed',
    startTimeUtc: TIME,
    endTimeUtc: TIME,
    createdDateTimeUtc: TIME,
    lastUpdatedDateTimeUtc: TIME,
    outcome: { deviceMethodResponse: { status: 200, payload: { ok: true } } },
  };
}

/** Watches jobs from their creation to their end; the platform acknowledges each change at once. */
async function watch(jobs: number): Promise<void> {
  const list = new WatchList(new MemoryStore(), 'main', silentLog);
  const thing = { name: 'Hub', setProperty: () => undefined, fireEvent: () => Promise.resolve() };
  const notifier = new ChangeNotifier(list, new Map([['Hub', thing]]), silentLog);
  const common = { clock: systemClock, log: silentLog };
  const changes = new WatchChanges({ list, notifier, thingNames: ['Hub'], watchAll: false, ...common });
  const type = 'scheduleUpdateTwin';
  const each = async (run: (jobId: string) => Promise<void>): Promise<void> =>
    void (await Promise.all(Array.from({ length: jobs }, (_, index) => run(`job-${index}`))));
  await each((jobId) => changes.scheduling('Hub', { jobId, type }));
  await each((jobId) => changes.scheduled('Hub', { jobId, type }, { jobId, type, status: 'running' }));
  await each((jobId) => changes.observed(jobId, { jobId, type, status: 'completed', counts: {} }, undefined));
  await notifier.stop(systemClock);
}
