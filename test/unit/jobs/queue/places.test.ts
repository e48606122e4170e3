import { describe, expect, it } from '@jest/globals';
import { HubPlaces, type PlaceClient } from '../../../../src/jobs/queue/places.js';
import { ManualClock } from '../../../support/manual-clock.js';

/** A client that takes a place for one job whenever it is woken, until it has created all of its jobs. */
class Worker implements PlaceClient {
  readonly name: string;
  readonly #places: HubPlaces;
  readonly #made: string[];
  readonly #isFirst: boolean;
  #left: number;

  constructor(name: string, jobs: number, places: HubPlaces, made: string[], isFirst = false) {
    this.name = name;
    this.#left = jobs;
    this.#places = places;
    this.#made = made;
    this.#isFirst = isFirst;
  }

  readonly wake = (): void => this.ask();

  ask(): void {
    if (this.#left === 0) return this.#places.leave(this.name);
    const jobId = `${this.name}${this.#left}`;
    if (!this.#places.take(this, jobId, this.#isFirst)) return;
    this.#left -= 1;
    this.#made.push(jobId);
    this.ask();
  }
}

describe('the places of a hub', () => {
  it('are given to queued jobs first, then to roll-outs in turns', () => {
    const made: string[] = [];
    const places = new HubPlaces(1, new ManualClock());
    const small = new Worker('small', 2, places, made);
    const large = new Worker('large', 4, places, made);
    const queue = new Worker('queue', 2, places, made, true);
    for (const worker of [large, small, queue]) worker.ask();
    for (let round = 0; round < made.length; round += 1) places.release(made[round] as string);
    expect(made).toEqual(['large4', 'queue2', 'queue1', 'large3', 'small2', 'large2', 'small1', 'large1']);
    expect(places.openCount).toBe(0);
    expect(places.hasWaiting).toBe(false);
  });

  it('are never exceeded', () => {
    const made: string[] = [];
    const places = new HubPlaces(3, new ManualClock());
    for (let name = 0; name < 5; name += 1) new Worker(`r${name}-`, 3, places, made).ask();
    expect(made).toHaveLength(3);
    for (let round = 0; round < made.length; round += 1) {
      expect(places.openCount).toBeLessThanOrEqual(3);
      places.release(made[round] as string);
    }
    expect(made).toHaveLength(15);
  });

  it('count jobs of an earlier process, even if these exceed them', () => {
    const made: string[] = [];
    const places = new HubPlaces(1, new ManualClock());
    places.adopt('old-1');
    places.adopt('old-2');
    new Worker('new', 1, places, made).ask();
    places.release('old-1');
    expect(made).toEqual([]);
    places.release('old-2');
    expect(made).toEqual(['new1']);
  });

  it('pause after a refusal of the hub: 5 s, doubling, at most 60', () => {
    const clock = new ManualClock();
    const places = new HubPlaces(1, clock);
    const pauses: number[] = [];
    for (let refusal = 0; refusal < 6; refusal += 1) {
      const startMs = clock.nowMs();
      expect(places.take({ name: 'a', wake: () => undefined }, 'job')).toBe(true);
      places.refused('job');
      const client = { name: 'a', wake: (): void => void pauses.push(clock.nowMs() - startMs) };
      expect(places.take(client, 'job')).toBe(false);
      clock.advance(60_000);
    }
    expect(pauses).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it('pause for 5 s again once the hub has accepted a job', () => {
    const clock = new ManualClock();
    const places = new HubPlaces(1, clock);
    const client: PlaceClient = { name: 'a', wake: () => undefined };
    for (const job of ['1', '2']) {
      expect(places.take(client, job)).toBe(true);
      places.refused(job);
      clock.advance(10_000);
    }
    expect(places.take(client, '3')).toBe(true);
    places.accepted();
    places.release('3');
    expect(places.take(client, '4')).toBe(true);
    places.refused('4');
    let isAwake = false;
    places.take({ name: 'b', wake: () => void (isAwake = true) }, '5');
    clock.advance(5000);
    expect(isAwake).toBe(true);
  });

  it.each([
    [0, true],
    [4, true],
    [5, false],
  ])('end the pause when a list shows %d of 5 jobs running: %s', (running, isEnded) => {
    const clock = new ManualClock();
    const places = new HubPlaces(2, clock, 5);
    places.take({ name: 'a', wake: () => undefined }, 'job');
    places.refused('job');
    let isAwake = false;
    places.take({ name: 'a', wake: () => void (isAwake = true) }, 'job');
    places.reportRunning(running);
    expect(isAwake).toBe(isEnded);
  });

  it('are given to the next client when the one that was woken needs none', () => {
    const made: string[] = [];
    const places = new HubPlaces(1, new ManualClock());
    places.adopt('old');
    places.take({ name: 'gone', wake: () => undefined }, 'job');
    new Worker('next', 1, places, made).ask();
    places.release('old');
    expect(made).toEqual([]);
    places.leave('gone');
    expect(made).toEqual(['next1']);
  });
});
