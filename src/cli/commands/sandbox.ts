import { type Command, Option } from 'commander';
import type { SandboxMode, SandboxOptions } from '../../sandbox/options.js';
import type { ReadyInfo } from '../../sandbox/ready-file.js';
import type { CommandIo } from '../command-io.js';
import { EXIT } from '../exit-codes.js';
import { printLine } from '../output.js';
import { logIgnoredSignals, ProcessSignals } from '../process-signals.js';

/** As commander gives them; numbers are checked by the schema of the options. */
interface Flags {
  readonly config?: string;
  readonly [name: string]: string | undefined;
}

const EXAMPLES = `
Examples:
  twx-iothub sandbox                                     both ends, the agent and 10 devices
  twx-iothub sandbox hub --hub-port 443                  an IoT Hub for programs on the Azure SDKs
  twx-iothub sandbox platform --app-key my-key           a ThingWorx for edges of any make
  twx-iothub sandbox --light-devices 100000 --tier S1    a large fleet on a small hub

It is a stand-in for development; docs/sandbox.md says what it does and where it differs from the real services.`;

/** `sandbox [all|hub|platform]`: the stand-ins for both ends, and in `all` the agent between them. */
export function registerSandbox(program: Command, io: CommandIo): void {
  const command = program
    .command('sandbox')
    .description('run a local ThingWorx, a local IoT Hub, simulated devices and the agent on this machine')
    .argument('[mode]', 'all, hub or platform', 'all')
    .option('--config <file>', 'YAML or JSON with any of these options, the fleet and the local ThingWorx')
    .addHelpText('after', EXAMPLES);
  for (const [flag, description] of OPTIONS) command.addOption(new Option(flag, description));
  command.action((mode: string, flags: Flags) => sandbox(io, mode, flags));
}

const OPTIONS: readonly (readonly [flag: string, description: string])[] = [
  ['--devices <n>', 'simulated devices on the Azure device SDK, 0 for none (default 10)'],
  ['--light-devices <n>', 'devices simulated inside the hub (default 0)'],
  ['--http-port <port>', 'ThingWorx: HTTP, REST and WebSocket; 0 for a free one (default 8080)'],
  ['--hub-port <port>', 'IoT Hub: service API and MQTT over WebSocket (default 8443)'],
  ['--mqtt-port <port>', 'IoT Hub: MQTT over TLS (default 8883)'],
  ['--host <address>', 'address to listen on (default 127.0.0.1)'],
  ['--hub-name <name>', "the hub's host name (default localhost)"],
  ['--tier <tier>', 'F1, S1, S2, S3 or unlimited (default unlimited)'],
  ['--units <n>', 'units of the tier (default 1)'],
  ['--latency <ms>', 'added to each answer of the service API (default 0)'],
  ['--state-dir <folder>', 'keep everything there (default: a temporary folder, removed at the end)'],
  ['--app-key <key>', 'application key of ThingWorx (default: made up, printed)'],
  ['--ready-file <file>', 'write addresses and keys there, as JSON, once everything listens'],
  ['--thing <name>', "the agent's RemoteThing (default AzureIotHub)"],
];

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
  const { startSandboxAgent } = await import('../sandbox-agent.js');
  const { createLogger } = await import('../../agent/ops/logger.js');
  const { LogOutput } = await import('../../agent/ops/log-output.js');
  const { openLogDevice } = await import('../../agent/ops/log-device.js');
  const secrets = options.appKey === undefined ? [] : [options.appKey];
  const sink = new LogOutput({ device: openLogDevice(2) });
  const log = createLogger({ level: 'warn', secrets, sink });
  process.on('exit', () => sink.flushSync());
  logIgnoredSignals(signals, log);
  const running = await startSandbox(mode, options, { log });
  try {
    const agent = mode === 'all' ? await startSandboxAgent(running, options, sink) : undefined;
    await running.startDevices();
    const adminUrl = agent?.adminUrl;
    const info: ReadyInfo = { pid: process.pid, ...running.info, ...(adminUrl ? { agent: { adminUrl } } : {}) };
    const { writeReadyFile } = await import('../../sandbox/ready-file.js');
    if (options.readyFile !== undefined) await writeReadyFile(options.readyFile, info);
    for (const line of announcement(info, options)) printLine(io, line);
    await signals.first();
    await agent?.stop();
  } finally {
    await running.close();
  }
  io.exit(EXIT.done);
  // Nothing that is still open may keep the process from ending.
  setTimeout(() => process.exit(EXIT.done), 100).unref();
}

/** What a person needs to begin; keys are for this sandbox only. */
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
    ...(agent ? [`agent       ${agent.adminUrl}`] : []),
    'This is a stand-in for development, not the real services.',
    'The sandbox is ready. Stop it with Ctrl-C.',
  ];
}
