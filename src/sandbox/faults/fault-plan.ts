import { z } from 'zod';

/** The lasting faults of one end. */
export interface FaultPlan {
  /** Whether new connections are closed at once. */
  readonly refuse: boolean;
  /** Milliseconds by which everything sent is delayed. */
  readonly delayMs: number;
  /** Whether nothing is read from or sent on connections, which stay open. */
  readonly halfOpen: boolean;
}

/** Faults that occur once, on the connections that are open when they are requested. */
export interface FaultStrike {
  /** Close them. */
  readonly drop: boolean;
  /** Send them meaningless bytes. */
  readonly garbage: boolean;
  /** Close them, and refuse new ones for this many milliseconds. */
  readonly restartMs: number;
}

export const NO_FAULTS: FaultPlan = { refuse: false, delayMs: 0, halfOpen: false };

const milliseconds = z.number().min(0).max(600_000);

const end = z.strictObject({
  refuse: z.boolean().optional(),
  delayMs: milliseconds.optional(),
  halfOpen: z.boolean().optional(),
  drop: z.boolean().optional(),
  garbage: z.boolean().optional(),
  restartMs: milliseconds.optional(),
});

export const FAULT_ENDS = ['thingworx', 'iothub'] as const;
export type FaultEnd = (typeof FAULT_ENDS)[number];

const request = z.strictObject({ thingworx: end.optional(), iothub: end.optional() });
export type FaultRequest = z.output<typeof request>;

/** Accepted alternative spellings. */
const SPELLINGS: Readonly<Record<string, string>> = {
  delay: 'delayMs',
  'half-open': 'halfOpen',
  half_open: 'halfOpen',
  restart: 'restartMs',
};

/** Reads the body of `PUT /sandbox/faults`; returns the reason if it is invalid. */
export function readFaultRequest(body: unknown): FaultRequest | string {
  const result = request.safeParse(normalize(body));
  return result.success ? result.data : z.prettifyError(result.error);
}

function normalize(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, plan]) => [
      name,
      typeof plan === 'object' && plan !== null
        ? Object.fromEntries(Object.entries(plan).map(([key, value]) => [SPELLINGS[key] ?? key, value]))
        : plan,
    ]),
  );
}
