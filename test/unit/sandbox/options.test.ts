import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readDocument } from '../../../src/documents/read.js';
import { UsageError } from '../../../src/cli/failure.js';
import { readSandboxOptions, sandboxMode } from '../../../src/cli/sandbox-options.js';
import { DEFAULT_DESIRED, DEFAULT_TAGS } from '../../../src/sandbox/fleet/new-devices.js';
import { flagHelp, SANDBOX_FLAGS, type SandboxFlag } from '../../../src/sandbox/flags.js';
import { sandboxFileSchema, sandboxSchema } from '../../../src/sandbox/options.js';
import { command } from '../../support/agent/command.js';

const EXAMPLE = join(__dirname, '../../../config/sandbox.yaml');

describe('config/sandbox.yaml', () => {
  it('has every key, with its default', async () => {
    const { value } = await readDocument(EXAMPLE);
    const { tags, desired, ...fleet } = (value as { fleet: Record<string, unknown> }).fleet;
    const defaults = sandboxSchema.parse({});
    expect(sandboxSchema.parse({ ...(value as object), fleet })).toEqual(defaults);
    expect({ tags, desired }).toEqual({ tags: DEFAULT_TAGS, desired: DEFAULT_DESIRED });
    const text = Object.keys(sandboxFileSchema.shape);
    const { readFile } = await import('node:fs/promises');
    const example = await readFile(EXAMPLE, 'utf8');
    for (const key of text) expect(example).toMatch(new RegExp(`^(# )?${key}:`, 'm'));
  });
});

describe('the options of the sandbox', () => {
  it('come from the flags rather than from the file', async () => {
    const options = await readSandboxOptions({ config: EXAMPLE, devices: '3', tier: 'S1', latency: '20' });
    expect(options).toMatchObject({ devices: 3, tier: 'S1', latencyMs: 20, httpPort: 8080 });
  });

  it.each([
    [{ devices: 'abc' }, /--devices must be a whole number; it is "abc"/],
    [{ devices: '-1' }, /--devices/],
    [{ httpPort: '70000' }, /--http-port/],
    [{ tier: 'S9' }, /--tier/],
    [{ hubName: 'a b' }, /--hub-name/],
    [{ consoleKey: 'fifteen-letters' }, /--console-key: must have at least 16 characters/],
  ])('are refused: %j', async (flags, text) => {
    await expect(readSandboxOptions(flags)).rejects.toThrow(text);
  });

  it.each(Object.entries<SandboxFlag>(SANDBOX_FLAGS))(
    'can be set on the command line, within bounds: --%s',
    async (key, flag) => {
      const isNumber = flag.kind === 'wholeNumber';
      const valid = isNumber ? flag.max : flag.kind === 'choice' ? flag.choices[0] : 'abc-def-ghi-jkl-mno';
      const output = key === 'latency' ? 'latencyMs' : key;
      expect(await readSandboxOptions({ [key]: String(valid) })).toHaveProperty(output, valid);
      const invalid = isNumber ? String(flag.max + 1) : flag.kind === 'choice' ? 'S9' : '';
      await expect(readSandboxOptions({ [key]: invalid })).rejects.toThrow(UsageError);
    },
  );

  it.each(Object.entries<SandboxFlag>(SANDBOX_FLAGS))('have their default in the help: --%s', async (key, flag) => {
    const value = sandboxFileSchema.parse({})[key as keyof typeof SANDBOX_FLAGS];
    if (value === undefined) expect(flag).not.toHaveProperty('default');
    else expect(flagHelp(flag).endsWith(`(default: ${value})`)).toBe(true);
    const { stdout } = await command(['sandbox', '--help']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(flagHelp(flag));
  });

  it('include the mode, whose three values an error lists', () => {
    expect(sandboxMode('hub')).toBe('hub');
    expect(() => sandboxMode('cloud')).toThrow('all, hub or platform');
  });
});
