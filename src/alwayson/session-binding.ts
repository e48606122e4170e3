/** Which names are bound on one connection, and which are still to be bound. Pure; part of the session machine. */
export interface Binding {
  /** Accepted by the platform. */
  readonly bound: readonly string[];
  /** Refused in a BIND of their own; bound again after a pause. */
  readonly refused: readonly string[];
  /** The names of the pending BIND; empty between BINDs. */
  readonly current: readonly string[];
  /** Whether a round has ended with at least one name bound, or without any name to bind. */
  readonly isUp: boolean;
  /** Groups still to be sent in this round, each as one BIND. */
  readonly queue: readonly (readonly string[])[];
}

/** A connection on which nothing is bound yet. */
export function startRound(queue: readonly (readonly string[])[]): Binding {
  return { bound: [], refused: [], current: [], isUp: false, queue };
}

/** Returns the binding with the next group as `current`; undefined when the round has ended. */
export function nextBatch(state: Binding): Binding | undefined {
  const [current, ...queue] = state.queue;
  return current && { ...state, current, queue };
}

export const binding = {
  accepted(state: Binding): Binding {
    return { ...state, bound: [...state.bound, ...state.current], current: [] };
  },

  /** A refused group is repeated name by name, since the platform does not say which name it refused [AO 5.2]. */
  refused(state: Binding): Binding {
    const { current, queue } = state;
    if (current.length > 1) return { ...state, current: [], queue: [...current.map((name) => [name]), ...queue] };
    return { ...state, refused: [...state.refused, ...current], current: [] };
  },

  retryRefused(state: Binding): Binding {
    return { ...state, refused: [], queue: state.refused.map((name) => [name]) };
  },

  enqueue(state: Binding, groups: readonly (readonly string[])[]): Binding {
    return { ...state, queue: [...state.queue, ...groups] };
  },
};
