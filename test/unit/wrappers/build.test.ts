import { describe, expect, it } from '@jest/globals';
import { strFromU8, unzipSync } from 'fflate';
import { parse } from 'yaml';
import { buildBundle } from '../../../src/wrappers/build.js';
import { EXAMPLE_DESCRIPTION } from '../../../src/wrappers/init.js';
import { startProcessorStopwatch } from '../../support/processor-time.js';
import { describeWrappers, withService } from '../../support/wrappers/descriptions.js';

const example = describeWrappers(EXAMPLE_DESCRIPTION);

const textOf = (files: ReadonlyMap<string, Uint8Array>, path: string): string =>
  Buffer.from(files.get(path) ?? '').toString();

function extensionOf(files: ReadonlyMap<string, Uint8Array>): Record<string, string> {
  const zip = files.get('acme-maintenance/acme-maintenance-1.0.0.zip');
  const entries = Object.entries(unzipSync(zip ?? new Uint8Array()));
  return Object.fromEntries(entries.map(([name, content]) => [name, strFromU8(content)]));
}

describe('a build', () => {
  it('generates all files of the bundle', () => {
    expect([...buildBundle(example).keys()].sort()).toEqual([
      'acme-maintenance/README.md',
      'acme-maintenance/acme-maintenance-1.0.0.zip',
      'acme-maintenance/acme-maintenance.d.ts',
      'acme-maintenance/acme-maintenance.xml',
      'acme-maintenance/device/acme-maintenance.ts',
      'acme-maintenance/schemas/InstallComponents.json',
      'acme-maintenance/schemas/RebootDevices.json',
      'acme-maintenance/schemas/SetTelemetryInterval.json',
      'acme-maintenance/source-control/DataShapes/Acme.Component_DS.xml',
      'acme-maintenance/source-control/Projects/acme-maintenance.xml',
      'acme-maintenance/source-control/ThingShapes/acme-maintenance.DeviceMethods_TS.xml',
      'acme-maintenance/source-control/Things/acme-maintenance.DeviceMethods.xml',
    ]);
  });

  it('packs an extension with metadata and one file per entity', () => {
    const extension = extensionOf(buildBundle(example));
    expect(Object.keys(extension)).toEqual([
      'metadata.xml',
      'Entities/Projects/acme-maintenance.xml',
      'Entities/DataShapes/Acme.Component_DS.xml',
      'Entities/ThingShapes/acme-maintenance.DeviceMethods_TS.xml',
      'Entities/Things/acme-maintenance.DeviceMethods.xml',
    ]);
    expect(extension['metadata.xml']).toContain(
      'minimumThingWorxVersion="9.0.0" name="acme-maintenance" packageVersion="1.0.0"',
    );
    expect(Object.values(extension).join('')).not.toContain('isEditableExtensionObject');
  });

  it('marks the entities of an editable extension, and nothing else', () => {
    const files = buildBundle(example, { isEditable: true });
    const extension = extensionOf(files);
    expect(extension['Entities/Things/acme-maintenance.DeviceMethods.xml']).toContain(
      'aspect.isEditableExtensionObject="true"',
    );
    expect(extension['Entities/ThingShapes/acme-maintenance.DeviceMethods_TS.xml']).toContain(
      'aspect.isEditableExtensionObject="true"',
    );
    expect(textOf(files, 'acme-maintenance/acme-maintenance.xml')).toBe(
      textOf(buildBundle(example), 'acme-maintenance/acme-maintenance.xml'),
    );
  });

  it('orders the collections of the single file by their references', () => {
    const xml = textOf(buildBundle(example), 'acme-maintenance/acme-maintenance.xml');
    const order = ['<Projects>', '<DataShapes>', '<ThingShapes>', '<Things>'].map((tag) => xml.indexOf(tag));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(0);
  });

  it('yields the same bytes again, also from JSON and in any time zone', () => {
    const first = buildBundle(example);
    const zone = process.env['TZ'];
    try {
      process.env['TZ'] = 'Pacific/Kiritimati';
      expect(buildBundle(describeWrappers(JSON.stringify(parse(EXAMPLE_DESCRIPTION))))).toEqual(first);
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });

  it('generates no Thing if the hub’s own Thing implements the shape', () => {
    const files = buildBundle(describeWrappers(EXAMPLE_DESCRIPTION.replace('hubThing: AzureIotHub', 'hubThing: me')));
    expect([...files.keys()].filter((file) => file.includes('/Things/'))).toEqual([]);
    expect(textOf(files, 'acme-maintenance/acme-maintenance.xml')).toContain('var _hub = me;');
  });

  it('generates calls of the services that the options name', () => {
    const options = { hubService: 'MethodService', hubTwinService: 'TwinService' };
    const xml = textOf(buildBundle(example, options), 'acme-maintenance/acme-maintenance.xml');
    expect(xml).toContain('_hub["MethodService"](_call)');
    expect(xml).toContain('_hub["TwinService"](_call)');
    expect(xml).not.toContain('AzureIotDeviceJobSchedule');
  });

  it('refuses an InfoTable for a payload that is a single value', () => {
    const whole = describeWrappers(
      withService('name: Do\nkind: deviceMethod\nparameters: [{ name: v, baseType: JSON, payloadPath: "" }]'),
    );
    expect(() => buildBundle(whole, { payloadType: 'infotable' })).toThrow(
      /Do: a payload that is a single value cannot be an InfoTable/,
    );
    expect(buildBundle(whole, { payloadType: 'string' }).size).toBeGreaterThan(0);
  });

  it('generates 500 wrappers in less than two seconds', () => {
    const { services, ...rest } = parse(EXAMPLE_DESCRIPTION) as { services: { name: string }[] };
    const many = Array.from({ length: 500 }, (_, index) => ({ ...services[index % 3], name: `Service${index}` }));
    const text = JSON.stringify({ ...rest, services: many });
    const takenMs = startProcessorStopwatch();
    buildBundle(describeWrappers(text));
    expect(takenMs()).toBeLessThan(2000);
  });

  it('describes each payload with a schema', () => {
    const schema = JSON.parse(textOf(buildBundle(example), 'acme-maintenance/schemas/RebootDevices.json')) as object;
    expect(schema).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'RebootDevices',
      description: 'Reboots the devices of a site.',
      type: 'object',
      properties: {
        delaySeconds: {
          description: 'How long the device waits first.',
          type: 'integer',
          minimum: 0,
          maximum: 600,
          default: 5,
        },
        protocol: { const: 2 },
      },
      required: ['delaySeconds', 'protocol'],
    });
  });
});
