import { Agent } from 'node:https';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, Message, ModuleClient, type Twin } from 'azure-iot-device';
import { Mqtt, MqttWs } from 'azure-iot-device-mqtt';
import type { MethodCall } from '../../../../../src/sandbox/iothub/ports';
import { type DeviceGateway, startDeviceGateway } from '../../../../support/sandbox/devices/device-gateway';

type Update = (patch: object, done: (error?: Error) => void) => void;

/** The unmodified device SDK against the device side of the local hub. */
describe('the device SDK over MQTT', () => {
  let hub: DeviceGateway;
  let clients: { close(): Promise<unknown> }[] = [];

  beforeEach(async () => {
    hub = await startDeviceGateway({ devices: ['a', 'b', 'a/m'] });
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close().catch(() => undefined)));
    clients = [];
    await hub.close();
  });

  async function open(deviceId: string): Promise<Client> {
    const client = Client.fromConnectionString(hub.connectionString(deviceId), Mqtt);
    clients.push(client);
    await client.setOptions({ ca: hub.caPem });
    await client.open();
    return client;
  }

  const call = (more: Partial<MethodCall> = {}): MethodCall => ({
    methodName: 'echo',
    payload: { a: 1 },
    connectTimeoutMs: 5000,
    responseTimeoutMs: 5000,
    ...more,
  });

  const echo = (client: Pick<Client, 'onDeviceMethod'>): void =>
    client.onDeviceMethod('echo', (request, response) => {
      response.send(200, request.payload, () => undefined);
    });

  it('connects with a token and counts as connected until it closes', async () => {
    const client = await open('a');
    expect(hub.gateway.isConnected({ deviceId: 'a' })).toBe(true);
    expect(hub.directory.connected.get('a')).toBe(true);
    const gone = new Promise<void>((resolve) => {
      hub.directory.onConnected = (_key, connected) => connected || resolve();
    });
    await client.close();
    await gone;
    expect(hub.gateway.isConnected({ deviceId: 'a' })).toBe(false);
  });

  it('is refused as not authorized if the hub does not know it', async () => {
    const client = Client.fromConnectionString(hub.connectionString('stranger'), Mqtt);
    await client.setOptions({ ca: hub.caPem });
    await expect(client.open()).rejects.toMatchObject({ name: 'UnauthorizedError' });
    clients.push(client);
  });

  it.each([[{ a: [1, 'x', null] }], ['text'], [0], [false], [null]])('answers a method with %j', async (payload) => {
    echo(await open('a'));
    await expect(hub.gateway.invokeMethod({ deviceId: 'a' }, call({ payload }))).resolves.toEqual({
      kind: 'answered',
      status: 200,
      payload,
    });
  });

  it('receives null for a method without a payload', async () => {
    echo(await open('a'));
    await expect(hub.gateway.invokeMethod({ deviceId: 'a' }, call({ payload: undefined }))).resolves.toEqual({
      kind: 'answered',
      status: 200,
      payload: null,
    });
  });

  it('sends no response to an unknown method', async () => {
    echo(await open('a'));
    const outcome = await hub.gateway.invokeMethod(
      { deviceId: 'a' },
      call({ methodName: 'x', responseTimeoutMs: 200 }),
    );
    expect(outcome).toEqual({ kind: 'noAnswer' });
  });

  it('is not online for methods before it subscribes to them', async () => {
    await open('a');
    const outcome = await hub.gateway.invokeMethod({ deviceId: 'a' }, call({ connectTimeoutMs: 0 }));
    expect(outcome).toEqual({ kind: 'notOnline' });
  });

  it('receives a method call that was waiting for it', async () => {
    const outcome = hub.gateway.invokeMethod({ deviceId: 'a' }, call({ connectTimeoutMs: Infinity }));
    echo(await open('a'));
    await expect(outcome).resolves.toMatchObject({ kind: 'answered' });
  });

  it('ends a method call in flight when it disconnects', async () => {
    const client = await open('a');
    const called = new Promise<void>((resolve) => client.onDeviceMethod('echo', () => resolve()));
    const outcome = hub.gateway.invokeMethod({ deviceId: 'a' }, call());
    await called;
    await client.close();
    await expect(outcome).resolves.toEqual({ kind: 'disconnected' });
  });

  it('reads its twin, reports properties and receives desired changes', async () => {
    hub.directory.desired.set('a', { interval: 5 });
    const twin: Twin = await (await open('a')).getTwin();
    expect(twin.properties.desired).toMatchObject({ interval: 5, $version: 1 });
    await new Promise<void>((resolve, reject) => {
      (twin.properties.reported['update'] as Update)({ interval: 5 }, (error) => (error ? reject(error) : resolve()));
    });
    expect(hub.directory.reported.get('a')).toEqual({ interval: 5 });
    const heard = new Promise((resolve) => {
      twin.on('properties.desired', (delta: { interval: number }) => delta.interval === 9 && resolve(delta));
    });
    const sender = setInterval(() => hub.gateway.notifyDesired({ deviceId: 'a' }, { interval: 9 }, 2), 20);
    await expect(heard).resolves.toEqual({ interval: 9, $version: 2 });
    clearInterval(sender);
  });

  it('sends telemetry, which is counted', async () => {
    await (await open('a')).sendEvent(new Message('hello'));
    expect(hub.directory.telemetryBytes.get('a')).toBe(5);
  });

  it('is disconnected by the hub', async () => {
    await open('a');
    const gone = new Promise<void>((resolve) => {
      hub.directory.onConnected = (_key, connected) => connected || resolve();
    });
    hub.gateway.disconnect({ deviceId: 'a' });
    await gone;
    expect(hub.gateway.isConnected({ deviceId: 'a' })).toBe(false);
  });

  it('loses its connection when the same device connects again', async () => {
    const first = await open('a');
    const lost = new Promise<void>((resolve) => first.on('disconnect', () => resolve()));
    first.setRetryPolicy({ shouldRetry: () => false, nextRetryTimeout: () => 0 });
    echo(await open('a'));
    await lost;
    await expect(hub.gateway.invokeMethod({ deviceId: 'a' }, call())).resolves.toMatchObject({ kind: 'answered' });
    expect(hub.directory.connected.get('a')).toBe(true);
  });

  it('connects as a module', async () => {
    const client = ModuleClient.fromConnectionString(hub.connectionString('a', 'm'), Mqtt);
    clients.push(client);
    await client.setOptions({ ca: hub.caPem });
    await client.open();
    client.onMethod('echo', (request, response) => {
      response?.send(200, request?.payload, () => undefined);
    });
    const outcome = await hub.gateway.invokeMethod({ deviceId: 'a', moduleId: 'm' }, call());
    expect(outcome).toMatchObject({ kind: 'answered', payload: { a: 1 } });
    expect(hub.gateway.isConnected({ deviceId: 'a' })).toBe(false);
  });

  it('connects over WebSocket', async () => {
    const client = Client.fromConnectionString(hub.connectionString('a').replace(/GatewayHostName=[^;]*;/, ''), MqttWs);
    clients.push(client);
    // The SDK always connects to port 443, but the options of an agent override that.
    const webSocketAgent = new Agent({ host: '127.0.0.1', port: hub.webSocketPort, ca: hub.caPem });
    await client.setOptions({ ca: hub.caPem, mqtt: { webSocketAgent } });
    await client.open();
    echo(client);
    await expect(hub.gateway.invokeMethod({ deviceId: 'a' }, call())).resolves.toMatchObject({ kind: 'answered' });
  });
});
