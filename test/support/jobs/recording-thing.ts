import type { NativeRow } from '../../../src/edge/definitions.js';
import type { WatchingThing } from '../../../src/jobs/watch/change-notifier.js';

/** A Thing that records events and properties; `answer` acts as the platform. */
export class RecordingThing implements WatchingThing {
  readonly name: string;
  readonly events: NativeRow[] = [];
  readonly properties = new Map<string, unknown>();
  readonly pushes: (readonly [name: string, value: unknown])[] = [];
  /** Throws the error of the platform or of the connection; may wait. */
  answer: (row: NativeRow) => Promise<void> | void = () => undefined;

  constructor(name: string) {
    this.name = name;
  }

  setProperty(name: string, value: unknown): void {
    this.properties.set(name, value);
    this.pushes.push([name, value]);
  }

  async fireEvent(_name: string, row: NativeRow): Promise<void> {
    await this.answer(row);
    this.events.push(row);
  }

  /** `status` of the events of one job, in the order of their responses. */
  statusesOf(jobId: string): unknown[] {
    return this.events.filter((event) => event['jobId'] === jobId).map((event) => event['status']);
  }
}
