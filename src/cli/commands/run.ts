import type { Command } from 'commander';
import type { Logger } from '../../agent/ops/logger.js';
import { formatProblem, type Problem } from '../../documents/problem.js';
import type { CommandIo } from '../command-io.js';
import { type ConfigFlags, sourcesFrom, warningWriter, withConfigFlags } from '../config-flags.js';
import { EXIT } from '../exit-codes.js';
import { logIgnoredSignals, ProcessSignals } from '../process-signals.js';

type Flags = ConfigFlags & { readonly logLevel?: string };

const EXAMPLES = `
Examples:
  twx-iothub run --config agent.yaml
  twx-iothub run --config agent.yaml --config site.yaml --log-level debug
  TWX_IOTHUB__THINGWORX__APPKEY=... twx-iothub run --config agent.yaml

It logs JSON lines to stdout and shuts down gracefully, with exit status 0, on SIGTERM or SIGINT; a second signal ends it
immediately. SIGHUP, SIGUSR1 and SIGUSR2 are logged and have no other effect.`;

/** How long the exit may wait for the last log lines to be written. */
const LAST_LINES_MS = 500;

/** `run`: runs the agent until a signal stops it. */
export function registerRun(program: Command, io: CommandIo): void {
  withConfigFlags(program.command('run').description('run the agent until SIGTERM or SIGINT'))
    .option('--log-level <level>', 'trace, debug, info, warn, error or fatal; overrides the configuration')
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) => run(io, flags));
}

async function run(io: CommandIo, flags: Flags): Promise<void> {
  const signals = new ProcessSignals();
  let log: Logger | undefined;
  try {
    const level = flags.logLevel === undefined ? [] : [`log.level=${flags.logLevel}`];
    const { loadAgentConfig } = await import('../../agent/config/load.js');
    const warnings: Problem[] = [];
    const sources = sourcesFrom({ ...flags, set: [...flags.set, ...level] }, io);
    const config = await loadAgentConfig(sources, (warning) => warnings.push(warning));
    const { createAgent } = await import('../../agent/agent.js');
    const agent = createAgent(config);
    log = agent.log;
    watchDefects(log);
    logIgnoredSignals(signals, log);
    // People who start the command by hand read the terminal; operators of the service read the log.
    warnings.forEach(warningWriter(io));
    for (const warning of warnings) {
      agent.log.warn({ warning: formatProblem(warning) }, 'the configuration works but should be changed');
    }
    await agent.start();
    const signal = await signals.first();
    agent.log.info({ signal }, 'agent is stopping');
    await agent.stop();
    await log.output?.flush(LAST_LINES_MS);
    io.exit(EXIT.done);
    // Open handles must not keep the process alive.
    setTimeout(() => process.exit(EXIT.done), 100).unref();
  } finally {
    if (log) signals.release();
    else signals.dispose();
  }
}

/**
 * Logs uncaught errors. After an uncaught exception the state is uncertain, so the process exits. An error while logging
 * must not be reported here again.
 */
function watchDefects(log: Logger): void {
  const report = (error: unknown, message: string): void => {
    try {
      log.error({ err: error }, message);
    } catch {
      log.error({}, message);
    }
  };
  process.on('exit', () => log.output?.flushSync());
  process.on('unhandledRejection', (error) => report(error, 'unhandled rejection (a defect); the agent continues'));
  process.on('uncaughtException', (error) => {
    try {
      report(error, 'uncaught exception (a defect); the agent exits');
    } finally {
      process.exit(EXIT.failed);
    }
  });
}
