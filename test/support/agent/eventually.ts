const PATIENCE_MS = 15_000;
const PAUSE_MS = 20;

/** Asks again until the answer is yes; for what another process or end tells only when asked. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new Error(`not so within ${PATIENCE_MS / 1000} s: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
