/**
 * `tsx --expose-gc scripts/load/fleet-load.ts [DEVICES]`: devices on the Azure SDK, in a process of their own, connected
 * to a local hub, and a method job over all of them, which must take less than 2 s. 3,000 at full size.
 * Build first: the devices' process runs `dist`.
 */
import { describeLoad, measureFleet } from '../../test/support/sandbox/devices/fleet-load.js';

const DEFAULT_DEVICES = 3000;
const LONGEST_METHOD_JOB_MS = 2000;

async function main(devices: number): Promise<void> {
  const load = await measureFleet(devices);
  process.stdout.write(`${describeLoad(load)}\n`);
  if (load.succeeded === devices && load.methodJobMs < LONGEST_METHOD_JOB_MS) return;
  process.stderr.write(`the method job must reach all ${devices} devices in ${LONGEST_METHOD_JOB_MS} ms\n`);
  process.exitCode = 1;
}

void main(Number(process.argv[2] ?? DEFAULT_DEVICES));
