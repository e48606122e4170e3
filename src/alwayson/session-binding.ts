import type { Grouping } from './session-types.js';

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

/** Header (15 bytes), gateway flag and name count [AO 5.2]. */
const FIXED_BYTES = 15 + 1 + 2;
/** A string with its length, which takes four bytes from 128 on [AO 3.1]. */
const stringBytes = (text: string): number => {
  const bytes = Buffer.byteLength(text);
  return bytes + (bytes < 128 ? 1 : 4);
};
const MAX_NAMES = 0xffff;

/**
 * Divides names into groups whose BIND fits one frame: whether platforms read a chunked BIND is not known [AO 5.2].
 * A name that is too long for a frame is a group of its own.
 */
export function bindGroups(
  maxFrameBytes: number,
  gateway: { readonly name: string; readonly type: string } | null,
): Grouping {
  const availableBytes =
    maxFrameBytes - FIXED_BYTES - (gateway ? stringBytes(gateway.name) + stringBytes(gateway.type) : 0);
  return (names) => {
    const groups: string[][] = [];
    let used = Number.POSITIVE_INFINITY;
    for (const name of names) {
      const bytes = stringBytes(name);
      const last = groups.at(-1);
      if (last && used + bytes <= availableBytes && last.length < MAX_NAMES) {
        last.push(name);
        used += bytes;
      } else {
        groups.push([name]);
        used = bytes;
      }
    }
    return groups;
  };
}
