import { type Command, Option } from 'commander';
import { flagHelp, flagNameOf, SANDBOX_FLAGS, type SandboxFlag } from '../../sandbox/flags.js';
import type { SandboxMode, SandboxOptions } from '../../sandbox/options.js';
import type { ReadyInfo } from '../../sandbox/ready-file.js';
import type { CommandIo } from '../command-io.js';
import { EXIT } from '../exit-codes.js';
import { printLine } from '../output.js';
import { logIgnoredSignal, ProcessSignals } from '../process-signals.js';

/** The texts that commander parsed; `readSandboxOptions` converts and checks them. */
interface Flags {
  readonly config?: string;
  readonly [name: string]: string | undefined;
}

const EXAMPLES = `
Examples:
  twx-iothub sandbox                                     both ends, the agent and 10 devices
  twx-iothub sandbox hub --hub-port 443                  an IoT Hub for programs on the Azure SDKs
  twx-iothub sandbox platform --app-key my-key           a ThingWorx for any edge client
  twx-iothub sandbox --light-devices 100000 --tier S1    a large fleet on a small hub

The sandbox is for development. docs/sandbox.md lists what it does and where it differs from the real services.`;

/** `sandbox [all|hub|platform]`: the local ThingWorx and IoT Hub, and in `all` the agent between them. */
export function registerSandbox(program: Command, io: CommandIo): void {
  const command = program
    .command('sandbox')
    .description('run a local ThingWorx, a local IoT Hub, simulated devices and the agent on this machine')
    .argument('[mode]', 'all, hub or platform', 'all')
    .option('--config <file>', 'YAML or JSON file with any of these options, the fleet and the local ThingWorx')
    .addHelpText('after', EXAMPLES);
  for (const [key, flag] of Object.entries<SandboxFlag>(SANDBOX_FLAGS)) {
    command.addOption(new Option(`${flagNameOf(key)} <${flag.value}>`, flagHelp(flag)));
  }
  command.action((mode: string, flags: Flags) => sandbox(io, mode, flags));
}

async function sandbox(io: CommandIo, mode: string, flags: Flags): Promise<void> {
  const signals = new ProcessSignals();
  try {
    const { readSandboxOptions, sandboxMode } = await import('../sandbox-options.js');
    const checkedMode = sandboxMode(mode);
    await run(io, signals, checkedMode, await readSandboxOptions(flags));
  } finally {
    signals.release();
  }
}

async function run(io: CommandIo, signals: ProcessSignals, mode: SandboxMode, options: SandboxOptions): Promise<void> {
  const { startSandbox } = await import('../../sandbox/sandbox.js');
  const { consoleKeyOf, startSandboxAgent } = await import('../sandbox-agent.js');
  const { createLogger } = await import('../../agent/ops/logger.js');
  const { LogOutput } = await import('../../agent/ops/log-output.js');
  const { openLogDevice } = await import('../../agent/ops/log-device.js');
  const consoleKey = consoleKeyOf(options);
  const secrets = [...(options.appKey === undefined ? [] : [options.appKey]), consoleKey];
  const sink = new LogOutput({ device: openLogDevice(2) });
  const log = createLogger({ level: 'warn', secrets, sink });
  process.on('exit', () => sink.flushSync());
  signals.onOther((signal) => logIgnoredSignal(log, signal));
  const running = await startSandbox(mode, options, { log });
  try {
    const agent = mode === 'all' ? await startSandboxAgent(running, { options, consoleKey, sink }) : undefined;
    await running.startDevices();
    const adminUrl = agent?.adminUrl;
    const info: ReadyInfo = {
      pid: process.pid,
      ...running.info,
      ...(adminUrl ? { agent: { adminUrl, consoleKey } } : {}),
    };
    const { writeReadyFile } = await import('../../sandbox/ready-file.js');
    if (options.readyFile !== undefined) await writeReadyFile(options.readyFile, info);
    for (const line of announcement(info, options)) printLine(io, line);
    await signals.first();
    await agent?.stop();
  } finally {
    await running.close();
  }
  io.exit(EXIT.done);
  // A handle that is still open must not keep the process from ending.
  setTimeout(() => process.exit(EXIT.done), 100).unref();
}

/** The lines that a user needs to get started. The keys open this sandbox only. */
function announcement({ thingworx, iothub, devices, agent }: ReadyInfo, options: SandboxOptions): string[] {
  return [
    ...(thingworx
      ? [`ThingWorx   ${thingworx.url}/Thingworx   Thing ${thingworx.thing}`, `app key     ${thingworx.appKey}`]
      : []),
    ...(iothub
      ? [
          `IoT Hub     https://${iothub.address}   MQTT ${iothub.mqttAddress}   CA ${iothub.caFile}`,
          `service     ${iothub.connectionString}`,
          `devices     ${devices?.length ?? 0} on the Azure SDK, ${options.lightDevices} inside the hub`,
        ]
      : []),
    ...(agent
      ? [
          `agent       ${agent.adminUrl}`,
          // The page signs in with the key; a fragment is not sent to any server.
          `console  ${agent.adminUrl}/#key=${encodeURIComponent(agent.consoleKey)}`,
        ]
      : []),
    'This is a stand-in for development, not the real services.',
    'The sandbox is ready. Stop it with Ctrl-C.',
  ];
}
