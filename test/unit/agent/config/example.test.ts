import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { exampleConfiguration } from '../../../../src/agent/config/example.js';
import { CONFIGURATION_KEYS, type KeyDescription } from '../../../../src/agent/config/key-table.js';
import { configurationPage } from '../../../../src/agent/reference/configuration-page.js';
import { sourceCodeIn } from '../../../support/source-code.js';

const DECLARATIONS = ['src/agent/config/schema.ts', 'src/agent/config/example.ts'];
const SECRETS_FILE = 'src/agent/secrets.ts';

/** The code that may read a key: everything except for what declares keys. The guards are read in `src/jobs`. */
const READERS = sourceCodeIn(['src/agent', 'src/jobs'], DECLARATIONS);
const TESTS = sourceCodeIn(['test/unit', 'test/integration']);
const SECRETS = readFileSync(SECRETS_FILE, 'utf8');

const isFileOf = (key: KeyDescription, other: KeyDescription): boolean =>
  other.path.join('.') === `${key.path.join('.')}File`;

/** One sentence for each step of "Add a configuration key" (CONTRIBUTING.md) that no generated file shows. */
function forgottenSteps(keys: readonly KeyDescription[]): string[] {
  const names = (source: string, { path }: KeyDescription): boolean => new RegExp(`\\b${path.at(-1)}\\b`).test(source);
  return [
    ...keys
      .filter((key) => !names(READERS, key))
      .map(({ path }) => `nothing reads ${path.join('.')}: read it from AgentConfig, or remove it from the schema`),
    ...keys
      .filter((key) => !names(TESTS, key))
      .map(({ path }) => `no test sets ${path.join('.')}: add one in test/unit/agent/config`),
    ...keys
      .filter((key) => key.isSecret && !names(SECRETS, key))
      .map(({ path }) => `${path.join('.')} is a secret that logs may show: add it to secretsOf in ${SECRETS_FILE}`),
    ...keys
      .filter((key) => key.isSecret && !keys.some((other) => other.isSecretFile && isFileOf(key, other)))
      .map(({ path }) => `${path.join('.')} is a secret without ${path.at(-1)}File: add this key with SECRET_FILE`),
  ];
}

const NEW_KEY: KeyDescription = {
  path: ['services', 'greeting'],
  kind: 'text',
  description: 'What to say.',
  isRequired: false,
  isSecret: false,
  isSecretFile: false,
  isProxy: false,
};

describe('the example configuration', () => {
  it('requires an example value for a key without a default', () => {
    expect(() => exampleConfiguration([...CONFIGURATION_KEYS, NEW_KEY])).toThrow(
      'services.greeting has no default; add an example value to EXAMPLE_VALUES',
    );
  });

  it('shows the default of any other key', () => {
    expect(exampleConfiguration([{ ...NEW_KEY, defaultValue: 'hello' }])).toContain(
      '  # What to say.\n  greeting: hello\n',
    );
  });
});

describe('every configuration key', () => {
  const keys = CONFIGURATION_KEYS.filter(({ path }) => !path.at(-1)?.startsWith('<'));

  it.each(keys.map((key) => [key.path.join('.'), key] as const))('%s has a description', (_name, { description }) => {
    expect(description).toMatch(/^\S.*\.$/);
  });

  it('is complete: read, tested and, if it is a secret, kept out of logs', () => {
    expect(forgottenSteps(keys)).toEqual([]);
  });

  it('that is incomplete is reported with what to do', () => {
    // Written in two parts, because this file is one of the tests that are searched for the key.
    const name = ['pass', 'Phrase'].join('');
    expect(forgottenSteps([{ ...NEW_KEY, path: ['services', name], isSecret: true }])).toEqual([
      `nothing reads services.${name}: read it from AgentConfig, or remove it from the schema`,
      `no test sets services.${name}: add one in test/unit/agent/config`,
      `services.${name} is a secret that logs may show: add it to secretsOf in src/agent/secrets.ts`,
      `services.${name} is a secret without ${name}File: add this key with SECRET_FILE`,
    ]);
  });

  it('is in docs/configuration.md', () => {
    const page = configurationPage();
    expect(keys.filter(({ description }) => !page.includes(description))).toEqual([]);
  });
});
