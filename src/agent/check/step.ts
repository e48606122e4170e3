/** `warning`: it works, but look at it. `skipped`: a step before it has failed. */
export type Verdict = 'ok' | 'warning' | 'failed' | 'skipped';

/** What one step of the check found. */
export interface CheckStep {
  /** Which end: `configuration`, `thingworx`, or `iothub` and its name. */
  readonly end: string;
  /** What was tried. */
  readonly step: string;
  readonly verdict: Verdict;
  /** What was found. Never a secret. */
  readonly detail: string;
  /** What to do about it; with every verdict but `ok` and `skipped`. */
  readonly remedy?: string;
}

/** Told of each step as soon as it is done. */
export type StepListener = (step: CheckStep) => void;

/** Collects the steps of one end; after a failure that leaves no way on, the others are skipped. */
export class StepLog {
  readonly steps: CheckStep[] = [];
  readonly #end: string;
  readonly #listener: StepListener;

  constructor(end: string, listener: StepListener) {
    this.#end = end;
    this.#listener = listener;
  }

  ok(step: string, detail: string): void {
    this.#add({ end: this.#end, step, verdict: 'ok', detail });
  }

  warning(step: string, detail: string, remedy: string): void {
    this.#add({ end: this.#end, step, verdict: 'warning', detail, remedy });
  }

  failed(step: string, detail: string, remedy: string): void {
    this.#add({ end: this.#end, step, verdict: 'failed', detail, remedy });
  }

  skipped(...steps: readonly string[]): void {
    for (const step of steps) {
      this.#add({ end: this.#end, step, verdict: 'skipped', detail: 'a step before it has failed' });
    }
  }

  #add(step: CheckStep): void {
    this.steps.push(step);
    this.#listener(step);
  }
}
