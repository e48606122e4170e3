import { describe, expect, it } from '@jest/globals';
import {
  type CourseState,
  MAX_POINTS,
  readCourse,
  thinnedCourse,
  withPoint,
} from '../../../src/rollouts/records/course.js';
import { RolloutKeys } from '../../../src/rollouts/records/keys.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { RolloutRig } from '../../support/rollouts/rig.js';

const START_MS = Date.UTC(2026, 0, 1);
const keys = new RolloutKeys('hub');

/** A course as a roll-out writes it. */
class Course {
  readonly store = new MemoryStore();
  state: CourseState | undefined;

  async add(nowMs: number, succeeded: number): Promise<void> {
    const record = { sequence: 1, ...(this.state ? { course: this.state } : {}) };
    const { course, change } = withPoint(keys, record, { succeeded }, nowMs);
    await this.store.batch([change]);
    this.state = course;
    const thinned = await thinnedCourse(this.store, keys, { sequence: 1, course });
    if (!thinned) return;
    await this.store.batch(thinned.changes);
    this.state = thinned.course;
  }

  read(maxPoints = MAX_POINTS) {
    return readCourse(this.store, keys, 1, maxPoints);
  }
}

describe('the course of a roll-out', () => {
  it('has one point a second with the last counts of it', async () => {
    const course = new Course();
    await course.add(START_MS, 1);
    await course.add(START_MS + 400, 2);
    await course.add(START_MS + 1000, 3);
    const points = await course.read();
    expect(points.map(({ timeMs, succeededCount }) => [timeMs - START_MS, succeededCount])).toEqual([
      [400, 2],
      [1000, 3],
    ]);
    expect(points[0]).toMatchObject({ pendingCount: 0, failedCount: 0, cancelledCount: 0 });
  });

  it('stays small over weeks: old steps become longer, and the end stays exact', async () => {
    const course = new Course();
    const changes = 30_000;
    for (let count = 1; count <= changes; count += 1) await course.add(START_MS + count * 60_000, count);
    const points = await course.read();
    expect(points.length).toBeLessThanOrEqual(MAX_POINTS);
    expect(points.length).toBeGreaterThan(MAX_POINTS / 3);
    expect(course.state?.count).toBe(points.length);
    expect(points.at(-1)).toMatchObject({ timeMs: START_MS + changes * 60_000, succeededCount: changes });
    const times = points.map(({ timeMs }) => timeMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const few = await course.read(10);
    expect(few).toHaveLength(10);
    expect([few[0], few[9]]).toEqual([points[0], points.at(-1)]);
  });

  it('keeps its order when the clock is set back', async () => {
    const course = new Course();
    await course.add(START_MS, 1);
    await course.add(START_MS - 3_600_000, 2);
    await course.add(START_MS + 5000, 3);
    const points = await course.read();
    expect(points.map(({ succeededCount }) => succeededCount)).toEqual([2, 3]);
  });

  it('is written with the devices, and goes with its roll-out', async () => {
    const rig = new RolloutRig({ devices: 3 });
    await rig.start('r');
    await rig.until('r', 'completed');
    const points = await rig.driver.course('r', 100);
    expect(points[0]).toMatchObject({ pendingCount: expect.any(Number) });
    expect(points.at(-1)).toMatchObject({ succeededCount: 3, pendingCount: 0, runningCount: 0 });
    await rig.driver.delete('r');
    const left: string[] = [];
    for await (const [key] of rig.store.entries()) if (key.includes('/course/')) left.push(key);
    expect(left).toEqual([]);
  });
});
