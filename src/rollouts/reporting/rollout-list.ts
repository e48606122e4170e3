import type { RolloutDriver, RolloutStatus } from '../driver/driver.js';

/** A roll-out with the name of its hub in the configuration. */
export interface ListedRollout extends RolloutStatus {
  readonly hub: string;
}

/** Where a page of the list begins: for each hub, the sequence number before which it goes on. */
export type ListPosition = Readonly<Record<string, number>>;

export interface RolloutPage {
  readonly rollouts: readonly ListedRollout[];
  /** Of the next page; undefined after the last. */
  readonly next: ListPosition | undefined;
}

export interface RolloutPageRequest {
  readonly state?: string | undefined;
  readonly position?: ListPosition | undefined;
  readonly limit: number;
}

/** Lists the roll-outs of several hubs, newest first: within a hub in the order in which they were made. */
export async function pageOfRollouts(
  drivers: ReadonlyMap<string, RolloutDriver>,
  { state, position, limit }: RolloutPageRequest,
): Promise<RolloutPage> {
  const lists = new Map([...drivers].map(([hub, driver]) => [hub, driver.list(position?.[hub])]));
  const heads = new Map<string, RolloutStatus>();
  const rollouts: ListedRollout[] = [];
  const reached: Record<string, number> = { ...position };
  try {
    for (const hub of lists.keys()) await advance(lists, heads, hub);
    for (let hub = newestOf(heads); hub !== undefined; hub = newestOf(heads)) {
      const status = heads.get(hub) as RolloutStatus;
      if (state === undefined || status.record.state === state) {
        if (rollouts.length === limit) return { rollouts, next: reached };
        rollouts.push({ hub, ...status });
      }
      reached[hub] = status.record.sequence;
      await advance(lists, heads, hub);
    }
    return { rollouts, next: undefined };
  } finally {
    for (const list of lists.values()) await list.return(undefined);
  }
}

type Lists = ReadonlyMap<string, AsyncGenerator<RolloutStatus>>;

async function advance(lists: Lists, heads: Map<string, RolloutStatus>, hub: string): Promise<void> {
  const step = await lists.get(hub)?.next();
  if (step?.done === false) heads.set(hub, step.value);
  else heads.delete(hub);
}

function newestOf(heads: ReadonlyMap<string, RolloutStatus>): string | undefined {
  let newest: string | undefined;
  let newestMs = -Infinity;
  for (const [hub, { record }] of heads) {
    if (record.createdMs <= newestMs) continue;
    newest = hub;
    newestMs = record.createdMs;
  }
  return newest;
}
