/** The options that the benchmark passed to this peer. */
export function peerOptions(): unknown {
  return JSON.parse(process.argv[2] ?? '{}');
}

/** Answers the messages of the benchmark, and reports that this peer is ready. */
export function serveBenchmark(answer: (message: { readonly ask: string }) => Promise<object> | object): void {
  process.on('message', (message: { readonly ask: string }) => {
    const answering = message.ask === 'usage' ? usage() : answer(message);
    void Promise.resolve(answering).then((value) => process.send?.(value));
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ ready: true });
}

function usage(): object {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system, residentBytes: process.memoryUsage.rss() };
}
