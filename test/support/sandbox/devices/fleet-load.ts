import { readFile } from 'node:fs/promises';
import { startFleet } from '../../../../src/sandbox/fleet/fleet.js';
import { startHubUnderTest } from '../../local-hub/hub-under-test.js';

export interface FleetLoad {
  readonly devices: number;
  readonly connectMs: number;
  /** From the PUT of a method job over all devices to the first GET that returns it as completed. */
  readonly methodJobMs: number;
  readonly twinJobMs: number;
  /** From the end of the twin job until all devices have reported its changes. */
  readonly reportMs: number;
  readonly succeeded: number;
  /** Resident memory for each connection in this process, which runs the hub, and in the process of the devices. */
  readonly hubBytesPerDevice: number;
  readonly fleetBytesPerDevice: number;
}

/** Connects devices on the SDK to a local hub without limits, and runs a job of each kind on all of them. */
export async function measureFleet(devices: number): Promise<FleetLoad> {
  const hub = await startHubUnderTest();
  try {
    const ids = Array.from({ length: devices }, (_, index) => `device-${index}`);
    await hub.hub.registerDevices(ids.map((deviceId) => ({ deviceId })));
    const registered = [];
    for (const deviceId of ids) registered.push(await hub.hub.registerDevice(deviceId));
    globalThis.gc?.();
    const hubBytesBefore = process.memoryUsage().rss;
    const startedMs = performance.now();
    const fleet = await startFleet({ devices: registered, caPem: hub.hub.caPem, timeoutMs: 300_000 });
    try {
      const connectMs = performance.now() - startedMs;
      const hubBytes = process.memoryUsage().rss - hubBytesBefore;
      const fleetBytes = await residentBytes(fleet.pid as number);
      const method = await runJob(hub, 'method', {
        type: 'scheduleDeviceMethod',
        cloudToDeviceMethod: { methodName: 'echo', payload: { ping: true }, responseTimeoutInSeconds: 30 },
      });
      const twin = await runJob(hub, 'twin', {
        type: 'scheduleUpdateTwin',
        updateTwin: { etag: '*', tags: {}, properties: { desired: { round: 1 } } },
      });
      const reportMs = await untilReported(hub, devices);
      return {
        devices,
        connectMs,
        methodJobMs: method.tookMs,
        twinJobMs: twin.tookMs,
        reportMs,
        succeeded: method.succeeded,
        hubBytesPerDevice: hubBytes / devices,
        fleetBytesPerDevice: fleetBytes / devices,
      };
    } finally {
      await fleet.close();
    }
  } finally {
    await hub.close();
  }
}

async function runJob(
  hub: Awaited<ReturnType<typeof startHubUnderTest>>,
  jobId: string,
  job: object,
): Promise<{ tookMs: number; succeeded: number }> {
  const startedMs = performance.now();
  const put = await hub.raw('PUT', `/jobs/v2/${jobId}`, {
    body: { jobId, queryCondition: '*', maxExecutionTimeInSeconds: 300, startTime: '', ...job },
  });
  if (put.status !== 200) throw new Error(put.text);
  for (;;) {
    const { json } = await hub.raw('GET', `/jobs/v2/${jobId}`);
    if (json.status === 'failed') throw new Error(json.failureReason);
    if (json.status === 'completed') {
      return { tookMs: performance.now() - startedMs, succeeded: json.deviceJobStatistics.succeededCount };
    }
  }
}

async function untilReported(hub: Awaited<ReturnType<typeof startHubUnderTest>>, devices: number): Promise<number> {
  const startedMs = performance.now();
  const query = 'SELECT COUNT() AS n FROM devices WHERE properties.reported.round = 1';
  for (;;) {
    const { json } = await hub.raw('POST', '/devices/query', { body: { query } });
    if (json[0].n === devices) return performance.now() - startedMs;
  }
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
}

/** Returns the figures as a sentence. */
export function describeLoad(load: FleetLoad): string {
  const kilobytes = (bytes: number): string => `${Math.round(bytes / 1024)} kB`;
  return (
    `${load.devices} devices connected in ${(load.connectMs / 1000).toFixed(1)} s; ` +
    `memory per connection: hub ${kilobytes(load.hubBytesPerDevice)}, devices ${kilobytes(load.fleetBytesPerDevice)}; ` +
    `method job ${Math.round(load.methodJobMs)} ms (${load.succeeded} succeeded), ` +
    `twin job ${Math.round(load.twinJobMs)} ms, reported by all ${Math.round(load.reportMs)} ms later`
  );
}
