import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isAgentError } from '../../../src/core/errors.js';
import { parseCondition } from '../../../src/hub-query/parse.js';
import type { WrapperDescription } from '../../../src/wrappers/definition.js';
import { packageCall } from '../../../src/wrappers/payload.js';
import { serviceScript } from '../../../src/wrappers/script/emit.js';
import { AGENT_TARGET } from '../../../src/wrappers/script/target.js';
import { nastyText, randomCall, randomRollout } from '../../support/wrappers/arbitraries.js';
import { describeWrappers, withService } from '../../support/wrappers/descriptions.js';
import { type TestValue, toNative } from '../../support/wrappers/rhino-values.js';
import { assertEs5, runScript } from '../../support/wrappers/run-script.js';

const RUNS = process.env['LOAD'] === 'full' ? 5000 : 150;

/** The agent's call, in the form in which a script's call is recorded. */
function runAgent(description: WrapperDescription, values: Readonly<Record<string, TestValue>>): unknown {
  const [service] = description.services;
  if (!service) throw new Error('no service');
  const natives = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toNative(value)]));
  try {
    const { payload, options } = packageCall(service, natives);
    const text = JSON.stringify(payload);
    const content = service.kind === 'twinUpdate' ? { patch: text } : { methodName: service.methodName, payload: text };
    return { parameters: { ...content, ...options } };
  } catch (error) {
    if (!isAgentError(error)) throw error;
    return { error: error.reason };
  }
}

function runGenerated(description: WrapperDescription, values: Readonly<Record<string, TestValue>>): unknown {
  const [service] = description.services;
  if (!service) throw new Error('no service');
  const script = serviceScript(service, description.bundle, AGENT_TARGET);
  assertEs5(script);
  expect(script).toMatch(/^[\x20-\x7e\n]*$/);
  const { error, calls } = runScript(script, values);
  return error === undefined ? { parameters: calls[0]?.parameters } : { error };
}

describe('script and agent', () => {
  it('build the same bytes, or refuse with the same words, for any description and values', () => {
    fc.assert(
      fc.property(randomCall, ({ description, values }) => {
        const read = describeWrappers(JSON.stringify(description));
        expect(runGenerated(read, values)).toEqual(runAgent(read, values));
      }),
      { numRuns: RUNS },
    );
  }, 300_000);

  it('start the same roll-out, or refuse with the same words, for any options and values of callers', () => {
    let started = 0;
    fc.assert(
      fc.property(randomRollout, ({ description, values }) => {
        const read = describeWrappers(JSON.stringify(description));
        const made = runGenerated(read, values);
        expect(made).toEqual(runAgent(read, values));
        if ((made as { readonly parameters?: unknown }).parameters) started += 1;
      }),
      { numRuns: RUNS },
    );
    expect(started).toBeGreaterThan(RUNS / 10);
  }, 300_000);

  it('write placeholders so that no value can change the condition', () => {
    const description = describeWrappers(
      withService(`
name: Do
kind: deviceMethod
parameters: [{ name: site, baseType: STRING, required: true }]
job: { queryCondition: "tags.site = {site} AND tags.floor IN [1, 2]" }`),
    );
    fc.assert(
      fc.property(nastyText, (site) => {
        const values: Record<string, TestValue> = { site: { is: 'plain', value: site } };
        const made = runGenerated(description, values) as { parameters: { queryCondition: string } };
        expect(made).toEqual(runAgent(description, values));
        expect(parseCondition(made.parameters.queryCondition)).toEqual({
          source: 'devices',
          where: {
            kind: 'and',
            operands: [
              {
                kind: 'comparison',
                operator: '=',
                left: { kind: 'path', segments: ['tags', 'site'] },
                right: { kind: 'constant', value: site },
              },
              expect.objectContaining({ kind: 'membership' }),
            ],
          },
        });
      }),
      { numRuns: RUNS },
    );
  }, 300_000);
});
