import { systemClock } from '../../core/clock.js';
import { systemRandom } from '../../core/random.js';
import { ConnectGate } from './connect-gate.js';
import { Device } from './device.js';
import type { FleetCommand, FleetDevice, FleetReport } from './fleet-messages.js';

/** The program of the fleet's process: devices on the Azure SDK, controlled over the channel to the sandbox. */
function main(): void {
  const devices = new Map<string, Device>();
  let gate = new ConnectGate(systemClock, 1);
  let caPem: string | undefined;

  const add = (spec: FleetDevice): void => {
    const { deviceId, connectionString, behaviour } = spec;
    const device = new Device({
      deviceId,
      connectionString,
      behaviour,
      gate,
      clock: systemClock,
      random: systemRandom,
      onState: (isOnline) => report({ type: 'state', deviceId, isOnline }),
      ...(caPem === undefined ? {} : { caPem }),
    });
    devices.set(deviceId, device);
    if (!behaviour.isOffline) device.start();
  };

  process.on('message', (command: FleetCommand) => {
    switch (command.type) {
      case 'configure':
        ({ caPem } = command);
        gate = new ConnectGate(systemClock, command.maxParallelConnects);
        break;
      case 'add':
        command.devices.forEach(add);
        break;
      case 'start':
        devices.get(command.deviceId)?.start();
        break;
      case 'stop':
        void devices
          .get(command.deviceId)
          ?.stop()
          .then(() => report({ type: 'state', deviceId: command.deviceId, isOnline: false }));
        break;
      case 'close':
        void Promise.all([...devices.values()].map((device) => device.stop())).then(() => process.exit(0));
        break;
    }
  });
  // The fleet must not outlive its sandbox. Signals are handled by the sandbox, which stops the fleet.
  process.on('disconnect', () => process.exit(0));
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  // A closed terminal sends SIGHUP to every process of the command; SIGUSR1 would open Node's debugger.
  if (process.platform !== 'win32')
    for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2']) process.on(signal, () => undefined);
}

function report(state: FleetReport): void {
  if (process.connected) process.send?.(state);
}

main();
