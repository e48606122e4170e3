/**
 * Starts to count the processor time of this process, in milliseconds. Unlike wall-clock time, it does not grow
 * while other processes hold the processors.
 */
export function startProcessorStopwatch(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
}
