import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tableToFrameJson } from '../../../../src/alwayson/codec/frame-json-values.js';
import { decodeMessage } from '../../../../src/alwayson/codec/frame.js';
import type { RequestBody } from '../../../../src/alwayson/codec/message.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../../src/sandbox/thingworx/local-thingworx.js';
import * as b from '../../../support/codec/byte-builder.js';
import { bytesOf, javaVectors } from '../../../support/codec/vectors.js';
import { RawEdge, type RawFrame } from '../../../support/local-thingworx/raw-edge.js';
import { IMPORTER, upload } from '../../../support/local-thingworx/upload.js';
import { RestCaller } from '../../../support/thingworx-rest.js';

const OK = 0x40;
const BIG = '7615917337495251231';
const TYPES =
  'INTEGER NUMBER LONG BOOLEAN DATETIME LOCATION TAGS XML STRING JSON QUERY HTML THINGNAME SCHEDULE VEC2 THINGCODE PROJECTNAME GUID'.split(
    ' ',
  );

const services = TYPES.map(
  (type) =>
    `<ServiceDefinition name="Echo_${type}"><ResultType name="result" baseType="${type}"/><ParameterDefinitions><FieldDefinition name="value" baseType="${type}"/></ParameterDefinitions></ServiceDefinition>`,
);
const serviceBindings = TYPES.map(
  (type) => `<RemoteServiceBinding name="Echo_${type}" sourceName="Echo_${type}" timeout="0"/>`,
);
const properties = TYPES.map((type) => `<PropertyDefinition name="P_${type}" baseType="${type}"/>`);
const propertyBindings = TYPES.map(
  (type) => `<RemotePropertyBinding name="P_${type}" sourceName="P_${type}" pushType="VALUE"/>`,
);
const EDGE1 = `<?xml version="1.0"?><Entities><Things><Thing name="Edge1" thingTemplate="RemoteThing">
  <RemoteServiceBindings>${serviceBindings.join('')}</RemoteServiceBindings><RemotePropertyBindings>${propertyBindings.join('')}</RemotePropertyBindings>
  <ThingShape><ServiceDefinitions>${services.join('')}</ServiceDefinitions><PropertyDefinitions>${properties.join('')}</PropertyDefinitions></ThingShape></Thing></Things></Entities>`;

const cellsIn = ({ bytes }: RawFrame): unknown => {
  const { params } = decodeMessage(bytes).body as RequestBody;
  return params && tableToFrameJson(params).rows[0];
};

describe('values between REST and an edge', () => {
  let platform: LocalThingWorx;
  let rest: RestCaller;
  let edge: RawEdge;

  beforeAll(async () => {
    platform = await startLocalThingWorx({ port: 0 });
    rest = new RestCaller(platform.url, platform.appKey, 'Edge1');
    await upload(platform, IMPORTER, EDGE1);
    edge = await RawEdge.connect(platform.wsUrl);
    edge.send([...b.header(0x14), 1, ...b.text('appKey'), ...b.text(platform.appKey)]);
    await edge.next();
    edge.send(b.bind(0x0a, ['Edge1']));
    await edge.next();
    edge.refuse(await edge.next());
    edge.refuse(await edge.next());
  });

  afterAll(async () => {
    await platform.close();
  });

  /** Responds to a call with one cell, in a column of the cell's base type. */
  const answerWith = (frame: RawFrame, cell: b.Bytes): void =>
    edge.answer(frame, OK, [0, 5, ...b.table([b.field('result', cell[0] ?? 0xff)], [b.row(cell)])]);

  it.each<[string, string, unknown]>([
    ['INTEGER', '1.5', { baseType: 'INTEGER', value: 1 }],
    ['INTEGER', '"1.5"', { baseType: 'INTEGER', value: 1 }],
    ['NUMBER', '"NaN"', { baseType: 'NUMBER', value: 'NaN' }],
    ['LONG', '4294967296', { baseType: 'NUMBER', value: 4_294_967_296 }],
    ['LONG', BIG, { baseType: 'STRING', value: BIG }],
    ['BOOLEAN', '"yes"', { baseType: 'BOOLEAN', value: false }],
    ['BOOLEAN', '"2"', { baseType: 'BOOLEAN', value: true }],
    ['BOOLEAN', '1', { baseType: 'BOOLEAN', value: true }],
    ['LOCATION', '"1,2,3"', { baseType: 'LOCATION', value: { latitude: 1, longitude: 2, elevation: 3 } }],
    ['XML', '"a b"', { baseType: 'XML', value: '' }],
    ['TAGS', '"Plant:North"', { baseType: 'TAGS', value: 'Plant:North' }],
    ['STRING', '{"a":1}', { baseType: 'STRING', value: '{"a":1}' }],
    ['STRING', BIG, { baseType: 'STRING', value: BIG }],
    ['JSON', '[1,2]', { baseType: 'JSON', value: '{"array":[1,2]}' }],
    ['JSON', `[{"id":${BIG}}]`, { baseType: 'JSON', value: `{"array":[{"id":${BIG}}]}` }],
    ['JSON', '"{\\"a\\":1}"', { baseType: 'JSON', value: '{"a":1}' }],
    ['QUERY', '{"maxItems":1}', { baseType: 'JSON', value: '{"maxItems":1}' }],
    ['HTML', '"<p/>"', { baseType: 'STRING', value: '<p/>' }],
    ['THINGNAME', '"Pump-8"', { baseType: 'STRING', value: 'Pump-8' }],
    ['SCHEDULE', '"0 0 * * * ?"', { baseType: 'STRING', value: '0 0 * * * ?' }],
    ['PROJECTNAME', '"P"', { baseType: 'STRING', value: 'P' }],
    ['GUID', '"g"', { baseType: 'GUID', value: 'g' }],
    ['VEC2', '{"x":1,"y":2.5}', { baseType: 'VEC2', value: { x: 1, y: 2.5 } }],
    ['THINGCODE', '{"domainId":7,"instanceId":5}', { baseType: 'THINGCODE', value: { domainId: 7, instanceId: 5 } }],
  ])(
    '%s from %s reaches the edge as a platform sends it, as a parameter and as a property',
    async (type, json, cell) => {
      const called = rest.invoke(`Echo_${type}`, `{"value":${json}}`);
      const call = await edge.next();
      expect(cellsIn(call)).toEqual([cell]);
      edge.answer(call, OK, [0, 0xff]);
      expect((await called).status).toBe(200);
      const written = rest.request('PUT', `/Thingworx/Things/Edge1/Properties/P_${type}`, `{"P_${type}":${json}}`);
      const write = await edge.next();
      expect(cellsIn(write)).toEqual([cell]);
      edge.answer(write, OK, [0, 0xff]);
      expect((await written).status).toBe(200);
    },
  );

  it.each([
    ['INTEGER', '2147483648', 'java.lang.Long to INTEGER'],
    ['INTEGER', '"abc"', 'java.lang.String to INTEGER'],
    ['NUMBER', '""', 'java.lang.String to NUMBER'],
    ['NUMBER', BIG, 'java.lang.Long to NUMBER'],
    ['DATETIME', '"x"', 'java.lang.String to DATETIME'],
    ['TAGS', '"v"', 'java.lang.String to TAGS'],
    ['JSON', '5', 'java.lang.Integer to JSON'],
    ['JSON', 'true', 'java.lang.Boolean to JSON'],
    ['JSON', '"text"', 'java.lang.String to JSON'],
  ])('%s from %s is refused with 400, and nothing is sent to the edge', async (type, json, refusal) => {
    const called = await rest.invoke(`Echo_${type}`, `{"value":${json}}`);
    expect(called.status).toBe(400);
    expect(called.text).toContain(`Unable to Invoke Service Echo_${type} on Edge1 : Unable To Convert From ${refusal}`);
    const written = await rest.request('PUT', `/Thingworx/Things/Edge1/Properties/P_${type}`, `{"P_${type}":${json}}`);
    expect(written.status).toBe(400);
    expect(written.text).toContain(`Unable To Convert From ${refusal}`);
  });

  it('treats an empty text as no date', async () => {
    const called = rest.invoke('Echo_DATETIME', { value: '' });
    const call = await edge.next();
    expect(cellsIn(call)).toBeNull();
    edge.answer(call, OK, [0, 0xff]);
    expect((await called).status).toBe(200);
  });

  it.each<[string, b.Bytes, string, unknown]>([
    ['INTEGER', b.cell.number(1.5), 'INTEGER', 1],
    ['NUMBER', b.cell.text(0, '2.5'), 'NUMBER', 2.5],
    ['BOOLEAN', b.cell.text(0, 'TRUE'), 'BOOLEAN', true],
    ['STRING', b.cell.integer(7), 'STRING', '7'],
    ['HTML', b.cell.text(0, '<p/>'), 'HTML', '<p/>'],
    ['LONG', b.cell.text(0, '5'), 'LONG', 5],
    ['TAGS', b.cell.text(16, ''), 'TAGS', ''],
    ['XML', b.cell.text(7, ''), 'XML', ''],
    ['DATETIME', b.cell.number(1_700_000_000_123), 'DATETIME', 1_700_000_000_123],
  ])('returns a result in its declared type: %s', async (type, cell, baseType, value) => {
    const called = rest.invoke(`Echo_${type}`);
    answerWith(await edge.next(), cell);
    expect((await called).json).toMatchObject({
      dataShape: { fieldDefinitions: { result: { baseType } } },
      rows: [{ result: value }],
    });
  });

  it.each([
    ['{"a":1}', '{"a":1}'],
    ['[1,2]', '{"array":[1,2]}'],
    [`{"id":${BIG}}`, `{"id":${BIG}}`],
    ['5', '5'],
  ])('returns the JSON %s as %s, with the digits of every number', async (sent, shown) => {
    const called = rest.invoke('Echo_JSON');
    answerWith(await edge.next(), b.cell.text(8, sent));
    expect((await called).text).toBe(shown);
  });

  it('returns a LONG with all its digits', async () => {
    const called = fetch(`${platform.url}/Thingworx/Things/Edge1/Services/Echo_LONG`, {
      method: 'POST',
      headers: { appKey: platform.appKey, accept: 'application/json', 'content-type': 'application/json' },
      body: '{}',
    });
    answerWith(await edge.next(), b.cell.long(BigInt(BIG)));
    expect(await (await called).text()).toContain(`"result":${BIG}`);
  });

  it('fails if the result cannot be converted', async () => {
    const called = rest.invoke('Echo_NUMBER');
    answerWith(await edge.next(), b.cell.text(0, 'abc'));
    expect(await called).toMatchObject({
      status: 500,
      text: 'Unable to Invoke Service Echo_NUMBER on Edge1 : Unable To Convert From java.lang.String to NUMBER',
    });
  });

  it('reads the pushes of PTC’s Java SDK, including empty XML and vectors', async () => {
    const pushes = javaVectors().filter(({ name }) => name.includes('UpdateSubscribedPropertyValues'));
    expect(pushes.length).toBeGreaterThan(5);
    for (const push of pushes) {
      edge.send(bytesOf(push));
      expect((await edge.next()).code).toBe(OK);
    }
    const value = b.table(
      [b.field('name', 0), b.field('value', 18), b.field('time', 3), b.field('quality', 0)],
      [
        b.row(b.cell.text(0, 'P_XML'), b.cell.variant(b.cell.text(7, '')), b.cell.datetime(1), b.cell.text(0, 'GOOD')),
        b.row(
          b.cell.text(0, 'P_TAGS'),
          b.cell.variant(b.cell.text(16, '')),
          b.cell.datetime(1),
          b.cell.text(0, 'GOOD'),
        ),
      ],
    );
    const body = [0x0a, ...b.text('Edge1'), 2, ...b.text('UpdateSubscribedPropertyValues'), 0, 5];
    edge.send([...b.header(3), ...body, ...b.table([b.field('values', 5)], [b.row(b.cell.table(value))])]);
    expect((await edge.next()).code).toBe(OK);
    const { json } = await rest.request('GET', '/Thingworx/Things/Edge1/Properties');
    expect(json).toMatchObject({
      rows: [
        {
          P_VEC2: { x: 1, y: 2.5 },
          P_THINGCODE: { domainId: 7, instanceId: 123_456_789 },
          P_NUMBER: 21.5,
          P_LONG: 1_099_511_627_776,
          P_JSON: { a: [1, null] },
          P_XML: '',
          P_TAGS: '',
        },
      ],
    });
  });
});
