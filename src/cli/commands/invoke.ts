import type { Command } from 'commander';
import type { CommandIo } from '../command-io.js';
import { outputOption } from '../config-flags.js';
import type { InvokeFlags } from '../invoke/run-invoke.js';

const EXAMPLES = `
Examples:
  twx-iothub invoke FindJobs --url https://thingworx.example.com --app-key-file key --param status=running
  twx-iothub invoke ScheduleDeviceMethodJob --param methodName=reboot --json payload.json --wait
  echo '{"patch": {"tags": {"site": "Lyon"}}}' | twx-iothub invoke ScheduleTwinUpdateJob --json -

The application key comes from --app-key-file or the variable TWX_IOTHUB__THINGWORX__APPKEY, the address from --url or
TWX_IOTHUB__THINGWORX__URL, the proxy from --proxy or TWX_IOTHUB__THINGWORX__PROXY, which keeps a password out of the
process list. Whole numbers keep all digits, in parameters and in the result. With --wait the exit status is 0 only if the
outcome of the job or roll-out is succeeded; a roll-out that pauses ends the wait with exit status 1.`;

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** Adds the options for the Thing and the connection to ThingWorx. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option('-t, --thing <name>', 'the Thing', 'AzureIotHub')
    .option('-u, --url <url>', 'address of ThingWorx')
    .option('--app-key-file <file>', 'file that holds the application key')
    .option('--ca-file <file>', 'PEM file of the authorities to trust')
    .option('--proxy <url>', 'HTTP proxy to use');
}

/** `invoke`: calls a service over the REST API of ThingWorx. */
export function registerInvoke(program: Command, io: CommandIo): void {
  addConnectionOptions(program.command('invoke'))
    .description('call a remote service over the REST API of ThingWorx')
    .argument('<service>', 'name of the service, full or short')
    .option('-p, --param <name=value>', 'a parameter; can be repeated', collect, [])
    .option('-j, --json <file>', 'parameters as a JSON object; - for stdin')
    .option('-w, --wait', 'wait for the end of the job or roll-out that the service started')
    .addOption(outputOption())
    .addHelpText('after', EXAMPLES)
    .action(async (service: string, flags: InvokeFlags) => {
      const { runInvoke } = await import('../invoke/run-invoke.js');
      await runInvoke(io, service, flags);
    });
}
