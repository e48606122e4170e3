/** The past jobs of several hubs as one list, the one that ended last first, in pages. */
import type { ListedJob } from './job-list.js';

/** A past job with its place in the order of all past jobs, whatever their hub. */
export interface ListedPastJob {
  readonly listed: ListedJob;
  readonly position: string;
}

/** What was read of one hub. */
export interface PastOfHub {
  readonly hub: string;
  readonly jobs: readonly ListedPastJob[];
  readonly hasMore: boolean;
}

/** The position of the last job that was listed, by hub. */
export type PastPositions = Readonly<Record<string, string>>;

export interface MergedPast {
  readonly jobs: readonly ListedJob[];
  /** Undefined if no more follow. */
  readonly next: PastPositions | undefined;
}

/** Takes the first jobs of all hubs, at most `limit`. A page may have fewer although more follow. */
export function mergePast(hubs: readonly PastOfHub[], before: PastPositions, limit: number): MergedPast {
  // What a hub has after its last job that was read may come before jobs of other hubs that ended earlier.
  const ends = hubs.flatMap(({ jobs, hasMore }) => (hasMore ? [jobs.at(-1)?.position ?? ''] : []));
  const end = ends.reduce((latest, position) => (position > latest ? position : latest), '');
  const jobs = hubs.flatMap((one) => one.jobs).filter(({ position }) => position >= end);
  const taken = jobs.sort((a, b) => compareText(b.position, a.position)).slice(0, limit);
  const next = { ...before, ...Object.fromEntries(taken.map(({ listed, position }) => [listed.hub, position])) };
  const isAll = taken.length === hubs.reduce((sum, one) => sum + one.jobs.length, 0) && ends.length === 0;
  return { jobs: taken.map(({ listed }) => listed), next: isAll ? undefined : next };
}

const compareText = (a: string, b: string): number => Number(a > b) - Number(a < b);
