import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadDescriptions } from '../../../src/wrappers/read-descriptions.js';
import { ConfigFiles } from '../../support/agent/config-files.js';

const files = new ConfigFiles();
beforeAll(() => files.open());
afterAll(files.close);

const loaded = async (content: string | Buffer) => loadDescriptions([await files.write(content)]);

async function problemsOf(content: string | Buffer): Promise<string> {
  const error = await loaded(content).catch((reason: unknown) => reason as Error);
  return error instanceof Error ? files.withoutNames(error.message) : '';
}

const BUNDLE = 'bundle: {name: acme, version: 1.0.0}\n';
const BIG = '7615917337495251231';

describe('a file of wrapper descriptions', () => {
  it('may contain merge keys and top-level keys that begin with x-', async () => {
    const text = `x-job: &job {connectTimeoutInSeconds: 30, queryCondition: "*"}
x-delay: &delay {name: delay, baseType: INTEGER, required: true}
${BUNDLE}services:
  - name: Reboot
    kind: deviceMethod
    parameters: [{<<: *delay, maximum: 10}]
    job: {<<: *job, connectTimeoutInSeconds: 5}
`;
    const [{ description } = { description: undefined }] = await loaded(text);
    expect(description?.services[0]).toMatchObject({
      parameters: [{ name: 'delay' }],
    });
    expect(description?.services[0]?.options.get('connectTimeoutInSeconds')).toMatchObject({ value: 5 });
  });

  it('has its errors reported where they were written, merged or not', async () => {
    const text = `x-delay: &delay {name: delay, baseType: INTEGR}\n${BUNDLE}services:\n  - {name: A, kind: deviceMethod, parameters: [{<<: *delay}]}\n`;
    expect(await problemsOf(text)).toMatch(/^FILE:1:41: services\[0\]\.parameters\[0\]\.baseType: must be one of/);
  });

  it.each([
    ['constants', `constants: {/id: ${BIG}}`, 'services[0].constants["/id"]'],
    ['a constant inside an object', `constants: {/a: {b: [1, ${BIG}]}}`, 'services[0].constants["/a"].b[1]'],
    ['a default', `parameters: [{name: p, baseType: LONG, default: ${BIG}}]`, 'services[0].parameters[0].default'],
    ['an enum', `parameters: [{name: p, baseType: LONG, enum: [1, ${BIG}]}]`, 'services[0].parameters[0].enum[1]'],
    ['a bound', `parameters: [{name: p, baseType: LONG, maximum: ${BIG}}]`, 'services[0].parameters[0].maximum'],
  ])('cannot contain a whole number that would change: %s', async (_what, part, path) => {
    const problems = await problemsOf(`${BUNDLE}services:\n  - {name: A, kind: deviceMethod, ${part}}\n`);
    expect(problems).toMatch(/^FILE:3:\d+: /);
    expect(problems).toContain(`: ${path}: is a whole number that cannot be represented exactly`);
  });

  it('has the same errors in JSON, and errors for repeated names', async () => {
    const service = `{"name": "A", "kind": "deviceMethod", "constants": {"/id": ${BIG}}}`;
    const text = `{"bundle": {"name": "acme", "version": "1.0.0"},\n "services": [${service}]}`;
    expect(await problemsOf(text)).toContain('FILE:2:74: services[0].constants["/id"]: is a whole number');
    expect(await problemsOf(text.replace(BIG, '1').replace('"kind"', '"name"'))).toBe(
      'FILE:2:29: Map keys must be unique',
    );
  });

  it('is refused in any other encoding', async () => {
    expect(await problemsOf(Buffer.from(`\uFEFF${BUNDLE}`, 'utf16le').swap16())).toBe(
      'FILE:1:1: the file is UTF-16 BE text, not UTF-8 (save the file as UTF-8)',
    );
  });
});
