import { type Command, Option } from 'commander';
import type { ConfigurationSources } from '../agent/config/load.js';
import { formatProblem, type Problem } from '../documents/problem.js';
import type { CommandIo } from './command-io.js';
import { OUTPUT_FORMATS } from './output.js';

/** Flags of every command that reads the agent's configuration. */
export interface ConfigFlags {
  readonly config: readonly string[];
  readonly set: readonly string[];
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Adds `--config FILE` (repeatable, later files win) and `--set key=value`. */
export function withConfigFlags(command: Command, presence: 'required' | 'optional' = 'required'): Command {
  const config = new Option(
    '-c, --config <file>',
    'configuration file, YAML or JSON; can be repeated, later files win',
  );
  config.argParser(collect);
  if (presence === 'required') config.makeOptionMandatory();
  else config.default([]);
  return command
    .addOption(config)
    .addOption(
      new Option('--set <key=value>', 'set a key; overrides files and environment').argParser(collect).default([]),
    );
}

/** `--output text|json`. */
export const outputOption = (): Option =>
  new Option('-o, --output <format>', 'output format').choices(OUTPUT_FORMATS).default('text');

/** Writes a warning about the configuration to stderr. */
export const warningWriter =
  (io: CommandIo) =>
  (warning: Problem): void =>
    void io.stderr.write(`warning: ${formatProblem(warning)}\n`);

/** The configuration sources that the flags and the environment name. */
export function sourcesFrom(
  flags: ConfigFlags,
  io: CommandIo,
  moreFiles: readonly string[] = [],
): ConfigurationSources {
  return { files: [...flags.config, ...moreFiles], environment: io.env, settings: flags.set };
}
