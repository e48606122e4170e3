import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EdgeClient } from '../../../../src/edge/edge-client.js';
import { EdgeThing } from '../../../../src/edge/thing.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../../src/sandbox/thingworx/local-thingworx.js';
import { AgentError } from '../../../../src/core/errors.js';
import { RestCaller } from '../../../support/thingworx-rest.js';
import { eventually } from '../../../support/eventually.js';

const boiler = (): EdgeThing =>
  new EdgeThing({
    name: 'Boiler',
    services: [
      {
        definition: {
          name: 'Add',
          description: 'Adds two numbers.',
          parameters: [
            { name: 'a', baseType: 'NUMBER', description: 'First.', isRequired: true },
            { name: 'b', baseType: 'NUMBER', description: 'Second.', defaultValue: 1 },
          ],
          result: { baseType: 'NUMBER' },
        },
        handler: (_context, { a, b }) => Promise.resolve((a as number) + (b as number)),
      },
      {
        definition: { name: 'Refuse', description: 'Refuses.', parameters: [], result: { baseType: 'NOTHING' } },
        handler: () => Promise.reject(new AgentError('Forbidden', 'not today')),
      },
      {
        definition: {
          name: 'Echo',
          description: 'Gives its input back.',
          parameters: [{ name: 'value', baseType: 'JSON', description: 'Any.' }],
          result: { baseType: 'JSON' },
        },
        handler: (_context, { value }) => Promise.resolve(value),
      },
    ],
    properties: [{ name: 'temperature', baseType: 'NUMBER', description: 'Degrees Celsius.', pushType: 'VALUE' }],
    events: [
      {
        name: 'Overheated',
        description: 'Too hot.',
        dataShape: {
          name: 'Heat',
          description: '',
          fields: [{ name: 'degrees', baseType: 'NUMBER', description: 'How hot.' }],
        },
      },
    ],
  });

describe('the edge model on the local ThingWorx', () => {
  let platform: LocalThingWorx;
  let client: EdgeClient;
  let rest: RestCaller;
  let thing: EdgeThing;

  beforeEach(async () => {
    platform = await startLocalThingWorx({ port: 0, things: [{ name: 'Boiler' }] });
    client = new EdgeClient({ url: platform.wsUrl, appKey: platform.appKey, allowInsecure: true });
    thing = boiler();
    client.addThing(thing);
    await client.start();
    rest = new RestCaller(platform.url, platform.appKey, 'Boiler');
  });

  afterEach(async () => {
    await client.close();
    await platform.close();
  });

  it.each([
    ['{"id":7615917337495251231}', '{"id":7615917337495251231}'],
    ['[18446744073709551615,{"n":-9007199254740993}]', '{"array":[18446744073709551615,{"n":-9007199254740993}]}'],
    ['"{\\"id\\":7615917337495251231}"', '{"id":7615917337495251231}'],
  ])('keeps the digits of %s on the way to a handler and back', async (value, shown) => {
    const { status, text } = await rest.invoke('Echo', `{"value":${value}}`);
    expect({ status, text }).toEqual({ status: 200, text: shown });
  });

  it('invokes services with typed parameters and defaults', async () => {
    expect(await rest.result('Add', { a: 2, b: '3' })).toBe(5);
    expect(await rest.result('Add', { a: 2 })).toBe(3);
  });

  it('returns JSON unchanged, even if it is large', async () => {
    const value = { list: [1, 'two', { three: null }], text: 'é'.repeat(20_000) };
    expect((await rest.invoke('Echo', { value })).json).toEqual(value);
  });

  it("returns the edge's refusals", async () => {
    const prefix = 'Unable to Invoke Service Add on Boiler : InvalidArgument: ';
    expect(await rest.invoke('Add', {})).toMatchObject({ status: 500, text: expect.stringContaining(prefix) });
    expect(await rest.invoke('Add', { a: 'x' })).toMatchObject({
      status: 400,
      text: 'Unable to Invoke Service Add on Boiler : Unable To Convert From java.lang.String to NUMBER (parameter "a")',
    });
    expect((await rest.invoke('Add', { a: 1, c: 2 })).text).toMatch(/InvalidArgument: .*\bc\b/);
    expect((await rest.invoke('Refuse')).text).toBe('Unable to Invoke Service Refuse on Boiler : Forbidden: not today');
    expect((await rest.invoke('Missing')).status).toBe(404);
  });

  it('describes what the Thing offers', async () => {
    const definitions = await rest.request('GET', '/Thingworx/Things/Boiler/ServiceDefinitions');
    expect((definitions.json as { rows: { name: string }[] }).rows.map(({ name }) => name)).toEqual([
      'Add',
      'Echo',
      'Refuse',
    ]);
    const things = await rest.request('GET', '/Thingworx/Things');
    expect(things.json).toMatchObject({ rows: [{ name: 'Boiler', isConnected: true }] });
    const metadata = await rest.invoke('GetRemoteMetadata');
    expect(metadata.json).toMatchObject({ serviceDefinitions: { Add: { Outputs: { baseType: 'NUMBER' } } } });
  });

  it('stores pushed properties and fired events', async () => {
    thing.setProperty('temperature', 21.5);
    const temperature = await eventually(
      () => rest.request('GET', '/Thingworx/Things/Boiler/Properties/temperature'),
      ({ json }) => (json as { rows: { temperature?: number }[] }).rows[0]?.temperature === 21.5,
    );
    expect(temperature.status).toBe(200);
    await thing.fireEvent('Overheated', { degrees: 120 });
    const events = await rest.request('GET', '/Thingworx/Things/Boiler/Events');
    expect(events.json).toMatchObject({ rows: [{ event: 'Overheated', data: { degrees: 120 } }] });
  });

  it('answers 503 after the edge has disconnected', async () => {
    await client.close();
    const answer = await rest.invoke('Add', { a: 1 });
    expect(answer).toMatchObject({
      status: 503,
      text: 'Unable to Invoke Service Add on Boiler : Thing [Boiler] is not connected',
    });
  });
});
