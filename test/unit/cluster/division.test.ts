import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { divide } from '../../../src/cluster/division.js';
import type { ClusterView } from '../../../src/store/cluster-store.js';

const LEASE_MS = 15_000;

const agent = (
  name: string,
  more: { leaving?: boolean; expiresInMs?: number } = {},
): ClusterView['agents'][number] => ({
  id: `id-${name}`,
  name,
  version: '1.0.0',
  address: '',
  leaving: false,
  expiresInMs: LEASE_MS,
  ...more,
});

const lease = (name: string, holder: string, expiresInMs = LEASE_MS): ClusterView['leases'][number] => ({
  name,
  holder,
  token: 1,
  expiresInMs,
});

function decide(
  me: string,
  hubs: readonly string[],
  view: ClusterView,
  times: { readonly gaveUpMs?: number; readonly nowMs?: number } = {},
) {
  const held = view.leases
    .filter(({ holder, expiresInMs }) => holder === me && expiresInMs > 0)
    .map(({ name }) => name);
  const { gaveUpMs = -Infinity, nowMs = 0 } = times;
  return divide({ hubs, me: { id: `id-${me}`, name: me }, held, view, gaveUpMs, nowMs, leaseMs: LEASE_MS });
}

describe('the division of the hubs', () => {
  it('gives a single agent all of them', () => {
    expect(decide('a', ['one', 'two'], { agents: [], leases: [] }).take).toEqual(['one', 'two']);
  });

  it('lets nobody take more than its share, and agents begin at different hubs', () => {
    const view = { agents: [agent('a'), agent('b')], leases: [] };
    expect(decide('a', ['one', 'two'], view)).toEqual({ take: ['one'] });
    expect(decide('b', ['one', 'two'], view)).toEqual({ take: ['two'] });
  });

  it('takes a lease that has expired or was released, and no other', () => {
    const agents = [agent('a')];
    expect(decide('a', ['one'], { agents, leases: [lease('one', 'b', -1)] }).take).toEqual(['one']);
    expect(decide('a', ['one'], { agents, leases: [lease('one', '', 0)] }).take).toEqual(['one']);
    expect(decide('a', ['one'], { agents, leases: [lease('one', 'b', 1)] }).take).toEqual([]);
  });

  it('gives one hub up to an agent that has fewer, and waits a lease before the next', () => {
    const hubs = ['one', 'two', 'three', 'four'];
    const view = { agents: [agent('a'), agent('b')], leases: hubs.map((hub) => lease(hub, 'a')) };
    expect(decide('a', hubs, view).giveUp).toBe('four');
    expect(decide('a', hubs, view, { gaveUpMs: 0, nowMs: LEASE_MS - 1 }).giveUp).toBeUndefined();
    expect(decide('a', hubs, view, { gaveUpMs: 0, nowMs: LEASE_MS }).giveUp).toBe('four');
  });

  it('counts neither agents that have died nor those that are stopping', () => {
    const gone = [agent('b', { leaving: true }), agent('c', { expiresInMs: -1 })];
    const view = { agents: [agent('a'), ...gone], leases: [lease('one', 'a')] };
    expect(decide('a', ['one', 'two'], view)).toEqual({ take: ['two'] });
  });

  it('tells an agent of the same name from this one', () => {
    const twin = { ...agent('a'), id: 'id-twin' };
    const leases = [lease('one', 'a'), lease('two', 'a')];
    const view = { agents: [agent('a'), twin], leases };
    const facts = { hubs: ['one', 'two'], me: { id: 'id-a', name: 'a' }, held: ['one'], view };
    expect(divide({ ...facts, gaveUpMs: -Infinity, nowMs: 0, leaseMs: LEASE_MS })).toEqual({ take: [] });
  });

  it('ends with every hub held by one agent, and no agent above its share', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(),
        (hubCount, agentCount, seed) => {
          const hubs = Array.from({ length: hubCount }, (_, at) => `hub-${at}`);
          const agents = Array.from({ length: agentCount }, (_, at) => agent(`agent-${at}`));
          // At first one agent holds everything.
          const holders = new Map(hubs.map((hub) => [hub, 'agent-0']));
          for (let round = 0; round < 20; round += 1)
            for (let turn = 0; turn < agentCount; turn += 1) {
              const { name } = agents[(turn + seed) % agentCount] as ClusterView['agents'][number];
              const view = { agents, leases: [...holders].map(([hub, holder]) => lease(hub, holder)) };
              const { take, giveUp } = decide(name, hubs, view, { nowMs: round * LEASE_MS });
              for (const hub of take) holders.set(hub, name);
              if (giveUp !== undefined) holders.delete(giveUp);
            }
          const counts = agents.map(({ name }) => [...holders.values()].filter((holder) => holder === name).length);
          expect(holders.size).toBe(hubCount);
          expect(Math.max(...counts)).toBeLessThanOrEqual(Math.ceil(hubCount / agentCount));
        },
      ),
    );
  });
});
