import type { AgentChange } from '../console/agent-view.js';

/** Passes on what changes in the agent to those who show it. */
export class AgentChanges {
  readonly #listeners = new Set<(change: AgentChange) => void>();

  emit(change: AgentChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Calls `listener` for each change. Returns a function that unsubscribes. */
  follow(listener: (change: AgentChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
