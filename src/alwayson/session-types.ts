import type { Binding } from './session-binding.js';

/** What is to happen before the next try; connection.ts turns it into milliseconds. */
export type Delay =
  /** Full jitter, for connections that broke or could not be made. */
  | { readonly kind: 'jitter'; readonly attempt: number }
  /** Doubling pauses, for a platform that refused. */
  | { readonly kind: 'refusal'; readonly attempt: number }
  /** The platform closed in good order, perhaps to restart: its edges must not all come back at once. */
  | { readonly kind: 'spread' };

/**
 * `dial` ends a pause; `answer` is how long AUTH, BIND and UNBIND may take; `rebind` ends the pause after refused
 * BINDs; `stable` says that the connection has lasted; `ping` and `pong` are the heart beat.
 */
export type TimerName = 'dial' | 'answer' | 'rebind' | 'stable' | 'ping' | 'pong';

export type Refusal = { readonly code: number; readonly reason: string };

/** What the outside is told, in order. */
export type ConnectionStatus =
  | { readonly type: 'connecting'; readonly attempt: number }
  | { readonly type: 'authenticated' }
  /** At least one name is bound, or there are none to bind. Told again whenever a round of BINDs has ended. */
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
  | { readonly type: 'disarmAll' }
  /** Ends the socket: with a closing handshake, or by dropping it where the other end no longer listens. */
  | { readonly type: 'endSocket'; readonly how: 'close' | 'drop' }
  /** Whatever is open, either way, gets no answer any more. */
  | { readonly type: 'abandonWork' }
  | { readonly type: 'tell'; readonly status: ConnectionStatus };

/** How often in a row something has failed; each failure has its own pace. */
export interface Failures {
  /** Connections that broke before they had lasted. */
  readonly losses: number;
  readonly authRefusals: number;
  /** Rounds of BINDs that left a name refused. */
  readonly bindRefusals: number;
}

export interface Common {
  /** All names that are to be bound. */
  readonly names: readonly string[];
  readonly failures: Failures;
  /** A ping is out; no other is sent before its answer. */
  readonly awaitsPong: boolean;
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
