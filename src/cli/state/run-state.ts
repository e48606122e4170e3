import { AgentError } from '../../core/errors.js';
import type { Store, StoreChange } from '../../store/store.js';
import type { CommandIo } from '../command-io.js';
import { formatTable, type OutputFormat, printJson, printLine } from '../output.js';
import { type OpenPlace, openPlace } from './place.js';

export interface InfoFlags {
  readonly from: string;
  readonly schema: string;
  readonly output: OutputFormat;
}

export interface CopyFlags {
  readonly from: string;
  readonly to: string;
  readonly schema: string;
}

const COPIED_AT_ONCE = 200;
/** The version of the form in which a folder holds the state. */
const FOLDER_VERSION = 1;

/** Copies every entry and compares the counts. */
export async function copyState(io: CommandIo, { from, to, schema }: CopyFlags): Promise<void> {
  await using(await openPlace(io, from, { schema, mayCreate: false }), async (source) => {
    await using(await openPlace(io, to, { schema, mayCreate: true }), async (target) => {
      await requireEmpty(target);
      const copied = await copyAll(source.store, target.store);
      const found = total(await countsIn(target.store));
      if (found !== copied)
        throw new AgentError(
          'StateUnwritable',
          `${copied} entries were copied, but ${target.name} holds ${found}; make it empty and copy again`,
        );
      printLine(io, `copied ${copied} entries from ${source.name} to ${target.name}`);
    });
  });
}

/** Prints what a place holds. */
export async function showState(io: CommandIo, { from, schema, output }: InfoFlags): Promise<void> {
  await using(await openPlace(io, from, { schema, mayCreate: false }), async (place) => {
    const info = await infoOf(place);
    if (output === 'json') printJson(io, info);
    else printLine(io, textOf(info));
  });
}

interface StateInfo {
  readonly place: string;
  readonly version: number;
  readonly entryCount: number;
  readonly entries: readonly { readonly kind: string; readonly count: number }[];
  readonly leases: readonly {
    readonly name: string;
    readonly holder: string;
    readonly token: number;
    readonly expiresInSeconds: number;
  }[];
  readonly agents: readonly {
    readonly name: string;
    readonly version: string;
    readonly address: string;
    readonly expiresInSeconds: number;
  }[];
}

async function infoOf({ name, store, database }: OpenPlace): Promise<StateInfo> {
  const entries = database ? await database.counts() : await countsIn(store);
  const view = await database?.look();
  const seconds = (ms: number): number => Math.round(ms / 100) / 10;
  return {
    place: name,
    version: database?.schemaVersion ?? FOLDER_VERSION,
    entryCount: total(entries),
    entries,
    leases: (view?.leases ?? []).map(({ name: lease, holder, token, expiresInMs }) => ({
      name: lease,
      holder,
      token,
      expiresInSeconds: seconds(expiresInMs),
    })),
    agents: (view?.agents ?? []).map(({ name: agent, version, address, expiresInMs }) => ({
      name: agent,
      version,
      address,
      expiresInSeconds: seconds(expiresInMs),
    })),
  };
}

function textOf({ place, version, entryCount, entries, leases, agents }: StateInfo): string {
  const rows = (list: readonly object[]): string[][] => list.map((row) => Object.values(row).map(String));
  return [
    `${place}: version ${version}, ${entryCount} ${entryCount === 1 ? 'entry' : 'entries'}`,
    ...(entries.length > 0 ? ['', formatTable(['kind', 'count'], rows(entries))] : []),
    ...(leases.length > 0 ? ['', formatTable(['lease', 'holder', 'token', 'expires in s'], rows(leases))] : []),
    ...(agents.length > 0 ? ['', formatTable(['agent', 'version', 'address', 'expires in s'], rows(agents))] : []),
  ].join('\n');
}

async function requireEmpty({ name, store }: OpenPlace): Promise<void> {
  for await (const [key] of store.entries({ limit: 1 }))
    throw new AgentError(
      'StateUnwritable',
      `${name} is not empty: it holds ${key.split('/')[0]} entries; choose an empty place`,
    );
}

async function copyAll(source: Store, target: Store): Promise<number> {
  let count = 0;
  let changes: StoreChange[] = [];
  const write = async (): Promise<void> => {
    await target.batch(changes);
    count += changes.length;
    changes = [];
  };
  for await (const [key, value] of source.entries()) {
    changes.push({ type: 'put', key, value });
    if (changes.length === COPIED_AT_ONCE) await write();
  }
  if (changes.length > 0) await write();
  return count;
}

/** Counts the entries by the first part of their keys. */
async function countsIn(store: Store): Promise<{ readonly kind: string; readonly count: number }[]> {
  const counts = new Map<string, number>();
  for await (const [key] of store.entries()) {
    const kind = key.split('/')[0] ?? '';
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => ({ kind, count }));
}

const total = (counts: readonly { readonly count: number }[]): number =>
  counts.reduce((sum, { count }) => sum + count, 0);

/** Closes the place whatever happens. */
async function using(place: OpenPlace, run: (place: OpenPlace) => Promise<void>): Promise<void> {
  try {
    await run(place);
  } finally {
    await place.store.close();
  }
}
