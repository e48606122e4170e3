import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { descriptionFromDtdl, type DtdlResult } from '../../../src/wrappers/dtdl/from-dtdl.js';
import type { WrapperDescription, WrapperService } from '../../../src/wrappers/definition.js';
import { describeWrappers } from '../../support/wrappers/descriptions.js';

const CONTROLLER = path.join(__dirname, '..', '..', 'fixtures', 'wrappers', 'controller.dtdl.json');

async function fromModel(model: unknown): Promise<DtdlResult> {
  const folder = await mkdtemp(path.join(tmpdir(), 'dtdl-'));
  try {
    const file = path.join(folder, 'model.json');
    await writeFile(file, JSON.stringify(model));
    return await descriptionFromDtdl(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const serviceOf = (description: WrapperDescription, name: string): WrapperService | undefined =>
  description.services.find((service) => service.name === name);

const outlineOf = (service: WrapperService | undefined): unknown =>
  service?.parameters
    .filter(({ target }) => target.kind === 'payload')
    .map(({ name, baseType, required, target }) => [
      name,
      baseType,
      required,
      'pointer' in target ? target.pointer.join('/') : '',
    ]);

describe('a description from a DTDL model', () => {
  it('has the commands as methods and the writable properties as twin updates', async () => {
    const description = describeWrappers((await descriptionFromDtdl(CONTROLLER)).text);
    expect(description.bundle).toMatchObject({ name: 'com-example-Controller', version: '2.0.0' });
    expect(description.services.map(({ name, kind, methodName }) => [name, kind, methodName])).toEqual([
      ['Reboot', 'deviceMethod', 'reboot'],
      ['SetTarget', 'twinUpdate', ''],
      ['SetMode', 'twinUpdate', ''],
      ['SetLimits', 'twinUpdate', ''],
      ['Calibrate', 'deviceMethod', 'calibrate'],
      ['FanSpin', 'deviceMethod', 'fan*spin'],
      ['SetFanSpeed', 'twinUpdate', ''],
    ]);
    expect(description.services[0]?.options.get('queryCondition')).toMatchObject({
      template: { texts: ["modelId = 'dtmi:com:example:Controller;2'"] },
    });
  });

  it('has base types, bounds, enumerations and data shapes that match the schemas', async () => {
    const description = describeWrappers((await descriptionFromDtdl(CONTROLLER)).text);
    expect(outlineOf(serviceOf(description, 'Reboot'))).toEqual([['delay', 'INTEGER', false, '']]);
    expect(outlineOf(serviceOf(description, 'Calibrate'))).toEqual([
      ['offset', 'NUMBER', true, 'offset'],
      ['since', 'DATETIME', true, 'since'],
      ['points', 'INFOTABLE', true, 'points'],
      ['hints', 'JSON', true, 'hints'],
    ]);
    expect(outlineOf(serviceOf(description, 'SetLimits'))).toEqual([
      ['low', 'INTEGER', false, 'properties/desired/limits/low'],
      ['class_2', 'STRING', false, 'properties/desired/limits/class'],
    ]);
    expect(serviceOf(description, 'SetMode')?.parameters[0]?.rule.enum).toEqual(['eco', 'comfort']);
    expect(serviceOf(description, 'SetFanSpeed')).toMatchObject({
      parameters: [{ rule: { minimum: 0, maximum: 255 } }, {}, {}, {}, {}],
      constants: [{ pointer: ['properties', 'desired', 'fan', '__t'], value: 'c' }],
    });
    expect(description.dataShapes.map(({ name, fields }) => [name, fields.map((field) => field.baseType)])).toEqual([
      ['com-example-Controller.CalibratePoints_DS', ['LONG', 'STRING']],
    ]);
  });

  it('reports parts without a counterpart, with their path', async () => {
    const { notes } = await descriptionFromDtdl(CONTROLLER);
    const places = notes.map((note) => note.replace(/^.*controller\.dtdl\.json:\d+:\d+: /, ''));
    expect(places).toEqual([
      '[0]: dtmi:com:example:Controller;2: left out: displayName {"de":"Raumregler"}',
      '[0].contents[0]: temperature: telemetry has no counterpart: left out',
      '[0].contents[1]: serial: a property that is not writable cannot be set by a job: left out',
      '[0].contents[2]: target: left out: semantic type Temperature',
      '[0].contents[4]: limits.class: class cannot be the name of a parameter and became class_2',
      '[0].contents[5]: calibrate.plan: left out: name "plan"',
      '[0].contents[5]: calibrate: the response is not checked; it is in the results of the job',
      '[0].contents[5]: calibrate.plan.offset: its range and precision, float, are not checked',
      '[0].contents[5]: calibrate.plan.points.at: values beyond 2^53 are refused',
      '[0].contents[5]: calibrate.plan.points.mode: in a table it is not checked: values ["eco","comfort"]',
      expect.stringMatching(
        /^\[0\]\.contents\[5\]: calibrate\.plan\.hints: is a map, .*: it became JSON, which is not checked$/,
      ),
      '[0].contents[7]: feeds: a relationship has no counterpart: left out',
    ]);
  });

  it('reports missing interfaces', async () => {
    const { notes } = await fromModel({
      '@id': 'dtmi:a:B;1.3',
      '@type': 'Interface',
      extends: 'dtmi:a:Missing;1',
      contents: [
        { '@type': 'Component', name: 'c', schema: 'dtmi:a:Gone;1' },
        { '@type': 'Command', name: 'run' },
        { '@type': 'Command', name: 'Run' },
        { '@type': 'Unheard', name: 'x' },
      ],
    });
    expect(notes.map((note) => note.replace(/^\S+ /, ''))).toEqual([
      'extends: dtmi:a:Missing;1 is not in this file: left out',
      'contents[0]: c: dtmi:a:Gone;1 is not in this file: left out',
      'contents[2]: Run: is already the name of another service: left out',
      'contents[3]: x: its type, "Unheard", is not known: left out',
    ]);
  });

  const model = (...contents: readonly object[]) => ({ '@id': 'dtmi:a:B;1', '@type': 'Interface', contents });
  const notesOf = async (value: unknown): Promise<string[]> =>
    (await fromModel(value)).notes.map((note) => note.replace(/^\S+ /, ''));

  describe('with names that are not valid for services', () => {
    it.each([
      ['update', 'UpdateCommand'],
      ['Update', 'UpdateCommand'],
      ['value', 'ValueCommand'],
      ['timestamp', 'TimestampCommand'],
      ['delete', 'DeleteCommand'],
      ['create', 'CreateCommand'],
      ['read', 'ReadCommand'],
      ['event', 'EventCommand'],
      ['thing', 'ThingCommand'],
      ['rowS', 'RowSCommand', 'ok'],
      ['getJob', 'GetJobCommand'],
      ['getMetadata', 'GetMetadataCommand'],
      ['scheduleDeviceMethodJob', 'ScheduleDeviceMethodJobCommand'],
    ])('the command %s becomes %s, and the device keeps its name', async (command, service, isFree = '') => {
      const { text, notes } = await fromModel(model({ '@type': 'Command', name: command }));
      const expected = isFree === 'ok' ? service.replace('Command', '') : service;
      expect(describeWrappers(text).services).toMatchObject([{ name: expected, methodName: command }]);
      expect(notes).toEqual(
        isFree === 'ok' ? [] : [expect.stringMatching(new RegExp(`${command}: .*: the service became ${service}$`))],
      );
    });

    it.each([
      ['update', 'SetUpdateProperty'],
      ['value', 'SetValueProperty'],
      ['timestamp', 'SetTimestampProperty'],
      ['interval', 'SetInterval'],
    ])('the property %s becomes %s, and the pointer keeps its name', async (property, service) => {
      const { text } = await fromModel(
        model({ '@type': 'Property', name: property, schema: 'integer', writable: true }),
      );
      expect(describeWrappers(text).services).toMatchObject([
        {
          name: service,
          parameters: [{ target: { pointer: ['properties', 'desired', property] } }, {}, {}, {}, {}].slice(0, 5),
        },
      ]);
    });

    it('the names of components remain in the method and the pointer', async () => {
      const { text } = await fromModel([
        model({ '@type': 'Component', name: 'pump', schema: 'dtmi:a:Pump;1' }),
        {
          '@id': 'dtmi:a:Pump;1',
          '@type': 'Interface',
          contents: [
            { '@type': 'Command', name: 'update' },
            { '@type': 'Property', name: 'value', schema: 'double', writable: true },
          ],
        },
      ]);
      expect(describeWrappers(text).services).toMatchObject([
        { name: 'PumpUpdateCommand', methodName: 'pump*update' },
        { name: 'SetPumpValueProperty' },
      ]);
    });
  });

  it('has the names of values of an enumeration in descriptions, and reports them', async () => {
    const schema = {
      '@type': 'Enum',
      valueSchema: 'integer',
      enumValues: [
        { name: 'off', enumValue: 0 },
        { name: 'eco', enumValue: 1, displayName: 'Saves energy' },
      ],
    };
    const rows = { '@type': 'Array', elementSchema: { '@type': 'Object', fields: [{ name: 'mode', schema }] } };
    const { text, notes } = await fromModel(
      model(
        { '@type': 'Command', name: 'run', request: { name: 'mode', description: 'How.', schema } },
        { '@type': 'Property', name: 'mode', schema, writable: true },
        { '@type': 'Property', name: 'plan', schema: rows, writable: true },
      ),
    );
    const { services, dataShapes } = describeWrappers(text);
    expect(services[0]?.parameters[0]).toMatchObject({ description: 'How. 0 = off, 1 = eco', rule: { enum: [0, 1] } });
    expect(services[1]?.parameters[0]).toMatchObject({ description: '0 = off, 1 = eco', rule: { enum: [0, 1] } });
    expect(dataShapes[0]?.fields[0]?.description).toBe('0 = off, 1 = eco');
    expect(notes.join('\n')).toMatch(
      /run\.mode: the names of its values are in its description only: 0 = off, 1 = eco/,
    );
    expect(notes.join('\n')).toMatch(/value 1: left out: displayName "Saves energy"/);
  });

  it.each<[what: string, contents: object[], note: RegExp]>([
    ['a semantic type', [{ '@type': ['Command', 'Alarm'], name: 'run' }], /run: left out: semantic type Alarm/],
    [
      'a key that is not known',
      [{ '@type': 'Command', name: 'run', commandType: 'synchronous' }],
      /commandType "synchronous"/,
    ],
    [
      'a second text',
      [{ '@type': 'Command', name: 'run', description: 'a', comment: 'b' }],
      /run: left out: comment "b"/,
    ],
    ['a language', [{ '@type': 'Command', name: 'run', description: { en: 'a', fr: 'b' } }], /description {"fr":"b"}/],
    [
      'a long text',
      [{ '@type': 'Command', name: 'run', description: 'a'.repeat(1001) }],
      /description is cut after 1000 characters/,
    ],
    [
      'a form',
      [{ '@type': 'Command', name: 'run', request: { name: 'a', schema: 'duration' } }],
      /run\.a: its format, duration, is not checked/,
    ],
    [
      'an unknown schema',
      [{ '@type': 'Command', name: 'run', request: { name: 'a', schema: 'point' } }],
      /run\.a: has the schema point: it became JSON/,
    ],
    [
      'a value of another type',
      [
        {
          '@type': 'Command',
          name: 'run',
          request: {
            name: 'a',
            schema: {
              '@type': 'Enum',
              valueSchema: 'string',
              enumValues: [
                { name: 'x', enumValue: 'x' },
                { name: 'y', enumValue: 2 },
              ],
            },
          },
        },
      ],
      /the value {"name":"y","enumValue":2}, which is not of the valueSchema/,
    ],
    [
      'bounds in a table',
      [
        {
          '@type': 'Command',
          name: 'run',
          request: {
            name: 'a',
            schema: { '@type': 'Array', elementSchema: { '@type': 'Object', fields: [{ name: 'b', schema: 'byte' }] } },
          },
        },
      ],
      /run\.a\.b: in a table it is not checked: minimum -128, maximum 127/,
    ],
    [
      'an object in a table',
      [
        {
          '@type': 'Command',
          name: 'run',
          request: {
            name: 'a',
            schema: {
              '@type': 'Array',
              elementSchema: {
                '@type': 'Object',
                fields: [{ name: 'b', schema: { '@type': 'Object', fields: [{ name: 'c', schema: 'string' }] } }],
              },
            },
          },
        },
      ],
      /run\.a\.b: is an object in a table \(c\): it became JSON/,
    ],
    [
      'a list of values',
      [
        {
          '@type': 'Command',
          name: 'run',
          request: { name: 'a', schema: { '@type': 'Array', elementSchema: 'integer' } },
        },
      ],
      /run\.a: is a list of values that are not objects, "integer"/,
    ],
    [
      'a request that is no object',
      [{ '@type': 'Command', name: 'run', request: 'integer' }],
      /run: request "integer" is not an object/,
    ],
    [
      'a name that is too long',
      [
        { '@type': 'Command', name: 'run' },
        { '@type': 'Command', name: 'r'.repeat(101) },
      ],
      /R{1}r{100}.*left out/,
    ],
    [
      'a component inside a component',
      [
        { '@type': 'Command', name: 'run' },
        {
          '@type': 'Component',
          name: 'c',
          schema: {
            '@type': 'Interface',
            '@id': 'dtmi:a:C;1',
            contents: [{ '@type': 'Component', name: 'd', schema: { '@type': 'Interface', contents: [] } }],
          },
        },
      ],
      /d: a component inside a component/,
    ],
    [
      'a description of a component',
      [
        { '@type': 'Command', name: 'run' },
        { '@type': 'Component', name: 'c', description: 'text', schema: { '@type': 'Interface', contents: [] } },
      ],
      /c: left out: description "text"/,
    ],
  ])('reports %s', async (_what, contents, note) => {
    expect(await notesOf(model(...contents))).toContainEqual(expect.stringMatching(note));
  });

  it('reports interfaces that the first one does not refer to, unused schemas, and elements that are not interfaces', async () => {
    const first = {
      ...model({ '@type': 'Command', name: 'run' }),
      schemas: [{ '@id': 'dtmi:a:S;1', '@type': 'Enum' }],
    };
    expect(
      await notesOf([first, { '@id': 'dtmi:a:Lone;1', '@type': 'Interface', contents: [] }, 'text', { a: 1 }]),
    ).toEqual([
      '[0].schemas[0]: the schema dtmi:a:S;1 is not used: left out',
      '[1]: dtmi:a:Lone;1 is not reached from the first interface: left out',
      '[2]: "text" is not an interface: left out',
      '[3]: {"a":1} is not an interface: left out',
    ]);
  });

  it('reads an interface once if it is extended along two paths', async () => {
    const base = { '@id': 'dtmi:a:Base;1', '@type': 'Interface', contents: [{ '@type': 'Command', name: 'run' }] };
    const side = (id: string) => ({ '@id': id, '@type': 'Interface', extends: 'dtmi:a:Base;1', contents: [] });
    const first = { ...model(), extends: ['dtmi:a:L;1', 'dtmi:a:R;1'] };
    const { text, notes } = await fromModel([first, side('dtmi:a:L;1'), side('dtmi:a:R;1'), base]);
    expect(describeWrappers(text).services.map(({ name }) => name)).toEqual(['Run']);
    expect(notes).toEqual([]);
  });

  it.each([
    [[], /contains no DTDL interface/],
    [{ '@type': 'Interface', '@id': 'dtmi:a:B;1', contents: [] }, /neither commands nor writable properties/],
    ['text', /contains no DTDL interface/],
  ])('cannot be generated from %j', async (model, message) => {
    await expect(fromModel(model)).rejects.toMatchObject({
      code: 'WrapperInvalid',
      message: expect.stringMatching(message),
    });
  });
});
