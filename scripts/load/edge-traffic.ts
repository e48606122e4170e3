/**
 * `node --expose-gc --import tsx scripts/load/edge-traffic.ts [CALLS]`: many calls over one connection, 64 in flight and
 * 200,000 in all by default. Prints how much the heap has grown after a forced collection.
 */
import { EdgeClient } from '../../src/edge/edge-client.js';
import { SocketPlatform } from '../../test/support/edge/socket-platform.js';
import { echoThing } from '../../test/support/edge/things.js';
import { parameterTable } from '../../test/support/edge/platform-end.js';

const IN_FLIGHT = 64;
const WARM_UP_CALLS = 5_000;

/** Makes `count` calls, `IN_FLIGHT` at a time; throws on the first wrong response. */
async function makeCalls(platform: SocketPlatform, count: number): Promise<void> {
  const params = parameterTable({ text: 'hello' });
  let left = count;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { code } = await platform.end.invoke('Thing1', 'Echo', params);
      if (code !== 0x40) throw new Error(`answered 0x${code.toString(16)}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
}

function heapAfterCollection(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function main(calls: number): Promise<void> {
  const platform = await SocketPlatform.start({ policy: { records: false } });
  const client = new EdgeClient({ url: platform.url, appKey: 'the-key', allowInsecure: true });
  client.addThing(echoThing());
  await client.start();
  await makeCalls(platform, WARM_UP_CALLS);
  const before = heapAfterCollection();
  const startedMs = performance.now();
  await makeCalls(platform, calls);
  const seconds = (performance.now() - startedMs) / 1000;
  const heapGrowthBytes = heapAfterCollection() - before;
  const { strayAnswers, unanswered } = platform.end;
  await client.drain(1_000);
  await platform.kill();
  const figures = {
    calls,
    callsPerSecond: Math.round(calls / seconds),
    heapGrowthBytes,
    connections: platform.ends.length,
    strayAnswers,
    unanswered,
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

void main(Number(process.argv[2] ?? 200_000));
