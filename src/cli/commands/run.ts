import type { Command } from 'commander';
import type { Log } from '../../core/log.js';
import { formatProblem, type Problem } from '../../documents/problem.js';
import type { CommandIo } from '../command-io.js';
import { type ConfigFlags, sourcesFrom, warningWriter, withConfigFlags } from '../config-flags.js';
import { EndSignals } from '../end-signals.js';
import { EXIT } from '../exit-codes.js';

type Flags = ConfigFlags & { readonly logLevel?: string };

const EXAMPLES = `
Examples:
  twx-iothub run --config agent.yaml
  twx-iothub run --config agent.yaml --config site.yaml --log-level debug
  TWX_IOTHUB__THINGWORX__APPKEY=... twx-iothub run --config agent.yaml

It logs JSON lines to stdout, and ends in good order, with exit status 0, on SIGTERM or SIGINT; a second signal ends it
at once.`;

/** `run`: the agent, until it is told to end. */
export function registerRun(program: Command, io: CommandIo): void {
  withConfigFlags(program.command('run').description('run the agent until SIGTERM or SIGINT'))
    .option('--log-level <level>', 'trace, debug, info, warn, error or fatal, over the configuration')
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) => run(io, flags));
}

async function run(io: CommandIo, flags: Flags): Promise<void> {
  const signals = new EndSignals();
  try {
    const level = flags.logLevel === undefined ? [] : [`log.level=${flags.logLevel}`];
    const { loadAgentConfig } = await import('../../agent/config/load.js');
    const warnings: Problem[] = [];
    const sources = sourcesFrom({ ...flags, set: [...flags.set, ...level] }, io);
    const config = await loadAgentConfig(sources, (warning) => warnings.push(warning));
    const { createAgent } = await import('../../agent/agent.js');
    const agent = createAgent(config);
    watchDefects(agent.log);
    // Whoever starts the command by hand looks at the terminal, whoever runs the service at the log.
    warnings.forEach(warningWriter(io));
    for (const warning of warnings) agent.log.warn({}, `configuration: ${formatProblem(warning)}`);
    await agent.start();
    const signal = await signals.first();
    agent.log.info({ signal }, 'agent stops');
    await agent.stop();
    io.exit(EXIT.done);
    // Nothing that is still open may keep the process from ending.
    setTimeout(() => process.exit(EXIT.done), 100).unref();
  } finally {
    signals.dispose();
  }
}

/** What nobody caught goes into the log; after an exception the state is not sure any more, and the process ends. */
function watchDefects(log: Log): void {
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a defect; the agent goes on'));
  process.on('uncaughtException', (error) => {
    log.error({ err: error }, 'a defect; the agent ends');
    process.exit(EXIT.failed);
  });
}
