import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type HubUnderTest, type RawAnswer, startHubUnderTest } from '../../../support/local-hub/hub-under-test.js';
import { connectDevice, type SdkDevice } from '../../../support/local-hub/sdk-device.js';

let tested: HubUnderTest;
let device: SdkDevice;
beforeAll(async () => {
  tested = await startHubUnderTest();
  await tested.hub.registerDevice('offline');
  device = await connectDevice(tested, 'd');
  device.client.onDeviceMethod('echo', (request, response) => void response.send(200, request.payload));
  device.client.onDeviceMethod('teapot', (_request, response) => void response.send(418, { short: true }));
  await readyForMethods();
});
afterAll(async () => {
  await device.close();
  await tested.close();
});

/** Waits until the device is ready for methods, because the SDK subscribes to them in the background. */
const readyForMethods = (): Promise<RawAnswer> => invoke('d', { methodName: 'echo', connectTimeoutInSeconds: 10 });

const invoke = (id: string, body: unknown): Promise<RawAnswer> => tested.raw('POST', `/twins/${id}/methods`, { body });

/** Returns the inner JSON of an error of a direct method. */
const detailOf = (answer: RawAnswer): any => JSON.parse(answer.json.Message);

describe('a direct method', () => {
  test('is answered by the device, through the SDKs of both ends', async () => {
    const { result } = await tested.client.invokeDeviceMethod('d', {
      methodName: 'echo',
      payload: { a: [1, null, 'ä'] },
      responseTimeoutInSeconds: 10,
    });
    expect(result).toEqual({ status: 200, payload: { a: [1, null, 'ä'] } });
  });

  test.each([[null], [0], [''], [false], ['text'], [[]]])('passes the payload %j on unchanged', async (payload) => {
    expect((await invoke('d', { methodName: 'echo', payload })).json).toEqual({ status: 200, payload });
  });

  test("passes the device's own status on", async () => {
    expect((await invoke('d', { methodName: 'teapot' })).json).toEqual({ status: 418, payload: { short: true } });
  });

  test('of an unknown device is refused', async () => {
    const answer = await invoke('nobody', { methodName: 'echo' });
    expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([404, 'DeviceNotFound']);
  });

  test('of a device that is offline is refused at once, in the detailed form', async () => {
    const answer = await invoke('offline', { methodName: 'echo' });
    expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([404, 'DeviceNotOnline']);
    expect(answer.json.ExceptionMessage).toBe('');
    expect(detailOf(answer)).toEqual({
      errorCode: 404103,
      trackingId: expect.any(String),
      message: 'Timed out waiting for device to connect.',
      info: { timeout: '00:00:00' },
      timestampUtc: expect.stringMatching(/^\d{4}-.*\.\d{6}Z$/u),
    });
  });

  test('waits for a device to connect as long as the request allows', async () => {
    const { json } = await invoke('offline', { methodName: 'echo', connectTimeoutInSeconds: 1 }).then((answer) => ({
      json: detailOf(answer),
    }));
    expect(json).toMatchObject({ errorCode: 404103, info: { timeout: '00:00:01' } });
    await tested.hub.registerDevice('late');
    const waiting = invoke('late', { methodName: 'hello', connectTimeoutInSeconds: 60, payload: 1 });
    const late = await connectDevice(tested, 'late');
    late.client.onDeviceMethod('hello', (_request, response) => void response.send(200, 'at last'));
    expect((await waiting).json).toEqual({ status: 200, payload: 'at last' });
    await late.close();
  });

  test('to which the device does not respond ends with 504101', async () => {
    const answer = await invoke('d', { methodName: 'unknown to it', responseTimeoutInSeconds: 5 });
    expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([504, 'GatewayTimeout']);
    expect(detailOf(answer)).toMatchObject({
      errorCode: 504101,
      message: 'Timed out waiting for the response from device.',
    });
  });

  test('whose device disconnects ends promptly with a 404', async () => {
    const leaving = await connectDevice(tested, 'leaving');
    const called = new Promise<void>((resolve) => leaving.client.onDeviceMethod('stay', () => resolve()));
    const answer = invoke('leaving', {
      methodName: 'stay',
      connectTimeoutInSeconds: 10,
      responseTimeoutInSeconds: 300,
    });
    await called;
    await leaving.close();
    expect((await answer).status).toBe(404);
    expect(detailOf(await answer)).toMatchObject({ errorCode: 404104 });
  });

  test('of a disabled device is refused as if it were offline', async () => {
    await tested.registry.create({ deviceId: 'disabled', status: 'disabled' });
    expect((await invoke('disabled', { methodName: 'echo' })).headers['iothub-errorcode']).toBe('DeviceNotOnline');
  });

  test.each([
    [{}],
    [{ methodName: '' }],
    [{ methodName: 'x'.repeat(101) }],
    [{ methodName: 'a/b' }],
    [{ methodName: 7 }],
    [{ methodName: 'm', responseTimeoutInSeconds: 4 }],
    [{ methodName: 'm', responseTimeoutInSeconds: 301 }],
    [{ methodName: 'm', responseTimeoutInSeconds: '4' }],
    [{ methodName: 'm', responseTimeoutInSeconds: '30x' }],
    [{ methodName: 'm', responseTimeoutInSeconds: '30.0' }],
    [{ methodName: 'm', responseTimeoutInSeconds: '0x1e' }],
    [{ methodName: 'm', responseTimeoutInSeconds: '' }],
    [{ methodName: 'm', responseTimeoutInSeconds: true }],
    [{ methodName: 'm', responseTimeoutInSeconds: [30] }],
    [{ methodName: 'm', connectTimeoutInSeconds: -1 }],
    [{ methodName: 'm', connectTimeoutInSeconds: 301 }],
    [{ methodName: 'm', connectTimeoutInSeconds: 1.5 }],
    [[]],
  ])('with the body %j is refused', async (body) => {
    const answer = await invoke('d', body);
    expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([400, 'ArgumentInvalid']);
  });

  test('accepts timeouts as strings, as the Azure CLI sends its defaults', async () => {
    const body = {
      methodName: 'echo',
      payload: {},
      responseTimeoutInSeconds: '30',
      connectTimeoutInSeconds: '30',
    };
    expect((await invoke('d', body)).json).toEqual({ status: 200, payload: {} });
  });

  test('accepts a payload of at most 128 KB', async () => {
    const fits = 'x'.repeat(128 * 1024 - 2);
    expect((await invoke('d', { methodName: 'echo', payload: fits })).json.payload).toHaveLength(fits.length);
    const answer = await invoke('d', { methodName: 'echo', payload: `${fits}x` });
    expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([413, 'MessageTooLarge']);
  });
});
