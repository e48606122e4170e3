import { z } from 'zod';

/** What goes wrong at one end, until it is changed. */
export interface FaultPlan {
  /** New connections are cut off at once. */
  readonly refuse: boolean;
  /** Milliseconds by which everything that is sent is late. */
  readonly delayMs: number;
  /** Nothing is read from connections any more, and nothing sent; they stay open. */
  readonly halfOpen: boolean;
}

/** What happens once, to the connections that are open now. */
export interface FaultStrike {
  /** They are cut off. */
  readonly drop: boolean;
  /** They are sent bytes that mean nothing. */
  readonly garbage: boolean;
  /** They are cut off, and new ones refused for so long. */
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

/** Other spellings that people use. */
const SPELLINGS: Readonly<Record<string, string>> = {
  delay: 'delayMs',
  'half-open': 'halfOpen',
  half_open: 'halfOpen',
  restart: 'restartMs',
};

/** Reads the body of `PUT /sandbox/faults`; a text that says what is wrong for one that cannot be used. */
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
