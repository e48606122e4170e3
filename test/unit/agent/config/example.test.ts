import { describe, expect, it } from '@jest/globals';
import { exampleConfiguration } from '../../../../src/agent/config/example.js';
import { CONFIGURATION_KEYS, type KeyDescription } from '../../../../src/agent/config/key-table.js';
import { configurationPage } from '../../../../src/agent/reference/configuration-page.js';

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

  it('is in docs/configuration.md', () => {
    const page = configurationPage();
    expect(keys.filter(({ description }) => !page.includes(description))).toEqual([]);
  });
});
