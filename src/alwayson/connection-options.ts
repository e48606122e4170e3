import type { Clock } from '../core/clock.js';
import { systemClock } from '../core/clock.js';
import { type Instruments, noInstruments } from '../core/instruments.js';
import { type Log, silentLog } from '../core/log.js';
import { type Random, systemRandom } from '../core/random.js';
import type { RequestHandler } from './incoming-requests.js';
import type { Dial } from './transport.js';

/** The pace of new attempts after a connection was lost or refused. */
export interface ReconnectOptions {
  /** Full jitter after a loss: `random * min(cap, base * 2^n)`. */
  readonly baseMs: number;
  readonly capMs: number;
  /**
   * Upper bound of the jitter if the agent was bound within the last `recentlyBoundMs`, so that it is bound again soon
   * after each return of a platform that comes and goes.
   */
  readonly recentCapMs: number;
  readonly recentlyBoundMs: number;
  /** How long a connection must have been bound before the count of losses starts again at zero. */
  readonly stableAfterMs: number;
  /** After a clean close by the platform, the first attempt is made at a random moment within this time (or the cap). */
  readonly spreadMs: number;
  /** Pauses after a refused AUTH double from this base, plus or minus 20 %. */
  readonly refusalBaseMs: number;
  readonly refusalCapMs: number;
  /** The same, before refused names are bound again. */
  readonly rebindBaseMs: number;
  readonly rebindCapMs: number;
}

export const DEFAULT_RECONNECT: ReconnectOptions = {
  baseMs: 500,
  capMs: 60_000,
  recentCapMs: 3_000,
  // One minute plus the longest pause that can have begun within it.
  recentlyBoundMs: 64_000,
  stableAfterMs: 30_000,
  spreadMs: 5_000,
  refusalBaseMs: 5_000,
  refusalCapMs: 40_000,
  rebindBaseMs: 5_000,
  rebindCapMs: 40_000,
};

export interface ConnectionOptions {
  readonly dial: Dial;
  /** The claim that AUTH sends. Secret. */
  readonly appKey: string;
  /** Names as BIND sends them: a Thing's name, or `*` and its identifier. */
  readonly names: readonly string[];
  /** Sent with every BIND and UNBIND. */
  readonly gateway: { readonly name: string; readonly type: string } | null;
  readonly handleRequest: RequestHandler;
  readonly maxFrameBytes: number;
  readonly maxMessageBytes: number;
  readonly maxRequestsInFlight: number;
  /** The most calls from the edge to the platform that may be pending at the same time. */
  readonly maxCallsOpen: number;
  /** How long each request of the platform may take. */
  readonly serviceTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  /** How long TCP, the proxy, TLS and the WebSocket upgrade may take together. */
  readonly connectTimeoutMs: number;
  /** How long the platform may take to answer AUTH or BIND. */
  readonly answerTimeoutMs: number;
  /** How long the platform may take to answer UNBIND before the socket is closed without its answer. */
  readonly unbindTimeoutMs: number;
  readonly reconnect: ReconnectOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly instruments: Instruments;
}

/** The defaults of the options that have one. */
export const CONNECTION_DEFAULTS = {
  gateway: null,
  maxFrameBytes: 8_192,
  maxMessageBytes: 1_048_576,
  maxRequestsInFlight: 256,
  maxCallsOpen: 256,
  serviceTimeoutMs: 25_000,
  pingIntervalMs: 45_000,
  pongTimeoutMs: 10_000,
  connectTimeoutMs: 10_000,
  answerTimeoutMs: 10_000,
  unbindTimeoutMs: 500,
  reconnect: DEFAULT_RECONNECT,
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  instruments: noInstruments,
} as const satisfies Partial<ConnectionOptions>;
