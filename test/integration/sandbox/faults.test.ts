import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { Router } from '../../../src/sandbox/http/router.js';
import { systemClock } from '../../../src/core/clock.js';
import { ConnectionFaults } from '../../../src/sandbox/faults/connection-faults.js';
import { addFaultRoutes } from '../../../src/sandbox/faults/fault-routes.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../src/sandbox/thingworx/local-thingworx.js';
import { RestCaller } from '../../support/thingworx-rest.js';

describe('faults on demand', () => {
  let platform: LocalThingWorx;
  let faults: ConnectionFaults;
  let rest: RestCaller;

  beforeEach(async () => {
    faults = new ConnectionFaults(systemClock);
    const mount = new Router();
    addFaultRoutes(mount, { thingworx: faults });
    platform = await startLocalThingWorx({ port: 0, mount, onServer: (server) => faults.watch(server, 'plain') });
    rest = new RestCaller(platform.url, platform.appKey, 'none');
  });

  afterEach(() => platform.close());

  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(platform.wsUrl);
    await once(socket, 'open');
    return socket;
  };
  const put = (plan: unknown): ReturnType<RestCaller['request']> => rest.request('PUT', '/sandbox/faults', plan);

  it('refuses new connections and keeps the existing ones', async () => {
    const socket = await open();
    faults.change({ refuse: true });
    const stranger = connect(platform.port, '127.0.0.1');
    stranger.on('error', () => undefined);
    await once(stranger, 'close');
    expect(socket.readyState).toBe(WebSocket.OPEN);
    faults.change({ refuse: false });
    (await open()).terminate();
    socket.terminate();
  });

  it('drops open connections on a REST request', async () => {
    const socket = await open();
    const closed = once(socket, 'close');
    expect((await put({ thingworx: { drop: true } })).status).toBe(200);
    expect((await closed)[0]).toBe(1006);
    (await open()).terminate();
  });

  it('sends garbage, which breaks a WebSocket', async () => {
    const socket = await open();
    const failed = once(socket, 'error');
    expect((await put({ thingworx: { garbage: true } })).status).toBe(200);
    expect((await failed)[0]).toBeInstanceOf(Error);
    socket.terminate();
  });

  it('holds everything sent on a half-open connection until the fault is cleared', async () => {
    const socket = await open();
    faults.change({ halfOpen: true });
    let pongs = 0;
    socket.on('pong', () => (pongs += 1));
    socket.ping('a');
    await new Promise((resolve) => socket.ping('b', true, resolve));
    expect(pongs).toBe(0);
    const answered = once(socket, 'pong');
    faults.change({ halfOpen: false });
    await answered;
    socket.terminate();
  });

  it('does not respond on a new connection while it is half-open', async () => {
    faults.change({ halfOpen: true });
    let isAnswered = false;
    const socket = connect(platform.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('data', () => (isAnswered = true));
    await new Promise((resolve) => socket.write('GET / HTTP/1.1\r\nhost: sandbox\r\n\r\n', resolve));
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    faults.change({ halfOpen: false });
    await once(socket, 'data');
    expect(isAnswered).toBe(true);
    socket.destroy();
  });

  it('delays responses', async () => {
    expect((await put({ thingworx: { delay: 80 } })).status).toBe(200);
    const startedMs = performance.now();
    const answer = await rest.request('GET', '/sandbox/faults');
    expect(answer.json).toEqual({ thingworx: { refuse: false, delayMs: 80, halfOpen: false } });
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(79);
  });

  it('names unknown ends and faults', async () => {
    expect((await put({ thingworx: { explode: true } })).status).toBe(400);
    expect((await put({ iothub: { drop: true } })).status).toBe(404);
    expect((await put('nonsense')).status).toBe(400);
  });
});
