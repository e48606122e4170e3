import type { Command } from 'commander';
import type { CheckStep, Verdict } from '../../agent/check/step.js';
import { printable } from '../../core/printable.js';
import type { CommandIo } from '../command-io.js';
import { type ConfigFlags, outputOption, sourcesFrom, warningWriter, withConfigFlags } from '../config-flags.js';
import { EXIT } from '../exit-codes.js';
import { guardSecrets } from '../guarded-io.js';
import { type OutputFormat, type Paint, paintFor, printJson, printLine } from '../output.js';

type Flags = ConfigFlags & { readonly output: OutputFormat };

const EXAMPLES = `
Examples:
  twx-iothub check --config agent.yaml
  twx-iothub check --config agent.yaml --output json

It changes nothing at either end, but binds the Things for a moment. Exit status: 0 if no step fails (there may be
warnings), 69 if a step fails, 78 if the configuration is invalid.`;

/** `check`: a smoke test of a real installation. */
export function registerCheck(program: Command, io: CommandIo): void {
  withConfigFlags(program.command('check').description('test the connections to ThingWorx and the hubs, step by step'))
    .addOption(outputOption())
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) => check(io, flags, paintFor(io, program.opts())));
}

async function check(io: CommandIo, flags: Flags, paint: Paint): Promise<void> {
  const { loadAgentConfig } = await import('../../agent/config/load.js');
  const config = await loadAgentConfig(sourcesFrom(flags, io), warningWriter(io));
  const { checkInstallation } = await import('../../agent/check/check.js');
  const { secretsOf } = await import('../../agent/secrets.js');
  const isText = flags.output === 'text';
  await guardSecrets(io, secretsOf(config), async (guarded) => {
    const steps = await checkInstallation(config, (step) => {
      if (isText) printLine(guarded, stepText(step, paint));
    });
    const failed = steps.filter(({ verdict }) => verdict === 'failed').length;
    const warnings = steps.filter(({ verdict }) => verdict === 'warning').length;
    if (isText) printLine(guarded, summary(failed, warnings));
    else printJson(guarded, { ok: failed === 0, failed, warnings, steps });
    guarded.exit(failed === 0 ? EXIT.done : EXIT.unreachable);
  });
}

const LABELS: Readonly<Record<Verdict, readonly [label: string, colour: Parameters<Paint>[0]]>> = {
  ok: ['ok     ', 'green'],
  warning: ['warning', 'yellow'],
  failed: ['FAILED ', 'red'],
  skipped: ['skipped', 'dim'],
};

function stepText({ end, step, verdict, detail, remedy }: CheckStep, paint: Paint): string {
  const [label, colour] = LABELS[verdict];
  const line = `${paint(colour, label)}  ${printable(`${end}: ${step}: ${detail}`)}`;
  return remedy === undefined ? line : `${line}\n         -> ${printable(remedy)}`;
}

function summary(failed: number, warnings: number): string {
  if (failed > 0) return `\n${failed} step${failed === 1 ? '' : 's'} failed.`;
  return warnings > 0 ? `\nNo step failed; ${warnings} warning${warnings === 1 ? '' : 's'}.` : '\nNo step failed.';
}
