import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeMessage } from '../../../../src/alwayson/codec/frame.js';
import type { ResponseBody } from '../../../../src/alwayson/codec/message.js';
import { tableToJson } from '../../../../src/alwayson/values.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../../src/sandbox/thingworx/local-thingworx.js';
import * as b from '../../../support/codec/byte-builder.js';
import { bytesOf, javaVectors } from '../../../support/codec/vectors.js';
import { auth, RawEdge, type RawFrame, reasonOf, serviceOf } from '../../../support/local-thingworx/raw-edge.js';
import { IMPORTER, scriptThing, upload } from '../../../support/local-thingworx/upload.js';
import { RestCaller } from '../../../support/thingworx-rest.js';

const [GET, PUT, POST, DELETE, BIND, UNBIND, OK] = [1, 2, 3, 4, 0x0a, 0x0b, 0x40];
const [THINGS, RESOURCES] = [0x0a, 0x3c];
const [PROPERTIES, SERVICES, EVENTS, VTQ] = [1, 2, 3, 4];
const [STRING, NUMBER, DATETIME, INFOTABLE, VARIANT, INTEGER] = [0, 1, 3, 5, 18, 22];
const BIG = 7615917337495251231n;

const EDGE1 = `<?xml version="1.0"?><Entities><Things><Thing name="Edge1" thingTemplate="RemoteThing">
  <RemoteServiceBindings><RemoteServiceBinding name="Echo" sourceName="Echo" timeout="0"/></RemoteServiceBindings>
  <RemotePropertyBindings><RemotePropertyBinding name="P_NUMBER" sourceName="P_NUMBER" pushType="VALUE"/></RemotePropertyBindings>
  <ThingShape><ServiceDefinitions><ServiceDefinition name="Echo"><ResultType name="result" baseType="STRING"/>
  <ParameterDefinitions><FieldDefinition name="text" baseType="STRING"/><FieldDefinition name="blob" baseType="BLOB"/></ParameterDefinitions></ServiceDefinition></ServiceDefinitions>
  <PropertyDefinitions><PropertyDefinition name="P_NUMBER" baseType="NUMBER"/><PropertyDefinition name="P_STRING" baseType="STRING"/>
  <PropertyDefinition name="P_INTEGER" baseType="INTEGER"/></PropertyDefinitions>
  <EventDefinitions><EventDefinition name="Alarm" dataShape=""/></EventDefinitions></ThingShape></Thing></Things></Entities>`;

interface Asked {
  readonly type?: number;
  readonly entity?: string;
  readonly characteristic: number;
  readonly name: string;
  readonly params?: b.Bytes;
}

const one = (name: string, baseType: number, cell: b.Bytes): b.Bytes => [
  5,
  ...b.table([b.field(name, baseType)], [b.row(cell)]),
];

describe('edges of the local ThingWorx', () => {
  let platform: LocalThingWorx;
  let rest: RestCaller;
  let edge: RawEdge;
  let nextId = 100;

  const send = (to: RawEdge, code: number, asked: Asked): number => {
    const { type = THINGS, entity = 'Edge1', characteristic, name, params = [0xff] } = asked;
    nextId += 1;
    const head = b.header(code, { requestId: nextId });
    to.send([...head, type, ...b.text(entity), characteristic, ...b.text(name), 0, ...params]);
    return nextId;
  };

  const ask = async (code: number, asked: Asked): Promise<RawFrame> => {
    send(edge, code, asked);
    return edge.next();
  };

  const rowsOf = ({ bytes }: RawFrame): readonly Readonly<Record<string, unknown>>[] => {
    const { content } = decodeMessage(bytes).body as ResponseBody;
    return content ? tableToJson(content).rows : [];
  };

  /** Binds names and then refuses the platform's requests, as an old edge does. */
  const bind = async (to: RawEdge, names: readonly string[], questions: number): Promise<void> => {
    to.send(b.bind(BIND, names));
    expect(await to.next()).toMatchObject({ code: OK });
    for (let left = questions; left > 0; left -= 1) to.refuse(await to.next());
  };

  const authenticated = async (options: Parameters<typeof RawEdge.connect>[1] = {}): Promise<RawEdge> => {
    const made = await RawEdge.connect(platform.wsUrl, options);
    made.send(auth(platform.appKey));
    expect(await made.next()).toMatchObject({ code: OK });
    return made;
  };

  const isConnected = async (thing: string): Promise<unknown> =>
    (await rest.request('GET', `/Thingworx/Things/${thing}`)).json;

  beforeEach(async () => {
    platform = await startLocalThingWorx({ port: 0, compression: true });
    rest = new RestCaller(platform.url, platform.appKey, 'Edge1');
    await upload(platform, IMPORTER, EDGE1);
    const join = { name: 'Join', code: 'result = a + "-" + b', parameters: { a: 'STRING', b: 'LONG' } };
    await upload(platform, IMPORTER, scriptThing('Scripted', [join]));
    edge = await authenticated();
    await bind(edge, ['Edge1'], 2);
  });

  afterEach(async () => {
    await platform.close();
  });

  describe('read and write properties', () => {
    beforeEach(async () => {
      const push = one('P_NUMBER', NUMBER, b.cell.number(12));
      await ask(PUT, { characteristic: PROPERTIES, name: 'P_NUMBER', params: push });
    });

    it('one as a table of one row with a field of its name', async () => {
      const answer = await ask(GET, { characteristic: PROPERTIES, name: 'P_NUMBER' });
      expect(answer.code).toBe(OK);
      expect(rowsOf(answer)).toEqual([{ P_NUMBER: 12 }]);
    });

    it('all of them by `*`, empty ones included', async () => {
      const answer = await ask(GET, { characteristic: PROPERTIES, name: '*' });
      expect(rowsOf(answer)).toEqual([expect.objectContaining({ P_NUMBER: 12, P_STRING: null, P_INTEGER: null })]);
    });

    it('of Things that the edge has not bound', async () => {
      const answer = await ask(GET, { entity: 'Scripted', characteristic: PROPERTIES, name: 'count' });
      expect(rowsOf(answer)).toEqual([{ count: 3 }]);
      const write = one('count', INTEGER, b.cell.integer(7));
      expect(
        await ask(PUT, { entity: 'Scripted', characteristic: PROPERTIES, name: '*', params: write }),
      ).toMatchObject({
        code: OK,
      });
      expect((await rest.request('GET', '/Thingworx/Things/Scripted/Properties/count')).json).toMatchObject({
        rows: [{ count: 7 }],
      });
    });

    it.each([
      ['an unknown property', { characteristic: PROPERTIES, name: 'NoSuch' }, 0x84, 'Property [NoSuch]'],
      ['an unknown Thing', { entity: 'Nobody', characteristic: PROPERTIES, name: 'x' }, 0x84, '[Thing] [Nobody]'],
      ['an unknown characteristic', { characteristic: 6, name: 'x' }, 0x84, 'characteristic 6'],
      ['an unknown kind of entity', { type: 0x20, characteristic: PROPERTIES, name: 'x' }, 0x84, 'type 32'],
    ])('but not %s', async (_, asked, code, reason) => {
      const answer = await ask(GET, asked);
      expect(answer.code).toBe(code);
      expect(reasonOf(answer)).toContain(reason);
    });

    it.each([
      [DELETE, PROPERTIES],
      [GET, SERVICES],
      [PUT, EVENTS],
    ])('but not with method %i on characteristic %i', async (code, characteristic) => {
      expect(await ask(code, { characteristic, name: 'P_NUMBER' })).toMatchObject({ code: 0x85 });
    });

    it('but not a value that the base type cannot hold', async () => {
      const answer = await ask(PUT, {
        characteristic: PROPERTIES,
        name: 'P_INTEGER',
        params: one('P_INTEGER', STRING, b.cell.text(STRING, 'abc')),
      });
      expect(answer.code).toBe(0x80);
      expect(reasonOf(answer)).toContain('Unable To Convert From java.lang.String to INTEGER');
    });

    it('as PTC’s Java SDK does: GET, `*`, PUT, named properties, VTQ', async () => {
      const frame = (name: string): Buffer => bytesOf(javaVectors().find((vector) => vector.name === name)!);
      for (const name of ['edge_GET_P_NUMBER', 'edge_GET_all', 'edge_PUT_all', 'edge_POST_UpdatePropertyValues']) {
        edge.send(frame(name));
        expect(await edge.next()).toMatchObject({ code: OK });
      }
      edge.send(frame('edge_POST_GetNamedPropertyValues'));
      expect(rowsOf(await edge.next())).toEqual([{ P_NUMBER: 9, P_STRING: null }]);
      edge.send(frame('edge_POST_GetPropertyValues'));
      expect(rowsOf(await edge.next())).toEqual([expect.objectContaining({ P_NUMBER: 9, P_INTEGER: 9 })]);
    });

    it('with time and quality by characteristic 4', async () => {
      const fields = [
        b.field('name', STRING),
        b.field('time', DATETIME),
        b.field('value', VARIANT),
        b.field('quality', STRING),
      ];
      const row = b.row(
        b.cell.text(STRING, 'P_NUMBER'),
        b.cell.datetime(1_700_000_000_123),
        b.cell.variant(b.cell.number(1.25)),
        b.cell.text(STRING, 'BAD'),
      );
      const params = [5, ...b.table(fields, [row])];
      expect(await ask(PUT, { characteristic: VTQ, name: 'P_NUMBER', params })).toMatchObject({ code: OK });
      expect((await rest.request('GET', '/Thingworx/Things/Edge1/PropertyPushes')).json).toMatchObject({
        rows: [{ value: 12 }, { name: 'P_NUMBER', value: 1.25, quality: 'BAD', time: 1_700_000_000_123 }],
      });
    });
  });

  describe('call services', () => {
    const params = (inputs: readonly (readonly [string, string])[]): b.Bytes => [
      5,
      ...b.table(
        inputs.map(([name]) => b.field(name, STRING)),
        [b.row(...inputs.map(([, value]) => b.cell.text(STRING, value)))],
      ),
    ];

    it('of resources: EntityServices', async () => {
      const create = params([
        ['name', 'Made'],
        ['thingTemplateName', 'GenericThing'],
      ]);
      const made = await ask(POST, {
        type: RESOURCES,
        entity: 'EntityServices',
        characteristic: SERVICES,
        name: 'CreateThing',
        params: create,
      });
      expect(made.code).toBe(OK);
      const again = await ask(POST, {
        type: RESOURCES,
        entity: 'EntityServices',
        characteristic: SERVICES,
        name: 'CreateThing',
        params: create,
      });
      expect(again.code).toBe(0x89);
      const list = await ask(POST, {
        type: RESOURCES,
        entity: 'EntityServices',
        characteristic: SERVICES,
        name: 'GetEntityList',
        params: params([
          ['type', 'Thing'],
          ['nameMask', 'm*d*'],
        ]),
      });
      expect(rowsOf(list)).toEqual([expect.objectContaining({ name: 'Made' })]);
    });

    it('of scripts of other Things, with the digits of every number', async () => {
      const inputs = [
        5,
        ...b.table([b.field('a', STRING), b.field('b', 23)], [b.row(b.cell.text(STRING, 'x'), b.cell.long(5n))]),
      ];
      const answer = await ask(POST, { entity: 'Scripted', characteristic: SERVICES, name: 'Join', params: inputs });
      expect(rowsOf(answer)).toEqual([{ result: 'x-5' }]);
    });

    it('of other edges, and GetRemoteMetadata', async () => {
      const caller = await authenticated();
      send(caller, POST, {
        characteristic: SERVICES,
        name: 'Echo',
        params: one('text', STRING, b.cell.text(STRING, 'hi')),
      });
      const asked = await edge.next();
      expect(serviceOf(asked)).toBe('Echo');
      edge.answer(asked, OK, [0, 5, ...b.table([b.field('result', STRING)], [b.row(b.cell.text(STRING, 'hi!'))])]);
      expect(rowsOf(await caller.next())).toEqual([{ result: 'hi!' }]);
      send(caller, POST, { characteristic: SERVICES, name: 'GetRemoteMetadata' });
      const metadata = await edge.next();
      expect(serviceOf(metadata)).toBe('GetMetadata');
      edge.answer(metadata, OK, [0, 5, ...b.table([b.field('result', 8)], [b.row(b.cell.text(8, `{"id":${BIG}}`))])]);
      const [row] = rowsOf(await caller.next());
      expect(row).toEqual({ result: { id: BIG } });
    });

    it('and receive refusals with the wording of a platform', async () => {
      const unknown = await ask(POST, {
        type: RESOURCES,
        entity: 'EntityServices',
        characteristic: SERVICES,
        name: 'NoSuch',
      });
      expect(unknown.code).toBe(0x84);
      expect(reasonOf(unknown)).toMatch(
        /^Unable to dispatch \[ uri = \/Resources\/EntityServices\/Services\/NoSuch\/\]: Unable to Invoke Service NoSuch/,
      );
      const noResource = await ask(POST, { type: RESOURCES, entity: 'X', characteristic: SERVICES, name: 'Y' });
      expect(noResource.code).toBe(0x84);
      const unbound = await ask(POST, { entity: 'Nobody', characteristic: SERVICES, name: 'Y' });
      expect(reasonOf(unbound)).toBe(
        'Unable to dispatch [ uri = /Things/Nobody/Services/Y/]: Entity Not Found : [Thing] [Nobody]',
      );
    });

    it('without waiting for the definitions of the calling edge itself', async () => {
      await rest.request('POST', '/Thingworx/Resources/EntityServices/Services/CreateThing', {
        name: 'Fresh',
        thingTemplateName: 'RemoteThing',
      });
      const fresh = await authenticated();
      fresh.send(b.bind(BIND, ['Fresh']));
      await fresh.next();
      expect(serviceOf(await fresh.next())).toBe('GetMetadata');
      send(fresh, POST, { entity: 'Fresh', characteristic: SERVICES, name: 'NoSuch' });
      expect(await fresh.next()).toMatchObject({ code: 0x84 });
    });
  });

  it('have the same services as REST', async () => {
    const vtq = {
      dataShape: {
        fieldDefinitions: {
          name: { baseType: 'STRING' },
          value: { baseType: 'VARIANT' },
          time: { baseType: 'DATETIME' },
          quality: { baseType: 'STRING' },
        },
      },
      rows: [{ name: 'P_NUMBER', value: 4.5, time: 1_700_000_000_123, quality: 'GOOD' }],
    };
    expect((await rest.invoke('UpdatePropertyValues', { values: vtq })).status).toBe(200);
    expect(await rest.rows('GetPropertyValues')).toMatchObject([{ P_NUMBER: 4.5 }]);
    expect(await rest.rows('GetNamedPropertyValues', { propertyNames: { rows: [{ name: 'P_NUMBER' }] } })).toEqual([
      { P_NUMBER: 4.5 },
    ]);
    expect(await rest.rows('GetEventSubscriptions')).toEqual([{ edgeName: 'Alarm' }]);
    const refused = await rest.invoke('UpdatePropertyValues', {
      values: { ...vtq, rows: [{ name: 'NoSuch', value: 1 }] },
    });
    expect(refused.status).toBe(404);
    expect((await rest.invoke('UpdatePropertyValues', { values: 5 })).text).toContain('java.lang.Integer to INFOTABLE');
    expect((await rest.invoke('UpdatePropertyValues')).status).toBe(400);
    const list = await rest.request('POST', '/Thingworx/Resources/EntityServices/Services/GetEntityList', {
      type: 'Thing',
    });
    expect(list.json).toMatchObject({ rows: [{ name: 'Edge1' }, { name: 'Scripted' }] });
  });

  describe('events', () => {
    /** Binds a new Thing `Fresh`; `report` answers the platform's request for its definitions. */
    async function boundFresh(): Promise<{ fresh: RawEdge; report: (metadata: string) => void }> {
      await rest.request('POST', '/Thingworx/Resources/EntityServices/Services/CreateThing', {
        name: 'Fresh',
        thingTemplateName: 'RemoteThing',
      });
      const fresh = await authenticated();
      fresh.send(b.bind(BIND, ['Fresh']));
      await fresh.next();
      const question = await fresh.next();
      const report = (metadata: string): void =>
        fresh.answer(question, OK, [0, 5, ...b.table([b.field('result', 8)], [b.row(b.cell.text(8, metadata))])]);
      return { fresh, report };
    }

    const event = (name: string): b.Bytes => {
      const fields = ['eventName', 'eventTime', 'source', 'sourceProperty', 'eventData'].map((column, index) =>
        b.field(column, [STRING, DATETIME, STRING, STRING, INFOTABLE][index]!),
      );
      const row = b.row(
        b.cell.text(STRING, name),
        b.cell.datetime(1_700_000_000_123),
        b.cell.text(STRING, ''),
        b.cell.text(STRING, ''),
        b.cell.table(b.table([b.field('message', STRING)], [b.row(b.cell.text(STRING, 'over limit'))])),
      );
      return one('values', INFOTABLE, b.cell.table(b.table(fields, [row])));
    };

    it('are subscribed to, by name', async () => {
      const answer = await ask(POST, { characteristic: SERVICES, name: 'GetEventSubscriptions' });
      expect(rowsOf(answer)).toEqual([{ edgeName: 'Alarm' }]);
    });

    it('that were queued keep their own time', async () => {
      const answer = await ask(POST, { characteristic: SERVICES, name: 'ProcessRemoteEvents', params: event('Alarm') });
      expect(answer.code).toBe(OK);
      edge.send(bytesOf(javaVectors().find(({ name }) => name === 'edge_POST_ProcessRemoteEvents')!));
      expect(await edge.next()).toMatchObject({ code: OK });
      expect((await rest.request('GET', '/Thingworx/Things/Edge1/Events')).json).toMatchObject({
        rows: [
          { event: 'Alarm', time: 1_700_000_000_123, data: { message: 'over limit' } },
          { event: 'Alarm', time: 1_795_652_122_683, data: { message: 'over limit' } },
        ],
      });
    });

    it('that the Thing does not declare are refused, fired or queued', async () => {
      const queued = await ask(POST, { characteristic: SERVICES, name: 'ProcessRemoteEvents', params: event('Other') });
      const fired = await ask(POST, { characteristic: EVENTS, name: 'Other' });
      for (const answer of [queued, fired]) {
        expect(answer.code).toBe(0x84);
        expect(reasonOf(answer)).toContain('Event [Other] Does Not Exist On Thing [Edge1]');
      }
      expect((await rest.request('GET', '/Thingworx/Things/Edge1/Events')).json).toMatchObject({ rows: [] });
    });

    it('are checked against the definitions that the edge reports, and accepted until it has reported them', async () => {
      const { fresh, report } = await boundFresh();
      send(fresh, POST, { entity: 'Fresh', characteristic: EVENTS, name: 'Early' });
      expect(await fresh.next()).toMatchObject({ code: OK });
      const metadata = JSON.stringify({
        propertyDefinitions: {},
        serviceDefinitions: {},
        eventDefinitions: { Alarm: { name: 'Alarm' } },
      });
      report(metadata);
      await fresh.next();
      send(fresh, POST, { entity: 'Fresh', characteristic: EVENTS, name: 'Early' });
      expect(await fresh.next()).toMatchObject({ code: 0x84 });
      send(fresh, POST, { entity: 'Fresh', characteristic: EVENTS, name: 'Alarm' });
      expect(await fresh.next()).toMatchObject({ code: OK });
    });

    it('are returned to an edge that requests its subscriptions before it has reported its definitions', async () => {
      const { fresh, report } = await boundFresh();
      send(fresh, POST, { entity: 'Fresh', characteristic: SERVICES, name: 'GetEventSubscriptions' });
      const metadata = JSON.stringify({ eventDefinitions: { Alarm: { name: 'Alarm' } } });
      report(metadata);
      const frames = [await fresh.next(), await fresh.next()];
      const answer = frames.find(({ code }) => code === OK);
      expect(answer && rowsOf(answer)).toEqual([{ edgeName: 'Alarm' }]);
    });

    it('without their table are refused', async () => {
      expect(await ask(POST, { characteristic: SERVICES, name: 'ProcessRemoteEvents' })).toMatchObject({ code: 0x80 });
    });
  });

  describe('over several sockets', () => {
    /** A second socket of the edge whose first AUTH was answered with `endpointId`. */
    const joined = async (endpointId: number): Promise<{ readonly pipe: RawEdge; readonly answer: RawFrame }> => {
      const pipe = await RawEdge.connect(platform.wsUrl);
      const [head] = [b.header(0x14, { requestId: 9, endpointId, sessionId: endpointId })];
      pipe.send([...head, 1, ...b.text('appKey'), ...b.text(platform.appKey)]);
      return { pipe, answer: await pipe.next() };
    };

    const endpointOf = async (): Promise<number> => {
      edge.send(auth(platform.appKey, 'appKey', 3));
      return (await edge.next()).endpointId;
    };

    it('an edge joins with its endpoint id in AUTH and may respond over any of them', async () => {
      const endpointId = await endpointOf();
      const { pipe, answer } = await joined(endpointId);
      expect(answer).toMatchObject({ code: OK, endpointId, sessionId: endpointId });
      const result = [0, 5, ...b.table([b.field('result', STRING)], [b.row(b.cell.text(STRING, 'ok'))])];
      /** Responds over one socket to two calls that arrive over the other. */
      const crossing = async (from: RawEdge, to: RawEdge): Promise<void> => {
        for (let left = 2; left > 0; left -= 1) {
          const asked = await from.next();
          expect(asked).toMatchObject({ endpointId, sessionId: endpointId });
          to.answer(asked, OK, result);
        }
      };
      const calls = ['a', 'b', 'c', 'd'].map((text) => rest.invoke('Echo', { text }));
      await Promise.all([crossing(edge, pipe), crossing(pipe, edge)]);
      for (const call of calls) expect(await call).toMatchObject({ status: 200 });
    });

    it('an edge may request its Things over a socket that has not bound them', async () => {
      const { pipe } = await joined(await endpointOf());
      send(pipe, POST, { characteristic: SERVICES, name: 'GetPropertySubscriptions' });
      expect(rowsOf(await pipe.next())).toEqual([expect.objectContaining({ edgeName: 'P_NUMBER' })]);
      // Binding again is not a conflict, because the edge already owns the Thing.
      pipe.send(b.bind(BIND, ['Edge1']));
      expect(await pipe.next()).toMatchObject({ code: OK });
    });

    it('an edge is disconnected only when the last of them closes', async () => {
      const { pipe } = await joined(await endpointOf());
      await edge.close();
      expect(await isConnected('Edge1')).toMatchObject({ isConnected: true });
      const result = rest.invoke('Echo', { text: 'x' });
      const asked = await pipe.next();
      pipe.answer(asked, OK, [0, 0xff]);
      expect(await result).toMatchObject({ status: 200 });
      const open = rest.invoke('Echo', { text: 'y' });
      await pipe.next();
      await pipe.close();
      expect(await open).toMatchObject({ status: 503 });
      expect(await isConnected('Edge1')).toMatchObject({ isConnected: false });
    });

    it.each([0, 0xffffffff, 0x12345])('a socket with the unknown endpoint id %i becomes a new edge', async (id) => {
      const first = await endpointOf();
      const { answer } = await joined(id);
      expect(answer.code).toBe(OK);
      expect([0, 0xffffffff, first, id]).not.toContain(answer.endpointId);
    });

    it('a socket with a wrong key does not join', async () => {
      const pipe = await RawEdge.connect(platform.wsUrl);
      pipe.send([...b.header(0x14, { endpointId: await endpointOf() }), 1, ...b.text('appKey'), ...b.text('wrong')]);
      expect(await pipe.next()).toMatchObject({ code: 0x81 });
      await pipe.closed;
    });

    it('a socket loses its rights by CLEARAUTH', async () => {
      edge.send([...b.header(0x15), 0]);
      expect(await edge.next()).toMatchObject({ code: OK });
      send(edge, GET, { characteristic: PROPERTIES, name: 'P_NUMBER' });
      expect(await edge.closed).toMatchObject({ code: 1008 });
    });
  });

  describe('gateways', () => {
    const bindAs = (to: RawEdge, names: readonly string[], gateway: readonly [string, string]): void =>
      to.send(b.bind(BIND, names, gateway));

    it('have a Thing as long as they are bound, as PTC’s Java SDK binds them', async () => {
      const other = await authenticated();
      bindAs(other, ['Gw1', 'Gw1'], ['Gw1', 'SDKGateway']);
      expect(await other.next()).toMatchObject({ code: OK });
      expect(await isConnected('Gw1')).toMatchObject({ isConnected: true, thingTemplate: 'SDKGateway' });
      other.send(b.bind(UNBIND, ['Gw1']));
      let frame = await other.next();
      while (frame.code < OK) frame = await other.next();
      expect(frame.code).toBe(OK);
      expect((await rest.request('GET', '/Thingworx/Things/Gw1')).status).toBe(404);
    });

    it('are bound without being named in the BIND, and unbound with the last name or the socket', async () => {
      await rest.request('POST', '/Thingworx/Resources/EntityServices/Services/CreateThing', {
        name: 'Fresh',
        thingTemplateName: 'GenericThing',
      });
      const other = await authenticated();
      for (const end of ['unbind', 'close'] as const) {
        bindAs(other, ['Fresh'], ['Gw2', 'EMSGateway']);
        expect(await other.next()).toMatchObject({ code: OK });
        expect(await isConnected('Gw2')).toMatchObject({ isConnected: true });
        for (let left = 2; left > 0; left -= 1) other.refuse(await other.next());
        if (end === 'close') await other.close();
        else {
          other.send(b.bind(UNBIND, ['Fresh'], ['Gw2', 'EMSGateway']));
          await other.next();
        }
        expect((await rest.request('GET', '/Thingworx/Things/Gw2')).status).toBe(404);
      }
    });

    it('keep a Thing that existed before', async () => {
      await rest.request('POST', '/Thingworx/Resources/EntityServices/Services/CreateThing', {
        name: 'Gw3',
        thingTemplateName: 'SDKGateway',
      });
      const other = await authenticated();
      bindAs(other, [], ['Gw3', 'SDKGateway']);
      expect(await other.next()).toMatchObject({ code: OK });
      await other.close();
      expect(await isConnected('Gw3')).toMatchObject({ isConnected: false });
    });

    it('may have a template that is based on the one that they name', async () => {
      const template = '<ThingTemplate name="MyGateway" baseThingTemplate="SDKGateway"/>';
      await upload(platform, IMPORTER, `<Entities><ThingTemplates>${template}</ThingTemplates></Entities>`);
      await rest.request('POST', '/Thingworx/Resources/EntityServices/Services/CreateThing', {
        name: 'Gw6',
        thingTemplateName: 'MyGateway',
      });
      const other = await authenticated();
      for (const [name, type] of [
        ['Gw6', 'SDKGateway'],
        ['Gw7', 'MyGateway'],
      ] as const) {
        bindAs(other, [], [name, type]);
        expect(await other.next()).toMatchObject({ code: OK });
        expect(await isConnected(name)).toMatchObject({ isConnected: true, thingTemplate: 'MyGateway' });
      }
    });

    it.each([
      ['Gw4', 'NoSuchTemplate', /NoSuchTemplate/],
      ['Gw4', 'RemoteThing', /not a gateway template/],
      ['Edge1', 'SDKGateway', /has the template RemoteThing/],
      ['a/b', 'SDKGateway', /not a valid Thing name/],
    ])('are refused as %s of the type %s', async (name, type, reason) => {
      const other = await authenticated();
      bindAs(other, [], [name, type]);
      const answer = await other.next();
      expect(answer.code).toBe(0x83);
      expect(reasonOf(answer)).toMatch(reason);
      expect((await rest.request('GET', '/Thingworx/Things/Gw4')).status).toBe(404);
    });

    it('leave no Thing behind if their BIND is refused because of another Thing', async () => {
      const other = await authenticated();
      bindAs(other, ['Edge1'], ['Gw5', 'SDKGateway']);
      expect(await other.next()).toMatchObject({ code: 0x83 });
      expect((await rest.request('GET', '/Thingworx/Things/Gw5')).status).toBe(404);
    });
  });

  it('never receive frames above their announced limit, even with compression', async () => {
    await edge.close();
    const compressed = await authenticated({ perMessageDeflate: true });
    const lengths: number[] = [];
    const socket = (compressed.socket as unknown as { readonly _socket: Socket })._socket;
    let left = Buffer.alloc(0);
    socket.prependListener('data', (data: Buffer) => {
      left = Buffer.concat([left, data]);
      for (;;) {
        if (left.length < 4) return;
        const short = (left[1] as number) & 0x7f;
        const length = short === 126 ? left.readUInt16BE(2) : short;
        const head = short === 126 ? 4 : 2;
        if (left.length < head + length) return;
        lengths.push(length);
        left = left.subarray(head + length);
      }
    });
    await bind(compressed, ['Edge1'], 2);
    const answer = rest.invoke('Echo', { blob: randomBytes(30_000).toString('base64') });
    for (let chunks = 4; chunks > 0; chunks -= 1) {
      const frame = await compressed.next();
      expect(frame.multipart).toBe(1);
      if (chunks === 1) compressed.answer(frame, OK, [0, 0xff]);
    }
    expect(await answer).toMatchObject({ status: 200 });
    expect(Math.max(...lengths)).toBeGreaterThan(8_000);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(8_192);
  });
});
