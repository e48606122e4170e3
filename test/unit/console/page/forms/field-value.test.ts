import { describe, expect, it } from '@jest/globals';
import { parametersOfJob } from '../../../../../src/console/page/forms/again.js';
import { draftOf, initialDrafts, localTimeText } from '../../../../../src/console/page/forms/draft.js';
import type { Parameter } from '../../../../../src/console/page/forms/field-kind.js';
import { fieldKind } from '../../../../../src/console/page/forms/field-kind.js';
import { fieldValue } from '../../../../../src/console/page/forms/field-value.js';
import { formBody } from '../../../../../src/console/page/forms/form-body.js';
import { parametersOfRollout, rolloutParameters } from '../../../../../src/console/page/forms/rollout-sections.js';
import { BASE_TYPES } from '../../../../../src/alwayson/codec/base-types.js';
import { START_ROLLOUT_PARAMETERS } from '../../../../../src/rollouts/definition/parameters.js';
import { rolloutSections, namesIn } from '../../../../../src/console/page/forms/rollout-sections.js';

const parameter = (baseType: string, more: Partial<Parameter> = {}): Parameter => ({
  name: 'p',
  baseType,
  description: '',
  isRequired: false,
  ...more,
});

const COMPONENTS: Parameter['dataShape'] = {
  name: 'Component',
  description: '',
  fields: [
    { name: 'component', baseType: 'STRING', description: '' },
    { name: 'sizeBytes', baseType: 'INTEGER', description: '' },
    { name: 'mandatory', baseType: 'BOOLEAN', description: '' },
  ],
};

describe('the value of an input', () => {
  it.each([
    ['STRING', 'reboot', '"reboot"'],
    ['INTEGER', ' 30 ', '30'],
    ['LONG', '9007199254740993', '"9007199254740993"'],
    ['NUMBER', '2.50', '2.5'],
    ['BOOLEAN', 'false', 'false'],
    ['JSON', '{"n": 9007199254740993}', '{"n": 9007199254740993}'],
    ['LOCATION', '48.1, 11.6', '{"latitude":48.1,"longitude":11.6,"elevation":0}'],
    ['LINES', 'a, b\nc', '["a","b","c"]'],
    ['THINGNAME', 'Hub', '"Hub"'],
  ])('of %s is JSON without loss', (baseType, text, json) => {
    expect(fieldValue(text, parameter(baseType))).toEqual({ kind: 'given', json });
  });

  it('reads a time in the zone of the browser', () => {
    const text = localTimeText('2026-03-01T12:00:05.000Z');
    expect(fieldValue(text, parameter('DATETIME'))).toEqual({ kind: 'given', json: '"2026-03-01T12:00:05.000Z"' });
  });

  it.each([
    ['INTEGER', '30x', {}, 'Enter a whole number.'],
    ['INTEGER', '4', { minimum: 5, maximum: 3000 }, 'Enter 5 to 3,000.'],
    ['NUMBER', 'many', {}, 'Enter a number.'],
    ['STRING', 'ab', { maxLength: 1 }, 'At most 1 characters; these are 2.'],
    ['STRING', 'a b', { pattern: '^\\w+$', form: 'letters' }, 'Must be letters.'],
    ['JSON', '{"a": }', {}, 'Not JSON: line 1, column 7.'],
    ['DATETIME', 'soon', {}, 'Enter a date and a time.'],
    ['LOCATION', '91, 0', {}, 'Enter latitude (-90 to 90) and longitude (-180 to 180), separated by a comma.'],
    ['STRING', '', { isRequired: true }, 'Enter a value.'],
  ])('of %s names what is wrong with %j', (baseType, text, more, message) => {
    expect(fieldValue(text, parameter(baseType, more))).toEqual({ kind: 'fault', message });
  });

  it('of a table is a list of rows without empty cells', () => {
    const rows = [
      { component: 'drive', sizeBytes: '12' },
      { component: 'fan', mandatory: 'true' },
    ];
    const json = '[{"component":"drive","sizeBytes":12},{"component":"fan","mandatory":true}]';
    expect(fieldValue(rows, parameter('INFOTABLE', { dataShape: COMPONENTS }))).toEqual({ kind: 'given', json });
  });

  it('of a table names row and column of a fault', () => {
    const value = fieldValue([{}, { sizeBytes: 'big' }], parameter('INFOTABLE', { dataShape: COMPONENTS }));
    expect(value).toEqual({ kind: 'fault', message: 'Row 2, sizeBytes: Enter a whole number.' });
  });

  it('is absent for an empty input that is optional, whatever its base type', () => {
    for (const baseType of Object.keys(BASE_TYPES)) {
      expect([baseType, fieldValue('', parameter(baseType)).kind]).toEqual([baseType, 'absent']);
    }
  });
});

describe('a form', () => {
  it('begins with defaults and with what its address says', () => {
    const parameters = [
      parameter('INTEGER', { name: 'delay', defaultValue: 5 }),
      parameter('STRING', { name: 'site' }),
    ];
    const drafts = initialDrafts(parameters, { site: 'Lyon' });
    expect(drafts).toEqual({ delay: '5', site: 'Lyon' });
    expect(formBody(parameters, drafts)).toEqual({ json: '{"delay":5,"site":"Lyon"}', faults: {} });
  });

  it('returns the fault of each field', () => {
    const parameters = [
      parameter('INTEGER', { name: 'delay' }),
      parameter('STRING', { name: 'site', isRequired: true }),
    ];
    expect(formBody(parameters, { delay: 'x' }).faults).toEqual({
      delay: 'Enter a whole number.',
      site: 'Enter a value.',
    });
  });

  it('takes back what it has sent', () => {
    const rows = [{ component: 'drive', sizeBytes: '12', mandatory: 'true' }];
    const table = parameter('INFOTABLE', { dataShape: COMPONENTS });
    const value = fieldValue(rows, table);
    expect(value.kind === 'given' && draftOf(JSON.parse(value.json), table)).toEqual(rows);
  });

  it('has an input for each base type', () => {
    const kinds = Object.keys(BASE_TYPES).map((baseType) => fieldKind(parameter(baseType)));
    expect(new Set(kinds)).toEqual(
      new Set(['nothing', 'line', 'text', 'number', 'yesNo', 'time', 'json', 'table', 'place', 'file', 'secret']),
    );
  });
});

describe('a job or roll-out as a form', () => {
  it('keeps a payload that is no object as text, since the parameter payload takes objects', () => {
    const job = { hub: 'h', jobId: 'j', type: 'scheduleDeviceMethod', status: 'completed', outcome: 'succeeded' };
    const details = { ...job, methodName: 'm', payload: 'now', canBeCancelled: false };
    expect(parametersOfJob(details)).toMatchObject({ methodName: 'm', payloadText: '"now"' });
    expect(parametersOfJob({ ...details, payload: { a: 1 } })).toMatchObject({ payload: { a: 1 } });
  });

  it('keeps a list of devices by naming the roll-out that has it', () => {
    const values = parametersOfRollout('old', { methodName: 'm', deviceIds: { count: 3 }, startTime: 'past' });
    expect(values).toEqual({ methodName: 'm', copyOf: 'old' });
  });

  it('has each parameter of StartRollout in one of its sections', () => {
    const shown = new Set([
      ...namesIn(rolloutSections('condition', 'method')),
      ...namesIn(rolloutSections('list', 'patch')),
    ]);
    expect([...shown].sort()).toEqual(Object.keys(START_ROLLOUT_PARAMETERS).sort());
  });

  it('enters rules and windows as tables', () => {
    const [abort] = rolloutParameters([parameter('JSON', { name: 'abort' })]);
    expect(abort && fieldValue([{ on: 'any', count: '5' }], abort)).toEqual({
      kind: 'given',
      json: '[{"on":"any","count":5}]',
    });
  });
});
