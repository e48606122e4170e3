/** One message: a frame, or undefined for a text. */
type Message = Uint8Array | undefined;

export interface MessageTurnsOptions {
  readonly deliver: (message: Message) => void;
  /** Stops reading from the network. */
  readonly pause: () => void;
  /** Continues reading from the network. */
  readonly resume: () => void;
}

/**
 * How many messages are delivered in one turn of the event loop. Node.js reads up to 2 MiB from a socket in one turn,
 * which can be hundreds of thousands of tiny messages.
 */
const MAX_PER_TURN = 1_000;

/** Delivers messages in order, and yields to the event loop in between when very many arrive at once. */
export class MessageTurns {
  readonly #options: MessageTurnsOptions;
  /** Messages for later turns; never more than one read from the network holds, since reading is paused. */
  #waiting: Message[] = [];
  #inTurn = 0;

  constructor(options: MessageTurnsOptions) {
    this.#options = options;
  }

  push(message: Message): void {
    if (this.#inTurn >= MAX_PER_TURN) {
      this.#waiting.push(message);
      return;
    }
    this.#inTurn += 1;
    if (this.#inTurn === 1) setImmediate(() => this.#nextTurn());
    if (this.#inTurn === MAX_PER_TURN) this.#options.pause();
    this.#options.deliver(message);
  }

  /** Delivers all queued messages at once; for the end of a connection. */
  flush(): void {
    for (const message of this.#waiting.splice(0)) this.#options.deliver(message);
  }

  #nextTurn(): void {
    const wasPaused = this.#inTurn >= MAX_PER_TURN;
    const batch = this.#waiting.splice(0, MAX_PER_TURN);
    this.#inTurn = batch.length;
    if (batch.length > 0) setImmediate(() => this.#nextTurn());
    if (wasPaused && batch.length < MAX_PER_TURN) this.#options.resume();
    for (const message of batch) this.#options.deliver(message);
  }
}
