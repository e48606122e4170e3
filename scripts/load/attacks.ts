/**
 * `node --import tsx scripts/load/attacks.ts`: a built agent with a hub, callers, a disk and a clock that attack it. For
 * each attack it prints the agent's memory, the longest time for which its event loop was blocked, and whether each call
 * was answered by its deadline. Build first.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openLevelStore } from '../../src/store/level-store.js';
import type { LonelyAgent, LonelyAgentOptions } from '../../test/support/agent/lonely-agent.js';
import type { TestParameters } from '../../test/support/edge/platform-end.js';
import { type Misbehaviour, ScriptedHub } from '../../test/support/iothub/scripted-hub.js';
import { afterRequest, flood, silent, startBadServer } from '../../test/support/silent-ends.js';
import { type Attack, runAttacks } from '../attack-run.js';

const DEADLINE_SECONDS = 10;
/** How long after its deadline a response may arrive on a busy machine. */
const SLACK_MS = 2_000;
const THING = 'AzureIotHub';
const QUERY: TestParameters = { query: 'SELECT * FROM devices.jobs' };
const DAY_MS = 24 * 60 * 60 * 1_000;

/** Patterns that the check accepts, each with the text on which it backtracks most. */
const PATTERNS: readonly (readonly [pattern: string, text: string])[] = [
  ['[a-z].{0,1000}[0-9]', 'a'.repeat(4_000)],
  ['^(\\d+)(,\\d+)*$', `${'1,'.repeat(2_000)}x`],
  ['^[^@]+@[^@]+\\.[^@]+$', `a@${'.'.repeat(4_000)}@`],
  ['^.{0,4000}x.{0,4000}$', `${'x'.repeat(4_000)}\n`],
  ['x{1,100}x{1,100}x{1,100}y', 'x'.repeat(4_000)],
  ['[\\w-]+\\.[\\w-]+\\.[\\w-]+\\.[\\w-]+x', 'a.'.repeat(2_000)],
  ['(?:ab|cd)*ef', 'ab'.repeat(2_000)],
];

let folder: string;
let hub: ScriptedHub;

async function main(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'twx-iothub-attacks-'));
  hub = await ScriptedHub.start();
  writeFileSync(join(folder, 'ca.pem'), hub.certificates.caPem);
  try {
    await runAttacks([...hubAttacks(), ...(await silentAttacks()), ...callerAttacks(), ...(await machineAttacks())]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** An agent at the scripted hub, without the limits of a tier, so that only the agent's own bounds protect it. */
function atHub(
  changes: Partial<LonelyAgentOptions> = {},
  iothub: Record<string, unknown> = {},
): Partial<LonelyAgentOptions> {
  return {
    ...changes,
    iothub: {
      connectionString: hub.connectionString,
      address: hub.address,
      caFile: join(folder, 'ca.pem'),
      tier: 'unlimited',
      ...iothub,
    },
    configuration: { services: { timeoutSeconds: DEADLINE_SECONDS }, ...changes.configuration },
  };
}

const answers = (body: string): Misbehaviour => ({ kind: 'body', body });

function hubAttacks(): Attack[] {
  const bodies = (name: string, body: () => string, calls: number): Attack => ({
    name,
    options: atHub(),
    async attack(agent) {
      const text = body();
      hub.decide = ({ path }) => (path.startsWith('/devices/query') ? answers(text) : undefined);
      await callAll(agent, calls, 'QueryJobResults', QUERY);
    },
  });
  return [
    bodies('a hub that responds with 60 MB of empty objects', () => `[${'{},'.repeat(20_000_000)}{}]`, 1),
    bodies('eight responses of 30 MB at once', () => `[${'{},'.repeat(10_000_000)}{}]`, 8),
    bodies('128 answers of 8 MB at once', () => `[${'{},'.repeat(2_660_000)}{}]`, 128),
    bodies('sixteen responses of 7 MB in one string', () => `[{"deviceId":"${'x'.repeat(7_000_000)}"}]`, 16),
    bodies('an endless series of empty pages', () => '[]', 8),
    {
      name: 'a hub that refuses with a body of 30 MB',
      options: atHub(),
      async attack(agent) {
        const body = '{"Message":"x"}'.padEnd(30_000_000);
        hub.decide = () => ({ kind: 'status', status: 400, body });
        await callAll(agent, 8, 'GetJob', { jobId: 'j' });
      },
    },
  ];
}

async function silentAttacks(): Promise<Attack[]> {
  const mute = await startBadServer(silent);
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
  const chunk = `${(65_536).toString(16)}\r\n${' '.repeat(65_536)}\r\n`;
  const endless = await startBadServer(afterRequest(flood(head, chunk)), hub.certificates);
  const proxy = { proxy: `http://${mute.address}` };
  const calls = (agent: LonelyAgent): Promise<void> => callAll(agent, 200, 'GetJob', { jobId: 'j' });
  return [
    { name: 'a silent proxy in front of the hub, 200 calls', options: atHub({}, proxy), attack: calls },
    { name: 'a silent hub, 200 calls', options: atHub({}, { address: mute.address }), attack: calls },
    {
      name: 'a hub whose responses never end',
      options: atHub({}, { address: endless.address }),
      attack: (agent) => callAll(agent, 16, 'GetJob', { jobId: 'j' }),
    },
  ];
}

function callerAttacks(): Attack[] {
  const hangs = (): void => void (hub.decide = () => ({ kind: 'hang' }));
  return [
    {
      name: '256 patches of 1 MB while the hub hangs',
      options: atHub(),
      async attack(agent) {
        hangs();
        await callAll(agent, 256, 'ScheduleTwinUpdateJob', { patch: ['JSON', { tags: { a: 'x'.repeat(1_000_000) } }] });
      },
    },
    {
      name: '256 payloads of 127 KiB while the hub hangs',
      options: atHub(),
      async attack(agent) {
        hangs();
        await callAll(agent, 256, 'ScheduleDeviceMethodJob', {
          methodName: 'm',
          payload: ['JSON', { a: 'x'.repeat(130_000) }],
        });
      },
    },
    {
      name: 'calls of wrappers with the worst patterns that are accepted',
      options: atHub({ configuration: { services: { timeoutSeconds: DEADLINE_SECONDS }, wrappers: [wrapperFile()] } }),
      async attack(agent) {
        hub.decide = () => undefined;
        for (const [index, [, text]] of PATTERNS.entries()) await callAll(agent, 1, `Do${index}`, { text });
      },
    },
  ];
}

function wrapperFile(): string {
  const file = join(folder, 'patterns.json');
  const services = PATTERNS.map(([pattern], index) => ({
    name: `Do${index}`,
    kind: 'deviceMethod',
    methodName: 'do',
    parameters: [{ name: 'text', baseType: 'STRING', pattern }],
    job: { queryCondition: '*' },
  }));
  writeFileSync(file, JSON.stringify({ bundle: { name: 'patterns', version: '1.0.0' }, services }));
  return file;
}

async function machineAttacks(): Promise<Attack[]> {
  return [
    {
      name: 'a store of 20,000 records whose CURRENT file is empty',
      options: atHub({ configuration: { stateDir: await damagedState() } }),
      attack: async (agent) => callAll(agent, 1, 'GetJob', { jobId: 'j' }),
    },
    {
      name: 'a clock that is set forward by 31 days',
      options: atHub({ env: { NODE_OPTIONS: `--require ${clockThatJumps()}` } }),
      attack: jumpWhileWatching,
    },
  ];
}

async function damagedState(): Promise<string> {
  const stateDir = join(folder, 'state');
  const store = await openLevelStore(join(stateDir, 'agent'));
  for (let start = 0; start < 20_000; start += 1_000)
    await store.batch(
      Array.from({ length: 1_000 }, (_unused, index) => ({
        type: 'put' as const,
        key: `watch/main/j${start + index}`,
        value: { jobId: `j${start + index}`, text: 'x'.repeat(1_000) },
      })),
    );
  await store.close();
  await truncate(join(stateDir, 'agent', 'CURRENT'), 0);
  return stateDir;
}

/** A module for `--require` whose wall clock jumps when the process receives SIGWINCH. */
function clockThatJumps(): string {
  const file = join(folder, 'clock.cjs');
  const text = `let by = 0; const now = Date.now; Date.now = () => now() + by; process.on('SIGWINCH', () => (by += ${31 * DAY_MS}));`;
  writeFileSync(file, text);
  return file;
}

/** A watched job that ends after the jump must still be reported. */
async function jumpWhileWatching(agent: LonelyAgent): Promise<void> {
  hub.decide = () => undefined;
  const reported: string[] = [];
  agent.platform.policy.onRequest = (request) => {
    if (request.name === 'AzureIotDeviceJobStatusChanged') reported.push(JSON.stringify(request.params?.rows));
    return { code: 0x40 };
  };
  await callAll(agent, 1, 'ScheduleDeviceMethodJob', { methodName: 'm', jobId: 'watched' });
  await until(() => reported.some((rows) => rows.includes('running')));
  agent.child.kill('SIGWINCH');
  await pause(3_000);
  Object.assign(hub.jobs.get('watched') ?? {}, { status: 'completed', deviceJobStatistics: { deviceCount: 0 } });
  await until(() => reported.some((rows) => rows.includes('completed')));
}

async function until(isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error('the change was not reported within 30 s');
    await pause(50);
  }
}

/** @throws when a call is not answered by its deadline. */
async function callAll(agent: LonelyAgent, count: number, service: string, parameters: TestParameters): Promise<void> {
  const { end } = agent.platform;
  const startMs = performance.now();
  await Promise.all(Array.from({ length: count }, () => end.invoke(THING, service, parameters)));
  const tookMs = performance.now() - startMs;
  if (tookMs > DEADLINE_SECONDS * 1_000 + SLACK_MS)
    throw new Error(`the last response arrived after ${Math.round(tookMs)} ms`);
}

void main()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => process.exit());
