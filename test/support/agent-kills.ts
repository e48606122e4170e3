import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { rowsFromTable } from '../../src/alwayson/values.js';
import { sandboxSchema } from '../../src/sandbox/options.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { writeAgentConfig } from './agent-config.js';
import { CommandProcess } from './sandbox-process.js';
import { RestCaller } from './thingworx-rest.js';

/** One event, as the platform received it. */
interface Told {
  readonly timeMs: number;
  readonly jobId: string;
  readonly status: string;
  readonly previousStatus: string;
  readonly outcome: string;
}

export interface KillReport {
  readonly kills: number;
  readonly jobs: number;
  readonly events: number;
  /** Jobs whose end was never reported. */
  readonly unreported: readonly string[];
  /** Changes reported twice without a kill in between. */
  readonly unexplainedRepeats: readonly Told[];
  readonly repeats: number;
  /** Events whose previous status is not the one reported before. */
  readonly gaps: readonly Told[];
}

const SERVICE = 'AzureIotHub';
const JOBS_PER_ROUND = 3;
const LONGEST_LIFE_MS = 1500;

/**
 * Kills the agent (kill -9) `kills` times at moments that `random` chooses while jobs run, and compares what the
 * platform received with what the jobs did. The agent runs from dist, both ends in this process.
 */
export async function killAgents(kills: number, random: () => number): Promise<KillReport> {
  const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-kills-'));
  const options = sandboxSchema.parse({
    devices: 0,
    lightDevices: 20,
    httpPort: 0,
    hubPort: 0,
    mqttPort: 0,
    stateDir: join(folder, 'sandbox'),
    fleet: { latencyMs: 300 },
    thingworx: { bindPolicy: 'last-in-wins' },
  });
  const sandbox = await startSandbox('all', options);
  try {
    return await new AgentKiller(sandbox, folder, random).run(kills);
  } finally {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

class AgentKiller {
  readonly #jobIds: string[] = [];
  readonly #killTimesMs: number[] = [];
  readonly #rest: RestCaller;
  readonly #config: string;

  constructor(
    private readonly sandbox: Sandbox,
    folder: string,
    private readonly random: () => number,
  ) {
    const { thingworx } = sandbox.info;
    this.#rest = new RestCaller(thingworx?.url ?? '', thingworx?.appKey ?? '', SERVICE);
    this.#config = writeAgentConfig(sandbox.info, folder, { stateDir: join(folder, 'agent') });
  }

  async run(kills: number): Promise<KillReport> {
    for (let round = 0; round < kills; round += 1) {
      const agent = await this.#startAgent();
      await this.#schedule(round);
      await pause(this.random() * LONGEST_LIFE_MS);
      await agent.stop('SIGKILL');
      this.#killTimesMs.push(Date.now());
    }
    const last = await this.#startAgent();
    await this.#allEnded();
    await this.#allTold();
    await last.stop();
    return this.#report(kills);
  }

  async #startAgent(): Promise<CommandProcess> {
    const agent = new CommandProcess(['run', '--config', this.#config]);
    await agent.printed('agent started');
    for (;;) {
      const answer = await this.#rest.invoke('FindJobs', { maxItems: 1 });
      if (answer.status === 200) return agent;
      await pause(20);
    }
  }

  async #schedule(round: number): Promise<void> {
    for (let index = 0; index < JOBS_PER_ROUND; index += 1) {
      const jobId = `kill-${round}-${index}`;
      const startTime = new Date(Date.now() + this.random() * 1000).toISOString();
      await this.#rest.result('ScheduleDeviceMethodJob', { methodName: 'echo', jobId, startTime });
      this.#jobIds.push(jobId);
    }
  }

  async #allEnded(): Promise<void> {
    for (const jobId of this.#jobIds) await this.#rest.ended(jobId);
  }

  async #allTold(): Promise<void> {
    const limitMs = Date.now() + 20_000;
    while (this.#unreported().length > 0 && Date.now() < limitMs) await pause(50);
  }

  #events(): Told[] {
    return this.sandbox
      .receivedEvents(SERVICE)
      .filter(({ event }) => event === 'AzureIotDeviceJobStatusChanged')
      .map(({ timeMs, data }) => ({ timeMs, ...(data ? rowsFromTable(data)[0] : {}) }) as unknown as Told);
  }

  #unreported(): string[] {
    const ended = new Set(
      this.#events().flatMap(({ jobId, status }) =>
        ['completed', 'failed', 'cancelled'].includes(status) ? [jobId] : [],
      ),
    );
    return this.#jobIds.filter((jobId) => !ended.has(jobId));
  }

  #report(kills: number): KillReport {
    const events = this.#events();
    const repeats: Told[] = [];
    const unexplainedRepeats: Told[] = [];
    const gaps: Told[] = [];
    const lastOf = new Map<string, Told>();
    for (const told of events) {
      const before = lastOf.get(told.jobId);
      const isRepeat = before?.status === told.status && before.outcome === told.outcome;
      if (isRepeat) {
        repeats.push(told);
        if (!this.#killTimesMs.some((ms) => before.timeMs <= ms && ms <= told.timeMs)) unexplainedRepeats.push(told);
      } else if (before && told.status !== before.status && told.previousStatus !== before.status) gaps.push(told);
      lastOf.set(told.jobId, told);
    }
    const { length: jobs } = this.#jobIds;
    return {
      kills,
      jobs,
      events: events.length,
      unreported: this.#unreported(),
      unexplainedRepeats,
      repeats: repeats.length,
      gaps,
    };
  }
}
