/** Lets writes run beside one another, except those that first look at what is there: nothing is written meanwhile. */
export class WriteOrder {
  readonly #running = new Set<Promise<unknown>>();
  #alone: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Runs `write` at once unless one that runs alone is under way or waits. */
  async shared<T>(write: () => Promise<T>): Promise<T> {
    while (this.#waiting > 0) await this.#alone;
    return await this.#run(write);
  }

  /** Runs `write` when every other has ended, and no other until it has ended. */
  async alone<T>(write: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const turn = this.#alone.then(async () => {
      await Promise.all(this.#running);
      return await write();
    });
    this.#alone = turn.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #run<T>(write: () => Promise<T>): Promise<T> {
    const running = write();
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    this.#running.add(settled);
    try {
      return await running;
    } finally {
      this.#running.delete(settled);
    }
  }
}
