import { serviceFrame } from './call-generator.js';
import { AgentUnderLoad, cpuMicrosOf, startHub, startSdk } from './hub-ends.js';
import type { PairedBenchmark, Side } from './paired.js';

const THING = 'AzureIotHub';
const DURATION_MS = 1500;
const JOB_ID = 'bench';
/** Start time of the scheduled jobs, so late that the hub only has to create them. */
const FAR = new Date(Date.now() + 86_400_000);

/**
 * The interval of an S1 hub. At that of an unlimited one, 0.25 s, the agent would spend most of its time on lists of the
 * thousands of jobs that this benchmark schedules, as no hub would hold at once.
 */
const WATCH = { watch: { intervalSeconds: 10 } };

/** GetJob and ScheduleTwinUpdateJob through agent and local hub, beside one shared JobClient of the SDK. */
export function jobCallBenchmarks(): PairedBenchmark[] {
  const inFlights = [1, 32];
  const getJob = serviceFrame(THING, 'GetJob', { jobId: JOB_ID });
  let nextId = 0;
  return [
    ...inFlights.map((inFlight) => benchmark('getjob', 'getJob', inFlight, () => getJob)),
    ...inFlights.map((inFlight) =>
      benchmark('schedule', 'scheduleJob', inFlight, () => scheduleFrame(`agent-${(nextId += 1)}`)),
    ),
  ];
}

function scheduleFrame(jobId: string): Buffer {
  return serviceFrame(THING, 'ScheduleTwinUpdateJob', {
    jobId,
    queryCondition: "deviceId = 'none'",
    patch: ['JSON', { tags: {} }],
    startTime: ['DATETIME', FAR],
    maxExecutionTimeInSeconds: 60,
  });
}

function benchmark(
  name: string,
  ask: 'getJob' | 'scheduleJob',
  inFlight: number,
  frames: () => Buffer,
): PairedBenchmark {
  return {
    name: `${name}.${inFlight}`,
    unit: 'calls/s',
    ours: () => openAgent(frames, inFlight),
    reference: () => openSdk(ask, inFlight),
  };
}

async function openAgent(frames: () => Buffer, inFlight: number): Promise<Side> {
  const hub = await startHub();
  const agent = await AgentUnderLoad.start(hub, WATCH);
  await agent.generator.call(scheduleFrame(JOB_ID));
  return {
    measure: async () => {
      const before = cpuMicrosOf(agent.pid);
      const { calls, ms } = await agent.generator.load(frames, inFlight, DURATION_MS);
      return { value: (calls * 1000) / ms, cpuMicros: (cpuMicrosOf(agent.pid) - before) / calls };
    },
    close: async () => {
      await agent.close();
      await hub.stop();
    },
  };
}

async function openSdk(ask: string, inFlight: number): Promise<Side> {
  const hub = await startHub();
  const sdk = await startSdk(hub);
  if (ask === 'getJob') await sdk.ask({ ask: 'createJob', jobId: JOB_ID });
  return {
    measure: async () => {
      const before = await sdk.usage();
      const load = { ask, jobId: JOB_ID, inFlight, durationMs: DURATION_MS };
      const { calls, ms } = await sdk.ask<{ readonly calls: number; readonly ms: number }>(load);
      const after = await sdk.usage();
      return { value: (calls * 1000) / ms, cpuMicros: (after.cpuMicros - before.cpuMicros) / calls };
    },
    close: async () => {
      await sdk.stop();
      await hub.stop();
    },
  };
}
