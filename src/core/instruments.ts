/** Labels of a measurement. Never the name of a Thing or a job id, whose number is unbounded. */
export type Labels = Readonly<Record<string, string>>;

/** A part of a trace. */
export interface SpanOptions {
  readonly name: string;
  /** May have many values, unlike labels. Never secrets or payloads. */
  readonly attributes: Labels;
  /** Whether it starts a trace of its own, even inside another span. */
  readonly isRoot?: boolean;
}

/** Runs `run` in a span. A failure is recorded in the span and rethrown. */
export type Trace = <T>(span: SpanOptions, run: () => Promise<T>) => Promise<T>;

/** Receives measurements; the agent implements it with prom-client, and spans with OpenTelemetry. */
export interface Instruments {
  /** Adds `by` (default 1) to the counter `name`. */
  count(name: string, labels?: Labels, by?: number): void;
  /** Records one value in the histogram `name`, in the unit of its name (seconds, bytes or a count). */
  observe(name: string, value: number, labels?: Labels): void;
  /** Sets the gauge `name`. */
  gauge(name: string, value: number, labels?: Labels): void;
  /** Absent unless an OpenTelemetry SDK was loaded before the agent. */
  readonly trace?: Trace | undefined;
}

/** Runs `run`, in a span if spans are recorded. */
export function traced<T>({ trace }: Instruments, span: SpanOptions, run: () => Promise<T>): Promise<T> {
  return trace ? trace(span, run) : run();
}

/** Discards all measurements. */
export const noInstruments: Instruments = {
  count: () => undefined,
  observe: () => undefined,
  gauge: () => undefined,
};
