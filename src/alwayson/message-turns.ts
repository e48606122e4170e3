/** One message: a frame, or undefined for a text. */
type Message = Uint8Array | undefined;

export interface MessageTurnsOptions {
  readonly deliver: (message: Message) => void;
  /** Stops reading from the network, and goes on with it. */
  readonly pause: () => void;
  readonly resume: () => void;
}

/**
 * So many messages are handled in one turn of the event loop. Node.js reads up to 2 MiB from a socket in one turn, which
 * can be hundreds of thousands of tiny messages.
 */
const MAX_PER_TURN = 1_000;

/** Delivers messages in order, with turns of the event loop for others between them when very many come at once. */
export class MessageTurns {
  readonly #options: MessageTurnsOptions;
  /** Messages for later turns: no more than one read from the network holds, since reading is paused. */
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

  /** Delivers what waits at once; for the end of a connection, after which nothing more comes. */
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
