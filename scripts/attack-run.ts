/** Runs attacks on a built agent and reports its memory and event loop delay for each, from the agent's own metrics. */
import { setTimeout as pause } from 'node:timers/promises';
import { LonelyAgent, type LonelyAgentOptions } from '../test/support/agent/lonely-agent.js';

const MAX_RESIDENT_BYTES = 256 * 1_048_576;
const MAX_LAG_MS = 250;

export interface Attack {
  readonly name: string;
  readonly options?: Partial<LonelyAgentOptions>;
  /** Throws if the agent does not behave as required. */
  attack(agent: LonelyAgent): Promise<void>;
}

interface Finding {
  readonly residentBytes: number;
  readonly lagMs: number;
  /** Why the attack failed, apart from memory and delay. */
  readonly problem: string | undefined;
}

/**
 * Starts an agent for each attack, one after another, and prints a line for each. The exit status is 1 if one fails. If the
 * script has an argument, only the attacks whose names contain it run.
 */
export async function runAttacks(attacks: readonly Attack[]): Promise<void> {
  const chosen = attacks.filter(({ name }) => name.includes(process.argv[2] ?? ''));
  for (const attack of chosen) report(attack.name, await measure(attack));
}

async function measure(attack: Attack): Promise<Finding> {
  const agent = await LonelyAgent.start({ stdout: 'ignore', ...attack.options });
  try {
    await reachable(agent);
    // Reading the metrics resets the longest delay, which thereby excludes the start.
    await agent.get('/metrics');
    const problem = await problemOf(attack.attack(agent));
    const { text } = await agent.get('/metrics');
    const isAlive = (await agent.get('/livez')).status === 200;
    return {
      residentBytes: valueOf(text, 'process_resident_memory_bytes'),
      lagMs: valueOf(text, 'nodejs_eventloop_lag_max_seconds') * 1_000,
      problem: problem ?? (isAlive ? undefined : '/livez is not 200'),
    };
  } finally {
    await agent.kill();
  }
}

async function problemOf(attack: Promise<void>): Promise<string | undefined> {
  try {
    await attack;
    return undefined;
  } catch (error) {
    return String(error);
  }
}

async function reachable(agent: LonelyAgent): Promise<void> {
  for (;;) {
    const isUp = await agent.get('/livez').catch(() => undefined);
    if (isUp) return;
    await pause(100);
  }
}

export function valueOf(metrics: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
}

function report(name: string, { residentBytes, lagMs, problem }: Finding): void {
  const isFine = problem === undefined && residentBytes < MAX_RESIDENT_BYTES && lagMs < MAX_LAG_MS;
  if (!isFine) process.exitCode = 1;
  const memory = `${Math.round(residentBytes / 1_048_576)} MB`.padStart(6);
  const rest = problem === undefined ? '' : `: ${problem}`;
  console.log(`${isFine ? 'ok    ' : 'FAILED'} ${memory} ${lagMs.toFixed(0).padStart(5)} ms  ${name}${rest}`);
}
