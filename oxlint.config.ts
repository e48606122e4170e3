import { posix } from 'node:path';
import { defineConfig, type OxlintOverride } from 'oxlint';
import { LIBRARIES, MODULES } from './scripts/modules.ts';

/** Folders of `src` are no deeper than this. */
const MAX_DEPTH = 5;

const isWithin = (place: string, folder: string): boolean => place === folder || place.startsWith(`${folder}/`);

/** The module that holds a place of `src`: the innermost one. */
const moduleOf = (place: string) =>
  MODULES.filter(({ name }) => isWithin(place, name)).sort((a, b) => b.name.length - a.name.length)[0];

/** Import patterns, as seen from `folder`, of every module that the module of `place` may not import. */
function bannedModules(place: string, folder: string): string[] {
  const home = moduleOf(place);
  if (!home) return [];
  const allowed = [home.name, ...home.imports];
  return MODULES.filter(({ name }) => !allowed.some((other) => isWithin(name, other))).flatMap(({ name }) => {
    const path = posix.relative(folder, name);
    // Who may import parts of a module does not import the files beside them.
    const parts = allowed.filter((other) => isWithin(other, name));
    if (parts.length === 0) return [`${path}.js`, `${path}/**`];
    return [`${path}/*.js`, ...parts.map((part) => `!${posix.relative(folder, part)}.js`)];
  });
}

/** One override for each place and depth, since import patterns are relative to the importing file. */
function importRules(place: string): OxlintOverride[] {
  const isFile = /\.tsx?$/.test(place);
  const segments = place.split('/').length;
  const depths = isFile ? [0] : Array.from({ length: MAX_DEPTH - segments }, (_, depth) => depth);
  return depths.map((depth) => {
    const folder = isFile ? posix.dirname(place) : posix.join(place, ...Array.from({ length: depth }, () => 'x'));
    const home = moduleOf(place);
    const message = `The module ${home?.name} may import only ${home?.imports.join(', ') || 'nothing'} (scripts/modules.ts).`;
    const libraries = Object.entries(LIBRARIES)
      .filter(([, places]) => !places.some((allowed) => isWithin(place, allowed)))
      .map(([name, places]) => ({
        regex: `^${name}(/|$)`,
        message: `Only ${places.join(', ')} may import it (scripts/modules.ts).`,
      }));
    const group = bannedModules(place, folder);
    return {
      files: [isFile ? `src/${place}` : `src/${place}/${'*/'.repeat(depth)}*.{ts,tsx}`],
      rules: {
        'no-restricted-imports': [
          'error',
          { patterns: [...(group.length > 0 ? [{ group, message }] : []), ...libraries, ...extraPatterns(place)] },
        ],
      },
    };
  });
}

/** The codec is pure: it may be fuzzed and reused without a process around it. */
function extraPatterns(place: string) {
  if (place !== 'alwayson/codec') return [];
  const group = ['node:*', '!node:buffer', '**/core/clock.js', '**/core/random.js', '**/core/log.js'];
  return [{ group, message: 'The codec knows no I/O, no clock, no randomness, no log.' }];
}

const PLACES = [...new Set([...MODULES.map(({ name }) => name), ...Object.values(LIBRARIES).flat()])].sort(
  (a, b) => a.length - b.length,
);

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'jest', 'promise', 'node', 'jsx-a11y'],
  categories: { correctness: 'error', suspicious: 'error' },
  env: { node: true, es2023: true },
  ignorePatterns: [
    'dist/**',
    'coverage/**',
    'wrappers/**',
    'test/golden/files/**',
    'src/sandbox/fleet/device-maintenance-stub.ts',
  ],
  rules: {
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-unsafe-type-assertion': 'off',
    'typescript/no-unnecessary-type-assertion': 'off',
    'typescript/no-unnecessary-boolean-literal-compare': 'off',
    'typescript/consistent-return': 'off',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'import/no-unassigned-import': 'off',
    'no-console': 'error',
    'no-underscore-dangle': 'off',
    'no-shadow': 'off',
    'no-await-in-loop': 'off',
    'no-param-reassign': 'error',
    'promise/always-return': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-array-reverse': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/prefer-add-event-listener': 'off',
    'unicorn/require-module-specifiers': 'off',
    // The page uses frames that scroll by keyboard, and roles where no element has the semantics.
    'jsx-a11y/no-noninteractive-tabindex': 'off',
    'jsx-a11y/prefer-tag-over-role': 'off',
    // It does not know Preact's `for`; the tests check labels with axe.
    'jsx-a11y/label-has-associated-control': 'off',
    'jsx-a11y/control-has-associated-label': 'off',
    'jest/expect-expect': 'error',
    'jest/no-disabled-tests': 'error',
    'jest/no-focused-tests': 'error',
    'jest/no-conditional-expect': 'off',
    'jest/require-to-throw-message': 'off',
    'jest/valid-title': 'off',
    'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    complexity: ['error', 16],
    'max-params': ['error', 4],
  },
  overrides: [
    ...PLACES.flatMap(importRules),
    {
      files: ['test/**/*.ts', 'scripts/**'],
      rules: {
        'max-lines-per-function': 'off',
        'max-lines': 'off',
        'max-params': 'off',
        complexity: 'off',
        'typescript/no-explicit-any': 'off',
        'no-console': 'off',
      },
    },
    { files: ['src/core/error-codes.ts', 'src/alwayson/codec/base-types.ts'], rules: { 'max-lines': 'off' } },
    {
      files: ['*.cjs', '*.config.ts', 'bin/**'],
      rules: { 'typescript/no-require-imports': 'off', 'import/no-default-export': 'off' },
    },
  ],
});
