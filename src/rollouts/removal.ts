import type { RolloutEnvironment } from './environment.js';
import { positionOf } from './keys.js';
import type { RolloutRecord } from './records.js';

const DELETE_AT_ONCE = 1000;

/** Removes a final roll-out with all that belongs to it, but for events that the platform has not acknowledged. */
export async function remove(env: RolloutEnvironment, { rolloutId, sequence }: RolloutRecord): Promise<void> {
  const { keys, store } = env;
  // From here on it does not exist; a crash leaves the note of what is still to be deleted.
  await store.batch([
    { type: 'delete', key: keys.id(rolloutId) },
    { type: 'delete', key: keys.head(sequence) },
    { type: 'put', key: keys.removal(sequence), value: sequence },
  ]);
  await removeRest(env, sequence);
}

/** Ends the removals that a crash or a failed write has cut off. */
export async function endRemovals(env: RolloutEnvironment): Promise<void> {
  for await (const [key] of env.store.entries({ prefix: env.keys.removals })) await removeRest(env, positionOf(key));
}

async function removeRest({ keys, store }: RolloutEnvironment, sequence: number): Promise<void> {
  for (;;) {
    const found: string[] = [];
    for await (const [key] of store.entries({ prefix: keys.within(sequence), limit: DELETE_AT_ONCE })) found.push(key);
    const isLast = found.length < DELETE_AT_ONCE;
    if (isLast) found.push(keys.removal(sequence));
    await store.batch(found.map((key) => ({ type: 'delete', key })));
    if (isLast) return;
  }
}
