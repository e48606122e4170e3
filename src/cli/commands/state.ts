import type { Command } from 'commander';
import type { CommandIo } from '../command-io.js';
import { outputOption } from '../config-flags.js';
import type { CopyFlags, InfoFlags } from '../state/run-state.js';

const EXAMPLES = `
Examples:
  twx-iothub state info --from /var/lib/twx-iothub
  PGPASSWORD=... twx-iothub state copy --from /var/lib/twx-iothub --to postgres://twx@db.example.com/twx
  twx-iothub state copy --from @/etc/twx-iothub/database-url --to /var/backups/twx-iothub

A place is a folder (stateDir of an agent), the URL of a PostgreSQL database whose password is in PGPASSWORD, or @FILE for a
file that holds a URL. The place that is copied to must be empty. Stop the agents that use either place first.`;

/** `state copy|info`: the state of agents, in a folder or in a database. */
export function registerState(program: Command, io: CommandIo): void {
  const state = program
    .command('state')
    .description('copy the state of agents to another place, or show what is in it')
    .addHelpText('after', EXAMPLES);
  const command = (name: string, description: string): Command =>
    state
      .command(name)
      .description(description)
      .requiredOption('--from <place>', 'folder, URL of a database, or @FILE with a URL')
      .option('--schema <name>', 'schema in a database', 'twx_iothub');
  command('copy', 'copy everything to an empty place')
    .requiredOption('--to <place>', 'an empty folder or database')
    .action(async (flags: CopyFlags) => await (await actions()).copyState(io, flags));
  command('info', 'show version, entries, leases and agents')
    .addOption(outputOption())
    .action(async (flags: InfoFlags) => await (await actions()).showState(io, flags));
}

const actions = () => import('../state/run-state.js');
