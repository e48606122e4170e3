/** `npm run licences`: fails when a package that is installed with the product has a licence that was not agreed to. */
import { readFileSync } from 'node:fs';

/** The part of a lock file that is needed here. */
export interface LockFile {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly license?: string; readonly dev?: boolean }>
  >;
}

/** Permissive licences (SPDX ids) that ask for no more than the notice that each package contains. */
const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
]);

/** Packages that state no licence in package.json, by name and version, with the licence of the file that they contain. */
const READ_BY_HAND: Readonly<Record<string, string>> = { 'machina@4.0.2': 'MIT' };

/** Returns a sentence for each package whose licence is not allowed. Development dependencies are not shipped. */
export function licenceProblems({ packages }: LockFile): string[] {
  return Object.entries(packages).flatMap(([path, { version = '', license, dev = false }]) => {
    if (path === '' || dev) return [];
    const id = `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`;
    const licence = license ?? READ_BY_HAND[id];
    if (licence !== undefined && ALLOWED.has(licence)) return [];
    return [
      `${id}: ${licence ?? 'no licence'} is not in the list of scripts/licences.ts; read it, or use another package`,
    ];
  });
}

if (process.argv[1]?.endsWith('licences.ts') === true) {
  const problems = licenceProblems(JSON.parse(readFileSync('package-lock.json', 'utf8')) as LockFile);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
