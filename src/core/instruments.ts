/** Labels of a measurement. Never the name of a Thing or a job id, whose number is unbounded. */
export type Labels = Readonly<Record<string, string>>;

/** Receives measurements; the agent implements it with prom-client. */
export interface Instruments {
  /** Adds `by` (default 1) to the counter `name`. */
  count(name: string, labels?: Labels, by?: number): void;
  /** Records one value in the histogram `name`, in the unit of its name (seconds, bytes or a count). */
  observe(name: string, value: number, labels?: Labels): void;
  /** Sets the gauge `name`. */
  gauge(name: string, value: number, labels?: Labels): void;
}

/** Discards all measurements. */
export const noInstruments: Instruments = {
  count: () => undefined,
  observe: () => undefined,
  gauge: () => undefined,
};
