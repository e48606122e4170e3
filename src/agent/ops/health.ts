import type { Clock } from '../../core/clock.js';
import { printable } from '../../core/printable.js';
import type { Scrub } from '../../core/scrub.js';

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
  /** A few words about the status, without secrets and control characters. */
  readonly detail?: string;
}

export interface HealthReport {
  readonly ready: boolean;
  readonly components: Readonly<Record<string, ComponentHealth>>;
}

/** Longer texts belong into the log. */
const MAX_DETAIL_LENGTH = 500;

/** Keeps the state of each part of the agent. */
export class Health {
  readonly #clock: Clock;
  readonly #scrub: Scrub;
  readonly #components = new Map<string, ComponentHealth>();
  readonly #needed = new Set<string>();
  #isStopping = false;

  /** @param scrub masks secrets in details, which often repeat what an other end has said. */
  constructor(clock: Clock, scrub: Scrub = (text) => text) {
    this.#clock = clock;
    this.#scrub = scrub;
  }

  /** @param isNeeded whether the agent is not ready as long as the part's state is not known. */
  register(component: string, isNeeded: boolean): void {
    if (isNeeded) this.#needed.add(component);
    this.set(component, 'starting');
  }

  /** Sets the state of a part. Its time is kept when only the detail has changed. */
  set(component: string, status: ComponentStatus, detail?: string): void {
    if (this.#isStopping && status !== 'stopping') return;
    const before = this.#components.get(component);
    const since = before?.status === status ? before.since : new Date(this.#clock.nowMs()).toISOString();
    this.#components.set(component, {
      status,
      since,
      ...(detail === undefined ? {} : { detail: this.#shown(detail) }),
    });
  }

  /** Scrubbed first: what is left of a secret that was cut or escaped would not be recognized. */
  #shown(detail: string): string {
    return printable(this.#scrub(detail)).slice(0, MAX_DETAIL_LENGTH);
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
