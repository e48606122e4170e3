import { setTimeout as pause } from 'node:timers/promises';
import { CommandProcess } from '../agent/agent-process.js';
import type { TableRow } from '../thingworx-rest.js';
import { HUBS, THINGS, type TwoHubs } from './two-hubs.js';

export interface TrialReport {
  readonly takeOvers: number;
  /** From the end of a holder until its Things answered again and its hubs were driven. */
  readonly slowestAfterKillMs: number;
  readonly slowestAfterStopMs: number;
  /** From the cut of a holder's way to the database until another agent drove its hubs. */
  readonly slowestAfterPartitionMs: number;
  readonly rollouts: number;
  readonly devicesPerRollout: number;
  /** Devices that were called more often, or less often, than roll-outs ran over them. */
  readonly calledTooOften: number;
  readonly calledTooRarely: number;
  readonly calls: number;
  /** Calls that a living agent had accepted and never answered. */
  readonly unanswered: readonly string[];
  readonly jobs: number;
  /** Jobs and roll-outs whose end was never reported. */
  readonly missedEvents: readonly string[];
  readonly problems: readonly string[];
}

/** What the roll-outs call; two of them run on the first hub, over the same devices. */
const WORK = [
  { hub: 'one', methodName: 'echo' },
  { hub: 'one', methodName: 'getDiagnostics' },
  { hub: 'two', methodName: 'echo' },
] as const;
const MOST_MS = 120_000;
const POLL_MS = 25;
const CALL_EVERY_MS = 150;

interface Running {
  readonly name: string;
  readonly process: CommandProcess;
  readonly adminUrl: string;
}

interface Caller {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly text: string;
}

/** Disturbs agents that share a database while roll-outs, jobs and calls go on, and judges by both ends what happened. */
export class ClusterTrial {
  readonly #ends: TwoHubs;
  readonly #random: () => number;
  readonly #agents = new Map<string, Running>();
  readonly #killedMs: number[] = [];
  readonly #lost: Caller[] = [];
  readonly #jobs = new Map<string, string>();
  readonly #ended = new Set<string>();
  readonly #rollouts = new Map<string, (typeof WORK)[number]>();
  readonly #problems: string[] = [];
  readonly #work: Promise<void>[] = [];
  #slowest = { kill: 0, stop: 0, partition: 0 };
  #takeOvers = 0;
  #calls = 0;
  #rounds = 0;
  #started = 0;
  #isRunning = true;
  #mayBegin = true;

  constructor(ends: TwoHubs, random: () => number) {
    this.#ends = ends;
    this.#random = random;
  }

  /** Starts two agents, and everything that goes on beside the disturbances. */
  async start(): Promise<void> {
    await Promise.all([this.#startAgent(), this.#startAgent()]);
    await this.#until('each agent serves a hub', async () => {
      const active = await Promise.all([...this.#agents.values()].map((agent) => this.#activeOf(agent)));
      return active.every((hubs) => hubs.length === 1);
    });
    await this.#until('both Things answer', () => this.#answer(HUBS));
    this.#work.push(this.#rollOut(), this.#collect(), ...HUBS.map((hub) => this.#keepCalling(hub)));
  }

  /** Ends a holder with kill -9, waits until another agent serves everything, and starts a new one. */
  async kill(): Promise<void> {
    await this.#end('kill', 'SIGKILL');
  }

  /** Stops a holder in order. */
  async stop(): Promise<void> {
    await this.#end('stop', 'SIGTERM');
  }

  /** Ends the database as a crash would, and starts it again. */
  async restartDatabase(): Promise<void> {
    await pause(this.#random() * 2000);
    await this.#ends.postgres.crash();
    await pause(this.#random() * 2000);
    await this.#ends.postgres.restart();
    await this.#until('both Things answer after a restart of the database', () => this.#needState(HUBS));
  }

  /** Cuts one agent off from the database until another one drives its hubs, then heals the network. */
  async partition(): Promise<void> {
    await pause(this.#random() * 2000);
    const victim = await this.#victim();
    const hubs = await this.#activeOf(victim);
    const link = this.#ends.linkOf(victim.name);
    const startedMs = performance.now();
    link.swallow();
    await this.#until('another agent drives', () => this.#isDrivenByOthers(hubs, victim));
    this.#note('partition', startedMs);
    link.heal();
    await this.#until('the Things have moved', () => this.#needState(hubs));
  }

  /** Ends the work and judges it. */
  async finish(): Promise<TrialReport> {
    this.#mayBegin = false;
    await this.#until('the roll-outs end', async () => this.#started === this.#rounds).catch(async (error: unknown) => {
      throw new Error(`${String(error)}: ${await this.#openRollouts()}`);
    });
    await this.#until('every end is reported', async () => this.#missed().length === 0).catch(() => undefined);
    this.#isRunning = false;
    await Promise.all(this.#work);
    for (const { process } of this.#agents.values()) process.signal('SIGTERM');
    await Promise.all([...this.#agents.values()].map(({ process }) => process.exited));
    return this.#report();
  }

  async close(): Promise<void> {
    this.#isRunning = false;
    await Promise.all([...this.#agents.values()].map(({ process }) => process.kill()));
  }

  async #startAgent(): Promise<void> {
    this.#takeOvers += this.#agents.size > 0 ? 1 : 0;
    const name = `agent-${this.#takeOvers + this.#agents.size}-${Math.floor(this.#random() * 1e6)}`;
    const process = new CommandProcess(['run', '--config', await this.#ends.configFor(name)]);
    const { adminUrl } = await process.line('agent started');
    this.#agents.set(name, { name, process, adminUrl: String(adminUrl) });
  }

  async #end(how: 'kill' | 'stop', signal: NodeJS.Signals): Promise<void> {
    await pause(this.#random() * 3000);
    const victim = await this.#victim();
    const hubs = await this.#activeOf(victim);
    const startedMs = performance.now();
    if (how === 'kill') this.#killedMs.push(startedMs);
    this.#agents.delete(victim.name);
    victim.process.signal(signal);
    await this.#until('another agent serves', async () => {
      return (await this.#isDrivenByOthers(hubs, victim)) && (await this.#answer(hubs));
    });
    this.#note(how, startedMs);
    await victim.process.exited;
    await this.#startAgent();
    await this.#until('the hubs are divided again', async () => {
      const active = await Promise.all([...this.#agents.values()].map((agent) => this.#activeOf(agent)));
      return active.every((found) => found.length === 1) && (await this.#answer(HUBS));
    });
  }

  #note(what: 'kill' | 'stop' | 'partition', startedMs: number): void {
    this.#slowest = { ...this.#slowest, [what]: Math.max(this.#slowest[what], performance.now() - startedMs) };
  }

  /** An agent that holds a hub. */
  async #victim(): Promise<Running> {
    const agents = [...this.#agents.values()];
    const active = await Promise.all(agents.map((agent) => this.#activeOf(agent)));
    const holders = agents.filter((_agent, at) => (active[at]?.length ?? 0) > 0);
    const victim = holders[Math.floor(this.#random() * holders.length)];
    if (!victim) throw new Error('no agent holds a hub');
    return victim;
  }

  async #isDrivenByOthers(hubs: readonly string[], victim: Running): Promise<boolean> {
    const others = [...this.#agents.values()].filter((agent) => agent !== victim);
    const driven = (await Promise.all(others.map((agent) => this.#activeOf(agent)))).flat();
    return hubs.every((hub) => driven.includes(hub));
  }

  async #activeOf({ adminUrl }: Running): Promise<string[]> {
    const response = await fetch(`${adminUrl}/status`).catch(() => undefined);
    const status = (await response?.json().catch(() => undefined)) as
      { readonly cluster?: { readonly hubs: Readonly<Record<string, { readonly role: string }>> } } | undefined;
    return Object.entries(status?.cluster?.hubs ?? {}).flatMap(([hub, { role }]) => (role === 'active' ? [hub] : []));
  }

  async #answer(hubs: readonly string[]): Promise<boolean> {
    const answers = await Promise.all(hubs.map((hub) => this.#ends.call(hub).invoke('FindJobs', { maxItems: 1 })));
    return answers.every(({ status }) => status === 200);
  }

  async #needState(hubs: readonly string[]): Promise<boolean> {
    const answers = await Promise.all(hubs.map((hub) => this.#ends.call(hub).invoke('FindRollouts', { maxItems: 1 })));
    return answers.every(({ status }) => status === 200);
  }

  /** Rounds of three roll-outs that run beside one another. */
  async #rollOut(): Promise<void> {
    while (this.#isRunning && this.#mayBegin) {
      this.#started += 1;
      await Promise.all(WORK.map((work) => this.#oneRollout(work)));
      this.#rounds += 1;
    }
  }

  async #oneRollout(work: (typeof WORK)[number]): Promise<void> {
    const { hub, methodName } = work;
    const rolloutId = `r${this.#started}-${hub}-${methodName}`;
    const call = this.#ends.call(hub);
    const parameters = { rolloutId, methodName, queryCondition: '*', batchSize: 100 };
    while (this.#isRunning && (await call.invoke('StartRollout', parameters)).status !== 200) await pause(POLL_MS * 4);
    this.#rollouts.set(rolloutId, work);
    for (let row: TableRow | undefined; this.#isRunning && row?.['state'] !== 'completed';) {
      await pause(POLL_MS * 4);
      [row] = await call.rows('GetRollout', { rolloutId }).catch(() => []);
      if (row?.['state'] === 'paused' || row?.['state'] === 'failed')
        this.#problems.push(`${rolloutId}: ${row['state']} ${String(row['reason'])}`);
      if (row?.['state'] === 'completed' && row['succeededCount'] !== row['deviceCount'])
        this.#problems.push(`${rolloutId}: ${String(row['succeededCount'])} of ${String(row['deviceCount'])}`);
    }
  }

  async #openRollouts(): Promise<string> {
    const texts: string[] = [];
    for (const { hub, methodName } of WORK) {
      const rolloutId = `r${this.#started}-${hub}-${methodName}`;
      const answer = await this.#ends.call(hub).invoke('GetRollout', { rolloutId });
      texts.push(answer.text);
    }
    return texts.join('\n');
  }

  /** Calls that come all the time, one in ten of which schedules a job. */
  async #keepCalling(hub: string): Promise<void> {
    const call = this.#ends.call(hub);
    const open = new Set<Promise<void>>();
    while (this.#isRunning) {
      this.#calls += 1;
      const jobId = this.#calls % 10 === 0 && this.#mayBegin ? `job-${this.#calls}` : undefined;
      const done = this.#oneCall(call, hub, jobId).finally(() => open.delete(done));
      open.add(done);
      await pause(CALL_EVERY_MS);
    }
    await Promise.all(open);
  }

  async #oneCall(call: ReturnType<TwoHubs['call']>, hub: string, jobId: string | undefined): Promise<void> {
    const startedMs = performance.now();
    const { status, text } = await (jobId === undefined
      ? call.invoke('PreviewTargets', { queryCondition: '*' })
      : call.invoke('ScheduleDeviceMethodJob', {
          jobId,
          methodName: 'reboot',
          queryCondition: "deviceId = 'device-0'",
        }));
    if (status === 200 && jobId !== undefined) this.#jobs.set(jobId, hub);
    const isUnanswered = status === 504 || text.includes('the connection to the edge was lost');
    if (isUnanswered) this.#lost.push({ startedMs, endedMs: performance.now(), text: `${status} ${text}` });
  }

  /** The platform keeps the last thousand events only. */
  async #collect(): Promise<void> {
    while (this.#isRunning) {
      for (const hub of Object.keys(THINGS)) {
        for (const { jobId, status } of this.#ends.events(hub, 'AzureIotDeviceJobStatusChanged'))
          if (status === 'completed') this.#ended.add(String(jobId));
        for (const { rolloutId, state } of this.#ends.events(hub, 'AzureIotRolloutChanged'))
          if (state === 'completed') this.#ended.add(String(rolloutId));
      }
      await pause(POLL_MS * 10);
    }
  }

  #missed(): string[] {
    return [...this.#jobs.keys(), ...this.#rollouts.keys()].filter((id) => !this.#ended.has(id));
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const untilMs = performance.now() + MOST_MS;
    while (!(await isSo())) {
      if (performance.now() > untilMs) throw new Error(`not within ${MOST_MS / 1000} s: ${what}`);
      await pause(POLL_MS);
    }
  }

  #report(): TrialReport {
    let calledTooOften = 0;
    let calledTooRarely = 0;
    for (const { hub, methodName } of WORK) {
      const counts = this.#ends.callsOf(hub, methodName);
      calledTooOften += counts.filter((count) => count > this.#rounds).length;
      calledTooRarely += counts.filter((count) => count < this.#rounds).length;
    }
    const unanswered = this.#lost.filter(
      ({ startedMs, endedMs }) => !this.#killedMs.some((ms) => startedMs <= ms && ms <= endedMs),
    );
    return {
      takeOvers: this.#takeOvers,
      slowestAfterKillMs: Math.round(this.#slowest.kill),
      slowestAfterStopMs: Math.round(this.#slowest.stop),
      slowestAfterPartitionMs: Math.round(this.#slowest.partition),
      rollouts: this.#rollouts.size,
      devicesPerRollout: this.#ends.callsOf('one', 'echo').length,
      calledTooOften,
      calledTooRarely,
      calls: this.#calls,
      unanswered: unanswered.map(({ text }) => text),
      jobs: this.#jobs.size,
      missedEvents: this.#missed(),
      problems: this.#problems,
    };
  }
}
