import type { Clock, Timer } from '../../core/clock.js';
import { isAgentError } from '../../core/errors.js';
import { stringifyJson } from '../../core/exact-json.js';
import type { Log } from '../../core/log.js';
import type { AgentChange, AgentView } from '../agent-view.js';
import { hubJson, hubNamed } from '../handlers/hubs.js';
import { jobJson } from '../handlers/job-json.js';
import { statusJson } from '../handlers/overview.js';
import { rolloutJson } from '../handlers/rollouts.js';
import type { ChangeLog } from './change-log.js';

export interface ChangeSourceOptions {
  readonly agent: AgentView;
  readonly changes: ChangeLog;
  readonly clock: Clock;
  readonly log: Log;
}

/** Changes of one thing within this time are one event. */
const GATHER_MS = 200;
/** While there are streams, the hubs are compared with what was last published. */
const COMPARE_MS = 1000;
/** Things that wait to be published; beyond, all streams are told to read everything again. */
const MAX_GATHERED = 10_000;

/** Turns what happens in the agent into events: at most five a second for each job, roll-out, hub and the status. */
export class ChangeSource {
  readonly #options: ChangeSourceOptions;
  readonly #gathered = new Map<string, AgentChange>();
  readonly #hubs = new Map<string, string>();
  #isFlushing = false;
  #comparing: Timer | undefined;

  constructor(options: ChangeSourceOptions) {
    this.#options = options;
    options.agent.onChange((change) => this.#gather(change));
  }

  /** Compares the hubs from now on until the returned function is called. */
  start(): () => void {
    this.#compare();
    return () => {
      this.#comparing?.cancel();
      this.#comparing = undefined;
    };
  }

  #gather(change: AgentChange): void {
    const key = change.kind === 'status' ? 'status' : `${change.kind} ${change.hub} ${change.id}`;
    this.#gathered.set(key, change);
    if (this.#gathered.size > MAX_GATHERED) {
      this.#gathered.clear();
      this.#options.changes.interrupt();
      this.#options.changes.publish('reset', {});
    }
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#options.clock.schedule(GATHER_MS, () => void this.#flush());
  }

  async #flush(): Promise<void> {
    const gathered = [...this.#gathered.values()];
    this.#gathered.clear();
    this.#isFlushing = false;
    for (const change of gathered) {
      try {
        await this.#publish(change);
      } catch (error) {
        this.#options.log.debug({ err: error, ...change }, 'a change could not be shown in the console');
      }
    }
  }

  async #publish(change: AgentChange): Promise<void> {
    const { agent, changes, clock } = this.#options;
    if (change.kind === 'status') return changes.publish('status', statusJson(agent, clock));
    const { hub: name, id } = change;
    const hub = hubNamed(agent, name);
    if (change.kind === 'job') {
      const listed = await hub.jobs.known(id);
      if (listed) changes.publish('job', { hub: name, jobId: id, job: jobJson(listed) });
      return;
    }
    const status = await hub.rollouts.status(id).catch((error: unknown) => {
      if (isAgentError(error, 'RolloutNotFound')) return null;
      throw error;
    });
    changes.publish('rollout', { hub: name, rolloutId: id, rollout: status && rolloutJson(name, status) });
  }

  #compare(): void {
    const { agent, changes, clock } = this.#options;
    for (const hub of agent.hubs()) {
      const state = hubJson(hub, 1);
      const text = stringifyJson(state) ?? '';
      if (this.#hubs.get(hub.name) === text) continue;
      const isFirst = !this.#hubs.has(hub.name);
      this.#hubs.set(hub.name, text);
      if (!isFirst) changes.publish('hub', { hub: hub.name, state });
    }
    this.#comparing = clock.schedule(COMPARE_MS, () => this.#compare());
  }
}
