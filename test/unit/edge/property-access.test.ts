import { describe, expect, it } from '@jest/globals';
import { CHARACTERISTIC, CODE } from '../../../src/alwayson/codec/codes.js';
import { AgentError } from '../../../src/core/errors.js';
import type { PropertyDefinition } from '../../../src/edge/definitions.js';
import { EdgeThing } from '../../../src/edge/thing.js';
import { parameterTable, type TestParameters } from '../../support/edge/platform-end.js';
import { boundRig } from '../../support/edge/rig.js';

const property = (name: string, more: Partial<PropertyDefinition> = {}): PropertyDefinition => ({
  name,
  baseType: 'NUMBER',
  description: '',
  pushType: 'VALUE',
  ...more,
});

const thingWith = (...properties: PropertyDefinition[]): EdgeThing => new EdgeThing({ name: 'Thing1', properties });

describe('reading and writing [AO 6.2]', () => {
  const read = (name: string) => ({
    entityName: 'Thing1',
    characteristic: CHARACTERISTIC.properties,
    name,
    params: null,
  });
  const write = (name: string, values: TestParameters) => ({ ...read(name), params: parameterTable(values) });

  it('GET returns one row with a field named like the property, or with all properties for *', async () => {
    const thing = thingWith(property('temp'), property('note', { baseType: 'STRING' }));
    thing.setProperty('temp', 21.5);
    const { end } = await boundRig([thing]);
    const one = await end.request(CODE.GET, read('temp'));
    expect(one.body.content?.fields.map(({ name, baseType }) => [name, baseType])).toEqual([['temp', 'NUMBER']]);
    expect(one.body.content?.rows).toEqual([[21.5]]);
    expect((await end.request(CODE.GET, read('*'))).body.content?.rows).toEqual([[21.5, null]]);
    expect(await end.request(CODE.GET, read('gone'))).toMatchObject({
      code: 0x84,
      body: { reason: expect.stringMatching(/^UnknownProperty: /) },
    });
  });

  it('PUT writes one property, or several with *, converted to their base types', async () => {
    const thing = thingWith(property('temp'), property('note', { baseType: 'STRING' }));
    const { end } = await boundRig([thing]);
    expect(await end.request(CODE.PUT, write('temp', { temp: '72.5' }))).toMatchObject({
      code: CODE.SUCCESS,
      body: { content: null },
    });
    expect(thing.getProperty('temp')).toBe(72.5);
    await end.request(CODE.PUT, write('temp', { _content_: ['JSON', 73] }));
    expect(thing.getProperty('temp')).toBe(73);
    await end.request(CODE.PUT, write('*', { temp: 1, note: 'x' }));
    expect([thing.getProperty('temp'), thing.getProperty('note')]).toEqual([1, 'x']);
  });

  it('PUT refuses read-only properties with 0x83 and wrong types with 0x80, and then writes nothing', async () => {
    const thing = thingWith(property('temp'), property('fixed', { isReadOnly: true }));
    const { end } = await boundRig([thing]);
    expect(await end.request(CODE.PUT, write('fixed', { fixed: 1 }))).toMatchObject({
      code: 0x83,
      body: { reason: expect.stringMatching(/^Forbidden: .*"fixed"/) },
    });
    expect((await end.request(CODE.PUT, write('*', { temp: 5, fixed: 1 }))).code).toBe(0x83);
    expect(await end.request(CODE.PUT, write('temp', { temp: true }))).toMatchObject({
      code: 0x80,
      body: { reason: expect.stringContaining('"temp"') },
    });
    expect((await end.request(CODE.PUT, read('temp'))).code).toBe(0x80);
    expect(thing.getProperty('temp')).toBeUndefined();
  });

  it('PUT calls the write handler first', async () => {
    const thing = thingWith(property('temp'));
    thing.onPropertyWrite = (_context, _name, value) => {
      if (value === 13) throw new AgentError('Forbidden', 'Not thirteen.');
    };
    const { end } = await boundRig([thing]);
    expect((await end.request(CODE.PUT, write('temp', { temp: 13 }))).code).toBe(0x83);
    expect((await end.request(CODE.PUT, write('temp', { temp: 14 }))).code).toBe(CODE.SUCCESS);
    expect(thing.getProperty('temp')).toBe(14);
  });

  it('a value of the wrong type is refused where it is set', () => {
    const thing = thingWith(property('temp'));
    expect(() => thing.setProperty('temp', 'hot')).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
    expect(() => thing.setProperty('gone', 1)).toThrow(expect.objectContaining({ code: 'UnknownProperty' }));
  });
});
