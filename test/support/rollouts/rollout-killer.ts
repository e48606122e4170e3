import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { rowsFromTable } from '../../../src/alwayson/values.js';
import { sandboxSchema } from '../../../src/sandbox/options.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.js';
import { writeAgentConfig } from '../agent-config.js';
import { type HubCall, hubCaller, splitAddress } from '../local-hub/hub-rest.js';
import { startSwallowingLink } from '../raw-proxy.js';
import { CommandProcess } from '../sandbox-process.js';
import { RestCaller, type TableRow } from '../thingworx-rest.js';
import {
  isFinalRow,
  problemsOfCounts,
  problemsOfEvents,
  problemsOfHistory,
  problemsOfJobs,
  problemsOfWalk,
} from './kill-judge.js';
import { allJobs, walkDevices } from './read-all.js';

export interface RolloutKillReport {
  readonly kills: number;
  readonly rollouts: number;
  readonly jobs: number;
  /** From the start of a process until it asked the hub for anything, while a roll-out was open. */
  readonly slowestRestartMs: number;
  /** A sentence for each thing that went wrong. */
  readonly problems: readonly string[];
}

const THING = 'AzureIotHub';
/** Devices of one roll-out. */
const DEVICES = 500;
const BATCH_SIZE = 50;
const RETRIES = 2;
const PLACES = 3;
const LONGEST_LIFE_MS = 1500;
const POLL_MS = 50;
const PAGE_SIZE = 150;
/** Both run at once over the same devices, which are never in two jobs. */
const METHODS = ['echo', 'getDiagnostics'] as const;
const MOST_MS = 120_000;

/** One device in ten refuses once, one in ten more often than it is retried; the others do as they are told. */
const SCRIPT = METHODS.flatMap((method) => [
  { devices: '*3', method, failFirst: 1, status: 503 },
  { devices: '*7', method, failFirst: 10, status: 503 },
]);

const expectedCalls = (deviceId: string): number =>
  deviceId.endsWith('3') ? 2 : deviceId.endsWith('7') ? 1 + RETRIES : 1;

/**
 * Kills the agent (kill -9) at moments that `random` chooses while roll-outs of 500 devices run, and judges by the hub, the
 * devices and the platform what the roll-outs did. The agent runs from dist, both ends in this process.
 * @param groups how many groups of devices there are; two roll-outs run on one group after the other.
 */
export async function killDuringRollouts(
  kills: number,
  groups: number,
  random: () => number,
): Promise<RolloutKillReport> {
  const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-rollout-kills-'));
  const deviceScript = join(folder, 'script.json');
  writeFileSync(deviceScript, JSON.stringify(SCRIPT));
  const options = sandboxSchema.parse({
    devices: 0,
    lightDevices: DEVICES * groups,
    httpPort: 0,
    hubPort: 0,
    mqttPort: 0,
    // Kills are to hit the time between what the hub does and its answer.
    latency: 20,
    deviceScript,
    fleet: { latencyMs: 40, tags: { group: Array.from({ length: groups }, (_, index) => `g${index}`) } },
    thingworx: { bindPolicy: 'last-in-wins' },
  });
  const sandbox = await startSandbox('all', options);
  const contacts: number[] = [];
  const [, port] = splitAddress(sandbox.info.iothub?.address ?? '');
  const link = await startSwallowingLink(port, () => contacts.push(performance.now()));
  try {
    return await new RolloutKiller(sandbox, folder, { port: link.port, contacts }, groups).run(kills, random);
  } finally {
    await link.close();
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The way of the agent to the hub. */
interface Link {
  readonly port: number;
  /** When it connected. */
  readonly contacts: number[];
}

class RolloutKiller {
  readonly #rest: RestCaller;
  readonly #hub: HubCall;
  readonly #config: string;
  readonly #starts: Promise<void>[] = [];
  /** The last row of each roll-out that has been started. */
  readonly #rows = new Map<string, TableRow>();
  readonly #problems = new Set<string>();
  #slowestRestartMs = 0;
  #isWatching = true;

  constructor(
    private readonly sandbox: Sandbox,
    folder: string,
    private readonly link: Link,
    private readonly groups: number,
  ) {
    const { thingworx, iothub } = sandbox.info;
    if (!thingworx || !iothub) throw new Error('The sandbox has no ends.');
    this.#rest = new RestCaller(thingworx.url, thingworx.appKey, THING);
    this.#hub = hubCaller({ ...iothub, caPem: readFileSync(iothub.caFile, 'utf8') });
    const ends = { thingworx, iothub: { ...iothub, address: `127.0.0.1:${link.port}` } };
    this.#config = writeAgentConfig(ends, folder, {
      stateDir: join(folder, 'agent'),
      watch: { intervalSeconds: 0.1 },
      rollouts: { maxConcurrentJobs: PLACES, connectionCheckSeconds: 1 },
    });
  }

  async run(kills: number, random: () => number): Promise<RolloutKillReport> {
    const watching = this.#watch();
    let group = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const agent = await this.#startAgent();
      if (this.#isIdle && group < this.groups) this.#startRollouts(group++);
      await pause(random() * LONGEST_LIFE_MS);
      await agent.stop('SIGKILL');
    }
    const last = await this.#startAgent();
    await Promise.all(this.#starts);
    await this.#until('the roll-outs end', () => this.#isIdle);
    this.#isWatching = false;
    await watching;
    const isEndReported = (id: string): boolean => this.#events(id).at(-1)?.['state'] === 'completed';
    await this.#until('every end is reported', () => this.#names.every(isEndReported));
    const jobs = await this.#judge();
    await last.stop();
    return {
      kills,
      rollouts: this.#rows.size,
      jobs,
      slowestRestartMs: Math.round(this.#slowestRestartMs),
      problems: [...this.#problems],
    };
  }

  get #names(): string[] {
    return [...this.#rows.keys()];
  }

  get #isIdle(): boolean {
    return [...this.#rows.values()].every(isFinalRow);
  }

  async #startAgent(): Promise<CommandProcess> {
    const { contacts } = this.link;
    const known = contacts.length;
    const startedMs = performance.now();
    const wasIdle = this.#isIdle;
    const agent = new CommandProcess(['run', '--config', this.#config]);
    await this.#until('the agent asks the hub', () => contacts.length > known);
    if (!wasIdle) this.#slowestRestartMs = Math.max(this.#slowestRestartMs, (contacts[known] as number) - startedMs);
    return agent;
  }

  #startRollouts(group: number): void {
    for (const methodName of METHODS) {
      const rolloutId = `g${group}-${methodName}`;
      this.#rows.set(rolloutId, {});
      this.#starts.push(this.#startRollout(rolloutId, group, methodName));
    }
    this.#starts.push(this.#takeOffline(group));
  }

  /** Repeats the call until it was answered, as a careful caller does. */
  async #startRollout(rolloutId: string, group: number, methodName: string): Promise<void> {
    for (;;) {
      const answer = await this.#rest.invoke('StartRollout', {
        rolloutId,
        methodName,
        queryCondition: `tags.group = 'g${group}'`,
        batchSize: BATCH_SIZE,
        retries: RETRIES,
        retryOn: ['refused'],
        retryDelaySeconds: 0,
        offlineDevices: 'wait',
      });
      if (answer.status === 200) return;
      if (answer.text.includes('RolloutAlreadyExists')) this.#problems.add(`${rolloutId}: ${answer.text}`);
      await pause(POLL_MS);
    }
  }

  /** Some devices are away for the begin of the roll-outs. */
  async #takeOffline(group: number): Promise<void> {
    const ids = this.#devicesOf(group).filter((id) => id.endsWith('05'));
    for (const verb of ['stop', 'start']) {
      for (const id of ids) await this.#rest.request('POST', `/sandbox/devices/${id}/${verb}`, {});
      await pause(LONGEST_LIFE_MS);
    }
  }

  /** Reads the roll-outs again and again; what an answer says must be right at any time. */
  async #watch(): Promise<void> {
    while (this.#isWatching) {
      for (const rolloutId of this.#names) {
        if (isFinalRow(this.#rows.get(rolloutId) ?? {})) continue;
        const row = await this.#rest.rows('GetRollout', { rolloutId }).then(
          ([found]) => found,
          () => undefined,
        );
        if (row) this.#take(rolloutId, row);
      }
      await pause(POLL_MS);
    }
  }

  #take(rolloutId: string, row: TableRow): void {
    this.#rows.set(rolloutId, row);
    for (const problem of [...problemsOfCounts(row), ...problemsOfHistory(row)]) this.#problems.add(problem);
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    const untilMs = performance.now() + MOST_MS;
    while (!isSo()) {
      if (performance.now() > untilMs) throw new Error(`not within ${MOST_MS / 1000} s: ${what}`);
      await pause(5);
    }
  }

  /** Returns how many hub jobs there were. */
  async #judge(): Promise<number> {
    const jobs = await allJobs(this.#hub);
    const problems = [...problemsOfJobs(jobs, PLACES), ...(await this.#problemsOfCalls())];
    for (const [rolloutId, row] of this.#rows) {
      problems.push(...problemsOfEvents(rolloutId, this.#events(rolloutId)), ...problemsOfCounts(row));
      problems.push(...problemsOfWalk(row, await walkDevices(this.#rest, rolloutId, PAGE_SIZE)));
    }
    for (const problem of problems) this.#problems.add(problem);
    return jobs.length;
  }

  /** What the devices have counted against the rules, and against what each roll-out says. */
  async #problemsOfCalls(): Promise<string[]> {
    const { json } = await this.#rest.request('GET', '/sandbox/devices/calls');
    const calls = json as Readonly<Record<string, Readonly<Record<string, number>>>>;
    const problems: string[] = [];
    for (const [rolloutId, row] of this.#rows) {
      const [group = '', method = ''] = rolloutId.slice(1).split('-');
      const ids = this.#devicesOf(Number(group));
      for (const deviceId of ids) {
        const count = calls[deviceId]?.[method] ?? 0;
        if (count !== expectedCalls(deviceId)) problems.push(`${rolloutId}: ${deviceId} was called ${count} times`);
      }
      const refused = ids.filter((deviceId) => expectedCalls(deviceId) > RETRIES).length;
      if (row['refusedCount'] !== refused || row['succeededCount'] !== DEVICES - refused)
        problems.push(
          `${rolloutId}: ${String(row['succeededCount'])} succeeded, ${String(row['refusedCount'])} refused`,
        );
    }
    return problems;
  }

  #devicesOf(group: number): string[] {
    return Array.from({ length: DEVICES }, (_, index) => lightId(index * this.groups + group));
  }

  #events(rolloutId: string): TableRow[] {
    return this.sandbox
      .receivedEvents(THING)
      .filter(({ event }) => event === 'AzureIotRolloutChanged')
      .flatMap(({ data }) => (data ? (rowsFromTable(data) as unknown as TableRow[]) : []))
      .filter((row) => row['rolloutId'] === rolloutId);
  }
}

const lightId = (index: number): string => `light-${String(index + 1).padStart(6, '0')}`;
