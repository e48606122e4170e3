import { describe, expect, it } from '@jest/globals';
import { findingsOfConditions } from '../../../src/wrappers/rules/conditions';
import { fillCondition, parseConditionTemplate } from '../../../src/wrappers/condition';

const filled = (text: string, values: Record<string, string | number>): string => {
  const result = parseConditionTemplate(text, (name) => Object.hasOwn(values, name));
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('; '));
  return fillCondition(result.template, (name) => values[name]);
};

describe('the check of a condition', () => {
  const findings = (queryCondition: string) =>
    findingsOfConditions({
      name: 'S',
      parameters: [{ name: 'x', baseType: 'STRING', required: true }],
      job: { queryCondition },
    } as never).map(({ message }) => message);

  it.each([
    'tags.[[group]].region = {x}',
    'properties.reported.[[macAddress]] IN [{x}]',
    'STARTSWITH(deviceId, {x})',
    'FROM devices.modules WHERE tags.[[a-b]] = {x}',
    'tags.[[{x}]] = {x}',
  ])('accepts %s', (text) => {
    expect(findings(text)).toEqual([]);
  });

  it.each([
    ['STARTS_WITH(deviceId, {x})', 'STARTSWITH'],
    ['tags.my-group = {x}', '[[my-group]]'],
    ['tags.[[group.region = {x}', ']]'],
    ['tags.[[]] = {x}', 'no name'],
  ])('refuses %s, naming %s', (text, hint) => {
    expect(findings(text)).toEqual([expect.stringContaining(hint)]);
  });
});

describe('placeholders next to names in double square brackets', () => {
  it.each([
    ['tags.[[{x}]] = {x}', "tags.[[{x}]] = 'v'"],
    ["tags.[[it's]] = {x}", "tags.[[it's]] = 'v'"],
    ['tags.[[say "]] = {x} AND tags.[["]] = 1', `tags.[[say "]] = 'v' AND tags.[["]] = 1`],
    ['tags.[[a]b]] IN [{x}, {x}]', "tags.[[a]b]] IN ['v', 'v']"],
    ["tags.a = '[[' AND tags.b = {x} AND tags.c = ']]'", "tags.a = '[[' AND tags.b = 'v' AND tags.c = ']]'"],
    ['tags.list[0] = {x}', "tags.list[0] = 'v'"],
  ])('fills %s', (text, expected) => {
    expect(filled(text, { x: 'v' })).toBe(expected);
  });
});
