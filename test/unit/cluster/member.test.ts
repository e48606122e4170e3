import { beforeEach, describe, expect, it } from '@jest/globals';
import { ClusterMember } from '../../../src/cluster/member.js';
import type { EndOfWork, HubWork } from '../../../src/cluster/tenure.js';
import { AgentError } from '../../../src/core/errors.js';
import { noInstruments } from '../../../src/core/instruments.js';
import { SharedMemory } from '../../support/cluster/shared-memory.js';
import { ManualClock, settle } from '../../support/manual-clock.js';
import { recordingLog } from '../../support/recording-log.js';

const LEASE_MS = 15_000;

/** What an agent did for its hubs, in order. */
class Work implements HubWork {
  readonly log: string[];
  readonly hub: string;
  failures: number;

  constructor(hub: string, log: string[], failures = 0) {
    this.hub = hub;
    this.log = log;
    this.failures = failures;
  }

  async begin(): Promise<void> {
    if (this.failures-- > 0) throw new AgentError('StoreUnavailable', 'not now');
    this.log.push(`begin ${this.hub}`);
  }

  async end(why: EndOfWork): Promise<void> {
    this.log.push(`${why} ${this.hub}`);
  }

  async refresh(): Promise<void> {
    await Promise.resolve();
  }

  setBound(isBound: boolean): void {
    const entry = `${isBound ? 'bind' : 'unbind'} ${this.hub}`;
    if (this.log.at(-1) !== entry) this.log.push(entry);
  }
}

let clock: ManualClock;
let shared: SharedMemory;
beforeEach(() => {
  clock = new ManualClock();
  shared = new SharedMemory(clock);
});

function join(agentName: string, hubs: readonly string[] = ['one'], failures = 0): ClusterMember & { log: string[] } {
  const log: string[] = [];
  const store = shared.storeOf(agentName);
  const member = new ClusterMember({
    store,
    state: store,
    hubs,
    id: `id-${agentName}`,
    agentName,
    version: '1.0.0',
    address: () => '',
    leaseMs: LEASE_MS,
    work: (hub) => new Work(hub, log, failures),
    clock,
    log: recordingLog(),
    instruments: noInstruments,
  });
  member.start();
  return Object.assign(member, { log });
}

const later = (ms: number): Promise<void> => clock.advanceAsync(ms);

describe('a member of a cluster', () => {
  it('takes a free hub, renews its lease, and shows its role', async () => {
    const one = join('a');
    await later(10 * LEASE_MS);
    expect(one.log.filter((entry) => entry.startsWith('begin'))).toEqual(['begin one']);
    expect(one.status()).toMatchObject({ agentName: 'a', hubs: { one: { role: 'active', holder: 'a' } } });
    expect(shared.holderOf('one')).toBe('a');
  });

  it('stands by while another one lives, and takes over when that has been silent for a lease', async () => {
    join('a');
    await later(1000);
    const other = join('b');
    await later(3 * LEASE_MS);
    expect(other.status().hubs['one']).toMatchObject({ role: 'standby', holder: 'a' });
    shared.setAway('a', true);
    await later(LEASE_MS + 1100);
    expect(other.log).toContain('begin one');
    expect(shared.holderOf('one')).toBe('b');
  });

  it('drops the hub at once when it finds that another one has the lease', async () => {
    const first = join('a');
    await later(1000);
    const other = join('b');
    await later(1000);
    shared.setAway('a', true);
    await later(LEASE_MS + 2000);
    expect(first.log).not.toContain('lost one');
    shared.setAway('a', false);
    await later(1000);
    expect(first.log).toContain('lost one');
    expect(first.status().hubs['one']).toMatchObject({ role: 'standby', holder: 'b' });
    expect(other.log).not.toContain('lost one');
  });

  it('goes on when the database was away for all, although the lease has expired meanwhile', async () => {
    const first = join('a');
    await later(1000);
    const other = join('b');
    await later(1000);
    for (const name of ['a', 'b']) shared.setAway(name, true);
    await later(20 * LEASE_MS);
    // The other one comes back first, and waits for the holder.
    shared.setAway('b', false);
    await later(1000);
    shared.setAway('a', false);
    await later(5000);
    expect(other.log).toEqual([]);
    expect(first.log.filter((entry) => entry.startsWith('begin'))).toHaveLength(first.log.includes('lost one') ? 2 : 1);
    expect(shared.holderOf('one')).toBe('a');
  });

  it('unbinds after ten leases without the database if another one lived at the last look, and not if it is alone', async () => {
    const alone = join('a');
    await later(1000);
    shared.setAway('a', true);
    await later(11 * LEASE_MS);
    expect(alone.log).not.toContain('lost one');
    shared.setAway('a', false);
    await later(1000);
    join('b');
    await later(2 * LEASE_MS);
    shared.setAway('a', true);
    await later(9 * LEASE_MS);
    expect(alone.log).not.toContain('lost one');
    await later(2 * LEASE_MS);
    expect(alone.log).toContain('lost one');
  });

  it('looks at its lease before it binds again', async () => {
    const first = join('a');
    await later(1000);
    first.checkBeforeBinding();
    await settle();
    expect(first.log.slice(-2)).toEqual(['unbind one', 'bind one']);
    join('b');
    await later(LEASE_MS / 2);
    shared.setAway('a', true);
    await later(LEASE_MS + 2000);
    first.checkBeforeBinding();
    await settle();
    // Another agent may have taken the Thing: binding again would take it back.
    expect(first.log.at(-1)).toBe('unbind one');
  });

  it('hands over when it stops, and the other one does not wait for the lease to expire', async () => {
    const first = join('a');
    await later(1000);
    const other = join('b');
    await later(1000);
    first.leave();
    await later(1000);
    await first.stop();
    expect(first.log.at(-1)).toBe('handOver one');
    await later(200);
    expect(other.log).toContain('begin one');
  });

  it('tries again when the state cannot be read at the begin', async () => {
    const one = join('a', ['one'], 2);
    await later(500);
    expect(one.log).toEqual([]);
    await later(3000);
    expect(one.log[0]).toBe('begin one');
  });
});
