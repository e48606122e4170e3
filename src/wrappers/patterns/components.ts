import type { Automaton } from './automaton.js';

/** The state of a position in Tarjan's depth-first search. */
interface Visit {
  readonly order: number;
  low: number;
  isOnStack: boolean;
}

/** The loops of an automaton: its strongly connected components that contain a cycle, in topological order. */
export function loopComponents({ positions, first }: Automaton): readonly (readonly number[])[] {
  const visits = new Map<number, Visit>();
  const stack: number[] = [];
  const components: number[][] = [];
  const visit = (position: number): Visit => {
    const own: Visit = { order: visits.size, low: visits.size, isOnStack: true };
    visits.set(position, own);
    stack.push(position);
    for (const next of positions[position]?.follow ?? []) {
      const known = visits.get(next);
      if (!known) own.low = Math.min(own.low, visit(next).low);
      else if (known.isOnStack) own.low = Math.min(own.low, known.order);
    }
    if (own.low === own.order) components.unshift(componentFrom(position));
    return own;
  };
  const componentFrom = (root: number): number[] => {
    const members = stack.splice(stack.indexOf(root));
    for (const member of members) (visits.get(member) as Visit).isOnStack = false;
    return members;
  };
  for (const position of first) if (!visits.has(position)) visit(position);
  return components.filter(([one = -1, ...others]) => others.length > 0 || positions[one]?.follow.includes(one));
}
