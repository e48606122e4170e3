import { describe, expect, it } from '@jest/globals';
import { AgentError } from '../../../src/core/errors.js';
import { silentLog } from '../../../src/core/log.js';
import type { NativeRow } from '../../../src/edge/definitions.js';
import { DEFAULT_MESSAGE_LIMITS } from '../../../src/jobs/result-size.js';
import type { WatchingThing } from '../../../src/jobs/watch/change-notifier.js';
import { ActiveProperties } from '../../../src/rollouts/reporting/active-properties.js';
import { EventNotifier } from '../../../src/rollouts/reporting/event-notifier.js';
import { settle } from '../../support/manual-clock.js';
import { RolloutRig } from '../../support/rollouts/rig.js';

/** A Thing that records events and properties; the test decides how the platform responds. */
class RecordingThing implements WatchingThing {
  readonly name: string;
  readonly fired: NativeRow[] = [];
  readonly properties = new Map<string, unknown>();
  sets = 0;
  answer: (row: NativeRow) => Promise<void> = async () => undefined;

  constructor(name = 'Hub') {
    this.name = name;
  }

  setProperty(name: string, value: unknown): void {
    this.sets += 1;
    this.properties.set(name, value);
  }

  async fireEvent(_name: string, row: NativeRow): Promise<void> {
    await this.answer(row);
    this.fired.push(row);
  }
}

interface NotifiedRig {
  readonly rig: RolloutRig;
  readonly thing: RecordingThing;
  readonly notifier: EventNotifier;
}

function notified(things: readonly RecordingThing[] = [new RecordingThing()]): NotifiedRig {
  let notifier: EventNotifier | undefined;
  const rig = new RolloutRig({ environment: { onChange: (record) => notifier?.changed(record) } });
  notifier = notifierOf(rig, things);
  return { rig, thing: things[0] as RecordingThing, notifier };
}

function notifierOf(rig: RolloutRig, things: readonly RecordingThing[]): EventNotifier {
  const { keys } = rig.driver.env;
  const named = new Map(things.map((thing) => [thing.name, thing]));
  return new EventNotifier({ store: rig.store, keys, things: named, clock: rig.clock, log: silentLog });
}

async function pendingEvents({ store, driver }: RolloutRig): Promise<number> {
  let count = 0;
  for await (const _entry of store.entries({ prefix: driver.env.keys.events })) count += 1;
  return count;
}

const statesOf = (rows: readonly NativeRow[]): string[] =>
  rows.map(({ previousState, state, batch }) => `${String(previousState)}>${String(state)}:${String(batch)}`);

describe('the events of a roll-out', () => {
  it('report each state and each batch, in order, with counts that add up', async () => {
    const { rig, thing } = notified();
    await rig.driver.start();
    await rig.start('r1', { batchSize: 5 });
    await rig.until('r1', 'completed');
    await settle();
    expect(statesOf(thing.fired)).toEqual([
      '>scheduled:0',
      'scheduled>preparing:0',
      'preparing>running:0',
      'running>running:1',
      'running>running:1',
      'running>running:2',
      'running>running:2',
      'running>completed:2',
    ]);
    for (const row of thing.fired.slice(2)) {
      const counts = ['pending', 'running', 'waiting', 'succeeded', 'refused', 'failed', 'expired', 'cancelled'];
      expect(counts.reduce((sum, name) => sum + Number(row[`${name}Count`]), 0)).toBe(row['deviceCount']);
    }
    expect(await pendingEvents(rig)).toBe(0);
  });

  it('wait for the platform, and are sent again after a failure', async () => {
    const { rig, thing } = notified();
    let failures = 3;
    thing.answer = async () => {
      failures -= 1;
      if (failures >= 0) throw new AgentError('QueueFull', 'the platform is away');
    };
    await rig.driver.start();
    await rig.start('r1');
    await rig.until('r1', 'completed');
    await rig.clock.advanceAsync(30_000);
    expect(statesOf(thing.fired).at(0)).toBe('>scheduled:0');
    expect(statesOf(thing.fired).at(-1)).toBe('running>completed:1');
    expect(await pendingEvents(rig)).toBe(0);
  });

  it('of an earlier run are sent by the next one, also if the roll-out was deleted', async () => {
    const { rig, notifier } = notified([]);
    await rig.driver.start();
    await rig.start('r1');
    await rig.until('r1', 'completed');
    await rig.driver.delete('r1');
    await notifier.stop();
    const thing = new RecordingThing();
    await notifierOf(rig, [thing]).start();
    await rig.clock.advanceAsync(1);
    expect(statesOf(thing.fired).at(-1)).toBe('running>completed:1');
    expect(await pendingEvents(rig)).toBe(0);
  });

  it('are sent once if the store cannot be written at first', async () => {
    const { rig, thing } = notified();
    const { store } = rig;
    const remove = store.delete.bind(store);
    let isFull = true;
    store.delete = async (key) => {
      if (isFull) throw new AgentError('StateUnwritable', 'the disk is full');
      await remove(key);
    };
    await rig.start('r1', {}, { startMs: rig.clock.nowMs() + 3_600_000 });
    await rig.clock.advanceAsync(60_000);
    isFull = false;
    await rig.clock.advanceAsync(60_000);
    expect(statesOf(thing.fired)).toEqual(['>scheduled:0']);
    expect(await pendingEvents(rig)).toBe(0);
  });

  it('are dropped one by one after repeated refusals of the platform', async () => {
    const { rig, thing } = notified();
    thing.answer = async () => {
      throw new AgentError('RequestRefused', 'no such event');
    };
    await rig.start('r1', {}, { startMs: rig.clock.nowMs() + 3_600_000 });
    await rig.clock.advanceAsync(15_000);
    expect(await pendingEvents(rig)).toBe(1);
    await rig.clock.advanceAsync(30_000);
    expect(await pendingEvents(rig)).toBe(0);
  });

  it('of a Thing that is not served are kept', async () => {
    const { rig, thing } = notified([new RecordingThing('Other')]);
    await rig.start('r1', {}, { startMs: rig.clock.nowMs() + 3_600_000 });
    await rig.clock.advanceAsync(60_000);
    expect(thing.fired).toEqual([]);
    expect(await pendingEvents(rig)).toBe(1);
  });

  it('all arrive if more roll-outs have events than are sent at the same time', async () => {
    const { rig, thing } = notified();
    const answers: (() => void)[] = [];
    thing.answer = () => new Promise((resolve) => answers.push(resolve));
    for (let made = 0; made < 40; made += 1)
      await rig.start(`r${made}`, {}, { startMs: rig.clock.nowMs() + 3_600_000 });
    await settle();
    expect(answers).toHaveLength(16);
    while (thing.fired.length < 40) {
      answers.splice(0).forEach((answer) => answer());
      await settle();
    }
    expect(new Set(thing.fired.map(({ rolloutId }) => rolloutId)).size).toBe(40);
  });
});

describe('the properties of roll-outs', () => {
  function shown(queued = () => 0) {
    const thing = new RecordingThing();
    let properties: ActiveProperties | undefined;
    const rig = new RolloutRig({ environment: { onChange: () => properties?.changed() } });
    properties = new ActiveProperties({
      things: [thing],
      open: () => rig.driver.open(),
      queuedJobCount: queued,
      messageLimits: DEFAULT_MESSAGE_LIMITS,
      clock: rig.clock,
      log: silentLog,
    });
    return { rig, thing, properties };
  }

  it('contain the open ones, newest first, without JSON fields, and change within seconds', async () => {
    const { rig, thing, properties } = shown();
    properties.start();
    expect([...thing.properties]).toEqual([
      ['activeRolloutCount', 0],
      ['activeRollouts', []],
      ['queuedJobCount', 0],
    ]);
    await rig.start('r1', {}, { startMs: rig.clock.nowMs() + 3_600_000 });
    await rig.start('r2', {}, { startMs: rig.clock.nowMs() + 3_600_000 });
    await rig.clock.advanceAsync(2000);
    expect(thing.properties.get('activeRolloutCount')).toBe(2);
    const rows = thing.properties.get('activeRollouts') as NativeRow[];
    expect(rows.map(({ rolloutId, waitingFor }) => [rolloutId, waitingFor])).toEqual([
      ['r2', 'startTime'],
      ['r1', 'startTime'],
    ]);
    for (const name of ['definition', 'batches', 'failures', 'history']) expect(rows[0]).not.toHaveProperty(name);
  });

  it('are set only when they change, and have at most 100 rows', async () => {
    const warnings: string[] = [];
    const onWarning = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', onWarning);
    const { rig, thing, properties } = shown();
    properties.start();
    for (let made = 0; made < 100; made += 1)
      await rig.start(`r${made}`, { description: 'x'.repeat(500) }, { startMs: rig.clock.nowMs() + 36_000_000 });
    await rig.clock.advanceAsync(30_000);
    expect(thing.properties.get('activeRolloutCount')).toBe(100);
    expect((thing.properties.get('activeRollouts') as NativeRow[]).length).toBeLessThanOrEqual(100);
    const { sets } = thing;
    await rig.clock.advanceAsync(600_000);
    expect(thing.sets).toBe(sets);
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('contain the length of the queue', async () => {
    let length = 0;
    const { rig, thing, properties } = shown(() => length);
    properties.start();
    length = 3;
    properties.changed();
    await rig.clock.advanceAsync(2000);
    expect(thing.properties.get('queuedJobCount')).toBe(3);
    properties.stop();
    length = 4;
    properties.changed();
    await rig.clock.advanceAsync(60_000);
    expect(thing.properties.get('queuedJobCount')).toBe(3);
  });
});
