import type { Command } from 'commander';
import type { Agent } from '../../agent/agent.js';
import type { Logger } from '../../agent/ops/logger.js';
import type { ServiceManager } from '../../agent/ops/service-manager.js';
import type { Reloader } from '../../agent/reload/reloader.js';
import { systemClock } from '../../core/clock.js';
import { printable } from '../../core/printable.js';
import { formatProblem } from '../../documents/problem.js';
import type { CommandIo } from '../command-io.js';
import { type ConfigFlags, sourcesFrom, warningWriter, withConfigFlags } from '../config-flags.js';
import { EXIT } from '../exit-codes.js';
import { logIgnoredSignal, ProcessSignals } from '../process-signals.js';

type Flags = ConfigFlags & { readonly logLevel?: string };

const EXAMPLES = `
Examples:
  twx-iothub run --config agent.yaml
  twx-iothub run --config agent.yaml --config site.yaml --log-level debug
  TWX_IOTHUB__THINGWORX__APPKEY=... twx-iothub run --config agent.yaml

It logs JSON lines to stdout and shuts down gracefully, with exit status 0, on SIGTERM or SIGINT; a second signal ends it
immediately. SIGHUP makes it read its configuration again and take over what can change while it runs; the log says what
needs a restart. SIGUSR2 sets the log level to debug for ten minutes. SIGUSR1 has no effect.`;

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
  let reloader: Reloader | undefined;
  let manager: ServiceManager | undefined;
  try {
    const level = flags.logLevel === undefined ? [] : [`log.level=${flags.logLevel}`];
    const { loadUsable } = await import('../../agent/config/load.js');
    const sources = sourcesFrom({ ...flags, set: [...flags.set, ...level] }, io);
    // People who start the command by hand read the terminal; operators of the service read the log.
    const loaded = await loadUsable(sources, warningWriter(io));
    const { createAgent } = await import('../../agent/agent.js');
    const agent = createAgent(loaded.config);
    log = agent.log;
    watchDefects(log);
    const { ServiceManager } = await import('../../agent/ops/service-manager.js');
    const { Reloader, WORKS_BUT } = await import('../../agent/reload/reloader.js');
    for (const warning of loaded.warnings) agent.log.warn({ warning: formatProblem(warning) }, WORKS_BUT);
    reloader = new Reloader({ agent, sources, loaded, clock: systemClock, log });
    await reloader.start();
    manager = new ServiceManager({ env: io.env, log, health: () => agent.health });
    await agent.start();
    void manager.ready();
    obey(signals, agent, reloader);
    const reason = await Promise.race([signals.first(), agent.failure]);
    const isFailure = typeof reason !== 'string';
    if (isFailure) agent.log.error({ err: reason }, `the agent must stop: ${reason.message}`);
    else agent.log.info({ signal: reason }, 'agent is stopping');
    void reloader.stop();
    void manager.stopping();
    await agent.stop();
    await log.output?.flush(LAST_LINES_MS);
    const status = isFailure ? EXIT.failed : EXIT.done;
    if (isFailure) io.stderr.write(`error: ${printable(reason.message)}\n`);
    io.exit(status);
    // Open handles must not keep the process alive.
    setTimeout(() => process.exit(status), 100).unref();
  } finally {
    void reloader?.stop();
    manager?.stop();
    if (log) signals.release();
    else signals.dispose();
  }
}

function obey(signals: ProcessSignals, agent: Agent, reloader: Reloader): void {
  signals.onOther((signal) => {
    if (signal === 'SIGUSR1') return logIgnoredSignal(agent.log, signal);
    agent.log.info({ signal }, 'signal received');
    if (signal === 'SIGHUP') void reloader.reload();
    else agent.debugForAWhile();
  });
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
