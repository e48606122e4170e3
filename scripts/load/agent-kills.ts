/** `tsx scripts/load/agent-kills.ts [KILLS]`: kills the agent (kill -9) at 20 random moments during jobs. Build first. */
import { killAgents } from '../../test/support/agent-kills.js';
import { seededRandom } from '../../test/support/seeded-random.js';

async function main(kills: number, seed: number): Promise<void> {
  const report = await killAgents(kills, seededRandom(seed));
  process.stdout.write(`${JSON.stringify({ seed, ...report }, null, 2)}\n`);
  const { unreported, unexplainedRepeats, gaps } = report;
  process.exitCode = unreported.length + unexplainedRepeats.length + gaps.length === 0 ? 0 : 1;
}

void main(Number(process.argv[2] ?? 20), Number(process.argv[3] ?? 1));
