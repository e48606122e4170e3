import { X509Certificate } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MethodCall } from '../../../../../src/sandbox/iothub/ports';
import {
  type DeviceGateway,
  hubCertificates,
  startDeviceGateway,
} from '../../../../support/sandbox/devices/device-gateway';
import { RawDevice } from '../../../../support/sandbox/devices/raw-mqtt';

const METHODS = '$iothub/methods/POST/#';
const ID = { deviceId: 'a' };

const call = (more: Partial<MethodCall> = {}): MethodCall => ({
  methodName: 'm',
  payload: 1,
  connectTimeoutMs: 5000,
  responseTimeoutMs: 5000,
  ...more,
});

describe('MQTT, byte by byte', () => {
  let hub: DeviceGateway;
  const devices: RawDevice[] = [];

  beforeEach(async () => {
    hub = await startDeviceGateway({ devices: ['a', 'b', 'a/m'], maxUnauthenticated: 100 });
  });

  afterEach(async () => {
    for (const device of devices.splice(0)) device.vanish();
    await hub.close();
  });

  async function open(): Promise<RawDevice> {
    const device = await RawDevice.open(hub.mqttPort, hub.caPem);
    devices.push(device);
    return device;
  }

  async function openWebSocket(): Promise<RawDevice> {
    const device = await RawDevice.openWebSocket(hub.webSocketPort, hub.caPem);
    devices.push(device);
    return device;
  }

  async function connected(clientId = 'a', options: Parameters<RawDevice['connect']>[1] = {}): Promise<RawDevice> {
    const device = await open();
    await expect(device.connect(clientId, options)).resolves.toMatchObject({ code: 0 });
    return device;
  }

  const stateChange = (wanted: boolean): Promise<void> =>
    new Promise((resolve) => {
      hub.directory.onConnected = (_key, isConnected) => isConnected === wanted && resolve();
    });

  /** Returns the request id of the next method that the device receives. */
  async function requestOf(device: RawDevice): Promise<string> {
    const { topic } = await device.next(3);
    return /\$rid=(.*)$/.exec(topic ?? '')?.[1] ?? '';
  }

  describe('CONNECT', () => {
    it.each([
      ['another client id', { userName: 'localhost/b/?api-version=2021-04-12' }],
      ['another hub', { userName: 'other.example/a/?api-version=2021-04-12' }],
      ['an empty user name', { userName: '' }],
      ['an invalid api-version', { userName: 'localhost/a/?api-version=latest' }],
      ['no token', { password: '' }],
      ['a password that is not a token', { password: 'secret' }],
    ])('refuses %s with code 5 and closes', async (_what, options) => {
      const device = await open();
      await expect(device.connect('a', options)).resolves.toMatchObject({ code: 5 });
      await device.closed();
      expect(hub.gateway.isConnected(ID)).toBe(false);
    });

    it('accepts the host with its port, in any letter case, and older forms of the user name', async () => {
      await connected('a', { userName: 'LocalHost:8883/a/api-version=2018-06-30&DeviceClientType=x' });
      await connected('a/m', { userName: 'localhost/a/m/?api-version=2021-04-12&model-id=dtmi:x;1' });
      expect(hub.gateway.isConnected({ deviceId: 'a', moduleId: 'm' })).toBe(true);
    });

    it.each(['localhost/a', 'localhost/a/', 'localhost/a/?', 'localhost/a/?DeviceClientType=x'])(
      'accepts the user name %s without api-version, but answers twin requests with 400',
      async (userName) => {
        const device = await connected('a', { userName });
        await device.subscribe(['$iothub/twin/res/#', METHODS]);
        for (const topic of ['$iothub/twin/GET/?$rid=7', '$iothub/twin/PATCH/properties/reported/?$rid=7']) {
          device.publish(topic, '{"x":1}');
          const { topic: answered, payload } = await device.next(3);
          expect(answered).toBe('$iothub/twin/res/400/?$rid=7');
          expect(JSON.parse(String(payload))).toMatchObject({ errorCode: 400_001 });
        }
        expect(hub.directory.reported.has('a')).toBe(false);
        device.publish('devices/a/messages/events/', 'hello', 1);
        await device.next(4);
        const outcome = hub.gateway.invokeMethod(ID, call());
        device.publish(`$iothub/methods/res/200/?$rid=${await requestOf(device)}`, '1');
        await expect(outcome).resolves.toMatchObject({ kind: 'answered' });
      },
    );

    it('accepts a client certificate by its thumbprint', async () => {
      const { certPem: cert, keyPem: key } = await hubCertificates();
      const device = await RawDevice.open(hub.mqttPort, hub.caPem, { cert, key });
      devices.push(device);
      hub.directory.thumbprints.add(new X509Certificate(cert).fingerprint256.replaceAll(':', ''));
      await expect(device.connect('a', { password: '' })).resolves.toMatchObject({ code: 0 });
    });

    it('closes a connection when its token expires', async () => {
      const soon = Math.floor(Date.now() / 1000) + 1;
      const device = await connected('a', { password: `SharedAccessSignature sr=x&sig=y&se=${soon}` });
      await device.closed();
      expect(Date.now()).toBeGreaterThanOrEqual(soon * 1000);
    });

    it('closes a connection that is silent for longer than 1.5 times its keep-alive', async () => {
      const started = performance.now();
      const device = await connected('a', { keepAliveSeconds: 1 });
      const offline = stateChange(false);
      await device.closed();
      await offline;
      expect(performance.now() - started).toBeGreaterThan(1400);
    });

    it('closes the older connection when the same device connects again', async () => {
      const first = await connected();
      await first.subscribe([METHODS]);
      const second = await connected();
      await first.closed();
      await second.subscribe([METHODS]);
      const outcome = hub.gateway.invokeMethod(ID, call());
      second.publish(`$iothub/methods/res/200/?$rid=${await requestOf(second)}`, '2');
      await expect(outcome).resolves.toEqual({ kind: 'answered', status: 200, payload: 2 });
      expect(hub.directory.connected.get('a')).toBe(true);
    });
  });

  it('refuses a device and keeps running when the directory fails', async () => {
    const good = await connected('b');
    hub.directory.authenticate = () => {
      throw new Error('the directory failed');
    };
    const device = await open();
    await expect(device.connect('a')).resolves.toMatchObject({ code: 5 });
    good.send(0xc0, Buffer.alloc(0));
    await expect(good.next(13)).resolves.toBeDefined();
  });

  describe('sessions', () => {
    it('restores the subscriptions of a persisted session', async () => {
      const first = await connected('a', { clean: false });
      await first.subscribe([METHODS]);
      const offline = stateChange(false);
      first.vanish();
      await offline;
      const second = await open();
      await expect(second.connect('a', { clean: false })).resolves.toEqual({ code: 0, hasSession: true });
      // Called at once and without a connect timeout: a device is online as soon as it has its CONNACK.
      const outcome = hub.gateway.invokeMethod(ID, call({ connectTimeoutMs: 0 }));
      second.publish(`$iothub/methods/res/201/?$rid=${await requestOf(second)}`, '');
      await expect(outcome).resolves.toEqual({ kind: 'answered', status: 201, payload: null });
    });

    it('starts a clean session without subscriptions', async () => {
      const first = await connected('a', { clean: false });
      await first.subscribe([METHODS]);
      const second = await open();
      await expect(second.connect('a', { clean: true })).resolves.toEqual({ code: 0, hasSession: false });
      await expect(hub.gateway.invokeMethod(ID, call({ connectTimeoutMs: 0 }))).resolves.toEqual({ kind: 'notOnline' });
    });
  });

  describe('SUBSCRIBE and PUBLISH', () => {
    it('grants QoS 1 at most, and only the device’s own topics', async () => {
      const device = await connected();
      await expect(device.subscribe(['devices/a/messages/devicebound/#'], 2)).resolves.toEqual([1]);
      await expect(
        device.subscribe([METHODS, '#', 'devices/b/messages/devicebound/#', '$iothub/+/POST/#', '$SYS/#'], 1),
      ).resolves.toEqual([1, 128, 128, 128, 128]);
    });

    it('closes on QoS 2', async () => {
      const device = await connected();
      device.publish('devices/a/messages/events/', 'x', 2);
      await device.closed();
      expect(hub.directory.telemetryBytes.get('a')).toBeUndefined();
    });

    it('counts the device’s own telemetry and acknowledges QoS 1', async () => {
      const device = await connected();
      device.publish('devices/a/messages/events/$.ct=text&x=1', 'hello', 1);
      await device.next(4);
      expect(hub.directory.telemetryBytes.get('a')).toBe(5);
    });

    describe.each(['TLS', 'WebSocket'])('over %s', (transport) => {
      const device = async (): Promise<RawDevice> => {
        const opened = transport === 'TLS' ? await open() : await openWebSocket();
        await expect(opened.connect('a')).resolves.toMatchObject({ code: 0 });
        return opened;
      };

      it.each([
        'foo/bar',
        'devices/b/messages/events/',
        'devices/a/messages/devicebound/',
        'devices/a/message/events/',
        'devices/A/messages/events/',
        'devices/a/modules/m/messages/events/',
        '$iothub/nothing',
        '$iothub/twin/GET/',
        '$iothub/twin/PATCH/properties/desired/?$rid=1',
        '$iothub/methods/POST/reboot/?$rid=1',
        '$SYS/broker',
      ])('closes the connection on a message to the unknown topic %s, with QoS 0 and 1', async (topic) => {
        for (const qos of [0, 1]) {
          const publisher = await device();
          publisher.publish(topic, 'x', qos);
          await publisher.closed();
          await expect(publisher.next(4)).rejects.toThrow('closed');
        }
        expect([...hub.directory.telemetryBytes]).toEqual([]);
      });

      it('accepts messages of 256 KB and closes the connection on a larger one', async () => {
        const publisher = await device();
        publisher.publish('devices/a/messages/events/', Buffer.alloc(256 * 1024), 1);
        await publisher.next(4);
        expect(hub.directory.telemetryBytes.get('a')).toBe(256 * 1024);
        for (const size of [256 * 1024 + 1, 263_000, 300_000]) {
          const large = await device();
          large.publish('devices/a/messages/events/', Buffer.alloc(size), 1);
          await large.closed();
          await expect(large.next(4)).rejects.toThrow('closed');
        }
        expect(hub.directory.telemetryBytes.get('a')).toBe(256 * 1024);
      });
    });

    it('forwards no message from one device to another', async () => {
      const other = await connected('b');
      await other.subscribe([METHODS, 'devices/b/messages/devicebound/#']);
      const device = await connected();
      device.publish('devices/b/messages/devicebound/', 'x', 1);
      await device.closed();
      other.send(0xc0, Buffer.alloc(0));
      await other.next(13);
      await expect(Promise.race([other.next(3), Promise.resolve('nothing')])).resolves.toBe('nothing');
      expect([...hub.directory.telemetryBytes]).toEqual([]);
    });

    it('closes the connection on a packet over 256 KB before reading all of it', async () => {
      const device = await connected();
      device.send(0x30, Buffer.concat([Buffer.from([0, 1, 0x78]), Buffer.alloc(2_000_000)]));
      await device.closed();
      expect(hub.gateway.isConnected(ID)).toBe(false);
    });

    it('keeps running after garbage', async () => {
      const good = await connected('b');
      const device = await open();
      device.socket.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
      await device.closed();
      const later = await connected();
      later.socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
      await later.closed();
      good.send(0xc0, Buffer.alloc(0));
      await expect(good.next(13)).resolves.toBeDefined();
    });
  });

  describe('twins', () => {
    it.each([
      ['not JSON', '{"a":'],
      ['not an object', '"text"'],
    ])('answers a reported patch that is %s with 400', async (_what, payload) => {
      const device = await connected();
      await device.subscribe(['$iothub/twin/res/#']);
      device.publish('$iothub/twin/PATCH/properties/reported/?$rid=7', payload);
      const { topic, payload: body } = await device.next(3);
      expect(topic).toBe('$iothub/twin/res/400/?$rid=7');
      expect(JSON.parse(String(body))).toMatchObject({ errorCode: 400_004 });
    });

    it('answers a valid reported patch with 204, its version and no body', async () => {
      const device = await connected();
      await device.subscribe(['$iothub/twin/res/#']);
      device.publish('$iothub/twin/PATCH/properties/reported/?$rid=a%20b', '{"x":1}');
      await expect(device.next(3)).resolves.toMatchObject({
        topic: '$iothub/twin/res/204/?$rid=a%20b&$version=2',
        payload: Buffer.alloc(0),
      });
    });

    it('returns the twin as the two sections, without an outer object', async () => {
      hub.directory.desired.set('a', { x: 1 });
      const device = await connected();
      await device.subscribe(['$iothub/twin/res/#']);
      device.publish('$iothub/twin/GET/?$rid=1', ' ');
      const { topic, payload } = await device.next(3);
      expect(topic).toBe('$iothub/twin/res/200/?$rid=1');
      expect(JSON.parse(String(payload))).toEqual({ desired: { x: 1, $version: 1 }, reported: { $version: 1 } });
    });

    it('sends desired changes with the version in topic and body', async () => {
      const device = await connected();
      await device.subscribe(['$iothub/twin/PATCH/properties/desired/#']);
      hub.gateway.notifyDesired(ID, { x: null }, 5);
      const { topic, payload } = await device.next(3);
      expect(topic).toBe('$iothub/twin/PATCH/properties/desired/?$version=5');
      expect(JSON.parse(String(payload))).toEqual({ x: null, $version: 5 });
    });
  });

  describe('method responses', () => {
    async function ready(clientId = 'a'): Promise<RawDevice> {
      const device = await connected(clientId);
      await device.subscribe([METHODS]);
      return device;
    }

    it('accepts the first of two responses', async () => {
      const device = await ready();
      const outcome = hub.gateway.invokeMethod(ID, call());
      const requestId = await requestOf(device);
      device.publish(`$iothub/methods/res/200/?$rid=${requestId}`, '"first"');
      device.publish(`$iothub/methods/res/500/?$rid=${requestId}`, '"second"');
      await expect(outcome).resolves.toEqual({ kind: 'answered', status: 200, payload: 'first' });
    });

    it('ignores a late response', async () => {
      const device = await ready();
      const outcome = hub.gateway.invokeMethod(ID, call({ responseTimeoutMs: 30 }));
      const requestId = await requestOf(device);
      await expect(outcome).resolves.toEqual({ kind: 'noAnswer' });
      device.publish(`$iothub/methods/res/200/?$rid=${requestId}`, '1');
      const next = hub.gateway.invokeMethod(ID, call());
      device.publish(`$iothub/methods/res/200/?$rid=${await requestOf(device)}`, '2');
      await expect(next).resolves.toMatchObject({ payload: 2 });
    });

    it.each([
      ['garbage', '200', '{"a":'],
      ['an invalid status', 'fine', '1'],
      ['200 KB', '200', `"${'x'.repeat(200 * 1024)}"`],
    ])('reports a response with %s', async (_what, status, payload) => {
      const device = await ready();
      const outcome = hub.gateway.invokeMethod(ID, call());
      device.publish(`$iothub/methods/res/${status}/?$rid=${await requestOf(device)}`, payload);
      await expect(outcome).resolves.toMatchObject({ kind: 'badAnswer' });
    });

    it('ignores a response of another device', async () => {
      const device = await ready();
      const other = await ready('b');
      const outcome = hub.gateway.invokeMethod(ID, call());
      const requestId = await requestOf(device);
      other.publish(`$iothub/methods/res/200/?$rid=${requestId}`, '"forged"', 1);
      await other.next(4);
      device.publish(`$iothub/methods/res/200/?$rid=${requestId}`, '"true"');
      await expect(outcome).resolves.toMatchObject({ payload: 'true' });
    });

    it('reports that the device disconnected during the call', async () => {
      const device = await ready();
      const outcome = hub.gateway.invokeMethod(ID, call());
      await requestOf(device);
      device.vanish();
      await expect(outcome).resolves.toEqual({ kind: 'disconnected' });
    });

    it('ends an aborted call, before and after the device connects', async () => {
      const early = new AbortController();
      const waiting = hub.gateway.invokeMethod(ID, call({ connectTimeoutMs: Infinity, signal: early.signal }));
      early.abort();
      await expect(waiting).resolves.toEqual({ kind: 'notOnline' });
      const device = await ready();
      const late = new AbortController();
      const open = hub.gateway.invokeMethod(ID, call({ signal: late.signal }));
      await requestOf(device);
      late.abort();
      await expect(open).resolves.toEqual({ kind: 'noAnswer' });
    });
  });

  it('serves devices despite 1,000 silent connections', async () => {
    const good = await connected('b');
    const silent = Array.from({ length: 1000 }, () => {
      const socket = connectTcp(hub.mqttPort, '127.0.0.1');
      socket.on('error', () => undefined);
      return socket;
    });
    // Some of them complete the TLS handshake before they fall silent.
    const shaken = await Promise.all(
      Array.from({ length: 150 }, () => RawDevice.open(hub.mqttPort, hub.caPem).then((device) => devices.push(device))),
    );
    expect(shaken).toHaveLength(150);
    const device = await connected();
    await device.subscribe([METHODS]);
    const outcome = hub.gateway.invokeMethod(ID, call());
    device.publish(`$iothub/methods/res/200/?$rid=${await requestOf(device)}`, '1');
    await expect(outcome).resolves.toMatchObject({ kind: 'answered' });
    // The hub keeps only this many of the 150 silent connections.
    await devices[1]?.closed();
    good.send(0xc0, Buffer.alloc(0));
    await expect(good.next(13)).resolves.toBeDefined();
    for (const socket of silent) socket.destroy();
  });
});
