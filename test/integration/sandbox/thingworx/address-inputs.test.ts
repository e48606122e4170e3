import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EdgeClient } from '../../../../src/edge/edge-client.js';
import { EdgeThing } from '../../../../src/edge/thing.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../../src/sandbox/thingworx/local-thingworx.js';
import { IMPORTER, scriptThing, upload } from '../../../support/local-thingworx/upload.js';
import { RestCaller, type RestAnswer } from '../../../support/thingworx-rest.js';

const PARAMETERS = {
  text: 'STRING',
  count: 'INTEGER',
  ratio: 'NUMBER',
  isOn: 'BOOLEAN',
  at: 'DATETIME',
  id: 'LONG',
  document: 'JSON',
} as const;

/** Returns the inputs as JSON, which shows the types that arrived. */
const ECHO = `var given = { text: text, count: count, ratio: ratio, isOn: isOn, at: at, id: id, document: document };
  var result = JSON.stringify(given);`;

const echoThing = (): EdgeThing =>
  new EdgeThing({
    name: 'Edge',
    services: [
      {
        definition: {
          name: 'Echo',
          description: 'Returns its inputs as JSON text.',
          parameters: Object.entries(PARAMETERS).map(([name, baseType]) => ({ name, baseType, description: '' })),
          result: { baseType: 'STRING' },
        },
        handler: (_context, parameters) => Promise.resolve(JSON.stringify(parameters)),
      },
      {
        definition: {
          name: 'Method',
          description: 'Returns its input.',
          parameters: [{ name: 'method', baseType: 'STRING', description: '' }],
          result: { baseType: 'STRING' },
        },
        handler: (_context, { method }) => Promise.resolve(String(method)),
      },
    ],
    properties: [],
    events: [],
  });

describe('inputs in the address', () => {
  let platform: LocalThingWorx;
  let client: EdgeClient;
  let rest: RestCaller;

  beforeAll(async () => {
    platform = await startLocalThingWorx({ port: 0, things: [{ name: 'Edge' }] });
    rest = new RestCaller(platform.url, platform.appKey, 'Script');
    await upload(platform, IMPORTER, scriptThing('Script', [{ name: 'Echo', parameters: PARAMETERS, code: ECHO }]));
    client = new EdgeClient({ url: platform.wsUrl, appKey: platform.appKey, allowInsecure: true });
    client.addThing(echoThing());
    await client.start();
  });

  afterAll(async () => {
    await client.close();
    await platform.close();
  });

  const call = (thing: string, service: string, query: string, body: unknown = {}): Promise<RestAnswer> =>
    rest.request('POST', `/Thingworx/Things/${thing}/Services/${service}${query}`, body);
  const echoed = ({ json }: RestAnswer): unknown =>
    JSON.parse((json as { rows: { result: string }[] }).rows[0]?.result ?? 'null');

  describe.each(['Script', 'Edge'])('of a service of the Thing %s', (thing) => {
    it.each([
      ['text=a%20b+c', { text: 'a b c' }],
      ['text=', { text: '' }],
      ['count=7', { count: 7 }],
      ['count=7.9', { count: 7 }],
      ['ratio=1e3', { ratio: 1000 }],
      ['isOn=TRUE', { isOn: true }],
      ['isOn=yes', { isOn: false }],
      ['at=2026-01-02T03:04:05Z', { at: '2026-01-02T03:04:05.000Z' }],
      ['at=', {}],
      ['id=9007199254740991', { id: 9_007_199_254_740_991 }],
      [`document=${encodeURIComponent('{"a":[1]}')}`, { document: { a: [1] } }],
      ['count=1&text=x&method=POST&Accept=application/json', { count: 1, text: 'x' }],
    ])('converts ?%s like an input in the body', async (query, inputs) => {
      const answer = await call(thing, 'Echo', `?${query}`);
      expect(answer.status).toBe(200);
      expect(echoed(answer)).toEqual(inputs);
      const names = Object.keys(PARAMETERS);
      const pairs = [...new URLSearchParams(query)].filter(([name]) => names.includes(name));
      expect(echoed(await call(thing, 'Echo', '', Object.fromEntries(pairs)))).toEqual(inputs);
    });

    it('accepts inputs in both places, and an empty body', async () => {
      expect(echoed(await call(thing, 'Echo', '?count=1', { text: 'x' }))).toEqual({ text: 'x', count: 1 });
      expect(echoed(await call(thing, 'Echo', '?count=1', ''))).toEqual({ count: 1 });
    });

    it.each([
      ['?count=x', {}, 'Unable To Convert From java.lang.String to INTEGER'],
      ['?count=', {}, 'Unable To Convert From java.lang.String to INTEGER'],
      ['?count=1', { count: 1 }, 'the input count is in both the address and the body; send it once'],
      ['?count=1', { count: null }, 'the input count is in both the address and the body; send it once'],
      ['?count=1&count=2', {}, 'the input count occurs twice in the address'],
      ['?count=%FF', {}, '"%FF" in the address is not percent-encoded UTF-8'],
      ['?document=5', {}, 'Unable To Convert From java.lang.String to JSON'],
    ])('refuses %s with %j', async (query, body, reason) => {
      expect(await call(thing, 'Echo', query, body)).toMatchObject({
        status: 400,
        text: expect.stringContaining(reason),
      });
    });

    it('never ignores an input that the service does not have', async () => {
      const answer = await call(thing, 'Echo', '?cuont=1');
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.text).toContain('cuont');
    });

    it.each(['appKey', 'APPKEY', '%61ppkey'])('refuses a key in the address as %s', async (name) => {
      expect(await call(thing, 'Echo', `?count=1&${name}=${platform.appKey}`)).toMatchObject({ status: 401 });
    });
  });

  it('treats a parameter of the platform as an input if the service declares it', async () => {
    expect(await call('Edge', 'Method', '?method=reboot')).toMatchObject({ json: { rows: [{ result: 'reboot' }] } });
  });

  it('accepts the inputs of built-in services and of resources', async () => {
    expect((await call('Script', 'SetDescription', '?description=a+b')).status).toBe(200);
    expect(await call('Script', 'GetDescription', '')).toMatchObject({ json: { rows: [{ result: 'a b' }] } });
    expect(await call('Script', 'GetDescription', '?x=1')).toMatchObject({
      status: 400,
      text: 'Unable to Invoke Service GetDescription on Script : the service has no input x, which is in the address',
    });
    const create = '/Thingworx/Resources/EntityServices/Services/CreateThing?name=Made';
    expect((await rest.request('POST', create, { name: 'Other' })).status).toBe(400);
    expect((await rest.request('POST', create, { thingTemplateName: 'GenericThing' })).status).toBe(200);
    expect((await rest.request('GET', '/Thingworx/Things/Made')).status).toBe(200);
  });
});
