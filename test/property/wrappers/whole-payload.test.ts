import { expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isAgentError } from '../../../src/core/errors.js';
import { unwrapList } from '../../../src/jobs/json-parameters.js';
import { packageCall } from '../../../src/wrappers/payload.js';
import { serviceScript } from '../../../src/wrappers/script/emit.js';
import { AGENT_TARGET } from '../../../src/wrappers/script/target.js';
import { typedValue } from '../../support/wrappers/arbitraries.js';
import { describeWrappers } from '../../support/wrappers/descriptions.js';
import { toNative } from '../../support/wrappers/rhino-values.js';
import { runScript } from '../../support/wrappers/run-script.js';

const RUNS = process.env['LOAD'] === 'full' ? 5000 : 300;

/** The bytes of the payload that the agent's service builds from the parameters of a script's call. */
function payloadSent(parameters: Readonly<Record<string, unknown>>): string | undefined {
  const { payload, payloadText } = parameters as { readonly payload?: string; readonly payloadText?: string };
  expect(payload === undefined || payloadText === undefined).toBe(true);
  if (payload === undefined) return payloadText;
  // The JSON type of a platform can contain objects only.
  expect(payload.startsWith('{')).toBe(true);
  return JSON.stringify(unwrapList(JSON.parse(payload)));
}

it('a payload that is one parameter reaches the device as the agent itself would send it', () => {
  fc.assert(
    fc.property(typedValue, fc.constantFrom('', '/array'), ({ baseType, dataShapes, value }, payloadPath) => {
      const parameter = {
        name: 'v',
        baseType,
        payloadPath,
        ...(dataShapes.length > 0 ? { dataShape: 'Rows_DS' } : {}),
      };
      const { services, bundle } = describeWrappers(
        JSON.stringify({
          bundle: { name: 'b', version: '1.0.0' },
          dataShapes,
          services: [{ name: 'Do', kind: 'deviceMethod', parameters: [parameter] }],
        }),
      );
      const [service] = services;
      if (!service) throw new Error('no service');
      const { error, calls } = runScript(serviceScript(service, bundle, AGENT_TARGET), { v: value });
      let sent: string | undefined;
      try {
        sent = JSON.stringify(packageCall(service, { v: toNative(value) }).payload);
      } catch (refusal) {
        if (!isAgentError(refusal)) throw refusal;
        expect(error).toBe(refusal.reason);
        return;
      }
      expect(payloadSent(calls[0]?.parameters ?? {})).toBe(sent);
    }),
    { numRuns: RUNS },
  );
});
