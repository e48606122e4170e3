import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sandboxSchema } from '../../../src/sandbox/options.js';
import { startSandbox } from '../../../src/sandbox/sandbox.js';
import { writeAgentConfig } from '../agent-config.js';
import { eventually } from '../eventually.js';
import { hubCaller } from '../local-hub/hub-rest.js';
import { CommandProcess } from '../sandbox-process.js';
import { RestCaller, type TableRow } from '../thingworx-rest.js';
import { isFinalRow, problemsOfCounts, problemsOfHistory, problemsOfWalk } from './kill-judge.js';
import { walkDevices } from './read-all.js';

export interface JoiningKillReport {
  readonly kills: number;
  /** Devices that have joined the continuous roll-out, a few before each kill. */
  readonly joined: number;
  /** A sentence for each thing that went wrong. */
  readonly problems: readonly string[];
}

const THING = 'AzureIotHub';
const JOINED_EACH = 10;
const LONGEST_LIFE_MS = 1500;
const PAGE_SIZE = 100;
/** The method of each roll-out: by hub jobs for devices that join, and by direct calls for all. */
const CONTINUOUS = { rolloutId: 'continuous', methodName: 'echo' } as const;
const DIRECT = { rolloutId: 'direct', methodName: 'getDiagnostics' } as const;

/**
 * Kills the agent (kill -9) at moments that `random` chooses while devices join a continuous roll-out and another one calls
 * all devices directly; judges by the devices how often each was called. The agent runs from dist, both ends in this process.
 */
export async function killWhileDevicesJoin(kills: number, random: () => number): Promise<JoiningKillReport> {
  const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-joining-kills-'));
  const deviceCount = (kills + 1) * JOINED_EACH;
  const options = sandboxSchema.parse({
    devices: 0,
    lightDevices: deviceCount,
    httpPort: 0,
    hubPort: 0,
    mqttPort: 0,
    // Kills are to hit the time between a request and its response.
    latency: 20,
    fleet: { latencyMs: 100 },
    thingworx: { bindPolicy: 'last-in-wins' },
  });
  const sandbox = await startSandbox('all', options);
  const { thingworx, iothub } = sandbox.info;
  if (!thingworx || !iothub) throw new Error('The sandbox has no ends.');
  const rest = new RestCaller(thingworx.url, thingworx.appKey, THING);
  const hub = hubCaller({ ...iothub, caPem: readFileSync(iothub.caFile, 'utf8') });
  const config = writeAgentConfig({ thingworx, iothub }, folder, {
    stateDir: join(folder, 'agent'),
    watch: { intervalSeconds: 0.1 },
    rollouts: { continuousCheckSeconds: 1 },
  });
  const joined = new Set<string>();
  const letJoin = async (): Promise<void> => {
    for (let count = 0; count < JOINED_EACH; count += 1) {
      const deviceId = lightId(joined.size);
      await hub('PATCH', `/twins/${deviceId}`, { tags: { ring: 'go' } });
      joined.add(deviceId);
    }
  };
  let agent = new CommandProcess(['run', '--config', config]);
  try {
    const ring = { queryCondition: "tags.ring = 'go'", selection: 'continuous', batchSize: 4 };
    await started(rest, { ...CONTINUOUS, ...ring });
    await started(rest, { ...DIRECT, queryCondition: '*', via: 'direct', batchSize: JOINED_EACH, soakSeconds: 1 });
    for (let kill = 0; kill < kills; kill += 1) {
      await letJoin();
      await pause(random() * LONGEST_LIFE_MS);
      await agent.stop('SIGKILL');
      agent = new CommandProcess(['run', '--config', config]);
      await eventually(
        () => rest.invoke('FindRollouts', {}),
        ({ status }) => status === 200,
      );
    }
    await letJoin();
    const ends = [
      await rowWhen(rest, CONTINUOUS.rolloutId, ({ succeededCount }) => succeededCount === joined.size),
      await rowWhen(rest, DIRECT.rolloutId, isFinalRow),
    ];
    const problems = [...ends.flatMap(problemsOfCounts), ...ends.flatMap(problemsOfHistory)];
    const { json } = await rest.request('GET', '/sandbox/devices/calls');
    const calls = json as Calls;
    for (const row of ends) {
      const devices = await walkDevices(rest, String(row['rolloutId']), PAGE_SIZE);
      problems.push(...problemsOfWalk(row, devices), ...problemsOfCalls(row, devices, calls));
    }
    return { kills, joined: joined.size, problems };
  } finally {
    await agent.stop('SIGKILL');
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How often each device was called, by method. */
type Calls = Readonly<Record<string, Readonly<Record<string, number>>>>;

const lightId = (index: number): string => `light-${String(index + 1).padStart(6, '0')}`;

/** Starts a roll-out, as soon as the agent is bound. */
const started = (rest: RestCaller, parameters: Readonly<Record<string, unknown>>) =>
  eventually(
    () => rest.invoke('StartRollout', parameters),
    ({ status }) => status === 200,
  );

const rowWhen = (rest: RestCaller, rolloutId: string, isSo: (row: TableRow) => boolean): Promise<TableRow> =>
  eventually(async () => {
    const rows = await rest.rows('GetRollout', { rolloutId }).catch(() => []);
    return rows[0] ?? {};
  }, isSo);

/** Hub jobs call each device once; a direct call that a kill has cut off may or may not have been made, but only once. */
function problemsOfCalls(row: TableRow, devices: readonly TableRow[], calls: Calls): string[] {
  const { methodName } = row;
  return devices.flatMap(({ deviceId, state, errorCode }) => {
    const count = calls[String(deviceId)]?.[String(methodName)] ?? 0;
    const isCutOff = state === 'timedOut' && errorCode === 'CallInterrupted';
    if (isCutOff ? count <= 1 : state === 'succeeded' && count === 1) return [];
    return [`${String(row['rolloutId'])}: ${String(deviceId)} is ${String(state)} after ${count} calls`];
  });
}
