import { expect, it } from '@jest/globals';
import { describeLoad, measureFleet } from '../../../support/sandbox/devices/fleet-load';

const DEVICES = process.env['LOAD'] === 'full' ? 3000 : 200;

it(`runs a method job over ${DEVICES} connected devices in under 2 s`, async () => {
  const load = await measureFleet(DEVICES);
  process.stdout.write(`${describeLoad(load)}\n`);
  expect(load.succeeded).toBe(DEVICES);
  expect(load.methodJobMs).toBeLessThan(2000);
}, 400_000);
