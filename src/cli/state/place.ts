import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError, messageOf } from '../../core/errors.js';
import { makeFolder } from '../../core/write-files.js';
import { type DatabaseAddress, placeOf, readDatabaseUrl } from '../../store/database-url.js';
import type { PostgresStore } from '../../store/postgres-store.js';
import type { Store } from '../../store/store.js';
import type { CommandIo } from '../command-io.js';
import { UsageError } from '../failure.js';

/** A place of state that is open. */
export interface OpenPlace {
  /** For people; without a password. */
  readonly name: string;
  readonly store: Store;
  /** Only for a database. */
  readonly database?: PostgresStore;
}

export interface PlaceOptions {
  readonly schema: string;
  /** Whether a place without state is created; otherwise it is an error. */
  readonly mayCreate: boolean;
}

/**
 * Opens a folder, a database by its URL, or the database whose URL a file holds (`@FILE`).
 * @throws UsageError for text that names no place; AgentError `StateUnwritable`, `Unreachable` or `DocumentUnreadable`.
 */
export async function openPlace(io: CommandIo, text: string, options: PlaceOptions): Promise<OpenPlace> {
  if (text.startsWith('@')) return await openDatabase(addressIn(await readUrlFile(text.slice(1)), io), options);
  if (!/^\w+:\/\//.test(text)) return await openFolder(text, options);
  const address = addressIn(text, io);
  if (hasPassword(text))
    io.stderr.write(
      'warning: other users of this machine can see the password in the list of processes; use PGPASSWORD\n',
    );
  return await openDatabase(address, options);
}

const hasPassword = (text: string): boolean => URL.canParse(text) && new URL(text).password !== '';

/** @throws UsageError that does not repeat the text, which may contain a password. */
function addressIn(text: string, io: CommandIo): DatabaseAddress {
  const address = readDatabaseUrl(text);
  if ('fault' in address) throw new UsageError(`the URL of the database ${address.fault}`);
  return address.password === '' ? { ...address, password: io.env['PGPASSWORD'] ?? '' } : address;
}

async function readUrlFile(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/^\u{feff}/u, '').trim();
  } catch (error) {
    throw new AgentError('DocumentUnreadable', `${file}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** The folder of an agent holds its state in a folder of its own. */
async function openFolder(folder: string, { mayCreate }: PlaceOptions): Promise<OpenPlace> {
  const directory = join(folder, 'agent');
  if (!mayCreate && !(await isFolder(directory)))
    throw new AgentError('StateUnwritable', `${folder} holds no state of an agent; name the stateDir of one`);
  if (mayCreate) await makeFolder(folder, 0o700);
  const { openLevelStore } = await import('../../store/level-store.js');
  return { name: folder, store: await openLevelStore(directory) };
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function openDatabase(address: DatabaseAddress, { schema, mayCreate }: PlaceOptions): Promise<OpenPlace> {
  const name = placeOf(address);
  const settings = { address, schema, poolSize: 2 };
  const { probeDatabase } = await import('../../store/postgres/probe.js');
  const probe = await probeDatabase(settings);
  if ('message' in probe) throw new AgentError(probe.isRefused ? 'StateUnwritable' : 'Unreachable', probe.message);
  if (!mayCreate && probe.schemaVersion === 0 && probe.missingGrant === undefined)
    throw new AgentError('StateUnwritable', `${name} holds no state of an agent in the schema ${schema}`);
  const { openPostgresStore } = await import('../../store/postgres-store.js');
  const database = await openPostgresStore(settings);
  return { name, store: database, database };
}
