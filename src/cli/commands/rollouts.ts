import { type Command, Option } from 'commander';
import type { CommandIo } from '../command-io.js';
import { outputOption } from '../config-flags.js';
import type { DeviceFlags, ListFlags, RolloutFlags } from '../rollouts/run-rollouts.js';
import { addConnectionOptions } from './invoke.js';

const EXAMPLES = `
Examples:
  twx-iothub rollouts list --state running
  twx-iothub rollouts watch firmware-7
  twx-iothub rollouts devices firmware-7 --output csv > firmware-7.csv
  twx-iothub invoke PauseRollout --param rolloutId=firmware-7

These commands only read. To change a roll-out, call its services with invoke, whose options and variables for the connection
also apply here. The exit status of watch is 0 only if the outcome is succeeded; if the roll-out pauses, it is 1.`;

/** `rollouts list|show|watch|devices`: reads roll-outs over the REST API of ThingWorx. */
export function registerRollouts(program: Command, io: CommandIo): void {
  const rollouts = program
    .command('rollouts')
    .description('list, show and follow the roll-outs of a Thing')
    .addHelpText('after', EXAMPLES);
  const command = (name: string, description: string): Command =>
    addConnectionOptions(rollouts.command(name).description(description));
  command('list', 'list roll-outs, newest first')
    .option('--state <state>', 'only those in this state')
    .option('--max <n>', 'maximum number of roll-outs', '100')
    .addOption(outputOption())
    .action(async (flags: ListFlags) => await (await actions()).listRollouts(io, flags));
  command('show', 'show a roll-out with its batches, failures and history')
    .argument('<id>', 'id of the roll-out')
    .addOption(outputOption())
    .action(async (id: string, flags: RolloutFlags) => await (await actions()).showRollout(io, id, flags));
  command('watch', 'follow a roll-out until it has ended or pauses')
    .argument('<id>', 'id of the roll-out')
    .addOption(outputOption())
    .action(async (id: string, flags: RolloutFlags) => await (await actions()).watchOne(io, id, flags));
  command('devices', 'list the devices of a roll-out')
    .argument('<id>', 'id of the roll-out')
    .option('--state <state>', 'only those in this state')
    .option('--batch <n>', 'only those of this batch')
    .addOption(new Option('-o, --output <format>', 'output format').choices(['text', 'json', 'csv']).default('text'))
    .action(async (id: string, flags: DeviceFlags) => await (await actions()).listDevices(io, id, flags));
}

const actions = () => import('../rollouts/run-rollouts.js');
