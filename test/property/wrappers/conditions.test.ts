import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { parseCondition } from '../../../src/hub-query/parse.js';
import { packageCall } from '../../../src/wrappers/payload.js';
import { serviceScript } from '../../../src/wrappers/script/emit.js';
import { AGENT_TARGET } from '../../../src/wrappers/script/target.js';
import { nastyText } from '../../support/wrappers/arbitraries.js';
import { describeWrappers } from '../../support/wrappers/descriptions.js';
import { runScript } from '../../support/wrappers/run-script.js';

const RUNS = process.env['LOAD'] === 'full' ? 5000 : 200;

/** Names in double square brackets: any characters but `]]`, including ones that have a meaning elsewhere. */
const name = fc
  .oneof(nastyText, fc.constantFrom('{x}', '{', '}', "'", '"', 'group', 'a b', '[', 'a]b', "it's {x}", '"{x}'))
  .map((text) => text.replaceAll(']', '').replaceAll(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, ''))
  .filter((text) => text.trim() !== '');

const condition = fc.oneof(
  name.map((text) => `tags.[[${text}]] = {x}`),
  name.map((text) => `tags.[[${text}]].region = {x} AND tags.[[{x}]] = 1`),
  name.map((text) => `properties.reported.[[${text}]] IN [{x}, 'b', {y}]`),
  name.map((text) => `tags.[[${text}]] = {x} AND tags.[[${text}]] <> {y}`),
  fc.constantFrom(
    'STARTSWITH(deviceId, {x})',
    'startsWith(deviceId, {x}) OR tags.n > {y}',
    'tags.[[a]]={x}',
    'tags.n IN [{y},{y}]',
    "tags.text = '[[{' AND tags.n = {y}",
  ),
);

/** The conditions that the agent and the script build for a call. */
function conditionsOf(queryCondition: string, x: string, y: number): readonly unknown[] {
  const description = describeWrappers(
    JSON.stringify({
      bundle: { name: 'b', version: '1.0.0' },
      services: [
        {
          name: 'Do',
          kind: 'deviceMethod',
          parameters: [
            { name: 'x', baseType: 'STRING', required: true },
            { name: 'y', baseType: 'INTEGER', required: true },
          ].filter((parameter) => queryCondition.includes(`{${parameter.name}}`)),
          job: { queryCondition },
        },
      ],
    }),
  );
  const [service] = description.services;
  if (!service) throw new Error('no service');
  const script = serviceScript(service, description.bundle, AGENT_TARGET);
  const { calls } = runScript(script, { x: { is: 'plain', value: x }, y: { is: 'plain', value: y } });
  return [packageCall(service, { x, y }).options.queryCondition, calls[0]?.parameters['queryCondition']];
}

describe('a condition with names in double square brackets', () => {
  it('is the same from agent and script, can be parsed, and contains the values', () => {
    fc.assert(
      fc.property(condition, nastyText, fc.integer({ min: -1000, max: 1000 }), (text, x, y) => {
        const [agent, script] = conditionsOf(text, x, y);
        expect(script).toBe(agent);
        const parsed = JSON.stringify(parseCondition(String(agent)));
        const isX = text.replaceAll(/\[\[.*?\]\]/gs, '').includes('{x}');
        expect(parsed.includes(JSON.stringify(isX ? x : y))).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });
});
