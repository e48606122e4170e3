/** `warning`: it works but needs attention. `skipped`: an earlier step failed. */
export type Verdict = 'ok' | 'warning' | 'failed' | 'skipped';

/** The result of one step of the check. */
export interface CheckStep {
  /** The end that was checked: `configuration`, `thingworx`, or `iothub` and its name. */
  readonly end: string;
  /** What was tried. */
  readonly step: string;
  readonly verdict: Verdict;
  /** What was found. Never a secret. */
  readonly detail: string;
  /** What to do about it; present unless the verdict is `ok` or `skipped`. */
  readonly remedy?: string;
}

/** Is notified of each step as soon as it is done. */
export type StepListener = (step: CheckStep) => void;

/** Collects the steps of one end. Steps that a failure makes impossible are skipped. */
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
      this.#add({ end: this.#end, step, verdict: 'skipped', detail: 'an earlier step failed' });
    }
  }

  #add(step: CheckStep): void {
    this.steps.push(step);
    this.#listener(step);
  }
}
