import { Command, CommanderError } from 'commander';
import { packageVersion } from '../agent/version.js';
import type { CommandIo } from './command-io.js';
import { registerCheck } from './commands/check.js';
import { registerConfig } from './commands/config.js';
import { registerFrames } from './commands/frames.js';
import { registerInvoke } from './commands/invoke.js';
import { registerRollouts } from './commands/rollouts.js';
import { registerRun } from './commands/run.js';
import { registerSandbox } from './commands/sandbox.js';
import { registerServices } from './commands/services.js';
import { registerState } from './commands/state.js';
import { registerWrappers } from './commands/wrappers.js';
import { EXIT } from './exit-codes.js';
import { reportFailure } from './failure.js';

const REGISTRATIONS = [
  registerRun,
  registerSandbox,
  registerCheck,
  registerConfig,
  registerServices,
  registerInvoke,
  registerRollouts,
  registerState,
  registerWrappers,
  registerFrames,
];

const EXAMPLES = `
Examples:
  twx-iothub sandbox                        everything on this machine, with no cloud
  twx-iothub config example > agent.yaml    a configuration to start from
  twx-iothub check --config agent.yaml      whether both ends are reachable and all rights are granted
  twx-iothub run --config agent.yaml        runs the agent

Exit status: 0 success, 1 failure, 2 incorrect usage, 69 an end is unreachable, 78 invalid configuration.`;

/** Creates the command with all subcommands; each loads what it needs when it runs. */
export function buildProgram(io: CommandIo): Command {
  const program = new Command('twx-iothub')
    .description('Azure IoT Hub device jobs as ThingWorx remote services, and a sandbox for both ends.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--no-color', 'disable colours (so does the variable NO_COLOR)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(text),
    })
    .showHelpAfterError('(--help shows the options)')
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  for (const register of REGISTRATIONS) register(program, io);
  return program;
}

/** Runs one command line (without node and script). Every failure results in a message on stderr and an exit status. */
export async function runCommand(args: readonly string[], io: CommandIo): Promise<void> {
  try {
    await buildProgram(io).parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) io.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
    else io.exit(reportFailure(error, io));
  }
}

/** The command as a process: `argv` is `process.argv`. */
export function main(argv: readonly string[]): void {
  // It is not a failure when the reader stops early (`| head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    throw error;
  });
  const io: CommandIo = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    isTerminal: process.stderr.isTTY,
    exit: (code) => {
      process.exitCode = code;
    },
  };
  void runCommand(argv.slice(2), io);
}
