import { describe, expect, it } from '@jest/globals';
import { startCall } from '../../../src/core/call-context.js';
import { systemClock } from '../../../src/core/clock.js';
import type { AgentError } from '../../../src/core/errors.js';
import { defineService, type ParameterSpec } from '../../../src/edge/define-service.js';
import { thingMetadata } from '../../../src/edge/metadata.js';
import { callService } from '../../../src/edge/service-call.js';
import { EdgeThing } from '../../../src/edge/thing.js';
import { makeField, rowsFromTable, tableFromRows } from '../../../src/alwayson/values.js';

const repeat = defineService({
  name: 'Repeat',
  description: 'Repeats a string.',
  parameters: {
    text: { baseType: 'STRING', description: 'The text.', isRequired: true },
    times: { baseType: 'INTEGER', description: 'How often.', defaultValue: 2 },
    since: { baseType: 'DATETIME', description: 'A time.' },
  },
  result: { baseType: 'STRING' },
  // The types follow from the parameters: `text` and `times` are always present, `since` may be absent.
  run: async ({ text, times, since }) => text.repeat(times) + (since?.getTime() ?? ''),
});

describe('defineService', () => {
  it('runs with native values and defaults', async () => {
    expect(await call(repeat, { text: 'ab' })).toBe('abab');
    expect(await call(repeat, { text: 'ab', times: '3', since: '1970-01-01T00:00:00.005Z' })).toBe('ababab5');
  });

  it('is a service of a Thing, in the order of its parameters', () => {
    const thing = new EdgeThing({ name: 'T', services: [repeat] });
    const metadata = JSON.stringify(thingMetadata(thing));
    expect(metadata).toContain('"Repeat"');
    expect(repeat.definition.parameters.map(({ name }) => name)).toEqual(['text', 'times', 'since']);
  });

  it('passes on the environment that it declares', async () => {
    const greet = defineService<Record<string, never>, { readonly greeting: string }>({
      name: 'Greet',
      description: 'Greets.',
      parameters: {},
      result: { baseType: 'STRING' },
      run: async (_args, _context, { greeting }) => greeting,
    });
    const context = startCall({ timeoutMs: 1000, clock: systemClock });
    expect(await greet.handler(context, {}, { greeting: 'Hello' })).toBe('Hello');
    context.dispose();
  });
});

describe('the rules of a parameter are checked before the service runs', () => {
  const ofInteger = { baseType: 'INTEGER', description: '', minimum: 5, maximum: 300 } as const;
  const ofText = { baseType: 'STRING', description: '' } as const;
  const id = { ...ofText, pattern: /^[a-z]{1,4}$/, form: '1 to 4 small letters' };
  const choice = { ...ofText, choices: ['scheduled', 'Running'], ignoresCase: true };

  it.each<[ParameterSpec, unknown, string]>([
    [ofInteger, 4, 'must be a whole number from 5 to 300; it is 4'],
    [ofInteger, 301, 'must be a whole number from 5 to 300; it is 301'],
    [{ ...ofInteger, maximum: undefined as never }, 4, 'must be a whole number at least 5; it is 4'],
    [{ baseType: 'NUMBER', description: '', maximum: 1 }, 1.5, 'must be a number at most 1; it is 1.5'],
    [{ baseType: 'NUMBER', description: '', minimum: 0 }, Number.NaN, 'must be a number at least 0; it is NaN'],
    [{ ...ofText, maxLength: 3 }, 'abcd', 'has 4 characters; at most 3 are allowed'],
    [{ ...ofText, minLength: 1, maxLength: 3 }, '', 'must have a length of at least 1; it has 0'],
    [id, 'ABC', 'must be 1 to 4 small letters'],
    [id, 'abc\n', 'must be 1 to 4 small letters'],
    [{ ...choice, ignoresCase: false }, 'running', 'must be one of scheduled, Running'],
    [choice, 'x', 'must be one of scheduled, Running, in any case'],
  ])('%j refuses %p', async (spec, value, problem) => {
    const failure = await call(of(spec), { value }).catch((error: unknown) => error as AgentError);
    expect(failure).toMatchObject({ code: 'InvalidArgument', message: `Parameter "value" ${problem}.` });
  });

  it.each<[ParameterSpec, unknown, unknown]>([
    [ofInteger, 5, 5],
    [ofInteger, '300', 300],
    [id, 'abcd', 'abcd'],
    [choice, 'SCHEDULED', 'scheduled'],
    [choice, 'running', 'Running'],
    [ofInteger, undefined, undefined],
  ])('%j accepts %p as %p', async (spec, value, expected) => {
    expect(await call(of(spec), { value })).toBe(JSON.stringify(expected) ?? 'absent');
  });

  it('refuses a pattern that remembers its last match', () => {
    const service = of({ ...ofText, pattern: /a/g });
    expect(() => new EdgeThing({ name: 'T', services: [service] })).toThrow('neither global nor sticky');
  });

  function of(spec: ParameterSpec) {
    return defineService({
      name: 'Echo',
      description: 'Returns the value.',
      parameters: { value: spec },
      result: { baseType: 'STRING' },
      run: async ({ value }) => JSON.stringify(value) ?? 'absent',
    });
  }
});

async function call(service: Parameters<typeof callService>[0], values: Record<string, unknown>): Promise<unknown> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  const fields = given.map(([name, value]) => makeField(name, typeof value === 'number' ? 'NUMBER' : 'STRING'));
  const context = startCall({ timeoutMs: 1000, clock: systemClock });
  try {
    const table = await callService(service, context, tableFromRows(fields, [Object.fromEntries(given)]));
    return table && rowsFromTable(table)[0]?.['result'];
  } finally {
    context.dispose();
  }
}
