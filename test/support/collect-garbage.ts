import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects what nothing refers to, finished tasks and all. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round += 1) {
    // A reference that was read in this turn of the event loop is kept until the next.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
}
