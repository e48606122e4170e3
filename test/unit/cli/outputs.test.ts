import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import * as fc from 'fast-check';
import { AgentError } from '../../../src/core/errors.js';
import { guardSecrets } from '../../../src/cli/guarded-io.js';
import { runCommand } from '../../../src/cli/main.js';

const KEY = 'key-0f3b "77\\x';
/** Characters that a terminal executes or hides: C0, C1, bidirectional overrides and zero-width characters. */
const STEERING = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], env: Record<string, string> = {}, stdin = ''): Promise<Outcome> {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  streams.stdin.end(stdin);
  let status = 0;
  await runCommand(args, { ...streams, env, isTerminal: false, exit: (code) => void (status = code) });
  const textOf = (stream: PassThrough): string => String((stream.read() as Buffer | null) ?? '');
  return { status, out: textOf(streams.stdout), err: textOf(streams.stderr) };
}

describe('text from another system that commands print', () => {
  let server: Server;
  let url = '';
  let folder = '';
  let answer = { status: 200, text: '' };
  let received = '';

  beforeAll(async () => {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        received = Buffer.concat(parts).toString('utf8');
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.text);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    folder = await mkdtemp(path.join(tmpdir(), 'outputs-'));
  });

  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });

  beforeEach(() => {
    answer = { status: 200, text: '' };
    received = '';
  });

  const invoke = (args: readonly string[] = [], stdin = ''): Promise<Outcome> =>
    run(['invoke', 'GetJob', '--url', url, ...args], { TWX_IOTHUB__THINGWORX__APPKEY: KEY }, stdin);

  const table = (rows: readonly object[], ...names: readonly string[]): string =>
    JSON.stringify({
      dataShape: {
        fieldDefinitions: Object.fromEntries(
          names.map((name, ordinal) => [name, { name, ordinal, baseType: 'STRING' }]),
        ),
      },
      rows,
    });

  it('cannot control the terminal in an error', async () => {
    answer = { status: 500, text: '\u001B]0;pwned\u0007\u001B[2J\u009b31m\u202Eabc\r\nerror: forged' };
    const { status, out, err } = await invoke();
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).not.toMatch(STEERING);
    expect(err).toContain(String.raw`\u001b]0;pwned\u0007\u001b[2J\u009b31m\u202eabc\r\nerror: forged`);
  });

  it.each([
    ['a table', [{ 'a\u001B[2J': 'x\u009b', b: '\u202E' }, { b: 'y' }]],
    ['one row', [{ 'a\u001B[2J': 'x\u009b', b: '\u202E' }]],
  ])('cannot control the terminal in %s', async (_what, rows) => {
    answer.text = table(rows, 'a\u001B[2J', 'b');
    const { status, out } = await invoke();
    expect(status).toBe(0);
    expect(out).not.toMatch(STEERING);
    expect(out).toContain(String.raw`a\u001b[2J`);
  });

  it('is the same JSON with --output json, but without characters that control the terminal', async () => {
    const value = { 'a\u009b': ['\u202E', '\u001B[2J', '\u2028', '😀'] };
    answer.text = JSON.stringify(value);
    const { out } = await invoke(['--output', 'json']);
    expect(out).not.toMatch(STEERING);
    expect(JSON.parse(out)).toEqual(value);
  });

  it('contains neither the key nor control characters, whatever the other system sends', async () => {
    const spellings = [
      KEY,
      JSON.stringify(KEY).slice(1, -1),
      encodeURIComponent(KEY),
      Buffer.from(KEY).toString('base64'),
    ];
    const piece = fc.oneof(
      fc.constantFrom(...spellings),
      fc.constantFrom('\u001B[2J', '\u0007', '\u009b', '\u202E', '\r', '\u0000'),
      fc.string(),
    );
    const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.constantFrom('error', 'table', 'row', 'json', 'name'),
        fc.boolean(),
        async (sent, as, isJson) => {
          const rows = as === 'name' ? [{ [sent]: 'x' }] : as === 'row' ? [{ a: sent }] : [{ a: sent }, { a: 'x' }];
          answer =
            as === 'error'
              ? { status: 500, text: sent }
              : {
                  status: 200,
                  text: as === 'json' ? JSON.stringify({ a: [sent] }) : table(rows, as === 'name' ? sent : 'a'),
                };
          const { out, err } = await invoke(isJson ? ['--output', 'json'] : []);
          const whole = out + err;
          expect(whole).not.toMatch(STEERING);
          for (const spelling of spellings) expect(whole).not.toContain(spelling);
          if (isJson && as !== 'error') expect(() => void JSON.parse(out)).not.toThrow();
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);

  it('contains no part of the key where a long error is truncated', async () => {
    for (const before of [1990, 1995, 1999]) {
      answer = { status: 500, text: `${'x'.repeat(before)}${KEY}` };
      expect((await invoke()).err).not.toContain(KEY.slice(0, 1 + 2000 - before));
    }
  });

  it('keeps the digits of whole numbers in both directions', async () => {
    const digits = '7615917337495251231';
    answer.text = `{"id": ${digits}, "list": [-${digits}]}`;
    for (const args of [
      ['--param', `payload={"id":${digits}}`],
      ['--json', '-'],
    ]) {
      const schedule = ['invoke', 'ScheduleDeviceMethodJob', '--url', url, ...args];
      const { out } = await run(schedule, { TWX_IOTHUB__THINGWORX__APPKEY: KEY }, `{"payload": {"id": ${digits}}}`);
      expect(received).toBe(`{"payload":{"id":${digits}}}`);
      expect(out).toBe(`{\n  "id": ${digits},\n  "list": [\n    -${digits}\n  ]\n}\n`);
    }
    expect((await invoke(['--output', 'json'])).out).toContain(`"id": ${digits}`);
    answer.text = `{"dataShape":{"fieldDefinitions":{"p":{"name":"p","baseType":"JSON"},"n":{"name":"n","baseType":"LONG"}}},"rows":[{"p":{"id":${digits}},"n":${digits}}]}`;
    expect((await invoke()).out).toBe(`p  {"id":${digits}}\nn  ${digits}\n`);
  });

  it('includes the position of an error in the file of --json', async () => {
    expect(await invoke(['--json', '-'], '{"a": \n 01}')).toMatchObject({
      status: 2,
      err: expect.stringMatching(/--json - is not valid JSON: .*line 2, column \d/),
    });
  });

  it('includes a warning about a password in --proxy, which suggests the variable and does not repeat the password', async () => {
    const proxy = url.replace('//', '//user:s3cret%40word@');
    answer = { status: 407, text: `no s3cret@word ${Buffer.from('user:s3cret@word').toString('base64')}` };
    const { err } = await invoke(['--proxy', proxy]);
    expect(err).toMatch(
      /^warning: every user can see the user and password of --proxy in the process list .*TWX_IOTHUB__THINGWORX__PROXY/,
    );
    expect(err).not.toMatch(/s3cret/);
    expect((await invoke(['--proxy', url])).err).not.toMatch(/process list/);
  });

  it('includes no warning if the proxy is set by the variable', async () => {
    const env = {
      TWX_IOTHUB__THINGWORX__APPKEY: KEY,
      TWX_IOTHUB__THINGWORX__PROXY: url.replace('//', '//user:s3cret%40word@'),
    };
    const { status, err } = await run(['invoke', 'GetJob', '--url', url], env);
    expect(err).not.toMatch(/process list|s3cret/);
    expect(status).not.toBe(0);
  });

  it.each([
    'user:s3cret@proxy:3128',
    'http:/user:s3cret@proxy',
    'socks://user:s3cret@proxy',
    'http://user:s3cret@proxy/path',
  ])('does not include the invalid proxy %s', async (proxy) => {
    const { status, err } = await invoke(['--proxy', proxy]);
    expect(status).toBe(2);
    expect(err).not.toMatch(/s3cret/);
  });

  it('contains no control characters and no secret in the output of check', async () => {
    answer = { status: 200, text: `\u001B[2J${KEY}` };
    const file = path.join(folder, 'agent.yaml');
    const configuration = {
      thingworx: { url, appKey: KEY, allowInsecure: true },
      iothubs: {
        main: {
          connectionString:
            'HostName=localhost;SharedAccessKeyName=iothubowner;SharedAccessKey=c2VjcmV0LXNlY3JldC1zZWNyZXQ=',
          address: url.replace('http://', ''),
        },
      },
      things: [{ name: 'AzureIotHub' }],
    };
    await writeFile(file, JSON.stringify(configuration), { mode: 0o600 });
    const { status, out, err } = await run(['check', '--config', file]);
    expect(status).toBe(69);
    expect(out).toMatch(/FAILED/);
    expect(out + err).not.toMatch(STEERING);
    expect(out + err).not.toContain(KEY);
    expect(out + err).not.toContain('c2VjcmV0LXNlY3JldC1zZWNyZXQ=');
  }, 60_000);
});

describe('a guarded part of a command', () => {
  it('scrubs both outputs, and the errors that it throws', async () => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    const io = { ...streams, env: {}, isTerminal: false, exit: () => undefined };
    const work = guardSecrets(io, ['secret-one'], (guarded) => {
      guarded.stdout.write('out secret-one');
      guarded.stderr.write('err secret-one');
      return Promise.reject(new AgentError('RequestRefused', 'no secret-one', { context: { status: 500 } }));
    });
    await expect(work).rejects.toMatchObject({
      code: 'RequestRefused',
      message: 'no ********',
      context: { status: 500 },
    });
    expect([String(streams.stdout.read()), String(streams.stderr.read())]).toEqual(['out ********', 'err ********']);
    const defect = guardSecrets(io, ['secret-one'], () => Promise.reject(new TypeError('secret-one is odd')));
    const error = await defect.catch((thrown: Error) => thrown);
    expect(`${(error as Error).message} ${(error as Error).stack}`).not.toContain('secret-one');
  });
});
