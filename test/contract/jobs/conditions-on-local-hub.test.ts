import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Service } from '../../../src/edge/definitions.js';
import { openHub } from '../../../src/iothub/azure-hub.js';
import type { HubPort } from '../../../src/iothub/ports.js';
import { createJobServices } from '../../../src/jobs/services/services.js';
import { jobEnvironment } from '../../../src/jobs/environment.js';
import { type LocalIotHub, startLocalIotHub } from '../../../src/sandbox/iothub/local-iot-hub.js';
import { callService, failureOf } from '../../support/jobs/callers.js';
import { eventually } from '../../support/eventually.js';

let hub: LocalIotHub;
let port: HubPort;
let services: Service[];
beforeAll(async () => {
  hub = await startLocalIotHub({ hubName: 'my-hub.test' });
  await hub.addLightDevices(
    ['line-1', 'line-2', 'press-1'].map((deviceId, index) => ({
      deviceId,
      tags: { group: { region: index === 1 ? 'EU' : 'US' }, 'my-group': index, 'site:(old)': 'Lyon' },
      desired: { macAddress: `00:0${index}` },
    })),
  );
  port = openHub({
    credentials: { connectionString: hub.connectionString },
    address: hub.address,
    ca: hub.caPem,
    tier: 'unlimited',
    units: 1,
  });
  services = createJobServices(jobEnvironment({ hub: port, thing: 'Hub' }));
});
afterAll(async () => {
  port.close();
  await hub.close();
});

const call = (name: string, parameters: Record<string, unknown>): Promise<unknown> =>
  callService(services, name, parameters, { timeoutMs: 20_000 });

test.each([
  ["tags.[[group]].region = 'US'", 2],
  ["STARTSWITH(deviceId, 'line')", 2],
  ["startsWith(DeviceId, 'line') AND tags.[[group]].region = 'US'", 1],
  ["NOT STARTSWITH(deviceId, 'line')", 1],
  ['tags.[[my-group]] >= 1', 2],
  ["tags.[[site:(old)]] = 'Lyon'", 3],
  ["[[properties]].desired.[[macAddress]] IN ['00:00', '00:02']", 2],
  ["FROM devices AS [[the device]] WHERE [[the device]].tags.[[group]].region = 'EU'", 1],
  ["ARRAY_CONTAINS(parentScopes, 'x')", 0],
])('the condition %s is for %d devices, in the preview and in the job', async (queryCondition, count) => {
  await expect(call('PreviewTargets', { queryCondition })).resolves.toMatchObject({
    deviceCount: count,
    connectedCount: count,
    disconnectedCount: 0,
  });
  const jobId = await call('ScheduleDeviceMethodJob', { methodName: 'echo', queryCondition });
  const [row] = await eventually(
    async () => (await call('GetJob', { jobId })) as Record<string, unknown>[],
    ([job]) => job?.['outcome'] !== 'inProgress',
  );
  expect(row).toMatchObject({ queryCondition, deviceCount: count, succeededCount: count });
});

test.each([
  ["STARTS_WITH(deviceId, 'line')", 'STARTSWITH', 'column 1'],
  ["tags.my-group = 'x'", '[[my-group]]', 'column 8'],
  ["tags.[[group.region = 'US'", ']]', 'column 6'],
  ["ENDSWITH(deviceId, '1')", 'routing', 'column 1'],
])('the condition %s is refused before the hub is asked, naming %s', async (queryCondition, hint, column) => {
  for (const [name, more] of [
    ['PreviewTargets', {}],
    ['ScheduleDeviceMethodJob', { methodName: 'echo' }],
  ] as const) {
    const failure = await failureOf(call(name, { queryCondition, ...more }));
    expect(failure.reason).toContain('queryCondition');
    expect(failure.reason).toContain(hint);
    expect(failure.reason).toContain(column);
  }
});
