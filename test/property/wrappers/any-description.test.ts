import { expect, it } from '@jest/globals';
import { XMLValidator } from 'fast-xml-parser';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { parseDocument } from '../../../src/documents/read.js';
import { buildBundle } from '../../../src/wrappers/build.js';
import { EXAMPLE_DESCRIPTION } from '../../../src/wrappers/init.js';
import { checkDescription } from '../../../src/wrappers/read-descriptions.js';
import { serviceScript } from '../../../src/wrappers/script/emit.js';
import { AGENT_TARGET } from '../../../src/wrappers/script/target.js';
import { nastyText } from '../../support/wrappers/arbitraries.js';
import { assertEs5 } from '../../support/wrappers/run-script.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const RUNS = process.env['LOAD'] === 'full' ? 5000 : 150;

/** The example of `init`, with a roll-out. */
const example = withRollout(parse(EXAMPLE_DESCRIPTION) as { readonly services: readonly Json[] });

function withRollout(description: { readonly services: readonly Json[] }): Json {
  const rollout = {
    queryCondition: 'tags.site = {site}',
    batchSize: 5,
    abort: [{ on: ['refused', 'offline'], percent: 10.5, minimumExecuted: 5 }],
    retryOn: ['refused'],
    retryStatuses: [503],
    windows: [{ start: '0 22 * * 1-5', durationMinutes: 300 }],
    timeZone: 'Europe/Berlin',
    verifyCondition: 'properties.reported.site = {site}',
    callerMaySet: ['rolloutId', 'deviceIds', 'windows'],
  };
  const parameters = [{ name: 'site', baseType: 'STRING', required: true }];
  const service = { name: 'Rollout', kind: 'deviceMethod', parameters, rollout };
  return { ...description, services: [service, ...description.services] };
}

/** Every path in a value except the root. */
function placesOf(value: Json, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => {
    const step = Array.isArray(value) ? Number(key) : key;
    const child = (value as Record<string, Json>)[key] ?? null;
    return [[...path, step], ...placesOf(child, [...path, step])];
  });
}

function replaced(value: Json, [step, ...rest]: readonly (string | number)[], by: Json | undefined): Json {
  if (step === undefined) return by ?? null;
  const copy = structuredClone(value) as Record<string | number, Json>;
  if (rest.length === 0 && by === undefined) delete copy[step];
  else copy[step] = replaced(copy[step] ?? null, rest, by);
  return Array.isArray(value) ? Object.values(copy) : copy;
}

const replacement = fc.oneof(
  { arbitrary: nastyText, weight: 4 },
  { arbitrary: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>, weight: 2 },
  { arbitrary: fc.constantFrom('a', '/a/b', '', 'tags.a = {site}', 'LONG', 'JSON', '{site}', 5, true), weight: 4 },
  { arbitrary: fc.constant(undefined), weight: 1 },
);

const changed = fc
  .array(fc.tuple(fc.constantFrom(...placesOf(example)), replacement), { minLength: 1, maxLength: 2 })
  .map((changes) => {
    let value = example;
    for (const [path, by] of changes) {
      try {
        value = replaced(value, path, by);
      } catch {
        // The previous change removed this path.
      }
    }
    return value;
  });

it('any description is either refused with located problems, or builds valid files', () => {
  let built = 0;
  fc.assert(
    fc.property(changed, (value) => {
      const result = checkDescription(parseDocument(JSON.stringify(value), 'any.json'));
      if (!result.ok) {
        expect(result.problems.every(({ origin }) => origin.source === 'any.json' && (origin.line ?? 0) > 0)).toBe(
          true,
        );
        return;
      }
      built += 1;
      const { bundle, services } = result.value;
      for (const service of services) assertEs5(serviceScript(service, bundle, AGENT_TARGET));
      const xml = Buffer.from(buildBundle(result.value).get(`${bundle.name}/${bundle.name}.xml`) ?? '').toString();
      expect(XMLValidator.validate(xml)).toBe(true);
    }),
    { numRuns: RUNS },
  );
  expect(built).toBeGreaterThan(2);
}, 300_000);
