/** Labels of a measurement. Never the name of a Thing or a job id: their number is not bounded. */
export type Labels = Readonly<Record<string, string>>;

/** What is measured while working; the agent implements it over prom-client. */
export interface Instruments {
  /** Adds `by` (default 1) to the counter `name`. */
  count(name: string, labels?: Labels, by?: number): void;
  /** Records one value (seconds, bytes or a count, as the name's unit says) in the histogram `name`. */
  observe(name: string, value: number, labels?: Labels): void;
  /** Sets the gauge `name`. */
  gauge(name: string, value: number, labels?: Labels): void;
}

/** Measures nothing. */
export const noInstruments: Instruments = {
  count: () => undefined,
  observe: () => undefined,
  gauge: () => undefined,
};
