import { beforeEach, describe, expect, it, test } from '@jest/globals';
import { isAgentError } from '../../../src/core/errors.js';
import type { SingleDeviceEnvironment } from '../../../src/single-device/services/device-service.js';
import {
  createSingleDeviceServices,
  type SingleDeviceOfferOptions,
} from '../../../src/single-device/services/services.js';
import { callService, failureOf } from '../../support/jobs/callers.js';
import { ManualClock } from '../../support/manual-clock.js';
import { singleDeviceEnvironment } from '../../support/single-device/environment.js';
import { FakeDevices } from '../../support/single-device/fake-devices.js';

let devices: FakeDevices;

beforeEach(() => {
  devices = new FakeDevices();
});

function call(name: string, parameters: object, changes: Partial<SingleDeviceEnvironment> = {}): Promise<unknown> {
  const environment = singleDeviceEnvironment(devices.port(), changes);
  return callService(createSingleDeviceServices(environment, { deviceManagement: true }), name, { ...parameters });
}

/** The message of the refusal of a call that reached no hub. */
async function refusalOf(name: string, parameters: object, changes: Partial<SingleDeviceEnvironment> = {}) {
  const failure = await failureOf(call(name, parameters, changes));
  expect([...devices.calls, ...devices.hub.calls]).toEqual([]);
  return failure;
}

const WITH_DEVICE_ID: readonly (readonly [string, object])[] = [
  ['InvokeDeviceMethod', { methodName: 'm' }],
  ['GetDeviceTwin', {}],
  ['UpdateDeviceTwin', { patch: { tags: {} } }],
  ['GetDevice', {}],
  ['CreateDevice', {}],
  ['DeleteDevice', {}],
  ['SetDeviceStatus', { status: 'enabled' }],
];

describe('an id', () => {
  const BAD = ['', '.', '..', 'a b', 'a/b', 'a+b', 'a;b', 'é', 'x'.repeat(129), 'a\n'];

  test.each(WITH_DEVICE_ID.flatMap(([name, rest]) => BAD.map((id) => [name, id, rest] as const)))(
    '%s refuses the device id %j before the hub is asked',
    async (name, deviceId, rest) => {
      const failure = await refusalOf(name, { ...rest, deviceId });
      expect(failure.code).toBe('InvalidArgument');
      expect(failure.message).toContain('"deviceId"');
    },
  );

  it('of a module or a Thing of PTC follows the same rules', async () => {
    const twin = await refusalOf('GetDeviceTwin', { deviceId: 'd', moduleId: '..' });
    expect(twin.reason).toMatch(/^InvalidArgument: .*"moduleId"/);
    const alias = await refusalOf('CreateAzureIotDevice', { thingName: 'a/b' });
    expect(alias.reason).toMatch(/^InvalidArgument: .*"thingName"/);
  });

  it('may have every other character, and an empty module id is none', async () => {
    const deviceId = "aZ09-.%#*?!(),:=@$_'";
    await expect(call('GetDeviceTwin', { deviceId, moduleId: '' })).resolves.toMatchObject({ deviceId });
    await expect(call('GetDeviceTwin', { deviceId: 'd', moduleId: '$edgeAgent' })).resolves.toBeDefined();
  });
});

describe('InvokeDeviceMethod', () => {
  const METHOD = { deviceId: 'd', methodName: 'm' };
  const sent = () => devices.calls[0]?.request;

  test.each([
    [{}, 25, 20, 0],
    [{ connectTimeoutInSeconds: 10 }, 25, 13, 10],
    [{ connectTimeoutInSeconds: 18 }, 25, 5, 18],
    [{}, 12, 10, 0],
    [{}, 7, 5, 0],
    [{ responseTimeoutInSeconds: 20, connectTimeoutInSeconds: 3 }, 25, 20, 3],
  ])('with %j and a deadline of %d s waits %d and %d s', async (given, timeoutSeconds, response, connect) => {
    await call('InvokeDeviceMethod', { ...METHOD, ...given }, { timeoutSeconds });
    expect(sent()).toMatchObject({ responseTimeoutInSeconds: response, connectTimeoutInSeconds: connect });
  });

  test.each([
    [{ responseTimeoutInSeconds: 24 }, 25],
    [{ connectTimeoutInSeconds: 19 }, 25],
    [{ responseTimeoutInSeconds: 20, connectTimeoutInSeconds: 4 }, 25],
    [{}, 6],
  ])('refuses %j with a deadline of %d s, naming both time-outs and the deadline', async (given, timeoutSeconds) => {
    const failure = await refusalOf('InvokeDeviceMethod', { ...METHOD, ...given }, { timeoutSeconds });
    expect(failure.code).toBe('InvalidArgument');
    const texts = ['responseTimeoutInSeconds', 'connectTimeoutInSeconds', `${timeoutSeconds} s`];
    for (const text of texts) expect(failure.message).toContain(text);
  });

  it('sends a payload as a job does: lists unwrapped, texts byte for byte, falsy values as they are', async () => {
    for (const payload of [0, '', false]) await call('InvokeDeviceMethod', { ...METHOD, payload });
    await call('InvokeDeviceMethod', { ...METHOD, payload: { array: [1] } });
    await call('InvokeDeviceMethod', { ...METHOD, payloadText: ' 9007199254740993' });
    const payloads = devices.calls.map(({ request }) => request as { payload: unknown; payloadText?: string });
    expect(payloads.map(({ payload, payloadText }) => payloadText ?? payload)).toEqual([
      0,
      '',
      false,
      [1],
      ' 9007199254740993',
    ]);
  });

  it('is Forbidden for a method that no pattern allows', async () => {
    const failure = await refusalOf('InvokeDeviceMethod', METHOD, { guards: { allowedMethods: ['get*'] } });
    expect(failure.code).toBe('Forbidden');
  });
});

describe('QueryDevices', () => {
  const queryOf = async (query: string, more: object = {}): Promise<unknown> => {
    await call('QueryDevices', { query, ...more });
    return devices.queries.at(-1)?.query;
  };

  test.each([
    ['*', 'SELECT * FROM devices'],
    ["tags.site = 'Lyon'", "SELECT * FROM devices WHERE tags.site = 'Lyon'"],
    ["FROM devices.modules WHERE moduleId = 'm'", "SELECT * FROM devices.modules WHERE moduleId = 'm'"],
    ['SELECT deviceId FROM devices', 'SELECT deviceId FROM devices'],
    [
      'SELECT tags.site, COUNT() AS n FROM devices GROUP BY tags.site',
      'SELECT tags.site, COUNT() AS n FROM devices GROUP BY tags.site',
    ],
    ['SELECT * FROM devices.modules', 'SELECT * FROM devices.modules'],
  ])('sends %j as %j', async (given, sent) => {
    await expect(queryOf(given)).resolves.toBe(sent);
    expect(devices.queries.at(-1)).toMatchObject({ pageSize: 100 });
  });

  test.each([
    ['', '"query" is required'],
    ['  ', 'is blank'],
    ['tags.a = = 1', 'column'],
    ['SELECT * FROM devices.jobs', 'QueryJobResults'],
    ['x'.repeat(8193), '8192'],
    [`tags.a = '${'x'.repeat(8170)}'`, '8192'],
  ])('refuses %j before the hub is asked', async (query, text) => {
    const failure = await refusalOf('QueryDevices', { query });
    expect(failure.code).toBe('InvalidArgument');
    expect(failure.message).toContain(text);
  });

  it('walks through all rows with its tokens, and refuses the token of another query', async () => {
    devices.hub.devices = () => Array.from({ length: 5 }, (_unused, index) => ({ deviceId: `d${index}` }));
    const first = (await call('QueryDevices', { query: '*', maxItems: 3 })) as Record<string, unknown>;
    expect(first['rows']).toEqual([{ deviceId: 'd0' }, { deviceId: 'd1' }, { deviceId: 'd2' }]);
    const { continuationToken } = first;
    const other = await failureOf(call('QueryDevices', { query: 'tags.a = 1', continuationToken }));
    expect(other.reason).toMatch(/^InvalidArgument: .*another query/);
    await expect(call('QueryDevices', { query: '*', maxItems: 3, continuationToken })).resolves.toEqual({
      rows: [{ deviceId: 'd3' }, { deviceId: 'd4' }],
      continuationToken: null,
    });
  });
});

describe('CreateDevice', () => {
  const THUMBPRINT = 'aB'.repeat(20);

  test.each<[object, string]>([
    [{ authentication: 'SAS' }, 'authentication'],
    [{ authentication: 'selfSigned' }, 'primaryThumbprint'],
    [{ authentication: 'selfSigned', primaryThumbprint: 'abc' }, 'primaryThumbprint'],
    [{ primaryThumbprint: THUMBPRINT }, 'primaryThumbprint'],
    [{ authentication: 'certificateAuthority', secondaryThumbprint: THUMBPRINT }, 'secondaryThumbprint'],
    [{ status: 'Enabled' }, 'status'],
    [{ edgeDevice: 'yes' }, 'edgeDevice'],
    [{ tags: [1] }, 'tags'],
    [{ tags: { array: [1] } }, 'tags'],
    [{ tags: { a: [null] } }, 'tags'],
    [{ tags: { n: 9007199254740993n } }, 'tags'],
  ])('refuses %p, naming the parameter', async (parameters, parameter) => {
    const failure = await refusalOf('CreateDevice', { deviceId: 'd', ...parameters });
    expect(failure.code).toBe('InvalidArgument');
    expect(failure.message).toContain(`"${parameter}"`);
  });

  it('sends only what was given, and sets the tags afterwards', async () => {
    const parameters = { deviceId: 'd', authentication: 'selfSigned', primaryThumbprint: THUMBPRINT };
    await call('CreateDevice', { ...parameters, edgeDevice: true, tags: { site: 'Lyon' } });
    expect(devices.calls).toEqual([
      {
        operation: 'putIdentity',
        request: {
          identity: {
            deviceId: 'd',
            status: 'enabled',
            capabilities: { iotEdge: true },
            authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: THUMBPRINT } },
          },
        },
      },
      { operation: 'updateTwin', request: { deviceId: 'd', patch: { tags: { site: 'Lyon' } }, etag: '*' } },
    ]);
  });
});

it('SetDeviceStatus takes a reason of at most 128 characters', async () => {
  const failure = await refusalOf('SetDeviceStatus', { deviceId: 'd', status: 'enabled', reason: 'x'.repeat(129) });
  expect(failure.reason).toMatch(/^InvalidArgument: .*"reason"/);
});

describe('what the operator allows', () => {
  const offered = (options: SingleDeviceOfferOptions) =>
    createSingleDeviceServices(singleDeviceEnvironment(devices.port()), options);
  const refused = (options: SingleDeviceOfferOptions): Set<string> =>
    new Set(offered(options).flatMap(({ definition, refuse }) => (refuse ? [definition.name] : [])));
  const CREATE = ['AzureIotDeviceCreate', 'CreateDevice', 'CreateAzureIotDevice'];

  it('disables the services that change identities, naming the key, until it is set', async () => {
    const off = refused({});
    expect(off).toEqual(
      new Set([
        ...CREATE,
        'AzureIotDeviceDelete',
        'DeleteDevice',
        'DeleteAzureIotDevice',
        'AzureIotDeviceSetStatus',
        'SetDeviceStatus',
      ]),
    );
    const failure = await failureOf(callService(offered({}), 'CreateDevice', {}));
    expect(failure.reason).toMatch(/^Forbidden: .*services\.deviceManagement/);
    expect(refused({ deviceManagement: true })).toEqual(new Set());
  });

  test.each(CREATE)('deny %s means all names of the service', (name) => {
    expect(refused({ deviceManagement: true, deny: [name] })).toEqual(new Set(CREATE));
  });

  it('allow by an alias enables the service too', () => {
    const on = offered({ allow: ['DescribeAzureIotDevice'] }).filter(({ refuse }) => !refuse);
    expect(on.map(({ definition }) => definition.name)).toEqual([
      'AzureIotDeviceGet',
      'GetDevice',
      'DescribeAzureIotDevice',
    ]);
  });

  it("keeps PTC's names if short names are disabled", () => {
    const full = 'InvokeMethod GetTwin UpdateTwin Query Get Create Delete SetStatus';
    expect(offered({ shortNames: false }).map(({ definition }) => definition.name)).toEqual([
      ...full.split(' ').map((name) => `AzureIotDevice${name}`),
      'CreateAzureIotDevice',
      'DeleteAzureIotDevice',
      'DescribeAzureIotDevice',
    ]);
  });
});

describe("the tier's budgets", () => {
  async function servedAtOnce(name: string, parameters: object, calls: number) {
    const clock = new ManualClock();
    const environment = singleDeviceEnvironment(devices.port({ tier: 'S1', clock }));
    const services = createSingleDeviceServices(environment, { deviceManagement: true });
    const errors: unknown[] = [];
    const all = Array.from({ length: calls }, () =>
      callService(services, name, { ...parameters }, { clock, timeoutMs: 3000 }).catch((error: unknown) =>
        errors.push(error),
      ),
    );
    await clock.advanceAsync(3000);
    await Promise.all(all);
    expect(errors.every((error) => isAgentError(error, 'HubThrottled'))).toBe(true);
    return { served: calls - errors.length, refused: errors.length };
  }

  // 40 blocks of methods, 100 reads and 50 updates of twins a second; 100 operations on identities a minute.
  test.each<[string, object, number, number]>([
    ['InvokeDeviceMethod', { deviceId: 'd', methodName: 'm' }, 40, 120],
    ['InvokeDeviceMethod', { deviceId: 'd', methodName: 'm', payload: 'x'.repeat(20_000) }, 6, 20],
    ['GetDeviceTwin', { deviceId: 'd' }, 100, 300],
    ['UpdateDeviceTwin', { deviceId: 'd', patch: { tags: {} } }, 50, 150],
    ['DeleteDevice', { deviceId: 'd' }, 92, 100],
    ['QueryDevices', { query: '*' }, 18, 20],
  ])('serve %s %p within the deadline, and reject the other calls', async (name, parameters, least, most) => {
    const { served, refused } = await servedAtOnce(name, parameters, 400);
    expect(served).toBeGreaterThanOrEqual(least);
    expect(served).toBeLessThanOrEqual(most);
    expect(refused).toBeGreaterThan(0);
  });
});
