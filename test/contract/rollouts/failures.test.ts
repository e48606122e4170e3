import { describe, expect, it } from '@jest/globals';
import { AgentError } from '../../../src/core/errors.js';
import { connectionError } from '../../../src/iothub/connection-errors.js';
import { refusalError } from '../../../src/iothub/hub-errors.js';
import type { HubOperations } from '../../../src/iothub/ports.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import type { BatchOptions, StoreChange } from '../../../src/store/store.js';
import { azureError } from '../../support/iothub/scripted-hub.js';
import { RolloutRig } from '../../support/rollouts/rig.js';

const DEVICES = 20;
const BATCH_SIZE = 10;
const STEP_MS = 500;
const DAY_MS = 86_400_000;

const reset = (): Error => connectionError({ code: 'ECONNRESET' }, 'hub.test', true);
const refusal = (status: number, code: string): Error =>
  refusalError({ status, headers: { 'iothub-errorcode': code }, body: azureError(code, 'Not now.') });
const serverError = (): Error => refusal(500, 'ServerError');
const throttled = (): Error => refusal(429, 'ThrottlingException');
const full = (): Error => refusal(429, 'ThrottlingMaxActiveJobCountExceeded');

class FillingStore extends MemoryStore {
  isFull = false;

  override async batch(changes: readonly StoreChange[], options?: BatchOptions): Promise<void> {
    if (this.isFull) throw new AgentError('StateUnwritable', 'no space left on the device');
    await super.batch(changes, options);
  }
}

/** A roll-out in two batches, each with one hub job of six seconds. */
class TwoBatches {
  readonly store = new FillingStore();
  readonly rig = new RolloutRig({ devices: DEVICES, store: this.store });
  readonly hub = this.rig.hub;

  constructor() {
    this.hub.jobMs = 6000;
  }

  /** Runs to the end; returns what the roll-out waited for, with the batch, one entry for each change. */
  async run(events: Events, soakSeconds: number): Promise<string[]> {
    const seen: string[] = [];
    await this.rig.driver.start();
    await this.rig.start('r1', { batchSize: BATCH_SIZE, soakSeconds });
    for (let step = 0; step < 1000; step += 1) {
      events[(step * STEP_MS) / 1000]?.(this);
      const { record, waiting } = await this.rig.driver.status('r1');
      const now = `${record.batch?.batch ?? 0} ${waiting?.waitingFor ?? record.state}`;
      if (now !== seen.at(-1)) seen.push(now);
      if (!waiting) return seen;
      await this.rig.clock.advanceAsync(STEP_MS);
    }
    throw new Error(`The roll-out does not end: ${seen.join(', ')}`);
  }

  /** Lets calls of an operation fail, one after the other. `after`: the hub has done what was asked. */
  fail(operation: keyof HubOperations, failures: readonly (readonly ['before' | 'after', Error])[]): void {
    const left = [...failures];
    this.hub.fail = (asked, _request, when) =>
      asked === operation && left[0]?.[0] === when ? left.shift()?.[1] : undefined;
  }

  failAll(error: () => Error | undefined): void {
    this.hub.fail = error;
  }
}

/** What happens to a roll-out, by the second after its start. */
type Events = Readonly<Record<number, (rollout: TwoBatches) => void>>;

const FAILURES: readonly (readonly [what: string, events: Events, seen: readonly string[], soakSeconds: number])[] = [
  ['nothing', {}, ['1 job', '2 job'], 0],
  [
    'two lost answers to the request for a job',
    {
      2: (rollout) =>
        rollout.fail('scheduleJob', [
          ['after', reset()],
          ['after', reset()],
        ]),
    },
    ['1 job', '2 job'],
    0,
  ],
  [
    'a lost answer to a look at a job',
    { 2: (rollout) => rollout.fail('getJob', [['after', reset()]]) },
    ['1 job', '2 job'],
    0,
  ],
  [
    'a lost page of results',
    { 2: (rollout) => rollout.fail('query', [['after', reset()]]) },
    ['1 job', '1 answers', '2 job'],
    0,
  ],
  [
    'answers that come after 20 s, for 50 s',
    { 2: ({ hub }) => (hub.answerAfterMs = () => 20_000), 52: ({ hub }) => (hub.answerAfterMs = () => 0) },
    ['1 job', '1 hub', '1 job', '1 hub', '1 answers', '1 hub', '2 job'],
    0,
  ],
  [
    'answers that come too late, for 100 s',
    { 2: ({ hub }) => (hub.answerAfterMs = () => 90_000), 102: ({ hub }) => (hub.answerAfterMs = () => 0) },
    ['1 job', '1 hub', '2 job'],
    0,
  ],
  [
    'status 500 after the job was made',
    { 2: (rollout) => rollout.fail('scheduleJob', [['after', serverError()]]) },
    ['1 job', '2 job'],
    0,
  ],
  [
    'status 500 after the job was made, then 429004, which that job has caused',
    {
      2: (rollout) =>
        rollout.fail('scheduleJob', [
          ['after', serverError()],
          ['before', full()],
        ]),
    },
    ['1 job', '2 job'],
    0,
  ],
  [
    'status 500, then 429004 from jobs of others',
    {
      2: (rollout) =>
        rollout.fail('scheduleJob', [
          ['before', serverError()],
          ['before', full()],
        ]),
    },
    ['1 job', '2 job', '2 place', '2 job'],
    0,
  ],
  [
    'status 429 for 100 s',
    { 2: (rollout) => rollout.failAll(throttled), 102: (rollout) => rollout.failAll(() => undefined) },
    ['1 job', '1 hub', '2 job'],
    0,
  ],
  [
    '429004 from jobs of others for 100 s',
    { 2: ({ hub }) => (hub.maxJobs = 0), 102: ({ hub }) => (hub.maxJobs = 1) },
    ['1 job', '2 place', '2 job'],
    0,
  ],
  [
    'a hub that is away for 2 minutes',
    { 4: (rollout) => rollout.failAll(reset), 124: (rollout) => rollout.failAll(() => undefined) },
    ['1 job', '1 hub', '2 job'],
    0,
  ],
  [
    'a full disk for a minute',
    { 4: ({ store }) => (store.isFull = true), 64: ({ store }) => (store.isFull = false) },
    ['1 job', '1 store', '2 job'],
    0,
  ],
  [
    'a clock that is set back by a day, forward by two, and back again',
    {
      4: ({ rig }) => rig.clock.setWallClock(-DAY_MS),
      14: ({ rig }) => rig.clock.setWallClock(DAY_MS),
      24: ({ rig }) => rig.clock.setWallClock(-DAY_MS),
    },
    ['1 job', '1 soak', '2 job'],
    60,
  ],
];

describe('a roll-out through', () => {
  it.each(FAILURES)('%s: nothing is lost or done twice, and waitingFor is right', async (_what, events, seen, soak) => {
    const rollout = new TwoBatches();
    expect(await rollout.run(events, soak)).toEqual(['0 answers', ...seen, '2 completed']);
    const { hub, rig } = rollout;
    expect([...hub.calls.values()]).toEqual(Array.from({ length: DEVICES }, () => 1));
    expect(hub.jobs.size).toBe(DEVICES / BATCH_SIZE);
    expect(await rig.record('r1')).toMatchObject({ outcome: 'succeeded', counts: { succeeded: DEVICES } });
    const times = (await rig.history('r1')).map(({ timeMs }) => timeMs);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
  });

  it('a hub that forgets a job: its devices have failed, and the others are called', async () => {
    const rollout = new TwoBatches();
    const forget: Events[number] = ({ hub }) => hub.jobs.delete([...hub.jobs.keys()][1] ?? '');
    expect(await rollout.run({ 10: forget }, 0)).toEqual(['0 answers', '1 job', '2 job', '2 completed']);
    expect(await rollout.rig.record('r1')).toMatchObject({
      counts: { succeeded: BATCH_SIZE, failed: BATCH_SIZE },
      failures: [{ state: 'failed', code: 'JobLost', count: BATCH_SIZE }],
    });
  });

  it('an answer that is not that of a hub: the job counts as made only once the hub has it', async () => {
    const rollout = new TwoBatches();
    const { rig } = rollout;
    const hub = rig.port.lane('background');
    let calls = 0;
    rig.environment = {
      hub: {
        ...hub,
        scheduleJob: async (context, job) =>
          ++calls === 1 ? { text: 'Sign in to the network' } : await hub.scheduleJob(context, job),
      },
    };
    await rig.restart();
    expect(await rollout.run({}, 0)).toEqual(['0 answers', '1 hub', '1 job', '2 job', '2 completed']);
    expect(await rig.record('r1')).toMatchObject({ counts: { succeeded: DEVICES } });
  });
});
