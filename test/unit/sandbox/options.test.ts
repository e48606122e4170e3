import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readDocument } from '../../../src/documents/read.js';
import { readSandboxOptions, sandboxMode } from '../../../src/cli/sandbox-options.js';
import { DEFAULT_DESIRED, DEFAULT_TAGS } from '../../../src/sandbox/devices/fleet-template.js';
import { sandboxSchema } from '../../../src/sandbox/options.js';

const EXAMPLE = join(__dirname, '../../../config/sandbox.yaml');

describe('config/sandbox.yaml', () => {
  it('has every key, with its default', async () => {
    const { value } = await readDocument(EXAMPLE);
    const { tags, desired, ...fleet } = (value as { fleet: Record<string, unknown> }).fleet;
    const defaults = sandboxSchema.parse({});
    expect(sandboxSchema.parse({ ...(value as object), fleet })).toEqual(defaults);
    expect({ tags, desired }).toEqual({ tags: DEFAULT_TAGS, desired: DEFAULT_DESIRED });
    const text = Object.keys(sandboxSchema.shape);
    const { readFile } = await import('node:fs/promises');
    const example = await readFile(EXAMPLE, 'utf8');
    for (const key of text) expect(example).toMatch(new RegExp(`^(# )?${key}:`, 'm'));
  });
});

describe('options of the sandbox', () => {
  it('takes the flags over the file', async () => {
    const options = await readSandboxOptions({ config: EXAMPLE, devices: '3', tier: 'S1', latency: '20' });
    expect(options).toMatchObject({ devices: 3, tier: 'S1', latency: 20, httpPort: 8080 });
  });

  it.each([
    [{ devices: 'abc' }, /--devices must be a whole number; it is "abc"/],
    [{ devices: '-1' }, /--devices/],
    [{ httpPort: '70000' }, /--http-port/],
    [{ tier: 'S9' }, /--tier/],
    [{ hubName: 'a b' }, /--hub-name/],
  ])('refuses %j', async (flags, text) => {
    await expect(readSandboxOptions(flags)).rejects.toThrow(text);
  });

  it('knows its modes', () => {
    expect(sandboxMode('hub')).toBe('hub');
    expect(() => sandboxMode('cloud')).toThrow('all, hub or platform');
  });
});
