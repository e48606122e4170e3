import { type Command, Option } from 'commander';
import { printable } from '../../core/printable.js';
import type { BuiltFiles } from '../../wrappers/build.js';
import type { WritePlan } from '../../wrappers/output/plan.js';
import type { CommandIo } from '../command-io.js';
import { EXIT } from '../exit-codes.js';
import { omitUndefined } from '../../core/objects.js';

interface BuildFlags {
  readonly out: string;
  readonly force?: boolean;
  readonly editable?: boolean;
  readonly readOnly?: boolean;
  readonly payloadType: 'json' | 'infotable' | 'string';
  readonly hubService?: string;
  readonly hubTwinService?: string;
  readonly hubRolloutService?: string;
}

/** `twx-iothub wrappers init | build | check | from-dtdl`. */
export function registerWrappers(program: Command, io: CommandIo): void {
  const wrappers = program
    .command('wrappers')
    .description('generate typed ThingWorx services from a description of direct methods and twin updates');
  registerInit(wrappers, io);
  registerBuild(wrappers, io);
  registerCheck(wrappers, io);
  registerFromDtdl(wrappers, io);
}

function registerInit(wrappers: Command, io: CommandIo): void {
  wrappers
    .command('init')
    .argument('[file]', 'file to write', 'wrappers.yaml')
    .description('write a commented example; an existing file is never overwritten')
    .addHelpText('after', '\nExample:\n  $ twx-iothub wrappers init wrappers.yaml')
    .action(async (file: string) => {
      const { EXAMPLE_DESCRIPTION } = await import('../../wrappers/init.js');
      await writeNew(file, EXAMPLE_DESCRIPTION, io);
    });
}

const withBuildFlags = (command: Command): Command =>
  command
    .argument('<file...>', 'descriptions, YAML or JSON')
    .requiredOption('--out <dir>', 'output folder, in which each bundle has a folder of its own')
    .addOption(
      new Option('--editable', 'the entities of the extension can be changed in Composer').conflicts('readOnly'),
    )
    .option('--read-only', 'the entities of the extension cannot be changed in Composer (default)')
    .addOption(
      new Option('--payload-type <type>', 'base type in which the hub service accepts the payload of a method')
        .choices(['json', 'infotable', 'string'])
        .default('json'),
    )
    .option('--hub-service <name>', 'service that schedules direct methods; default: the one of the agent')
    .option('--hub-twin-service <name>', 'service that schedules twin updates; default: the one of the agent')
    .option('--hub-rollout-service <name>', 'service that starts roll-outs; default: the one of the agent');

function registerBuild(wrappers: Command, io: CommandIo): void {
  withBuildFlags(wrappers.command('build'))
    .option(
      '--force',
      'write into a folder that contains other files; overwrites those with the same names, removes none',
    )
    .description('write the files that ThingWorx imports and those for developers of apps and devices')
    .addHelpText('after', '\nExample:\n  $ twx-iothub wrappers build wrappers.yaml --out build')
    .action((files: string[], flags: BuildFlags) =>
      reporting(io, async () => {
        const { planBundle } = await import('../../wrappers/output/plan.js');
        const { writeBundle } = await import('../../wrappers/output/write.js');
        const bundles = await buildAll(files, flags);
        const planned: { readonly plan: WritePlan; readonly built: BuiltFiles }[] = [];
        for (const { name, built } of bundles) {
          planned.push({ built, plan: await planBundle(flags.out, name, built, flags.force ?? false) });
        }
        for (const { plan, built } of planned) {
          const { written, removed } = await writeBundle(flags.out, plan, built);
          const name = plan.bundleName;
          io.stderr.write(`${name}: ${built.size} files, ${written} written, ${removed.length} removed\n`);
          for (const other of plan.leftAlone)
            io.stderr.write(`${name}/${printable(other)}: not written by a build, left unchanged\n`);
        }
      }),
    );
}

function registerCheck(wrappers: Command, io: CommandIo): void {
  withBuildFlags(wrappers.command('check'))
    .description('compare a folder with what build would write; lists the files that differ and exits with 1')
    .addHelpText('after', '\nExample:\n  $ twx-iothub wrappers check wrappers.yaml --out build')
    .action((files: string[], flags: BuildFlags) =>
      reporting(io, async () => {
        const { findDrift } = await import('../../wrappers/output/drift.js');
        for (const { name, built } of await buildAll(files, flags)) {
          const drift = await findDrift(flags.out, name, built);
          const lines = [
            ...drift.missing.map((file) => `missing: ${file}`),
            ...drift.different.map((file) => `differs: ${file}`),
            ...drift.stale.map((file) => `stale: ${file}`),
          ];
          for (const line of lines) io.stdout.write(`${printable(line)}\n`);
          if (lines.length > 0) io.exit(EXIT.failed);
        }
      }),
    );
}

function registerFromDtdl(wrappers: Command, io: CommandIo): void {
  wrappers
    .command('from-dtdl')
    .argument('<model>', 'a DTDL interface of version 2 or 3, as JSON')
    .option('--out <file>', 'write to this file instead of stdout; an existing file is never overwritten')
    .description('generate a description from a device model; reports the parts without a counterpart')
    .addHelpText('after', '\nExample:\n  $ twx-iothub wrappers from-dtdl thermostat.json --out wrappers.yaml')
    .action((model: string, flags: { readonly out?: string }) =>
      reporting(io, async () => {
        const { descriptionFromDtdl } = await import('../../wrappers/dtdl/from-dtdl.js');
        const { text, notes } = await descriptionFromDtdl(model);
        for (const note of notes) io.stderr.write(`${printable(note)}\n`);
        if (flags.out === undefined) io.stdout.write(text);
        else await writeNew(flags.out, text, io);
      }),
    );
}

/** Reads everything before anything is written, so that an error in one file does not leave a partial build. */
async function buildAll(
  files: readonly string[],
  flags: BuildFlags,
): Promise<{ readonly name: string; readonly built: BuiltFiles }[]> {
  const { loadDescriptions } = await import('../../wrappers/read-descriptions.js');
  const { buildBundle } = await import('../../wrappers/build.js');
  const { payloadType, hubService, hubTwinService, hubRolloutService } = flags;
  const options = {
    isEditable: flags.editable ?? false,
    payloadType,
    ...omitUndefined({ hubService, hubTwinService, hubRolloutService }),
  };
  const loaded = await loadDescriptions(files);
  return loaded.map(({ description }) => ({ name: description.bundle.name, built: buildBundle(description, options) }));
}

/** Reports folders and files that cannot be written as errors with status 1, because they are not defects. */
async function reporting(io: CommandIo, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { OutputRefused } = await import('../../wrappers/output/plan.js');
    if (!isSystemError(error) && !(error instanceof OutputRefused)) throw error;
    const { writeFailure } = await import('../../core/write-files.js');
    const text = isSystemError(error)
      ? `${error.path} cannot be written: ${writeFailure(error.path ?? '', error)}`
      : error.message;
    for (const line of text.split('\n')) io.stderr.write(`error: ${printable(line)}\n`);
    io.exit(EXIT.failed);
  }
}

/** Whether a system call failed; such errors name it. */
const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  typeof error === 'object' && error !== null && 'syscall' in error;

async function writeNew(file: string, text: string, io: CommandIo): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  try {
    await writeFile(file, text, { flag: 'wx' });
    io.stderr.write(`${file} written\n`);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const { writeFailure } = await import('../../core/write-files.js');
    io.stderr.write(`error: ${printable(`${file} cannot be written: ${writeFailure(file, error)}`)}\n`);
    io.exit(EXIT.failed);
  }
}
