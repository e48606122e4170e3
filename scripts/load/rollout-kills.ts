/**
 * `tsx scripts/load/rollout-kills.ts [KILLS] [SEED]`: kills the agent (kill -9) at 50 random moments during roll-outs of 500
 * devices, and at a fifth as many while devices join a continuous one and others are called directly; prints what went
 * wrong. Build first.
 */
import { killWhileDevicesJoin } from '../../test/support/rollouts/joining-killer.js';
import { killDuringRollouts } from '../../test/support/rollouts/rollout-killer.js';
import { seededRandom } from '../../test/support/seeded-random.js';

/** Has no common divisor with 10, so that each group has devices with every last digit. */
const GROUPS = 9;

async function main(kills: number, seed: number): Promise<void> {
  const report = await killDuringRollouts(kills, GROUPS, seededRandom(seed));
  const joining = await killWhileDevicesJoin(Math.ceil(kills / 5), seededRandom(seed));
  process.stdout.write(`${JSON.stringify({ seed, ...report, joining }, null, 2)}\n`);
  const problems = [...report.problems, ...joining.problems];
  process.exitCode = problems.length === 0 && report.slowestRestartMs < 10_000 ? 0 : 1;
}

void main(Number(process.argv[2] ?? 50), Number(process.argv[3] ?? 1));
