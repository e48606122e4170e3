import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LocalThingWorx, startLocalThingWorx } from '../../../../src/sandbox/thingworx/local-thingworx.js';
import { IMPORTER, scriptThing, upload } from '../../../support/local-thingworx/upload.js';
import { RestCaller } from '../../../support/thingworx-rest.js';

const DATA_SHAPE = `<DataShapes><DataShape name="Point_DS"><FieldDefinitions>
  <FieldDefinition name="x" baseType="INTEGER" ordinal="1"/><FieldDefinition name="at" baseType="DATETIME" ordinal="2"/>
  </FieldDefinitions></DataShape></DataShapes>`;

const MAKE_POINTS = `var result = Resources["InfoTableFunctions"].CreateInfoTableFromDataShape({ infoTableName: "I", dataShapeName: "Point_DS" });
  result.AddRow({ x: 1, at: new Date(5) }); result.AddRow({ x: "2" });`;

const SERVICES = [
  { name: 'Join', parameters: { a: 'STRING', b: 'NUMBER' }, code: 'var result = (function () { return a + b; }());' },
  { name: 'Kind', parameters: { v: 'JSON' }, code: 'var result = Array.isArray(v) + " " + JSON.stringify(v);' },
  {
    name: 'Day',
    parameters: { at: 'DATETIME' },
    code: 'var result = new Date(at.getTime() + 1);',
    result: 'DATETIME',
  },
  {
    name: 'Absent',
    parameters: { a: 'STRING' },
    code: 'var result = typeof a + (a === undefined);',
  },
  { name: 'Points', code: MAKE_POINTS, result: 'INFOTABLE' },
  {
    name: 'Sum',
    parameters: { t: 'INFOTABLE' },
    code: 'var s = 0; for (var i = 0; i < t.getRowCount(); i++) { s += t.rows[i].x; } var result = s;',
    result: 'NUMBER',
  },
  { name: 'SumOfPoints', code: 'var result = me.Sum({ t: me.Points() });', result: 'NUMBER' },
  { name: 'Twice', code: 'me.count = me.count * 2; var result = me["count"];', result: 'INTEGER' },
  { name: 'Nothing', code: 'logger.warn("{} of {}", 1, me.name);', result: 'NOTHING' },
  { name: 'Fails', code: 'throw new Error("no " + me.name);' },
  { name: 'ThrowsText', code: 'throw "plain text";' },
  { name: 'BadReturn', code: 'if (true) { return 1; }' },
  { name: 'NotANumber', code: 'var result = 0 / 0;', result: 'NUMBER' },
  { name: 'Nobody', code: 'var result = String(Things["Nobody"] === undefined);' },
  {
    name: 'Connected',
    code: 'var result = Things["Remote"].isConnected + " " + typeof Things["Remote"].lastConnection;',
  },
  { name: 'Deep', code: 'var result = me.Deep();' },
  {
    name: 'Recovers',
    code: 'var result; try { me.Fails(); } catch (e) { result = (e instanceof Error) + e.message; }',
  },
  { name: 'BreaksJson', code: 'JSON.stringify = function () { return "{"; }; var result = Things["X"];' },
  {
    name: 'Buffers',
    code: `var found = Object.getOwnPropertyNames(this).filter(function (name) { return /Array$|Buffer|DataView|Atomics|WebAssembly/.test(name) && name !== "Array"; });
      var result = found.join(",") + typeof Uint8Array + typeof ArrayBuffer + typeof WebAssembly;`,
  },
  { name: 'Forever', code: 'for (;;) {}' },
  { name: 'Hungry', code: 'var a = []; for (;;) { a.push(new Array(100000).join("x") + a.length); }' },
  {
    name: 'Escape',
    code: `var found = [];
      [this, Things, me, logger, Resources, me.Join, parameter].forEach(function (o) {
        try { found.push(String(o.constructor.constructor("return typeof process")())); } catch (e) { found.push("none"); } });
      try { Things["x"].y(); } catch (e) { found.push(String(e.constructor.constructor("return typeof process")())); }
      var result = found.join(",");`,
    parameters: { parameter: 'JSON' },
  },
];

describe('scripts of the local ThingWorx', () => {
  let platform: LocalThingWorx;
  let rest: RestCaller;

  beforeAll(async () => {
    platform = await startLocalThingWorx({ port: 0, scriptTimeoutMs: 4000, things: [{ name: 'Remote' }] });
    rest = new RestCaller(platform.url, platform.appKey, 'Desk');
    await upload(platform, IMPORTER, scriptThing('Desk', SERVICES, DATA_SHAPE));
  });

  afterAll(async () => {
    await platform.close();
  });

  const failure = (service: string, cause: string): object => ({
    status: 500,
    text: `Unable to Invoke Service ${service} on Desk : ${cause}`,
  });

  it('passes parameters as variables, by base type', async () => {
    expect(await rest.result('Join', { a: 'é😀\u2028', b: '4.5' })).toBe('é😀\u20284.5');
    expect(await rest.result('Day', { at: '2026-01-02T03:04:05Z' })).toBe(Date.parse('2026-01-02T03:04:05.001Z'));
    expect(await rest.result('Absent', {})).toBe('undefinedtrue');
    expect(await rest.invoke('Join', { b: 'x' })).toMatchObject({
      status: 400,
      text: 'Unable to Invoke Service Join on Desk : Unable To Convert From java.lang.String to NUMBER (parameter "b")',
    });
  });

  it('wraps a list in a JSON parameter as Rhino does', async () => {
    expect(await rest.result('Kind', { v: [1, [2]] })).toBe('false {"array":[1,[2]]}');
    expect(await rest.result('Kind', { v: { list: [1] } })).toBe('false {"list":[1]}');
  });

  it('creates, accepts and returns InfoTables', async () => {
    const { json } = await rest.invoke('Points');
    expect(json).toMatchObject({
      dataShape: { fieldDefinitions: { x: { baseType: 'INTEGER' }, at: { baseType: 'DATETIME' } } },
      rows: [
        { x: 1, at: 5 },
        { x: 2, at: null },
      ],
    });
    expect(await rest.result('Sum', { t: json })).toBe(3);
    expect(await rest.result('SumOfPoints')).toBe(3);
  });

  it('reads and writes properties of its Thing', async () => {
    expect(await rest.result('Twice')).toBe(6);
    expect(await rest.result('Twice')).toBe(12);
    const { json } = await rest.request('GET', '/Thingworx/Things/Desk/Properties/count');
    expect(json).toMatchObject({ rows: [{ count: 12 }] });
  });

  it('reads whether a RemoteThing is connected', async () => {
    expect(await rest.result('Connected')).toBe('false undefined');
  });

  it('returns nothing for NOTHING', async () => {
    expect(await rest.invoke('Nothing')).toMatchObject({ status: 200, text: '' });
    expect(await rest.result('Nobody')).toBe('true');
  });

  it.each([
    ['Fails', 'no Desk'],
    ['ThrowsText', 'plain text'],
    ['BreaksJson', 'the call cannot be parsed'],
    ['BadReturn', 'No service handler defined for service BadReturn on thing [Desk]'],
    ['NotANumber', 'JSON does not allow non-finite numbers'],
  ])('reports why %s failed', async (service, cause) => {
    expect(await rest.invoke(service)).toMatchObject(failure(service, cause));
  });

  it('lets a script catch the failure of another script', async () => {
    expect(await rest.result('Recovers')).toBe('trueUnable to Invoke Service Fails on Desk : no Desk');
  });

  it('stops scripts that call each other endlessly, run forever or exhaust the memory, and keeps running', async () => {
    const [deep, forever, hungry, other] = await Promise.all([
      rest.invoke('Deep'),
      rest.invoke('Forever'),
      rest.invoke('Hungry'),
      rest.result('Join', { a: 'a', b: 1 }),
    ]);
    expect(deep).toMatchObject({
      status: 500,
      text: expect.stringContaining('more than 10 nested calls between scripts'),
    });
    expect(forever).toMatchObject(failure('Forever', 'the script took too long and was stopped'));
    expect(hungry.status).toBe(500);
    expect(other).toBe('a1');
    expect(await rest.result('Join', { a: 'b', b: 2 })).toBe('b2');
  });

  it('has no binary buffers, which the memory limit would not cover', async () => {
    expect(await rest.result('Buffers')).toBe('undefinedundefinedundefined');
  });

  it('does not expose objects of the process to scripts', async () => {
    const found = String(await rest.result('Escape', { parameter: {} })).split(',');
    expect(new Set(found)).toEqual(new Set(['undefined', 'none']));
  });
});
