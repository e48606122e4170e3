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
    expect(description.services[0]?.job.queryCondition?.texts).toEqual(["modelId = 'dtmi:com:example:Controller;2'"]);
  });

  it('has base types, bounds, enumerations and data shapes for schemas', async () => {
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

  it('reports what has no counterpart, with its place', async () => {
    const { notes } = await descriptionFromDtdl(CONTROLLER);
    expect(notes).toEqual(
      [
        'temperature: telemetry is no matter of jobs: left out',
        'serial: a property that is not writable cannot be set by a job: left out',
        'class cannot be the name of a parameter and became class_2',
        'calibrate: the response is not checked; it is in the results of the job',
        'the values of the field mode are not checked',
        'hints is a map: it became JSON, which is not checked',
        'feeds: a relationship has no counterpart: left out',
      ].map((text) => expect.stringMatching(new RegExp(String.raw`controller\.dtdl\.json:\d+:\d+: .*${text}$`))),
    );
  });

  it('reports interfaces that are not there', async () => {
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
      'contents[2]: Run: is the name of another service already: left out',
      'contents[3]: x: what this is, is not known: left out',
    ]);
  });

  it.each([
    [[], /there is no DTDL interface/],
    [{ '@type': 'Interface', '@id': 'dtmi:a:B;1', contents: [] }, /neither commands nor writable properties/],
    ['text', /there is no DTDL interface/],
  ])('cannot be made of %j', async (model, message) => {
    await expect(fromModel(model)).rejects.toMatchObject({
      code: 'WrapperInvalid',
      message: expect.stringMatching(message),
    });
  });
});
