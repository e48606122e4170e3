import { sleep } from '../../core/clock.js';
import type { Clock } from '../../core/clock.js';
import { omitUndefined } from '../../core/objects.js';
import { hasEnded } from '../../jobs/outcome.js';
import { isFinal } from '../../rollouts/records/records.js';
import { rolloutOfJob } from '../../rollouts/driver/steps/hub-job.js';
import type { AgentView, ViewedHub } from '../agent-view.js';
import type { Status } from '../api/types.js';
import type { Handlers } from '../api-server.js';
import type { ReadCache } from '../read-cache.js';
import { hubJson } from './hubs.js';
import { rolloutJson } from './rollouts.js';

type Ended = Status['ended'][number];

const SHARED_MS = 2000;
const LATELY_MS = 24 * 3_600_000;
const MAX_ENDED = 100;
/** Roll-outs that are looked through, from the newest on. */
const MAX_ROLLOUTS = 1000;
/** How long the first list of the jobs of a hub may delay the status. */
const LIST_MS = 2000;

export function overviewHandlers(
  agent: AgentView,
  shared: ReadCache,
  clock: Clock,
): Pick<Handlers, 'getStatus' | 'listHubs'> {
  return {
    getStatus: async () => {
      const ended = await shared.read('ended', SHARED_MS, () => endedLately(agent, clock));
      return { ...statusJson(agent, clock), ended };
    },
    listHubs: () => ({ items: agent.hubs().map((hub) => hubJson(hub)), cursor: null }),
  };
}

export function statusJson(agent: AgentView, clock: Clock): Omit<Status, 'ended'> {
  const { version, startedMs, ready, components, thingworx, things, cluster } = agent.status();
  const nowMs = clock.nowMs();
  return {
    version,
    time: new Date(nowMs).toISOString(),
    startedAt: new Date(startedMs).toISOString(),
    uptimeSeconds: Math.max(0, Math.round((nowMs - startedMs) / 1000)),
    ready,
    components: { ...components },
    thingworx,
    things: things.map((thing) => omitUndefined(thing)),
    ...(cluster ? { cluster: { ...cluster, hubs: { ...cluster.hubs } } } : {}),
  };
}

async function endedLately(agent: AgentView, clock: Clock): Promise<Ended[]> {
  const sinceMs = clock.nowMs() - LATELY_MS;
  const ended = await Promise.all(
    agent.hubs().map(async (hub) => [...(await endedJobs(hub, clock)), ...(await endedRollouts(hub))]),
  );
  return ended
    .flat()
    .filter(({ endTime }) => Date.parse(endTime) >= sinceMs)
    .sort((a, b) => b.endTime.localeCompare(a.endTime))
    .slice(0, MAX_ENDED);
}

/** Jobs of roll-outs are left out. A list that cannot be read, or not soon, does not delay the status. */
async function endedJobs({ name, jobs, role }: ViewedHub, clock: Clock): Promise<Ended[]> {
  if (role === 'standby') return [];
  const wait = new AbortController();
  const listed = jobs.index.ready().catch(() => undefined);
  await Promise.race([listed, sleep(clock, LIST_MS, wait.signal).catch(() => undefined)]);
  wait.abort();
  const ended = [...jobs.index.jobs].filter(({ jobId, job }) => hasEnded(job) && rolloutOfJob(jobId) === undefined);
  return ended.flatMap(({ jobId, job }) => {
    const { endTime, methodName, counts } = job;
    const { outcome } = jobs.shown(jobId, job);
    if (!endTime) return [];
    const facts = { hub: name, id: jobId, outcome, endTime: endTime.toISOString() };
    return [omitUndefined({ kind: 'job' as const, ...facts, methodName, deviceCount: counts.deviceCount })];
  });
}

async function endedRollouts({ name, rollouts }: ViewedHub): Promise<Ended[]> {
  const ended: Ended[] = [];
  let count = 0;
  for await (const status of rollouts.list()) {
    count += 1;
    if (count > MAX_ROLLOUTS) break;
    if (!isFinal(status.record)) continue;
    const { rolloutId, outcome, endTime, methodName, deviceCount } = rolloutJson(name, status);
    if (endTime === undefined) continue;
    const facts = { hub: name, id: rolloutId, outcome, endTime, deviceCount };
    ended.push(omitUndefined({ kind: 'rollout' as const, ...facts, methodName }));
  }
  return ended;
}
