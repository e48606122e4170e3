import type { Clock } from '../../core/clock.js';
import { printable } from '../../core/printable.js';
import type { Scrub } from '../../core/scrub.js';

/**
 * `starting`: nothing is known yet. `ok`: works. `degraded`: works with restrictions. `failing`: does not work.
 * `stopping`: shuts down on request.
 */
export type ComponentStatus = 'starting' | 'ok' | 'degraded' | 'failing' | 'stopping';

/** The state of one component, for people and for probes. */
export interface ComponentHealth {
  readonly status: ComponentStatus;
  /** When it entered this status, as ISO text. */
  readonly since: string;
  /** A few words about the status, without secrets and control characters. */
  readonly detail?: string;
}

export interface HealthReport {
  readonly ready: boolean;
  readonly components: Readonly<Record<string, ComponentHealth>>;
}

/** Longer texts belong in the log. */
const MAX_DETAIL_LENGTH = 500;

/** Holds the state of each component of the agent. */
export class Health {
  readonly #clock: Clock;
  readonly #scrub: Scrub;
  readonly #components = new Map<string, ComponentHealth>();
  readonly #needed = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #isStopping = false;

  /** @param scrub masks secrets in details, which often repeat text of another end. */
  constructor(clock: Clock, scrub: Scrub = (text) => text) {
    this.#clock = clock;
    this.#scrub = scrub;
  }

  /** @param isNeeded whether the agent is not ready until the state of the component is known. */
  register(component: string, isNeeded: boolean): void {
    if (isNeeded) this.#needed.add(component);
    this.set(component, 'starting');
  }

  /** Sets the state of a component. `since` changes only with the status, not with the detail. */
  set(component: string, status: ComponentStatus, detail?: string): void {
    if (this.#isStopping && status !== 'stopping') return;
    const before = this.#components.get(component);
    const since = before?.status === status ? before.since : new Date(this.#clock.nowMs()).toISOString();
    this.#components.set(component, {
      status,
      since,
      ...(detail === undefined ? {} : { detail: this.#shown(detail) }),
    });
    const after = this.#components.get(component);
    if (before?.status === after?.status && before?.detail === after?.detail) return;
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` when the state of a component is set. Returns a function that unsubscribes. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Scrubs first, because a secret that was cut or escaped would no longer be recognized. */
  #shown(detail: string): string {
    return printable(this.#scrub(detail)).slice(0, MAX_DETAIL_LENGTH);
  }

  statusOf(component: string): ComponentStatus | undefined {
    return this.#components.get(component)?.status;
  }

  /** Marks the agent as shutting down: it is no longer ready, whatever its components report. */
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
