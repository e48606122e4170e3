/**
 * Load on the local IoT Hub, with hub and client in separate processes:
 *   npx tsx scripts/load/hub-load.ts [light devices, default 100000] [state directory, default none]
 * Prints the time to start, the memory, the times of a method job, a twin job and a query over all light devices, and the
 * GetJob calls per second.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ensureCertificates } from '../../src/sandbox/certificates.js';
import { startLocalIotHub } from '../../src/sandbox/iothub/local-iot-hub.js';
import { openLevelStore } from '../../src/store/level-store.js';
import { type HubCall, hubCaller } from '../../test/support/local-hub/hub-rest.js';

interface HubReady {
  readonly address: string;
  readonly connectionString: string;
  readonly caPem: string;
  readonly startMs: number;
}

const [role, count = '100000', stateDirectory = ''] =
  process.argv[2] === 'hub' ? process.argv.slice(2) : ['client', ...process.argv.slice(2)];
const deviceCount = Number(count);
const IN_FLIGHT = 32;
const MEASURE_MS = 5_000;

void (role === 'hub' ? runHub() : runClient());

async function runHub(): Promise<void> {
  const started = performance.now();
  const store = stateDirectory === '' ? undefined : await openLevelStore(stateDirectory);
  const certificates = await ensureCertificates(undefined, ['hub.local']);
  const hub = await startLocalIotHub({ hubName: 'hub.local', certificates, ...(store ? { store } : {}) });
  const sites = ['hamburg', 'lyon', 'porto'];
  await hub.addLightDevices(
    Array.from({ length: deviceCount }, (_, index) => ({
      deviceId: `light-${index}`,
      tags: { site: sites[index % 3], floor: index % 4 },
      desired: { firmware: '1.0.0', telemetryIntervalSeconds: 60 },
    })),
  );
  const { address, connectionString, caPem } = hub;
  process.send?.({ address, connectionString, caPem, startMs: performance.now() - started } satisfies HubReady);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  process.on('message', () => {
    globalThis.gc?.();
    process.send?.({ rssMb: process.memoryUsage().rss / 1e6, longestTurnMs: delay.max / 1e6 });
    delay.reset();
  });
}

async function runClient(): Promise<void> {
  const child = fork(process.argv[1] as string, ['hub', count, stateDirectory], {
    execArgv: ['--import', 'tsx', '--expose-gc'],
  });
  const [ready] = (await once(child, 'message')) as [HubReady];
  const report = async (): Promise<string> => {
    child.send('report');
    const [{ rssMb, longestTurnMs }] = (await once(child, 'message')) as [{ rssMb: number; longestTurnMs: number }];
    return `hub RSS ${rssMb.toFixed(0)} MB, longest event loop delay ${longestTurnMs.toFixed(0)} ms`;
  };
  print(`${deviceCount} light devices ready after ${seconds(ready.startMs)}; ${await report()}`);
  const call = hubCaller({ ...ready, hostName: 'hub.local' });
  const method = { type: 'scheduleDeviceMethod', cloudToDeviceMethod: { methodName: 'echo', payload: { n: 1 } } };
  print(`method job over all devices: ${await runJob(call, 'method', method)}; ${await report()}`);
  const twin = { type: 'scheduleUpdateTwin', updateTwin: { etag: '*', tags: { wave: 1 } } };
  print(`twin job over all devices: ${await runJob(call, 'twin', twin)}; ${await report()}`);
  const began = performance.now();
  const query = { query: "SELECT COUNT() AS n FROM devices WHERE tags.site = 'lyon' AND tags.floor > 1" };
  const { body: rows } = await call('POST', '/devices/query', query);
  print(`query over all devices: ${seconds(performance.now() - began)}, ${JSON.stringify(rows)}; ${await report()}`);
  print(`GetJob at ${IN_FLIGHT} in flight: ${(await getJobRate(call)).toFixed(0)} per second; ${await report()}`);
  child.kill();
  process.exit(0);
}

async function runJob(call: HubCall, jobId: string, body: object): Promise<string> {
  const id = `${jobId}-${Date.now()}`;
  const began = performance.now();
  await call('PUT', `/jobs/v2/${id}`, { ...body, queryCondition: '*' });
  for (;;) {
    const { body: job } = await call('GET', `/jobs/v2/${id}`);
    if (job.status === 'completed') {
      return `${seconds(performance.now() - began)}, ${JSON.stringify(job.deviceJobStatistics)}`;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function getJobRate(call: HubCall): Promise<number> {
  const until = performance.now() + MEASURE_MS;
  let answered = 0;
  const ask = async (): Promise<void> => {
    while (performance.now() < until) {
      await call('GET', '/jobs/v2/unknown-job');
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, ask));
  return answered / (MEASURE_MS / 1000);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
