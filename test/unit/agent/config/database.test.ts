import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../../../../src/agent/config/load.js';
import { secretsOf } from '../../../../src/agent/secrets.js';
import { formatProblem } from '../../../../src/documents/problem.js';

const ENDS = {
  thingworx: { url: 'wss://twx.example.com', appKey: 'key-in-file' },
  iothubs: {
    main: { connectionString: 'HostName=h.example.net;SharedAccessKeyName=p;SharedAccessKey=c2VjcmV0LWtleQ==' },
  },
};
const LOCAL = 'postgres://twx:the-password@127.0.0.1:5432/twx';
const REMOTE = 'postgresql://twx:the-password@db.example.com/twx';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(more: object) {
  const file = join(folder, 'agent.yaml');
  await writeFile(file, JSON.stringify({ ...ENDS, ...more }));
  return await loadConfiguration({ files: [file] });
}

async function problemsOf(more: object): Promise<string> {
  const result = await load(more);
  return result.ok ? '' : result.problems.map((problem) => formatProblem(problem)).join('\n');
}

describe('a database', () => {
  it('is accepted with all of its settings, and its password is a secret', async () => {
    const database = { url: LOCAL, schema: 'fleet', poolSize: 10 };
    const result = await load({ database, cluster: { leaseSeconds: 30, agentName: 'a' } });
    if (!result.ok) throw new Error(await problemsOf({ database }));
    expect(result.config.database).toEqual({ ...database, allowInsecure: false });
    expect(result.config.cluster).toEqual({ leaseSeconds: 30, agentName: 'a' });
    expect(secretsOf(result.config)).toContain('the-password');
  });

  it('takes its URL from a file that others cannot read', async () => {
    const urlFile = join(folder, 'url');
    await writeFile(urlFile, `${REMOTE}\n`);
    await chmod(urlFile, 0o600);
    const result = await load({ database: { urlFile } });
    expect(result.ok && result.config.database?.url).toBe(REMOTE);
    await writeFile(urlFile, `${REMOTE}?sslmode=disable`);
    expect(await problemsOf({ database: { urlFile } })).toContain('database.urlFile: sends the password and all state');
  });

  it.each<[string, object, string]>([
    ['with a state folder', { database: { url: LOCAL }, stateDir: '/s' }, 'stateDir: cannot be used with database'],
    ['without a URL', { database: { poolSize: 2 } }, 'database.url: is required (or database.urlFile)'],
    ['of another kind', { database: { url: 'mysql://u:the-password@h/d' } }, 'database.url: is not a URL of the form'],
    ['without a user', { database: { url: 'postgres://h/d' } }, 'database.url: has no user'],
    ['without a name', { database: { url: 'postgres://u@h' } }, 'database.url: has no database'],
    [
      'with sslmode=require',
      { database: { url: `${REMOTE}?sslmode=require` } },
      'has another sslmode than disable, verify-ca',
    ],
    ['with another parameter', { database: { url: `${LOCAL}?options=x` } }, 'has a parameter other than sslmode'],
    [
      'without TLS on another machine',
      { database: { url: `${REMOTE}?sslmode=disable` } },
      'database.url: sends the password and all state in clear text',
    ],
    [
      'with a schema that is no name',
      { database: { url: LOCAL, schema: 'a-b' } },
      'database.schema: is not a valid name',
    ],
    [
      'with a certificate alone',
      { database: { url: LOCAL, clientCertificateFile: '/dev/null' } },
      'database.clientKeyFile: is required',
    ],
    ['with a short lease', { database: { url: LOCAL }, cluster: { leaseSeconds: 4 } }, 'cluster.leaseSeconds'],
  ])('%s is refused, without its password', async (_what, more, problem) => {
    const problems = await problemsOf(more);
    expect(problems).toContain(problem);
    expect(problems).not.toContain('the-password');
  });

  it('is required by a cluster and sufficient for a queue', async () => {
    expect(await problemsOf({ cluster: { leaseSeconds: 20 } })).toContain('cluster: needs a database');
    expect(await problemsOf({ database: { url: LOCAL }, services: { queueJobs: true } })).toBe('');
    const insecure = { url: `${REMOTE}?sslmode=disable`, allowInsecure: true };
    expect(await problemsOf({ database: insecure })).toBe('');
  });
});
