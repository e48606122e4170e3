import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'eventemitter3';
import type { ConnectionStatus } from '../../../src/alwayson/session-types.js';
import { rig } from '../../support/edge/rig.js';
import { echoThing } from '../../support/edge/things.js';

describe('EdgeClient', () => {
  it('is an event emitter whose listeners can be counted, removed and called once', async () => {
    const { client } = rig([echoThing()]);
    const seen: string[] = [];
    const first: string[] = [];
    const onStatus = ({ type }: ConnectionStatus): void => void seen.push(type);
    const before = client.listenerCount('status');
    expect(client).toBeInstanceOf(EventEmitter);
    expect(client.on('status', onStatus).once('status', ({ type }) => void first.push(type))).toBe(client);
    expect(client.listenerCount('status')).toBe(before + 2);
    await client.start();
    client.off('status', onStatus);
    await client.close();
    expect(seen).toEqual(['connecting', 'authenticated', 'bound']);
    expect(first).toEqual(['connecting']);
  });

  it('has the status that it emits', async () => {
    const { client } = rig([echoThing()]);
    const differences: unknown[] = [];
    client.on('status', (status) => {
      if (client.status !== status) differences.push(status);
    });
    await client.start();
    await client.close();
    expect(differences).toEqual([]);
    expect(client.status).toEqual({ type: 'closed' });
  });

  it('logs errors that a listener throws, and starts and closes nevertheless', async () => {
    const { client, log } = rig([echoThing()]);
    client.on('status', ({ type }) => {
      throw new Error(`listener failed on ${type}`);
    });
    await client.start();
    expect(client.status.type).toBe('bound');
    await client.close();
    const failures = log.lines.filter(({ level }) => level === 'error').map(({ message }) => message);
    expect(failures).toEqual(Array.from({ length: 4 }, () => 'a listener of the connection status failed'));
  });
});
