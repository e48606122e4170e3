/** What a simulated device answers to a method. */
export interface MethodAnswer {
  readonly status: number;
  readonly payload: unknown;
  /** How long it takes, before the fleet's latency. */
  readonly delayMs: number;
  /** Reported properties that follow from the method, and when, counted from the answer. */
  readonly report?: { readonly afterMs: number; readonly properties: Readonly<Record<string, unknown>> };
}

/** What a method may want to know of the device that answers it. */
export interface MethodSubject {
  readonly deviceId: string;
  readonly isFailing: boolean;
  readonly upSinceMs: number;
  readonly nowMs: number;
  /** The firmware that it reports, if any. */
  readonly firmware: () => unknown;
}

export type Method = (payload: unknown, subject: MethodSubject) => MethodAnswer;

/** An answer at once. */
export function answer(status: number, payload: unknown): MethodAnswer {
  return { status, payload, delayMs: 0 };
}
