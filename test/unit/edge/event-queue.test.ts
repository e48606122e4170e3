import { describe, expect, it } from '@jest/globals';
import { CHARACTERISTIC, CODE } from '../../../src/alwayson/codec/codes.js';
import { rowsFromTable } from '../../../src/alwayson/values.js';
import type { AgentError } from '../../../src/core/errors.js';
import { EdgeThing } from '../../../src/edge/thing.js';
import { settle } from '../../support/manual-clock.js';
import { boundRig, rig } from '../../support/edge/rig.js';

const thingWithAlarm = (): EdgeThing =>
  new EdgeThing({
    name: 'Thing1',
    events: [
      {
        name: 'Alarm',
        description: '',
        dataShape: {
          name: 'AlarmData',
          description: '',
          fields: [
            { name: 'message', baseType: 'STRING', description: '' },
            { name: 'level', baseType: 'INTEGER', description: '' },
          ],
        },
      },
    ],
  });

const accepting = { onRequest: () => ({ code: CODE.SUCCESS }) };
const outcomeOf = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: AgentError) => error.code,
  );

describe('events [AO 6.2]', () => {
  it('are a POST of one row, which resolves when the platform has responded', async () => {
    const thing = thingWithAlarm();
    const { end } = await boundRig([thing], { policy: accepting });
    await thing.fireEvent('Alarm', { message: 'over limit', level: 3 });
    const [fired] = end.requestsFor('Alarm');
    expect(fired).toMatchObject({
      code: CODE.POST,
      body: { entityName: 'Thing1', characteristic: CHARACTERISTIC.events },
    });
    expect(rowsFromTable(fired!.body.params!)).toEqual([{ message: 'over limit', level: 3 }]);
  });

  it('are checked against their data shape before they are sent', async () => {
    const thing = thingWithAlarm();
    await boundRig([thing], { policy: accepting });
    expect(await outcomeOf(thing.fireEvent('Alarm', { level: 'high' }))).toBe('InvalidArgument');
    expect(await outcomeOf(thing.fireEvent('Alarm', { other: 1 }))).toBe('InvalidArgument');
    expect(await outcomeOf(thing.fireEvent('Gone', {}))).toBe('InvalidArgument');
    expect(await outcomeOf(thingWithAlarm().fireEvent('Alarm', {}))).toBe('ConnectionClosed');
  });

  it('wait for a connection, and keep their order', async () => {
    const thing = thingWithAlarm();
    const { client, platform } = rig([thing], { policy: accepting });
    const fired = [1, 2, 3].map((level) => thing.fireEvent('Alarm', { level }));
    await client.start();
    await Promise.all(fired);
    expect(platform.end.requestsFor('Alarm').map(({ body }) => rowsFromTable(body.params!)[0]!['level'])).toEqual([
      1, 2, 3,
    ]);
  });

  it('are sent again if their response was lost with the connection', async () => {
    const thing = thingWithAlarm();
    let answers = false;
    const { end, platform, clock } = await boundRig([thing], {
      policy: { onRequest: () => (answers ? { code: CODE.SUCCESS } : undefined) },
    });
    const outcome = outcomeOf(thing.fireEvent('Alarm', { level: 1 }));
    await settle();
    expect(end.requestsFor('Alarm')).toHaveLength(1);
    answers = true;
    platform.peer.hangUp('broken');
    await clock.advanceAsync(10_000);
    expect(await outcome).toBe('answered');
    expect(platform.end.requestsFor('Alarm')).toHaveLength(1);
  });

  it('that the platform refuses are not sent again', async () => {
    const thing = thingWithAlarm();
    const { end } = await boundRig([thing], { policy: { onRequest: () => ({ code: 0x84, reason: 'no such event' }) } });
    expect(await outcomeOf(thing.fireEvent('Alarm', {}))).toBe('RequestRefused');
    expect(end.requestsFor('Alarm')).toHaveLength(1);
  });

  it('that are queued are bounded by count and age; the oldest are dropped first', async () => {
    const thing = thingWithAlarm();
    const { clock, client } = rig([thing], {
      policy: accepting,
      client: { outbox: { maxCount: 2, maxAgeMs: 60_000 } },
    });
    const outcomes = [1, 2, 3].map((level) => outcomeOf(thing.fireEvent('Alarm', { level })));
    expect(await outcomes[0]).toBe('QueueFull');
    await clock.advanceAsync(61_000);
    const young = outcomeOf(thing.fireEvent('Alarm', { level: 4 }));
    expect(await Promise.all(outcomes)).toEqual(['QueueFull', 'QueueFull', 'QueueFull']);
    await client.start();
    expect(await young).toBe('answered');
  });

  it('are rejected when the client closes', async () => {
    const thing = thingWithAlarm();
    const { client, clock } = await boundRig([thing], { policy: { onRequest: () => undefined } });
    const sent = outcomeOf(thing.fireEvent('Alarm', {}));
    const waiting = outcomeOf(thing.fireEvent('Alarm', {}));
    await settle();
    await client.close();
    expect(await Promise.all([sent, waiting])).toEqual(['ConnectionClosed', 'ConnectionClosed']);
    expect(clock.armed).toBe(0);
  });
});
