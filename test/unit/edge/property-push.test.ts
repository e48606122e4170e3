import { describe, expect, it } from '@jest/globals';
import { CODE } from '../../../src/alwayson/codec/codes.js';
import type { Message, RequestBody } from '../../../src/alwayson/codec/message.js';
import { rowsFromTable } from '../../../src/alwayson/values.js';
import type { PropertyDefinition } from '../../../src/edge/definitions.js';
import { EdgeThing } from '../../../src/edge/thing.js';
import { settle } from '../../support/manual-clock.js';
import type { PlatformPolicy } from '../../support/edge/platform-end.js';
import { boundRig, rig } from '../../support/edge/rig.js';

const property = (name: string, more: Partial<PropertyDefinition> = {}): PropertyDefinition => ({
  name,
  baseType: 'NUMBER',
  description: '',
  pushType: 'VALUE',
  ...more,
});

const thingWith = (...properties: PropertyDefinition[]): EdgeThing => new EdgeThing({ name: 'Thing1', properties });

/** A platform that subscribes to these properties and accepts every push. */
function subscribing(
  subscriptions: () => Readonly<Record<string, readonly [string, number?]>>,
  accepts = () => true,
): Partial<PlatformPolicy> {
  const ROW = ['edgeName', 'pushType', 'pushThreshold'] as const;
  return {
    onRequest: ({ name }) => {
      if (name === 'UpdateSubscribedPropertyValues') return accepts() ? { code: CODE.SUCCESS } : undefined;
      if (name !== 'GetPropertySubscriptions') return { code: CODE.NOT_FOUND };
      const rows = Object.entries(subscriptions()).map(([edgeName, [pushType, threshold]]) => [
        edgeName,
        pushType,
        threshold ?? null,
      ]);
      const fields = ROW.map((column) => ({
        name: column,
        description: '',
        baseType: column === 'pushThreshold' ? ('NUMBER' as const) : ('STRING' as const),
        aspects: new Map(),
      }));
      return { code: CODE.SUCCESS, content: { fields, rows } };
    },
  };
}

/** What was pushed, in order: name and value. */
function pushed(requests: readonly Message<RequestBody>[]): unknown[] {
  return requests.flatMap(({ body }) => {
    const [row] = rowsFromTable(body.params!);
    return (row!['values'] as { name: string; value: unknown }[]).map(({ name, value }) => [name, value]);
  });
}

const PUSH = 'UpdateSubscribedPropertyValues';

describe('pushes [AO 8.3]', () => {
  it('start once the subscriptions, requested with hasDeadband, name the property', async () => {
    const thing = thingWith(property('temp'), property('other'));
    thing.setProperty('temp', 1, { timeMs: 9 });
    thing.setProperty('other', 2);
    let subscriptions: Record<string, readonly [string]> = {};
    const { end } = await boundRig([thing], { policy: subscribing(() => subscriptions) });
    expect(rowsFromTable(end.requestsFor('GetPropertySubscriptions')[0]!.body.params!)).toEqual([
      { options: { hasDeadband: true } },
    ]);
    expect(end.requestsFor(PUSH)).toEqual([]);
    subscriptions = { temp: ['VALUE'] };
    expect(await end.invoke('Thing1', 'NotifyPropertyUpdate')).toMatchObject({
      code: CODE.SUCCESS,
      body: { content: null },
    });
    await settle();
    const [push] = end.requestsFor(PUSH);
    const [row] = rowsFromTable(push!.body.params!);
    expect(row).toEqual({ values: [{ name: 'temp', value: 1, time: new Date(9), quality: 'GOOD' }] });
    expect(push!.body.params?.rows[0]?.[0]).toMatchObject({
      fields: ['name', 'value', 'time', 'quality'].map((name) => ({ name })),
    });
    thing.setProperty('other', 3);
    await settle();
    expect(end.requestsFor(PUSH)).toHaveLength(1);
  });

  it.each<[string, readonly [string, number?], readonly number[], readonly number[]]>([
    ['ALWAYS pushes every value', ['ALWAYS'], [1, 1, 2], [1, 1, 2]],
    ['VALUE pushes changes', ['VALUE'], [1, 1, 2, 2, 1], [1, 2, 1]],
    ['NEVER pushes nothing', ['NEVER'], [1, 2], []],
    ['DEADBAND pushes changes of at least the threshold', ['DEADBAND', 5], [0, 4, 5, 9, 0], [0, 5, 0]],
  ])('%s', async (_what, subscription, values, expected) => {
    const thing = thingWith(property('temp'));
    const { end } = await boundRig([thing], { policy: subscribing(() => ({ temp: subscription })) });
    for (const value of values) thing.setProperty('temp', value);
    await settle();
    expect(pushed(end.requestsFor(PUSH))).toEqual(expected.map((value) => ['temp', value]));
  });

  it('never contain a property with push type NEVER, whatever the platform subscribes to', async () => {
    const thing = thingWith(property('temp', { pushType: 'NEVER' }));
    const { end } = await boundRig([thing], { policy: subscribing(() => ({ temp: ['ALWAYS'] })) });
    thing.setProperty('temp', 1);
    await settle();
    expect(end.requestsFor(PUSH)).toEqual([]);
  });

  it('are sent for a change of quality alone [AO 12]', async () => {
    const thing = thingWith(property('temp'));
    const { end } = await boundRig([thing], { policy: subscribing(() => ({ temp: ['VALUE'] })) });
    thing.setProperty('temp', 1);
    thing.setProperty('temp', 1, { quality: 'BAD' });
    await settle();
    expect(pushed(end.requestsFor(PUSH))).toHaveLength(2);
  });

  it('wait while there is no connection, and arrive in order with their own times', async () => {
    const thing = thingWith(property('temp'));
    const { platform, clock, client } = await boundRig([thing], { policy: subscribing(() => ({ temp: ['VALUE'] })) });
    platform.isUp = false;
    platform.peer.hangUp('broken');
    await settle();
    for (const value of [1, 2, 3]) thing.setProperty('temp', value, { timeMs: value });
    platform.isUp = true;
    await clock.advanceAsync(60_000);
    expect(client.status.type).toBe('bound');
    const [push] = platform.end.requestsFor(PUSH);
    const [row] = rowsFromTable(push!.body.params!);
    expect(row!['values']).toEqual(
      [1, 2, 3].map((value) => ({ name: 'temp', value, time: new Date(value), quality: 'GOOD' })),
    );
  });

  it('are dropped at the limit, oldest first, and counted in the log', async () => {
    const thing = thingWith(property('temp'));
    const { client, log, platform } = rig([thing], {
      policy: subscribing(() => ({ temp: ['VALUE'] })),
      client: { outbox: { maxCount: 2 } },
    });
    for (const value of [1, 2, 3, 4]) thing.setProperty('temp', value);
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(2);
    await client.start();
    await settle();
    expect(pushed(platform.end.requestsFor(PUSH))).toEqual([
      ['temp', 3],
      ['temp', 4],
    ]);
  });

  it('are repeated if their response was lost, but not if the platform refused them', async () => {
    const thing = thingWith(property('temp'));
    let answers = false;
    const { platform, clock } = await boundRig([thing], {
      policy: subscribing(
        () => ({ temp: ['VALUE'] }),
        () => answers,
      ),
    });
    thing.setProperty('temp', 1);
    await settle();
    answers = true;
    await clock.advanceAsync(16_000);
    expect(pushed(platform.end.requestsFor(PUSH))).toEqual([
      ['temp', 1],
      ['temp', 1],
    ]);
  });

  it('that are in progress when the client closes leave no timer behind', async () => {
    const thing = thingWith(property('temp'));
    const { client, clock, end } = await boundRig([thing], {
      policy: subscribing(
        () => ({ temp: ['VALUE'] }),
        () => false,
      ),
    });
    thing.setProperty('temp', 1);
    await settle();
    expect(end.requestsFor(PUSH)).toHaveLength(1);
    await client.close();
    await settle();
    expect(clock.armed).toBe(0);
  });

  it('are divided among several calls if there are many', async () => {
    const properties = Array.from({ length: 1_200 }, (_, n) => property(`p${n}`));
    const thing = thingWith(...properties);
    for (const { name } of properties) thing.setProperty(name, 1);
    const all = Object.fromEntries(properties.map(({ name }) => [name, ['VALUE'] as const]));
    const { end } = await boundRig([thing], {
      policy: subscribing(() => all),
      client: { outbox: { maxCount: 5_000 } },
    });
    await settle();
    expect(end.requestsFor(PUSH).length).toBeGreaterThan(1);
    expect(pushed(end.requestsFor(PUSH))).toHaveLength(1_200);
  });

  it('are not lost if the platform subscribes for the first time only later', async () => {
    const thing = thingWith(property('temp'));
    for (const value of [1, 2, 3]) thing.setProperty('temp', value);
    const made = rig([thing], { policy: { ...subscribing(() => ({ temp: ['VALUE'] })), notifies: false } });
    for (const value of [4, 5]) thing.setProperty('temp', value);
    await made.client.start();
    await made.clock.advanceAsync(4_000);
    expect(made.end.requestsFor(PUSH)).toEqual([]);
    await made.end.invoke('Thing1', 'NotifyPropertyUpdate');
    await settle();
    expect(pushed(made.end.requestsFor(PUSH))).toEqual([
      ['temp', 4],
      ['temp', 5],
    ]);
  });

  it('request the subscriptions after a while if the platform does not announce them', async () => {
    const thing = thingWith(property('temp'));
    thing.setProperty('temp', 1);
    const { end, clock } = await boundRig([thing], {
      policy: { ...subscribing(() => ({ temp: ['VALUE'] })), notifies: false },
    });
    await clock.advanceAsync(5_000);
    expect(pushed(end.requestsFor(PUSH))).toEqual([['temp', 1]]);
  });

  it('tolerate a platform that does not support subscriptions [AO 8.3]', async () => {
    const thing = thingWith(property('temp'));
    const { end, log } = await boundRig([thing]);
    thing.setProperty('temp', 1);
    await settle();
    expect(end.requestsFor(PUSH)).toEqual([]);
    expect(log.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });
});

describe('SynchronizeModelState [AO 8.4, 11.5]', () => {
  it('returns the current values of the subscribed properties, as NamedVTQ, and subscribes', async () => {
    const thing = thingWith(property('temp'), property('unset'), property('other'));
    thing.setProperty('temp', 5, { timeMs: 77 });
    thing.setProperty('other', 6);
    const { end } = await boundRig([thing], {
      policy: { onRequest: ({ name }) => ({ code: name === PUSH ? CODE.SUCCESS : CODE.NOT_FOUND }) },
    });
    const asked = ['temp', 'unset', 'gone'].map((edgeName) => ({
      edgeName,
      pushType: 'VALUE',
      pushThreshold: 0,
      startType: 'readEdgeValue',
    }));
    const answer = await end.invoke('Thing1', 'SynchronizeModelState', {
      propertyInfo: ['INFOTABLE', asked],
      eventInfo: ['INFOTABLE', []],
    });
    expect(answer.code).toBe(CODE.SUCCESS);
    expect(answer.body.content?.fields.map(({ name, baseType }) => [name, baseType])).toEqual([
      ['name', 'STRING'],
      ['time', 'DATETIME'],
      ['value', 'VARIANT'],
      ['quality', 'STRING'],
    ]);
    expect(rowsFromTable(answer.body.content!)).toEqual([
      { name: 'temp', time: new Date(77), value: 5, quality: 'GOOD' },
    ]);
    thing.setProperty('temp', 8);
    await settle();
    expect(pushed(end.requestsFor(PUSH)).at(-1)).toEqual(['temp', 8]);
  });

  it('returns no rows if it has no parameters', async () => {
    const { end } = await boundRig([thingWith(property('temp'))]);
    const answer = await end.invoke('Thing1', 'SynchronizeModelState');
    expect(answer.body.content?.rows).toEqual([]);
  });
});
