import { expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { buildBundle, type BuiltFiles } from '../../../src/wrappers/build.js';
import { findDrift } from '../../../src/wrappers/output/drift.js';
import { OutputRefused } from '../../../src/wrappers/output/plan.js';
import { planBundle } from '../../../src/wrappers/output/plan.js';
import { writeBundle } from '../../../src/wrappers/output/write.js';
import { describeWrappers } from '../../support/wrappers/descriptions.js';

const RUNS = process.env['LOAD'] === 'full' ? 500 : 60;
const SERVICES = ['A', 'B', 'C'];

const built = (services: readonly string[]): BuiltFiles =>
  buildBundle(
    describeWrappers(
      `bundle: { name: x, version: 1.0.0 }\nservices: [${services.map((name) => `{ name: ${name}, kind: deviceMethod }`).join(', ')}]`,
    ),
  );

/** Names that users choose, some of which builds use as well. */
const theirFile = fc.constantFrom(
  'README.md',
  'x.xml',
  'x-0.9.0.zip',
  'schemas/A.json',
  'schemas/Mine.json',
  'source-control/Things/Mine.xml',
  'device/x.ts',
  'notes.txt',
  'schemas/notes.txt',
  'sub/file.json',
);

type Action =
  | { readonly do: 'build'; readonly services: readonly string[]; readonly isForced: boolean }
  | { readonly do: 'put'; readonly file: string };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    do: fc.constant('build' as const),
    services: fc.subarray(SERVICES, { minLength: 1 }),
    isForced: fc.boolean(),
  }),
  fc.record({ do: fc.constant('put' as const), file: theirFile }),
);

async function build(folder: string, files: BuiltFiles, isForced: boolean): Promise<boolean> {
  try {
    await writeBundle(folder, await planBundle(folder, 'x', files, isForced), files);
    return true;
  } catch (error) {
    if (error instanceof OutputRefused) return false;
    throw error;
  }
}

it('no sequence of builds removes a file that a user created where no build had one', async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 2, maxLength: 8 }), async (actions) => {
      const folder = await mkdtemp(path.join(tmpdir(), 'builds-'));
      /** Users' files that no build was permitted to overwrite. */
      const theirs = new Set<string>();
      const made = new Set<string>();
      try {
        for (const step of actions) {
          if (step.do === 'put') {
            const target = path.join(folder, 'x', step.file);
            if (made.has(step.file)) continue;
            await mkdir(path.dirname(target), { recursive: true });
            await writeFile(target, 'theirs');
            theirs.add(step.file);
            continue;
          }
          const files = built(step.services);
          const names = [...files.keys()].map((file) => file.slice(2));
          const isInTheWay = names.some((name) => theirs.has(name));
          const isDone = await build(folder, files, step.isForced);
          if (!isDone) refused += 1;
          if (step.isForced) expect(isDone).toBe(true);
          if (!step.isForced && isInTheWay) expect(isDone).toBe(false);
          if (isDone) {
            made.clear();
            for (const name of names) {
              theirs.delete(name);
              made.add(name);
            }
            expect(await findDrift(folder, 'x', files)).toEqual({ missing: [], different: [], stale: [] });
          }
          for (const file of theirs) expect(await readFile(path.join(folder, 'x', file), 'utf8')).toBe('theirs');
        }
        if (made.size > 0) {
          const found = await readdir(path.join(folder, 'x'), { recursive: true, withFileTypes: true });
          const all = found
            .filter((entry) => entry.isFile())
            .map((entry) => path.relative(path.join(folder, 'x'), path.join(entry.parentPath, entry.name)));
          expect(all.sort()).toEqual([...new Set([...made, ...theirs])].sort());
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    }),
    { numRuns: RUNS },
  );
  expect(refused).toBeGreaterThan(0);
}, 120_000);
