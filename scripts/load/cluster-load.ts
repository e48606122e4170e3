/**
 * `tsx scripts/load/cluster-load.ts [KILLS] [SEED]`: disturbs two agents that share a PostgreSQL database while 3 roll-outs run
 * over 1,000 light devices each on two hubs: 20 kills of a holder, 5 stops, 5 restarts of the database and 5 partitions. Then
 * walks 100,000 entries while they are written, and measures the agent's memory during a roll-out of 100,000 devices.
 * Prints what was found. Build first.
 */
import { ClusterTrial, type TrialReport } from '../../test/support/cluster/cluster-trial.js';
import { growthDuringRollout, walkWhileWritten } from '../../test/support/cluster/large-state.js';
import { TwoHubs } from '../../test/support/cluster/two-hubs.js';
import { seededRandom } from '../../test/support/seeded-random.js';

const LEASE_SECONDS = 15;
const DEVICES = 1000;
const TIMES = 5;
const LARGE = 100_000;
const MOST_GROWTH_BYTES = 64 * 1024 * 1024;

async function disturb(kills: number, seed: number): Promise<TrialReport> {
  const ends = await new TwoHubs({ devicesPerHub: DEVICES, leaseSeconds: LEASE_SECONDS }).start();
  const trial = new ClusterTrial(ends, seededRandom(seed));
  try {
    await trial.start();
    for (let kill = 0; kill < kills; kill += 1) {
      await trial.kill();
      process.stdout.write(`kill ${kill + 1} of ${kills}\n`);
    }
    for (let time = 0; time < TIMES; time += 1) {
      await trial.stop();
      await trial.restartDatabase();
      await trial.partition();
      process.stdout.write(`stop, restart and partition ${time + 1} of ${TIMES}\n`);
    }
    return await trial.finish();
  } finally {
    await trial.close();
    await ends.close();
  }
}

function isGood(report: TrialReport): boolean {
  const faults = [report.unanswered, report.missedEvents, report.problems].flat();
  return (
    faults.length === 0 &&
    report.calledTooOften === 0 &&
    report.calledTooRarely === 0 &&
    report.slowestAfterKillMs < (LEASE_SECONDS + 15) * 1000 &&
    report.slowestAfterStopMs < 3000
  );
}

async function main(kills: number, seed: number): Promise<void> {
  const report = await disturb(kills, seed);
  process.stdout.write(`${JSON.stringify({ seed, ...report }, null, 2)}\n`);
  const walk = await walkWhileWritten(LARGE);
  process.stdout.write(`${JSON.stringify(walk)}\n`);
  const memory = await growthDuringRollout(LARGE);
  process.stdout.write(`${JSON.stringify(memory)}\n`);
  const isWalkGood = walk.missing === 0 && walk.repeated === 0;
  process.exitCode = isGood(report) && isWalkGood && memory.growthBytes < MOST_GROWTH_BYTES ? 0 : 1;
}

void main(Number(process.argv[2] ?? 20), Number(process.argv[3] ?? 1));
