import { describe, expect, it } from '@jest/globals';
import { deferred } from '../../../src/core/promises.js';
import { EdgeThing } from '../../../src/edge/thing.js';
import { boundRig } from '../../support/edge/rig.js';
import { echoThing, plainService } from '../../support/edge/things.js';
import { settle } from '../../support/manual-clock.js';

const isAnyKey = { authCode: () => 0x40 } as const;

describe('a new application key', () => {
  it('is used on a new connection, once the calls in flight have been answered', async () => {
    const gate = deferred<string>();
    const thing = echoThing('T', { services: [plainService('Wait', () => gate.promise)] });
    const { client, end: first, statuses, platform } = await boundRig([thing], { policy: isAnyKey });
    const call = first.invoke('T', 'Wait');
    await settle();
    const renewed = client.renewAppKey('another-key', 5_000);
    await settle();
    expect(statuses.at(-1)?.type).toBe('bound');
    gate.resolve('done');
    expect((await call).code).toBe(0x40);
    await renewed;
    await settle();
    expect(platform.end).not.toBe(first);
    expect(platform.end.bound).toEqual(new Set(['T']));
    const auth = platform.end.received.find(({ body }) => body.kind === 'auth');
    expect(auth?.body).toMatchObject({ claims: new Map([['appKey', 'another-key']]) });
    expect(statuses.map(({ type }) => type).slice(3)).toEqual(['lost', 'connecting', 'authenticated', 'bound']);
    await client.close();
  });

  it('does not open a connection again that is being closed', async () => {
    const gate = deferred<string>();
    const thing = echoThing('T', { services: [plainService('Wait', () => gate.promise)] });
    const { client, end, platform, statuses, clock } = await boundRig([thing], { policy: isAnyKey });
    void end.invoke('T', 'Wait');
    await settle();
    const renewed = client.renewAppKey('another-key', 5_000);
    const drained = client.drain(1_000);
    await clock.advanceAsync(1_000);
    await Promise.all([renewed, drained]);
    expect(platform.end).toBe(end);
    expect(statuses.at(-1)?.type).toBe('closed');
    gate.resolve('too late');
  });

  it('is refused before anything changes if it cannot be sent', async () => {
    const { client, statuses } = await boundRig([echoThing('T')]);
    await expect(client.renewAppKey('', 0)).rejects.toMatchObject({ code: 'ConfigurationInvalid' });
    expect(statuses.at(-1)?.type).toBe('bound');
    await client.close();
  });
});

describe('a change between requests', () => {
  it('waits for calls in flight and lets new ones wait, which then meet the new services', async () => {
    const gate = deferred<string>();
    const before = [plainService('Wait', () => gate.promise), plainService('Say', () => Promise.resolve('old'))];
    const after = new EdgeThing({ name: 'T', services: [plainService('Say', () => Promise.resolve('new'))] });
    const thing = echoThing('T', { services: before });
    const { client, end } = await boundRig([thing]);
    const waiting = end.invoke('T', 'Wait');
    await settle();
    const order: string[] = [];
    const changed = client.betweenRequests(5_000, () => {
      order.push('changed');
      thing.adoptServices(after);
      return Promise.resolve();
    });
    const said = end.invoke('T', 'Say').then((answer) => {
      order.push('said');
      return answer;
    });
    await settle();
    expect(order).toEqual([]);
    gate.resolve('done');
    await Promise.all([waiting, changed]);
    expect((await said).body).toMatchObject({ content: { rows: [['new']] } });
    expect(order).toEqual(['changed', 'said']);
    await client.close();
  });

  it('is not delayed by a call that takes longer than the limit', async () => {
    const thing = echoThing('T', { services: [plainService('Wait', () => new Promise(() => undefined))] });
    const { client, end, clock } = await boundRig([thing]);
    void end.invoke('T', 'Wait');
    await settle();
    let isChanged = false;
    const changed = client.betweenRequests(3_000, () => {
      isChanged = true;
      return Promise.resolve();
    });
    await clock.advanceAsync(3_000);
    await changed;
    expect(isChanged).toBe(true);
    await client.close();
  });
});
