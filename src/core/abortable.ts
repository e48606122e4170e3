/**
 * What `work` resolves to, unless `signal` aborts first and the work does not end by itself at once: then it rejects with
 * the reason of the signal. The result or error of abandoned work is dropped.
 */
export function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // Work that observes the signal gets the chance to reject first: its error says more than the reason of the signal.
    const onAbort = (): void => void setImmediate(() => reject(signal.reason as Error));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
