const TIMEOUT_MS = 15_000;
const PAUSE_MS = 20;

/**
 * Polls `ask` until its answer satisfies `isGood`, and returns that answer: for state of another process or server that
 * sends no event when it changes. Fails with the last answer before the time limit of a test.
 */
export async function eventually<T>(
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean = (answer) => answer === true,
): Promise<T> {
  const untilMs = performance.now() + TIMEOUT_MS;
  for (;;) {
    const answer = await ask();
    if (isGood(answer)) return answer;
    if (performance.now() > untilMs) {
      throw new Error(`not so within ${TIMEOUT_MS / 1000} s: ${ask.toString()} returned ${textOf(answer)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

const textOf = (answer: unknown): string | undefined => JSON.stringify(answer)?.slice(0, 500);
