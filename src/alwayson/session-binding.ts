import type { Grouping } from './session-types.js';

/** Names that are bound, or unbound, by one request. */
export interface Batch {
  readonly names: readonly string[];
  readonly isUnbind: boolean;
}

/** Which names are bound on one connection, and which are still to be bound. Pure; part of the session machine. */
export interface Binding {
  /** Accepted by the platform. */
  readonly bound: readonly string[];
  /** Refused in a BIND of their own; bound again after a pause. */
  readonly refused: readonly string[];
  /** The pending BIND or UNBIND; undefined between requests. */
  readonly current: Batch | undefined;
  /** Whether a round has ended with at least one name bound, or without any name to bind. */
  readonly isUp: boolean;
  /** What is still to be sent in this round. */
  readonly queue: readonly Batch[];
}

const binds = (groups: readonly (readonly string[])[]): Batch[] => groups.map((names) => ({ names, isUnbind: false }));

/** A connection on which nothing is bound yet. */
export function startRound(groups: readonly (readonly string[])[]): Binding {
  return { bound: [], refused: [], current: undefined, isUp: false, queue: binds(groups) };
}

/** Returns the binding with the next request as `current`; undefined when the round has ended. */
export function nextBatch(state: Binding): (Binding & { readonly current: Batch }) | undefined {
  const [current, ...queue] = state.queue;
  return current && { ...state, current, queue };
}

export const binding = {
  accepted(state: Binding): Binding {
    const { names = [], isUnbind = false } = state.current ?? {};
    const bound = isUnbind ? state.bound.filter((name) => !names.includes(name)) : [...state.bound, ...names];
    return { ...state, bound, current: undefined };
  },

  /**
   * A refused group is repeated name by name, since the platform does not say which name it refused [AO 5.2]. A refused
   * UNBIND is not repeated: the platform does not know the name as ours.
   */
  refused(state: Binding): Binding {
    const { current, queue } = state;
    if (current?.isUnbind) return binding.accepted(state);
    const leaving = queue.flatMap((batch) => (batch.isUnbind ? batch.names : []));
    const names = (current?.names ?? []).filter((name) => !leaving.includes(name));
    if (current && current.names.length > 1)
      return { ...state, current: undefined, queue: [...binds(names.map((name) => [name])), ...queue] };
    return { ...state, refused: [...state.refused, ...names], current: undefined };
  },

  retryRefused(state: Binding): Binding {
    return { ...state, refused: [], queue: binds(state.refused.map((name) => [name])) };
  },

  enqueue(state: Binding, groups: readonly (readonly string[])[]): Binding {
    return { ...state, queue: [...state.queue, ...binds(groups)] };
  },

  /** Forgets a name that is not to be bound any more; one that is bound, or may be soon, is unbound. */
  remove(state: Binding, name: string): Binding {
    const others = (names: readonly string[]): string[] => names.filter((other) => other !== name);
    const queue = state.queue
      .map((batch) => (batch.isUnbind ? batch : { ...batch, names: others(batch.names) }))
      .filter(({ names }) => names.length > 0);
    const { current } = state;
    const mayBeBound = state.bound.includes(name) || (current?.isUnbind === false && current.names.includes(name));
    const unbind: Batch[] = mayBeBound ? [{ names: [name], isUnbind: true }] : [];
    return { ...state, refused: others(state.refused), queue: [...queue, ...unbind] };
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
