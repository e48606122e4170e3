import { describe, expect, it } from '@jest/globals';
import { CODE } from '../../../src/alwayson/codec/codes.js';
import { rowsFromTable } from '../../../src/alwayson/values.js';
import { thingMetadata } from '../../../src/edge/metadata.js';
import { EdgeThing } from '../../../src/edge/thing.js';
import { boundRig } from '../../support/edge/rig.js';

const JOB = {
  name: 'AzureDeviceJob',
  description: '',
  fields: [{ name: 'jobId', baseType: 'STRING' as const, description: 'Id', isPrimaryKey: true }],
};

const thing = (): EdgeThing =>
  new EdgeThing({
    name: 'Thing1',
    description: 'A Thing',
    services: [
      {
        definition: {
          name: 'FindJobs',
          description: 'Finds jobs',
          category: 'Jobs',
          parameters: [
            { name: 'status', baseType: 'STRING', description: 'Of this status', isRequired: true },
            { name: 'maxItems', baseType: 'INTEGER', description: '', defaultValue: 10, aspects: { minimumValue: 1 } },
            { name: 'since', baseType: 'DATETIME', description: '', defaultValue: new Date(5) },
            { name: 'rows', baseType: 'INFOTABLE', description: '', dataShape: JOB },
          ],
          result: { baseType: 'INFOTABLE', dataShape: JOB },
        },
        handler: () => Promise.resolve([]),
      },
      {
        definition: { name: 'Ping', description: '', parameters: [], result: { baseType: 'NOTHING' } },
        handler: () => Promise.resolve(),
      },
    ],
    properties: [
      {
        name: 'temp',
        baseType: 'NUMBER',
        description: 'Heat',
        pushType: 'DEADBAND',
        pushThreshold: 0.5,
        aspects: { units: 'C' },
      },
      { name: 'jobs', baseType: 'INFOTABLE', description: '', pushType: 'VALUE', isReadOnly: true, dataShape: JOB },
    ],
    events: [{ name: 'Changed', description: 'A change', dataShape: JOB }],
  });

const columns = {
  jobId: { name: 'jobId', description: 'Id', baseType: 'STRING', ordinal: 0, aspects: { isPrimaryKey: true } },
};

describe('metadata [AO 8.2] [TWX 6]', () => {
  const metadata = thingMetadata(thing()) as Record<string, Record<string, any>>;

  it('describes the Thing', () => {
    expect(metadata).toMatchObject({
      name: 'Thing1',
      type: 'Thing',
      description: 'A Thing',
      isSystemObject: false,
      implementedShapes: [],
    });
  });

  it('describes inputs with ordinals, required, defaults and data shapes', () => {
    expect(metadata['serviceDefinitions']!['FindJobs'].Inputs).toEqual({
      name: '',
      aspects: {},
      fieldDefinitions: {
        status: {
          name: 'status',
          description: 'Of this status',
          baseType: 'STRING',
          ordinal: 0,
          aspects: { isRequired: true },
        },
        maxItems: {
          name: 'maxItems',
          description: '',
          baseType: 'INTEGER',
          ordinal: 1,
          aspects: { minimumValue: 1, defaultValue: 10 },
        },
        since: { name: 'since', description: '', baseType: 'DATETIME', ordinal: 2, aspects: { defaultValue: 5 } },
        rows: {
          name: 'rows',
          description: '',
          baseType: 'INFOTABLE',
          ordinal: 3,
          aspects: { dataShape: 'AzureDeviceJob' },
          dataShape: { fieldDefinitions: columns },
        },
      },
    });
  });

  it('always describes outputs with fieldDefinitions, for tables with their columns', () => {
    const { FindJobs, Ping } = metadata['serviceDefinitions']!;
    expect(FindJobs.Outputs).toEqual({
      name: 'result',
      description: '',
      baseType: 'INFOTABLE',
      aspects: { dataShape: 'AzureDeviceJob' },
      dataShape: 'AzureDeviceJob',
      fieldDefinitions: columns,
    });
    expect(Ping.Outputs).toEqual({
      name: 'result',
      description: '',
      baseType: 'NOTHING',
      aspects: {},
      fieldDefinitions: {},
    });
    expect(Ping.Inputs.fieldDefinitions).toEqual({});
  });

  it('describes properties and events with their aspects', () => {
    expect(metadata['propertyDefinitions']).toEqual({
      temp: {
        name: 'temp',
        description: 'Heat',
        baseType: 'NUMBER',
        ordinal: 0,
        aspects: { units: 'C', isReadOnly: false, pushType: 'DEADBAND', pushThreshold: 0.5 },
      },
      jobs: {
        name: 'jobs',
        description: '',
        baseType: 'INFOTABLE',
        ordinal: 1,
        aspects: { isReadOnly: true, pushType: 'VALUE', dataShape: 'AzureDeviceJob' },
        dataShape: { fieldDefinitions: columns },
      },
    });
    expect(metadata['eventDefinitions']!['Changed']).toEqual({
      name: 'Changed',
      description: 'A change',
      aspects: {},
      EventData: { name: 'AzureDeviceJob', aspects: { dataShape: 'AzureDeviceJob' }, fieldDefinitions: columns },
    });
  });

  it('is returned by GetMetadata as one JSON result, without the services that platforms expect [AO 8.1, 11.5]', async () => {
    const { end } = await boundRig([thing()]);
    const answer = await end.invoke('Thing1', 'GetMetadata');
    expect(answer.code).toBe(CODE.SUCCESS);
    expect(answer.body.content?.fields.map(({ name, baseType }) => [name, baseType])).toEqual([['result', 'JSON']]);
    const [row] = rowsFromTable(answer.body.content!);
    expect(row?.['result']).toEqual(JSON.parse(JSON.stringify(metadata)));
    expect(Object.keys((row!['result'] as typeof metadata)['serviceDefinitions']!)).toEqual(['FindJobs', 'Ping']);
  });
});
