import { readdir, rename, stat } from 'node:fs/promises';
import type { ClassicLevel } from 'classic-level';
import { AgentError, messageOf } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { makeFolder } from '../core/write-files.js';
import { isDamage } from './level-errors.js';

export type Database = ClassicLevel;

export interface OpenOptions {
  readonly log: Log;
  /** The wall clock, for the name of a directory that is moved aside. */
  readonly nowMs: () => number;
}

/** How many records of a damaged database are copied in one batch. */
const RESCUE_BATCH = 500;

/**
 * Opens the database in a directory. A damaged one is moved to `<directory>.damaged-<time>` with a warning, and the
 * records that can still be read are copied into a new one, since an agent that does not start would lose more.
 * @throws the error of LevelDB if the directory cannot be used for another reason.
 */
export async function openSound(directory: string, options: OpenOptions): Promise<Database> {
  await makeFolder(directory, 0o700);
  if (await lacksCurrent(directory))
    return await replace(directory, new Error('its file CURRENT is missing'), { ...options, isReadable: false });
  let isReadable = false;
  try {
    return await openVerified(directory, () => (isReadable = true));
  } catch (error) {
    if (!isDamage(error)) throw error;
    return await replace(directory, error, { ...options, isReadable });
  }
}

/** Opens a database without checking its records. */
export async function openDatabase(directory: string): Promise<Database> {
  // Loaded on first use: programs without a store must not load the native library.
  const { ClassicLevel } = await import('classic-level');
  const database = new ClassicLevel(directory, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
  await database.open();
  return database;
}

/** Opens and reads a database: LevelDB checks tables only on reading, and damage must be found before a record is missed. */
async function openVerified(directory: string, onOpen: () => void): Promise<Database> {
  const database = await openDatabase(directory);
  onOpen();
  try {
    for await (const key of database.keys()) void key;
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * Whether the file that names the current state is missing although there are tables. LevelDB would create an empty
 * database and delete the tables.
 */
async function lacksCurrent(directory: string): Promise<boolean> {
  const names = await readdir(directory);
  return !names.includes('CURRENT') && names.some((name) => /\.ldb$|^MANIFEST-0*(?!1$)\d+$/.test(name));
}

async function replace(
  directory: string,
  damage: unknown,
  options: OpenOptions & { readonly isReadable: boolean },
): Promise<Database> {
  const aside = await moveAside(directory, options.nowMs(), damage);
  await makeFolder(directory, 0o700);
  const database = await openDatabase(directory);
  const rescued = options.isReadable ? await rescue(aside, database) : 0;
  options.log.warn(
    { err: damage, directory, movedTo: aside, rescuedRecords: rescued },
    `the state directory was damaged; it was moved to ${aside}, and a new one was created with the ${rescued} records that could be read`,
  );
  return database;
}

async function moveAside(directory: string, nowMs: number, damage: unknown): Promise<string> {
  const name = `${directory}.damaged-${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}`;
  let aside = name;
  for (let count = 2; await isThere(aside); count += 1) aside = `${name}-${count}`;
  try {
    await rename(directory, aside);
    return aside;
  } catch (error) {
    throw new AgentError(
      'StateUnwritable',
      `The state directory ${directory} is damaged (${messageOf(damage)}) and cannot be moved aside: ${messageOf(error)}. Move it away and start again.`,
      { cause: error },
    );
  }
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** Copies the readable records of a damaged database and returns their number. */
async function rescue(from: string, to: Database): Promise<number> {
  const source = await openDatabase(from);
  let count = 0;
  let batch: { readonly type: 'put'; readonly key: string; readonly value: string }[] = [];
  const write = async (): Promise<void> => {
    await to.batch(batch, { sync: true });
    count += batch.length;
    batch = [];
  };
  try {
    for await (const [key, value] of readableRecords(source)) {
      if (isJson(value)) batch.push({ type: 'put', key, value });
      if (batch.length >= RESCUE_BATCH) await write();
    }
  } finally {
    await source.close();
  }
  if (batch.length > 0) await write();
  return count;
}

/**
 * Iterates over the readable records of a damaged database. LevelDB skips damaged blocks and reports them at the end
 * instead of the records read in the same step, so each step reads one record.
 */
async function* readableRecords(database: Database): AsyncIterable<readonly [key: string, value: string]> {
  const iterator = database.iterator();
  try {
    for (let [entry] = await iterator.nextv(1); entry; [entry] = await iterator.nextv(1)) yield entry;
  } catch (error) {
    if (!isDamage(error)) throw error;
  } finally {
    await iterator.close();
  }
}

/** Whether a value is JSON. LevelDB does not check values unless their block is compressed. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
