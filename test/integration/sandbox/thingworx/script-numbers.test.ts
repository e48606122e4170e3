import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { stringifyJson } from '../../../../src/core/exact-json.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../../src/sandbox/thingworx/local-thingworx.js';
import { IMPORTER, scriptThing, upload } from '../../../support/local-thingworx/upload.js';
import { RestCaller } from '../../../support/thingworx-rest.js';

const BIG = '7615917337495251231';
const SHAPE = `<DataShapes><DataShape name="Row_DS"><FieldDefinitions>
  <FieldDefinition name="id" baseType="LONG" ordinal="1"/><FieldDefinition name="more" baseType="JSON" ordinal="2"/>
  </FieldDefinitions></DataShape></DataShapes>`;
const PROPERTIES = `<ThingShapes><ThingShape name="Big_TS"><PropertyDefinitions>
  <PropertyDefinition name="serial" baseType="LONG"/><PropertyDefinition name="document" baseType="JSON"/>
  </PropertyDefinitions></ThingShape></ThingShapes>`;

const SERVICES = [
  { name: 'Pass', parameters: { payload: 'JSON' }, code: 'var result = payload;', result: 'JSON' },
  { name: 'Long', parameters: { id: 'LONG' }, code: 'var result = id;', result: 'LONG' },
  { name: 'Rows', parameters: { t: 'INFOTABLE' }, code: 'var result = t;', result: 'INFOTABLE' },
  { name: 'ReadSerial', code: 'var result = me.serial;', result: 'LONG' },
  { name: 'ReadDocument', code: 'var result = me.document;', result: 'JSON' },
  { name: 'PassText', parameters: { payload: 'STRING' }, code: 'var result = payload;' },
  { name: 'Computed', code: 'var result = Math.pow(2, 60);', result: 'LONG' },
];

describe('whole numbers beyond 2^53 in scripts', () => {
  let platform: LocalThingWorx;
  let rest: RestCaller;

  beforeAll(async () => {
    platform = await startLocalThingWorx({ port: 0 });
    rest = new RestCaller(platform.url, platform.appKey, 'Big');
    const xml = scriptThing('Big', SERVICES, `${SHAPE}${PROPERTIES}`).replace(
      '</ThingShape></Thing>',
      '</ThingShape><ImplementedShapes><ImplementedShape name="Big_TS"/></ImplementedShapes></Thing>',
    );
    await upload(platform, IMPORTER, xml);
  });

  afterAll(async () => {
    await platform.close();
  });

  const refused = (status: number, service: string, path: string): object => ({
    status,
    text: expect.stringContaining(
      `Unable to Invoke Service ${service} on Big : ${path} is a whole number that a script cannot hold exactly, since its numbers are doubles; pass it as text`,
    ),
  });
  const table = (row: string): string =>
    `{"t": {"dataShape": {"fieldDefinitions": {"id": {"baseType": "LONG"}, "more": {"baseType": "JSON"}}}, "rows": [{}, ${row}]}}`;

  it.each([
    ['Pass', `{"payload": {"id": ${BIG}}}`, 'payload.id'],
    ['Pass', `{"payload": [{"a": [0, -${BIG}]}]}`, 'payload.array[0].a[1]'],
    ['Long', `{"id": ${BIG}}`, 'id'],
    ['Long', `{"id": "${BIG}"}`, 'id'],
    ['Rows', table(`{"id": ${BIG}}`), 't.rows[1].id'],
    ['Rows', table(`{"more": {"deep": {"n": ${BIG}}}}`), 't.rows[1].more.deep.n'],
  ])('%s refuses %s and names its path', async (service, body, path) => {
    expect(await rest.invoke(service, body)).toMatchObject(refused(400, service, path));
  });

  it('refuses to read a property whose value a script cannot hold exactly', async () => {
    const put = (name: string, body: string): ReturnType<RestCaller['request']> =>
      rest.request('PUT', `/Thingworx/Things/Big/Properties/${name}`, body);
    expect((await put('serial', `{"serial": ${BIG}}`)).status).toBe(200);
    expect((await put('document', `{"document": {"n": ${BIG}}}`)).status).toBe(200);
    expect(await rest.invoke('ReadSerial')).toMatchObject(refused(500, 'ReadSerial', 'serial'));
    expect(await rest.invoke('ReadDocument')).toMatchObject(refused(500, 'ReadDocument', 'document.n'));
    const { text } = await rest.request('GET', '/Thingworx/Things/Big/Properties');
    expect(text).toContain(`"serial":${BIG}`);
    expect(text).toContain(`"document":{"n":${BIG}}`);
  });

  it.each([
    ['Pass', '{"payload": {"id": 9007199254740991}}', '{"id":9007199254740991}'],
    ['Pass', '{"payload": {"id": 9007199254740993.5}}', '{"id":9007199254740994}'],
    ['Long', '{"id": -9007199254740991}', '"result":-9007199254740991'],
    ['Long', '{"id": 1152921504606846976}', '"result":1152921504606846976'],
    ['PassText', `{"payload": "{\\"id\\": ${BIG}}"}`, `"result":"{\\"id\\": ${BIG}}"`],
    ['Computed', '{}', '"result":1152921504606846976'],
  ])('%s keeps what a double or a string can hold: %s', async (service, body, text) => {
    expect(await rest.invoke(service, body)).toMatchObject({ status: 200, text: expect.stringContaining(text) });
  });

  it('never passes on a changed number', async () => {
    const number = fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }));
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.array(number, { maxLength: 3 })),
        async (payload) => {
          const sent = stringifyJson(payload);
          const { status, text } = await rest.invoke('Pass', `{"payload": ${sent}}`);
          expect(status === 200 ? text : sent).toBe(sent);
          const isExact = Object.values(payload)
            .flat()
            .every((value) => BigInt(Number(value)) === BigInt(value));
          expect(status).toBe(isExact ? 200 : 400);
        },
      ),
      { numRuns: 60 },
    );
  });
});
