import type { Command } from 'commander';
import type { Explanation } from '../../agent/config/explain.js';
import type { Origin, Problem } from '../../documents/problem.js';
import type { CommandIo } from '../command-io.js';
import { type ConfigFlags, outputOption, sourcesFrom, warningWriter, withConfigFlags } from '../config-flags.js';
import { EXIT } from '../exit-codes.js';
import { UsageError } from '../failure.js';
import { type OutputFormat, printJson, printLine } from '../output.js';

type Flags = ConfigFlags & { readonly output: OutputFormat };

const EXAMPLES = `
Examples:
  twx-iothub config example > agent.yaml
  twx-iothub config validate --config agent.yaml
  twx-iothub config print --config agent.yaml --config site.yaml
  twx-iothub config explain log.level --config agent.yaml`;

/** `config validate|print|explain|schema|example`. */
export function registerConfig(program: Command, io: CommandIo): void {
  const config = program
    .command('config')
    .description('check, print and explain a configuration')
    .addHelpText('after', EXAMPLES);
  withFiles(config.command('validate').description('report all errors at once')).action(
    (files: string[], flags: Flags) => validate(io, files, flags),
  );
  withFiles(
    config.command('print').description('print the effective configuration, with defaults, secrets masked'),
  ).action((files: string[], flags: Flags) => print(io, files, flags));
  const explain = config.command('explain').description('show where the value of a key comes from');
  withFiles(explain.argument('<key>', 'for example log.level or iothubs.main.tier')).action(
    (key: string, files: string[], flags: Flags) => explainOne(io, key, files, flags),
  );
  config
    .command('schema')
    .description('print the JSON Schema of a configuration file')
    .action(async () => {
      const { configurationJsonSchema } = await import('../../agent/config/key-table.js');
      printJson(io, configurationJsonSchema());
    });
  config
    .command('example')
    .description('print an example with every key')
    .action(async () => {
      const { exampleConfiguration } = await import('../../agent/config/example.js');
      io.stdout.write(exampleConfiguration());
    });
}

const withFiles = (command: Command): Command =>
  withConfigFlags(command.argument('[files...]', 'more configuration files')).addOption(outputOption());

async function validate(io: CommandIo, files: readonly string[], flags: Flags): Promise<void> {
  const { configurationInvalid, loadConfiguration } = await import('../../agent/config/load.js');
  const result = await loadConfiguration(sourcesFrom(flags, io, files));
  const warnings = result.warnings.map(problemJson);
  if (flags.output === 'json') {
    printJson(io, { valid: result.ok, problems: result.ok ? [] : result.problems.map(problemJson), warnings });
    io.exit(result.ok ? EXIT.done : EXIT.configuration);
    return;
  }
  result.warnings.forEach(warningWriter(io));
  if (result.ok) {
    io.stderr.write('The configuration is valid.\n');
  } else {
    throw configurationInvalid(result.problems);
  }
}

function problemJson({ origin, path, message, hint }: Problem): Record<string, unknown> {
  return { ...origin, path: path.join('.'), message, hint };
}

async function print(io: CommandIo, files: readonly string[], flags: Flags): Promise<void> {
  const { configurationInvalid, loadConfiguration } = await import('../../agent/config/load.js');
  const { maskSecrets } = await import('../../agent/config/mask.js');
  const result = await loadConfiguration(sourcesFrom(flags, io, files));
  result.warnings.forEach(warningWriter(io));
  if (!result.ok) throw configurationInvalid(result.problems);
  const masked = maskSecrets(result.effective);
  if (flags.output === 'json') printJson(io, masked);
  else io.stdout.write((await import('../../documents/yaml-text.js')).toYaml(masked));
}

async function explainOne(io: CommandIo, key: string, files: readonly string[], flags: Flags): Promise<void> {
  const { configurationInvalid, readConfiguration } = await import('../../agent/config/load.js');
  const { explainKey, knownKeys } = await import('../../agent/config/explain.js');
  const { nearMiss } = await import('../../documents/near-miss.js');
  const { layered, problems, warnings } = await readConfiguration(sourcesFrom(flags, io, files));
  warnings.forEach(warningWriter(io));
  const explanations = explainKey(key, layered);
  if (!explanations) {
    const meant = nearMiss(key, knownKeys());
    throw new UsageError(`unknown key ${key}${meant ? `; did you mean ${meant}?` : ''}`);
  }
  if (problems.length > 0) throw configurationInvalid(problems);
  if (flags.output === 'json') printJson(io, explanations.length === 1 ? explanations[0] : explanations);
  else for (const explanation of explanations) printLine(io, explanationText(explanation));
}

function explanationText({ key, value, source, origin, overruled }: Explanation): string {
  const assignment = value === undefined ? `${key} is not set` : `${key} = ${JSON.stringify(value)}`;
  const from = origin ? originText(origin) : source === 'default' ? 'the default' : 'no value, no default';
  const others = overruled.length === 0 ? '' : `, overrides ${overruled.map(originText).join(', ')}`;
  return `${assignment}  (${source === 'none' ? '' : 'from '}${from}${others})`;
}

const originText = ({ source, line, column }: Origin): string =>
  line === undefined ? source : `${source}:${line}:${column}`;
