import { type Command, Option } from 'commander';
import type { CatalogueEntry } from '../../agent/reference/service-catalogue.js';
import { printableLines } from '../../core/printable.js';
import type { CommandIo } from '../command-io.js';
import { type ConfigFlags, sourcesFrom, warningWriter, withConfigFlags } from '../config-flags.js';
import { printJson, printLine } from '../output.js';

type Flags = ConfigFlags & { readonly output: 'text' | 'json' | 'markdown' };

const EXAMPLES = `
Examples:
  twx-iothub services
  twx-iothub services --output json
  twx-iothub services --config agent.yaml     the services of this agent, including its wrappers`;

/** `services`: the catalogue. */
export function registerServices(program: Command, io: CommandIo): void {
  const output = new Option('-o, --output <format>', 'output format').choices(['text', 'json', 'markdown']);
  withConfigFlags(program.command('services').description('list the remote services'), 'optional')
    .addOption(output.default('text'))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => {
      const catalogue = await readCatalogue(flags, io);
      if (flags.output === 'json') printJson(io, catalogue);
      else if (flags.output === 'markdown') io.stdout.write(printableLines(await markdown(catalogue)));
      else for (const entry of catalogue) printLine(io, printableLines(entryText(entry)));
    });
}

async function readCatalogue(flags: ConfigFlags, io: CommandIo): Promise<CatalogueEntry[]> {
  const { serviceCatalogue } = await import('../../agent/reference/service-catalogue.js');
  if (flags.config.length === 0) return serviceCatalogue();
  const { loadAgentConfig } = await import('../../agent/config/load.js');
  const config = await loadAgentConfig(sourcesFrom(flags, io), warningWriter(io));
  const { wrapperDefinitions } = await import('../../agent/things.js');
  return serviceCatalogue(config.services, await wrapperDefinitions(config.wrappers));
}

async function markdown(catalogue: readonly CatalogueEntry[]): Promise<string> {
  const { servicesPage } = await import('../../agent/reference/service-catalogue.js');
  return servicesPage(catalogue);
}

function entryText({ name, shortName, description, parameters, result }: CatalogueEntry): string {
  const shape = result.dataShape ? ` of ${result.dataShape.name}` : '';
  const width = Math.max(0, ...parameters.map((parameter) => parameter.name.length));
  return [
    `${name}${shortName === undefined ? '' : `  (${shortName})`} -> ${result.baseType}${shape}`,
    `    ${description}`,
    ...parameters.map(
      (parameter) =>
        `    ${parameter.name.padEnd(width)}  ${parameter.baseType}${parameter.required ? ', required' : ''}  ${parameter.description}`,
    ),
    '',
  ].join('\n');
}
