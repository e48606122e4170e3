import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects everything that is unreachable, including what finished tasks referred to. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round += 1) {
    // The target of a WeakRef that was read in this turn of the event loop is kept until the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
}
