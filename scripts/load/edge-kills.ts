/**
 * `node --expose-gc --import tsx scripts/load/edge-kills.ts [KILLS]`: a platform that is killed and restarted at random
 * moments under load, 50 times by default. The process exits by itself only if no timer and no socket is left.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { EdgeClient } from '../../src/edge/edge-client.js';
import { EdgeThing } from '../../src/edge/thing.js';
import type { PlatformEnd } from '../../test/support/edge/platform-end.js';
import { SocketPlatform } from '../../test/support/edge/socket-platform.js';
import { plainService } from '../../test/support/edge/things.js';

const IN_FLIGHT = 32;

interface Figures {
  kills: number;
  /** Time from when the platform listens again until the Thing is bound. */
  slowestReturnMs: number;
  calls: number;
  lostWithTheirConnection: number;
  answeredTwice: number;
  lostOnAnOpenConnection: number;
  heapGrowthBytes: number;
}

/** Keeps `IN_FLIGHT` calls pending until the connection is killed. */
async function load(end: PlatformEnd, figures: Figures): Promise<void> {
  const caller = async (): Promise<void> => {
    while (end.closeCode === undefined) {
      figures.calls += 1;
      await end.invoke('Thing1', 'Work');
    }
  };
  await Promise.race([
    Promise.all(Array.from({ length: IN_FLIGHT }, caller)),
    new Promise((resolve) => end.events.once('close', resolve)),
  ]);
}

function count(end: PlatformEnd, figures: Figures): void {
  figures.lostWithTheirConnection += end.unanswered;
  for (const answers of end.answers.values()) if (answers > 1) figures.answeredTwice += 1;
}

async function isBound(platform: SocketPlatform): Promise<PlatformEnd> {
  const end = platform.ends.at(-1) ?? (await platform.nextEnd());
  await end.waitFor(({ code }) => code === 0x0a);
  return end;
}

function heapAfterCollection(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function main(kills: number): Promise<void> {
  const figures: Figures = {
    kills,
    slowestReturnMs: 0,
    calls: 0,
    lostWithTheirConnection: 0,
    answeredTwice: 0,
    lostOnAnOpenConnection: 0,
    heapGrowthBytes: 0,
  };
  const work = plainService('Work', () => pause(Math.random() * 20, 'done'));
  let platform = await SocketPlatform.start();
  const { port } = platform;
  const client = new EdgeClient({
    url: platform.url,
    appKey: 'the-key',
    allowInsecure: true,
    reconnect: { capMs: 2_000 },
  });
  client.addThing(new EdgeThing({ name: 'Thing1', services: [work] }));
  await client.start();
  let heapBefore = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const end = await isBound(platform);
    const loaded = load(end, figures);
    await pause(20 + Math.random() * 100);
    await platform.kill();
    await loaded;
    count(end, figures);
    await pause(Math.random() * 50);
    if (kill === 1) heapBefore = heapAfterCollection();
    platform = await SocketPlatform.start({ port });
    const upMs = performance.now();
    await isBound(platform);
    figures.slowestReturnMs = Math.max(figures.slowestReturnMs, Math.round(performance.now() - upMs));
  }
  figures.heapGrowthBytes = heapAfterCollection() - heapBefore;
  const last = await isBound(platform);
  const answers = await Promise.all(Array.from({ length: IN_FLIGHT }, () => last.invoke('Thing1', 'Work')));
  figures.lostOnAnOpenConnection = answers.filter(({ code }) => code !== 0x40).length + last.unanswered;
  await client.drain(1_000);
  await platform.kill();
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

void main(Number(process.argv[2] ?? 50));
