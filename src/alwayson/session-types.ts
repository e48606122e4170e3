import type { Binding } from './session-binding.js';

/** How long to wait before the next attempt; connection.ts turns it into milliseconds. */
export type Delay =
  /**
   * Full jitter, for connections that broke or could not be made. Its bound is low while the platform has accepted a
   * Thing within the last minute.
   */
  | { readonly kind: 'jitter'; readonly attempt: number; readonly isRecentlyBound: boolean }
  /** Doubling pauses, for a platform that refused. */
  | { readonly kind: 'refusal'; readonly attempt: number }
  /** The platform closed in good order, perhaps to restart: its edges must not all come back at once. */
  | { readonly kind: 'spread' };

/**
 * `dial` ends a pause. `connect` limits an attempt until the upgrade is done: TCP, proxy, TLS and upgrade together.
 * `answer` limits how long AUTH, BIND and UNBIND may take. `rebind` ends the pause after refused BINDs. `stable` fires
 * when a connection has lasted, `recent` when the last bound connection was lost so long ago that losses slow down.
 * `ping` and `pong` are the heartbeat.
 */
export type TimerName = 'dial' | 'connect' | 'answer' | 'rebind' | 'stable' | 'recent' | 'ping' | 'pong';

export type Refusal = { readonly code: number; readonly reason: string };

/** What the owner of a connection is notified of, in order. */
export type ConnectionStatus =
  | { readonly type: 'connecting'; readonly attempt: number }
  | { readonly type: 'authenticated' }
  /** At least one name is bound, or there are none to bind. Repeated whenever a round of BINDs has ended. */
  | { readonly type: 'bound'; readonly names: readonly string[]; readonly refused: readonly string[] }
  | { readonly type: 'refused'; readonly what: 'auth'; readonly code: number; readonly reason: string }
  | {
      readonly type: 'refused';
      readonly what: 'bind';
      readonly name: string;
      readonly code: number;
      readonly reason: string;
    }
  | { readonly type: 'lost'; readonly cause: string }
  | { readonly type: 'closed' };

export type SessionInput =
  | { readonly type: 'start' }
  | { readonly type: 'opened' }
  /** The platform's answer to the AUTH, BIND or UNBIND that is open. */
  | { readonly type: 'accepted' }
  | ({ readonly type: 'refused' } & Refusal)
  | { readonly type: 'pong' }
  /** The socket has gone, or never came up. */
  | { readonly type: 'lost'; readonly cause: string; readonly clean: boolean }
  | { readonly type: 'timer'; readonly timer: TimerName }
  | { readonly type: 'addName'; readonly name: string }
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
  /** Ends the socket: with a closing handshake, or by dropping it where the other end no longer listens. */
  | { readonly type: 'endSocket'; readonly how: 'close' | 'drop' }
  /** Whatever is open, either way, gets no answer any more. */
  | { readonly type: 'abandonWork' }
  | { readonly type: 'notify'; readonly status: ConnectionStatus };

/** How often in a row something has failed; each failure has its own pace. */
export interface Failures {
  /** Connections that could not be made, or broke before they had lasted. */
  readonly losses: number;
  readonly authRefusals: number;
  /** Rounds of BINDs that left a name refused. */
  readonly bindRefusals: number;
}

export interface Common {
  /** All names that are to be bound. */
  readonly names: readonly string[];
  readonly failures: Failures;
  /** A ping has been sent; no other is sent before its answer. */
  readonly awaitsPong: boolean;
  /** Whether a connection that had bound something was lost within the last minute. */
  readonly isRecentlyBound: boolean;
}

export type SessionState = Common &
  (
    | { readonly tag: 'idle' | 'waiting' | 'connecting' | 'authenticating' | 'closed' }
    /** `binding` while a BIND is open, `bound` between rounds. */
    | { readonly tag: 'binding' | 'bound'; readonly binding: Binding }
    | { readonly tag: 'unbinding'; readonly queue: readonly (readonly string[])[] }
  );

export interface Step {
  readonly state: SessionState;
  readonly effects: readonly Effect[];
}

/** Cuts names into groups, each of which fits one frame; given in because it depends on gateway and frame size. */
export type Grouping = (names: readonly string[]) => readonly (readonly string[])[];
