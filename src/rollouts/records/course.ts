/**
 * The course of a roll-out: its counts over time, one record for each step of time in which they changed. Whenever there
 * are more than `MAX_POINTS`, the steps are doubled and every two become one, so a course stays small however long it is.
 */
import type { Store, StoreChange } from '../../store/store.js';
import { type ShownCounts, shownCounts, type StateCounts } from '../machine/device-states.js';
import type { RolloutKeys } from './keys.js';
import type { RolloutRecord } from './records.js';

/** Where a course stands; part of the head of the roll-out. */
export interface CourseState {
  readonly stepMs: number;
  readonly count: number;
  /** Begin of the step of the last point. */
  readonly lastMs: number;
}

/** Counts that hold from a time on until the next point. */
export interface CoursePoint extends ShownCounts {
  readonly timeMs: number;
}

export const MAX_POINTS = 2000;
const FIRST_STEP_MS = 1000;

/** A point as it is stored: its time, then the counts in the order of `shownCounts`. */
type StoredPoint = readonly number[];

const stepOf = (timeMs: number, stepMs: number): number => Math.floor(timeMs / stepMs) * stepMs;

/** Returns the course after a change of the counts, and the change that stores its point. */
export function withPoint(
  keys: RolloutKeys,
  { sequence, course }: Pick<RolloutRecord, 'sequence' | 'course'>,
  counts: StateCounts,
  nowMs: number,
): { readonly course: CourseState; readonly change: StoreChange } {
  const { stepMs, count, lastMs } = course ?? { stepMs: FIRST_STEP_MS, count: 0, lastMs: -1 };
  // A clock that is set back must not change the order.
  const atMs = Math.max(stepOf(nowMs, stepMs), lastMs);
  const value: StoredPoint = [Math.max(nowMs, lastMs), ...Object.values(shownCounts(counts))];
  return {
    course: { stepMs, count: atMs === lastMs ? count : count + 1, lastMs: atMs },
    change: { type: 'put', key: keys.coursePoint(sequence, atMs), value },
  };
}

/** Returns the changes that double the steps of a course that has become too long; none for any other. */
export async function thinnedCourse(
  store: Store,
  keys: RolloutKeys,
  { sequence, course }: Pick<RolloutRecord, 'sequence' | 'course'>,
): Promise<{ readonly course: CourseState; readonly changes: readonly StoreChange[] } | undefined> {
  if (!course || course.count <= MAX_POINTS) return undefined;
  const stepMs = course.stepMs * 2;
  const kept = new Map<number, unknown>();
  const changes: StoreChange[] = [];
  for await (const [key, value] of store.entries({ prefix: keys.course(sequence) })) {
    changes.push({ type: 'delete', key });
    kept.set(stepOf(keys.courseTime(key), stepMs), value);
  }
  for (const [atMs, value] of kept) changes.push({ type: 'put', key: keys.coursePoint(sequence, atMs), value });
  return { course: { stepMs, count: kept.size, lastMs: [...kept.keys()].at(-1) ?? -1 }, changes };
}

/** Reads a course, oldest first, at most `maxPoints` with the first and the last among them. */
export async function readCourse(
  store: Store,
  keys: RolloutKeys,
  sequence: number,
  maxPoints: number,
): Promise<CoursePoint[]> {
  const names = Object.keys(shownCounts({}));
  const points: CoursePoint[] = [];
  for await (const [, value] of store.entries({ prefix: keys.course(sequence) })) {
    const [timeMs = 0, ...counts] = value as StoredPoint;
    const shown = Object.fromEntries(names.map((name, index) => [name, counts[index] ?? 0]));
    points.push({ timeMs, ...(shown as unknown as ShownCounts) });
  }
  if (points.length <= maxPoints) return points;
  const stride = (points.length - 1) / (maxPoints - 1);
  return Array.from({ length: maxPoints }, (_, index) => points[Math.round(index * stride)] as CoursePoint);
}
