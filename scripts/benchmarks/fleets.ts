import { setTimeout as pause } from 'node:timers/promises';
import type { NativeRow } from '../../src/alwayson/values.js';
import type { TestParameters } from '../../test/support/edge/platform-end.js';
import type { SandboxProcess } from '../../test/support/sandbox-process.js';
import { AgentUnderLoad, cpuMicrosOf, startHub, startSdk } from './hub-ends.js';
import { type PairedBenchmark, Shared, type Side } from './paired.js';

const THING = 'AzureIotHub';
const IN_FLIGHT = 64;
/** Devices that are called one by one. Calling all 10,000 takes too long, and the rate of a part is the same. */
const MOST_CALLED = 1000;
const POLL_MS = 20;

interface Fleet {
  readonly name: string;
  readonly args: readonly string[];
  readonly deviceIds: readonly string[];
  readonly repetitions: number;
}

const ids = (prefix: string, digits: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(digits, '0')}`);

/** Jobs on whole fleets beside calls of one device after the other, and roll-outs beside one job, in devices a second. */
export function fleetBenchmarks(): PairedBenchmark[] {
  const light = { args: ['--light-devices', '10000'], deviceIds: ids('light', 6, 10_000), repetitions: 5 };
  const mqtt = { args: ['--devices', '1000'], deviceIds: ids('device', 4, 1000), repetitions: 3 };
  return [
    benchmark({ name: 'fleet.light.10k', ...light }, openJob, openOneByOne),
    benchmark({ name: 'fleet.mqtt.1k', ...mqtt }, openJob, openOneByOne),
    benchmark({ name: 'rollout.light.10k', ...light, repetitions: 3 }, openRollout, openJob),
  ];
}

type Open = (hub: Shared<SandboxProcess>, fleet: Fleet) => Promise<Side>;

/** Both sides use the same hub. */
function benchmark(fleet: Fleet, ours: Open, reference: Open): PairedBenchmark {
  const hub = new Shared(
    () => startHub(fleet.args),
    (opened) => opened.stop(),
  );
  return {
    name: fleet.name,
    unit: 'devices/s',
    repetitions: fleet.repetitions,
    ours: () => ours(hub, fleet),
    reference: () => reference(hub, fleet),
  };
}

type Caller = (service: string, parameters: TestParameters) => Promise<NativeRow[]>;

const callerOf =
  ({ generator }: AgentUnderLoad): Caller =>
  (service, parameters) =>
    generator.invoke(THING, service, parameters);

/** A method job through the agent, timed by the hub's own start and end. */
async function openJob(hub: Shared<SandboxProcess>, { deviceIds }: Fleet): Promise<Side> {
  const agent = await AgentUnderLoad.start(await hub.use());
  let job = 0;
  const call = callerOf(agent);
  return {
    measure: async () => {
      const jobId = `fleet-${process.pid}-${(job += 1)}-${agent.pid}`;
      const before = cpuMicrosOf(agent.pid);
      await call('ScheduleDeviceMethodJob', { jobId, methodName: 'echo', queryCondition: '*' });
      for (;;) {
        const [row] = await call('GetJob', { jobId });
        const { status, succeededCount, startTime, endTime } = row as Record<string, unknown>;
        if (status === 'completed') {
          if (succeededCount !== deviceIds.length) throw new Error(`${String(succeededCount)} devices succeeded`);
          const cpuMicros = (cpuMicrosOf(agent.pid) - before) / deviceIds.length;
          return { value: (deviceIds.length * 1000) / (Number(endTime) - Number(startTime)), cpuMicros };
        }
        await pause(POLL_MS);
      }
    },
    close: async () => {
      await agent.close();
      await hub.leave();
    },
  };
}

/** A roll-out in batches of 1,000, from its call until it is completed. */
async function openRollout(hub: Shared<SandboxProcess>, { deviceIds }: Fleet): Promise<Side> {
  const agent = await AgentUnderLoad.start(await hub.use(), { keepsState: true });
  let rollout = 0;
  const call = callerOf(agent);
  return {
    measure: async () => {
      const rolloutId = `bench-${(rollout += 1)}`;
      const startMs = performance.now();
      const before = cpuMicrosOf(agent.pid);
      await call('StartRollout', { rolloutId, methodName: 'echo', queryCondition: '*', batchSize: ['INTEGER', 1000] });
      for (;;) {
        const [row] = await call('GetRollout', { rolloutId });
        const { state, outcome } = row as Record<string, unknown>;
        if (state === 'completed') {
          if (outcome !== 'succeeded') throw new Error(`the roll-out is ${String(outcome)}`);
          const cpuMicros = (cpuMicrosOf(agent.pid) - before) / deviceIds.length;
          return { value: (deviceIds.length * 1000) / (performance.now() - startMs), cpuMicros };
        }
        await pause(POLL_MS);
      }
    },
    close: async () => {
      await agent.close();
      await hub.leave();
    },
  };
}

async function openOneByOne(hub: Shared<SandboxProcess>, { deviceIds }: Fleet): Promise<Side> {
  const sdk = await startSdk(await hub.use());
  const called = deviceIds.slice(0, MOST_CALLED);
  return {
    measure: async () => {
      const calls = { ask: 'invoke', deviceIds: called, methodName: 'echo', inFlight: IN_FLIGHT };
      const { ms } = await sdk.ask<{ readonly ms: number }>(calls);
      return { value: (called.length * 1000) / ms };
    },
    close: async () => {
      await sdk.stop();
      await hub.leave();
    },
  };
}
