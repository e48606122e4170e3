import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EdgeClient } from '../../../src/edge/edge-client.js';
import { EdgeThing } from '../../../src/edge/thing.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../src/sandbox/thingworx/local-thingworx.js';

const READING = {
  name: 'Reading',
  description: 'One reading',
  fields: [
    { name: 'sensor', baseType: 'STRING' as const, description: '', isPrimaryKey: true },
    { name: 'value', baseType: 'NUMBER' as const, description: '' },
    { name: 'time', baseType: 'DATETIME' as const, description: '' },
  ],
};

function makePump(): EdgeThing {
  return new EdgeThing({
    name: 'Pump',
    services: [
      {
        definition: {
          name: 'GetReadings',
          description: 'The last readings',
          parameters: [
            { name: 'maxItems', baseType: 'INTEGER', description: '', defaultValue: 2 },
            { name: 'since', baseType: 'DATETIME', description: '' },
          ],
          result: { baseType: 'INFOTABLE', dataShape: READING },
        },
        handler: (_context, { maxItems, since }) =>
          Promise.resolve(
            Array.from({ length: Number(maxItems) }, (_, n) => ({ sensor: `s${n}`, value: n / 2, time: since })),
          ),
      },
    ],
    properties: [{ name: 'temperature', baseType: 'NUMBER', description: '', pushType: 'VALUE', isReadOnly: true }],
    events: [{ name: 'Overheated', description: '', dataShape: READING }],
  });
}

describe('the edge model alone, against the local ThingWorx', () => {
  let platform: LocalThingWorx;
  let client: EdgeClient;
  const pump = makePump();

  const rest = async (path: string, body?: unknown): Promise<{ status: number; text: string; json: any }> => {
    const response = await fetch(`${platform.url}/Thingworx/Things/Pump/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { appKey: platform.appKey, Accept: 'application/json', 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
  };

  beforeAll(async () => {
    platform = await startLocalThingWorx({ port: 0, things: [{ name: 'Pump' }] });
    client = new EdgeClient({ url: platform.url, appKey: platform.appKey, allowInsecure: true, pingIntervalMs: 1_000 });
    client.addThing(pump);
    await client.start();
  });

  afterAll(async () => {
    await client.drain(1_000);
    await platform.close();
  });

  it('services are invoked over REST, parameters and rows by their base types', async () => {
    const { status, json } = await rest('Services/GetReadings', { maxItems: '1', since: '2026-11-24T12:00:00Z' });
    expect(status).toBe(200);
    expect(json.rows).toEqual([{ sensor: 's0', value: 0, time: Date.parse('2026-11-24T12:00:00Z') }]);
    expect(Object.keys(json.dataShape.fieldDefinitions)).toEqual(['sensor', 'value', 'time']);
    expect((await rest('Services/GetReadings', {})).json.rows).toHaveLength(2);
  });

  it('errors of parameters are returned with the name of the parameter', async () => {
    const { status, text } = await rest('Services/GetReadings', { maxItems: 'many' });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).toContain('maxItems');
  });

  it('property values are pushed', async () => {
    pump.setProperty('temperature', 81.5);
    const value = async (): Promise<unknown> => (await rest('Properties/temperature')).json?.rows[0]?.temperature;
    let seen = await value();
    for (let tries = 0; seen !== 81.5 && tries < 200; tries += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      seen = await value();
    }
    expect(seen).toBe(81.5);
  });

  it('events arrive before their promise resolves', async () => {
    await pump.fireEvent('Overheated', { sensor: 's1', value: 99, time: new Date(1_700_000_000_000) });
    const { json } = await rest('Events');
    expect(json.rows).toEqual([expect.objectContaining({ event: 'Overheated' })]);
    expect(JSON.stringify(json.rows)).toContain('1700000000000');
  });

  it('metadata can be browsed', async () => {
    const { json } = await rest('Services/GetRemoteMetadata', {});
    expect(JSON.stringify(json)).toContain('"GetReadings"');
  });
});
