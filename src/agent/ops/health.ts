import type { Clock } from '../../core/clock.js';

/**
 * `starting`: nothing is known yet. `ok`: works. `degraded`: works, but not as well as it could. `failing`: does not
 * work. `stopping`: goes down on purpose.
 */
export type ComponentStatus = 'starting' | 'ok' | 'degraded' | 'failing' | 'stopping';

/** The state of one part, for people and for probes. */
export interface ComponentHealth {
  readonly status: ComponentStatus;
  /** ISO text: when it came into this status. */
  readonly since: string;
  /** What is the matter, in a few words. Never a secret. */
  readonly detail?: string;
}

export interface HealthReport {
  readonly ready: boolean;
  readonly components: Readonly<Record<string, ComponentHealth>>;
}

/** Knows how each part of the agent is. */
export class Health {
  readonly #clock: Clock;
  readonly #components = new Map<string, ComponentHealth>();
  readonly #needed = new Set<string>();
  #isStopping = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param isNeeded whether the agent is not ready as long as the part's state is not known. */
  register(component: string, isNeeded: boolean): void {
    if (isNeeded) this.#needed.add(component);
    this.set(component, 'starting');
  }

  /** Notes the state of a part; the time is kept when only the detail has changed. */
  set(component: string, status: ComponentStatus, detail?: string): void {
    if (this.#isStopping && status !== 'stopping') return;
    const before = this.#components.get(component);
    const since = before?.status === status ? before.since : new Date(this.#clock.nowMs()).toISOString();
    this.#components.set(component, { status, since, ...(detail === undefined ? {} : { detail }) });
  }

  statusOf(component: string): ComponentStatus | undefined {
    return this.#components.get(component)?.status;
  }

  /** The agent goes down: it is not ready any more, whatever its parts are. */
  stopping(): void {
    this.#isStopping = true;
    for (const component of this.#components.keys()) this.set(component, 'stopping');
  }

  report(): HealthReport {
    const entries = [...this.#components];
    const ready = entries.every(([name, { status }]) => this.#isReady(name, status));
    return { ready, components: Object.fromEntries(entries) };
  }

  #isReady(name: string, status: ComponentStatus): boolean {
    return status === 'ok' || status === 'degraded' || (status === 'starting' && !this.#needed.has(name));
  }
}
