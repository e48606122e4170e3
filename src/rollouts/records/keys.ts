import type { DeviceIndex } from './records.js';

const digits = (value: number, length: number): string => String(value).padStart(length, '0');

/** The keys of the roll-outs of one hub. */
export class RolloutKeys {
  /** The name of the hub in the configuration. */
  readonly hubName: string;
  readonly #root: string;

  constructor(hubName: string) {
    this.hubName = hubName;
    this.#root = `rollout/${encodeURIComponent(hubName)}/`;
  }

  /** In the order in which they were made. */
  get heads(): string {
    return `${this.#root}head/`;
  }

  head(sequence: number): string {
    return `${this.heads}${digits(sequence, 12)}`;
  }

  /** From the id of a roll-out to its sequence. */
  id(rolloutId: string): string {
    return `${this.#root}id/${rolloutId}`;
  }

  /** Roll-outs that are not final. */
  get opens(): string {
    return `${this.#root}open/`;
  }

  open(sequence: number): string {
    return `${this.opens}${digits(sequence, 12)}`;
  }

  /** All that belongs to one roll-out beside its head. */
  within(sequence: number): string {
    return `${this.#root}of/${digits(sequence, 12)}/`;
  }

  devices(sequence: number): string {
    return `${this.within(sequence)}device/`;
  }

  device(sequence: number, position: number): string {
    return `${this.devices(sequence)}${digits(position, 7)}`;
  }

  index(sequence: number, index: DeviceIndex): string {
    return `${this.within(sequence)}${index}/`;
  }

  /** @param due the `due` of the device; 0 for devices without. */
  indexed(sequence: number, index: DeviceIndex, position: number, due = 0): string {
    return `${this.index(sequence, index)}${digits(due, 15)}/${digits(position, 7)}`;
  }

  batches(sequence: number): string {
    return `${this.within(sequence)}batch/`;
  }

  batch(sequence: number, batch: number): string {
    return `${this.batches(sequence)}${digits(batch, 4)}`;
  }

  parts(sequence: number): string {
    return `${this.within(sequence)}part/`;
  }

  part(sequence: number, jobId: string): string {
    return `${this.parts(sequence)}${jobId}`;
  }

  history(sequence: number): string {
    return `${this.within(sequence)}history/`;
  }

  historyEntry(sequence: number, entry: number): string {
    return `${this.history(sequence)}${digits(entry, 9)}`;
  }

  /** Events that have not been acknowledged, in the order in which they are fired. They outlive their roll-out. */
  get events(): string {
    return `${this.#root}event/`;
  }

  eventsOf(sequence: number): string {
    return `${this.events}${digits(sequence, 12)}/`;
  }

  event(sequence: number, number: number): string {
    return `${this.eventsOf(sequence)}${digits(number, 9)}`;
  }

  /** Roll-outs that have been deleted while records of them are left. */
  get removals(): string {
    return `${this.#root}removal/`;
  }

  removal(sequence: number): string {
    return `${this.removals}${digits(sequence, 12)}`;
  }

  /** What is sent to the devices. */
  content(sequence: number): string {
    return `${this.within(sequence)}content`;
  }

  /** The ids that a caller has given, in chunks. */
  idLists(sequence: number): string {
    return `${this.within(sequence)}ids/`;
  }

  idList(sequence: number, chunk: number): string {
    return `${this.idLists(sequence)}${digits(chunk, 4)}`;
  }

  /** Counts over time. */
  course(sequence: number): string {
    return `${this.within(sequence)}course/`;
  }

  coursePoint(sequence: number, timeMs: number): string {
    return `${this.course(sequence)}${digits(timeMs, 15)}`;
  }

  /** The time in a key of a point of a course. */
  courseTime(key: string): number {
    return positionOf(key);
  }

  /** From the devices of a continuous roll-out to their positions, to recognize those that have joined. */
  members(sequence: number): string {
    return `${this.within(sequence)}member/`;
  }

  /** @param orderKey the key that `orderKey` returns for the device. */
  member(sequence: number, orderKey: string): string {
    return `${this.members(sequence)}${orderKey}`;
  }

  /** Devices of a condition in the order of the roll-out, while the set is being fixed. */
  gathered(sequence: number): string {
    return `${this.within(sequence)}gathered/`;
  }
}

/** The position at the end of a key of a device or of an index. */
export function positionOf(key: string): number {
  return Number(key.slice(key.lastIndexOf('/') + 1));
}

/** The number of a roll-out that follows `prefix` in a key. */
export function sequenceIn(key: string, prefix: string): number {
  return Number.parseInt(key.slice(prefix.length), 10);
}
