import { join } from 'node:path';
import { AgentError, messageOf } from '../core/errors.js';
import { makeFolder } from '../core/make-folder.js';
import type { Log } from '../core/log.js';
import type { Store } from '../store/store.js';

/**
 * Opens what must outlive the agent: under `stateDir`, or in memory, with a warning, when there is none.
 * @throws AgentError `StateUnwritable`, also when another agent uses the folder.
 */
export async function openStateStore(stateDir: string | undefined, log: Log): Promise<Store> {
  if (stateDir === undefined) {
    log.warn({}, 'stateDir is not set: after a restart, jobs that were scheduled before are not watched any more');
    const { MemoryStore } = await import('../store/memory-store.js');
    return new MemoryStore();
  }
  const { openLevelStore } = await import('../store/level-store.js');
  try {
    await makeFolder(stateDir, 0o700);
  } catch (error) {
    throw new AgentError('StateUnwritable', `cannot make the folder ${stateDir}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return await openLevelStore(join(stateDir, 'agent'), { log });
}
