import type { Binding } from './session-binding.js';

/** How long to wait before the next attempt; connection.ts turns it into milliseconds. */
export type Delay =
  /**
   * Full jitter, for connections that broke or could not be opened. Its bound is low if the platform has accepted a
   * Thing within the last minute.
   */
  | { readonly kind: 'jitter'; readonly attempt: number; readonly isRecentlyBound: boolean }
  /** Doubling pauses, for a platform that refused. */
  | { readonly kind: 'refusal'; readonly attempt: number }
  /** The pause before refused names are bound again. */
  | { readonly kind: 'rebind'; readonly attempt: number }
  /** The platform closed cleanly, perhaps to restart: its edges must not all reconnect at once. */
  | { readonly kind: 'spread' };

/**
 * `dial` ends a pause. `connect` limits an attempt until the upgrade is done: TCP, proxy, TLS and upgrade together.
 * `answer` limits how long AUTH, BIND and UNBIND may take. `rebind` ends the pause after refused BINDs. `stable` fires
 * when a connection has lasted, `recent` when the last bound connection was lost so long ago that pauses grow again.
 * `ping` and `pong` are the heartbeat.
 */
export type TimerName = 'dial' | 'connect' | 'answer' | 'rebind' | 'stable' | 'recent' | 'ping' | 'pong';

export type Refusal = { readonly code: number; readonly reason: string };

/** What the owner of a connection is notified of, in order. */
export type ConnectionStatus =
  | { readonly type: 'connecting'; readonly attempt: number }
  | { readonly type: 'authenticated' }
  /** At least one name is bound, or there is none to bind. Reported after every round of BINDs. */
  | { readonly type: 'bound'; readonly names: readonly string[]; readonly refused: readonly string[] }
  | { readonly type: 'refused'; readonly what: 'auth'; readonly code: number; readonly reason: string }
  | {
      readonly type: 'refused';
      readonly what: 'bind';
      readonly name: string;
      readonly code: number;
      readonly reason: string;
    }
  /** Names that were removed are no longer bound. */
  | { readonly type: 'unbound'; readonly names: readonly string[] }
  | { readonly type: 'lost'; readonly cause: string; readonly kind: LossKind }
  | { readonly type: 'closed' };

/**
 * How a connection ended: `closed` cleanly by the platform, `broken`, after a `timeout`, or `renewed` because the agent
 * replaces it.
 */
export type LossKind = 'closed' | 'broken' | 'timeout' | 'renewed';

export type SessionInput =
  | { readonly type: 'start' }
  | { readonly type: 'opened' }
  /** The platform accepted the pending AUTH, BIND or UNBIND. */
  | { readonly type: 'accepted' }
  | ({ readonly type: 'refused' } & Refusal)
  | { readonly type: 'pong' }
  /** The socket has closed, or could not be opened. */
  | { readonly type: 'lost'; readonly cause: string; readonly clean: boolean }
  | { readonly type: 'timer'; readonly timer: TimerName }
  | { readonly type: 'addName'; readonly name: string }
  | { readonly type: 'removeName'; readonly name: string }
  /** Unbind, then close. */
  | { readonly type: 'shutDown' }
  /** Close now. */
  | { readonly type: 'close' };

export type Effect =
  | { readonly type: 'dial' }
  | { readonly type: 'sendAuth' }
  | { readonly type: 'sendBind'; readonly names: readonly string[] }
  | { readonly type: 'sendUnbind'; readonly names: readonly string[] }
  | { readonly type: 'sendPing' }
  | { readonly type: 'arm'; readonly timer: Exclude<TimerName, 'dial' | 'rebind'> }
  | { readonly type: 'arm'; readonly timer: 'dial' | 'rebind'; readonly delay: Delay }
  | { readonly type: 'disarm'; readonly timer: TimerName }
  /** Disarms every timer but `except`. */
  | { readonly type: 'disarmAll'; readonly except?: TimerName }
  /** Ends the socket: with a closing handshake, or by dropping it if the other end no longer responds. */
  | { readonly type: 'endSocket'; readonly how: 'close' | 'drop' }
  /** Drops everything that is pending in either direction. */
  | { readonly type: 'abandonWork' }
  | { readonly type: 'notify'; readonly status: ConnectionStatus };

/** Consecutive failures of each kind; each kind has its own pace. */
export interface Failures {
  /** Connections that could not be opened, or broke before they were stable. */
  readonly losses: number;
  readonly authRefusals: number;
  /** Rounds of BINDs that left a name refused. */
  readonly bindRefusals: number;
}

export interface Common {
  /** All names that are to be bound. */
  readonly names: readonly string[];
  readonly failures: Failures;
  /** Whether a pong is pending; no other ping is sent until it arrives. */
  readonly awaitsPong: boolean;
  /** Whether a connection that had bound something was lost within the last minute. */
  readonly isRecentlyBound: boolean;
}

export type SessionState = Common &
  (
    | { readonly tag: 'idle' | 'waiting' | 'connecting' | 'authenticating' | 'closed' }
    /** `binding` while a BIND is pending, `bound` between rounds. */
    | { readonly tag: 'binding' | 'bound'; readonly binding: Binding }
    | { readonly tag: 'unbinding'; readonly queue: readonly (readonly string[])[] }
  );

export interface Step {
  readonly state: SessionState;
  readonly effects: readonly Effect[];
}

/** Divides names into groups that fit one frame each; a parameter because it depends on gateway and frame size. */
export type Grouping = (names: readonly string[]) => readonly (readonly string[])[];
