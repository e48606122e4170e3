import type { CommandIo } from '../command-io.js';
import { UsageError } from '../failure.js';
import { type ConnectionFlags, withClient } from '../invoke/run-invoke.js';
import { type OutputFormat, printJson, printLine } from '../output.js';
import { type DeviceFilter, devicePages, findRollouts, getRollout } from './calls.js';
import { type DeviceFormat, printDevices } from './device-output.js';
import { rolloutDetails, rolloutList } from './rollout-text.js';
import { watchRollout } from './watch.js';

export interface RolloutFlags extends ConnectionFlags {
  readonly output: OutputFormat;
}

export interface ListFlags extends RolloutFlags {
  readonly state?: string;
  readonly max: string;
}

export interface DeviceFlags extends ConnectionFlags {
  readonly output: DeviceFormat;
  readonly state?: string;
  readonly batch?: string;
}

/** Prints the roll-outs of a Thing's hub, newest first. */
export async function listRollouts(io: CommandIo, flags: ListFlags): Promise<void> {
  const maxItems = countOf('--max', flags.max);
  const filter = { maxItems, ...(flags.state === undefined ? {} : { state: flags.state }) };
  await withClient(io, flags, async (guarded, client) => {
    const table = await findRollouts({ client, thing: flags.thing }, filter);
    if (flags.output === 'json') printJson(guarded, table.rows);
    else printLine(guarded, rolloutList(table));
  });
}

/** Prints one roll-out with its batches, failures and history. */
export async function showRollout(io: CommandIo, rolloutId: string, flags: RolloutFlags): Promise<void> {
  await withClient(io, flags, async (guarded, client) => {
    const table = await getRollout({ client, thing: flags.thing, rolloutId });
    if (flags.output === 'json') printJson(guarded, table.rows[0]);
    else printLine(guarded, rolloutDetails(table));
  });
}

/** Follows a roll-out until it has ended or pauses. */
export async function watchOne(io: CommandIo, rolloutId: string, flags: RolloutFlags): Promise<void> {
  await withClient(io, flags, (guarded, client) =>
    watchRollout(guarded, { client, thing: flags.thing, rolloutId }, flags.output),
  );
}

/** Prints all devices of a roll-out. */
export async function listDevices(io: CommandIo, rolloutId: string, flags: DeviceFlags): Promise<void> {
  const filter: DeviceFilter = {
    ...(flags.state === undefined ? {} : { state: flags.state }),
    ...(flags.batch === undefined ? {} : { batch: countOf('--batch', flags.batch) }),
  };
  await withClient(io, flags, (guarded, client) =>
    printDevices(guarded, devicePages({ client, thing: flags.thing, rolloutId }, filter), flags.output),
  );
}

function countOf(flag: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new UsageError(`${flag} must be a whole number of at least 1; it is "${text}"`);
  return Number(text);
}
