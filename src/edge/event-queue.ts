import type { InfoTable } from '../alwayson/codec/values-model.js';
import { AgentError, isAgentError } from '../core/errors.js';
import { Outbox, tableBytes } from './outbox.js';
import { SerialWorker } from './serial-worker.js';
import type { ThingChannel } from './thing-channel.js';

interface Fired {
  readonly event: string;
  readonly data: InfoTable;
  readonly resolve: () => void;
  readonly reject: (error: AgentError) => void;
}

/**
 * Sends the events of a Thing one after the other, in the order in which they were fired. An event whose answer was lost
 * with the connection is sent again: delivery is at least once.
 */
export class EventQueue {
  readonly #channel: ThingChannel;
  readonly #outbox: Outbox<Fired>;
  readonly #worker: SerialWorker;
  #isBound = false;
  #isClosed = false;

  constructor(channel: ThingChannel) {
    this.#channel = channel;
    this.#outbox = new Outbox(
      channel.outboxLimits,
      (fired) => this.#onDrop(fired),
      (change) => channel.onQueued('events', change),
    );
    this.#worker = new SerialWorker({ work: () => this.#work(), retryMs: channel.retryMs, clock: channel.clock });
  }

  bound(): void {
    this.#isBound = true;
    this.#worker.wake();
  }

  unbound(): void {
    this.#isBound = false;
    this.#worker.rest();
  }

  /** Resolves when the platform has accepted the event; rejects with RequestRefused, QueueFull or ConnectionClosed. */
  fire(event: string, data: InfoTable): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      const sinceMs = this.#channel.clock.monotonicMs();
      this.#outbox.add({ item: { event, data, resolve, reject }, bytes: tableBytes(data), sinceMs });
      this.#worker.wake();
    });
  }

  close(): void {
    this.unbound();
    this.#isClosed = true;
    for (const fired of this.#outbox.clear()) fired.reject(closed());
  }

  async #work(): Promise<boolean> {
    if (!this.#isBound) return false;
    const { clock } = this.#channel;
    const [entry] = this.#outbox.take(clock.monotonicMs(), 1, Number.POSITIVE_INFINITY);
    if (!entry) return false;
    try {
      await this.#channel.fire(entry.item.event, entry.item.data);
      entry.item.resolve();
    } catch (error) {
      if (this.#isClosed) entry.item.reject(closed());
      else if (isAgentError(error, 'ConnectionLost', 'RequestTimeout', 'QueueFull')) {
        this.#outbox.putBack([entry], clock.monotonicMs());
        throw error;
      } else entry.item.reject(error as AgentError);
    }
    return true;
  }

  #onDrop({ event, reject }: Fired): void {
    this.#channel.instruments.count('edge_events_dropped_total');
    this.#channel.log.warn({ event }, 'dropped the oldest event: the outbox was full or the event too old');
    reject(
      new AgentError(
        'QueueFull',
        `Event "${event}" was dropped: too many events were queued for the platform, or it was queued for too long.`,
      ),
    );
  }
}

function closed(): AgentError {
  return new AgentError('ConnectionClosed', 'The client was closed before the platform accepted the event.');
}
