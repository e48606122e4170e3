import { CONNECTION_DEFAULTS, type ConnectionOptions } from '../../../src/alwayson/connection-options.js';
import { initialState, step } from '../../../src/alwayson/session.js';
import { SessionTimers } from '../../../src/alwayson/session-timers.js';
import type { Effect, SessionInput, SessionState, TimerName } from '../../../src/alwayson/session-types.js';
import { ManualClock } from '../manual-clock.js';

/** How a simulated platform behaves. */
export interface PlatformHistory {
  /** Alternating lengths of time for which the platform is up and down, beginning with up. */
  readonly phasesMs: readonly number[];
  /** How long each of its answers takes. */
  readonly latencyMs: number;
  /** Every pause is drawn with this number instead of a random one: above 0, up to 1. */
  readonly draw: number;
}

/** When the session was bound, and when the platform was up; times in milliseconds from the start. */
export interface Course {
  readonly bound: readonly Period[];
  readonly up: readonly Period[];
  /** When it tried to connect. */
  readonly dialledMs: readonly number[];
}

export interface Period {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Runs the pure session against a platform that is killed and restarted. No sockets, no real time. */
export function simulate(history: PlatformHistory): Course {
  const run = new Simulation(history);
  for (const [index, phaseMs] of history.phasesMs.entries()) run.phase(index % 2 === 0, phaseMs);
  run.end();
  return { bound: run.bound, up: run.up, dialledMs: run.dialledMs };
}

class Simulation {
  readonly bound: Period[] = [];
  readonly up: Period[] = [];
  readonly dialledMs: number[] = [];
  readonly #clock = new ManualClock(0);
  readonly #timers: SessionTimers;
  readonly #options: ConnectionOptions;
  readonly #latencyMs: number;
  #state: SessionState = initialState(['a']);
  #isUp = false;
  #boundAtMs: number | undefined;
  /** Counts sockets, so that events of an earlier one are recognized. */
  #socket = 0;
  #isOpen = false;

  constructor({ latencyMs, draw }: PlatformHistory) {
    this.#latencyMs = latencyMs;
    this.#options = { ...CONNECTION_DEFAULTS, clock: this.#clock, random: () => draw } as unknown as ConnectionOptions;
    this.#timers = new SessionTimers(this.#options, (timer) => this.#input({ type: 'timer', timer }));
  }

  phase(isUp: boolean, lengthMs: number): void {
    this.#isUp = isUp;
    const fromMs = this.#clock.nowMs();
    if (isUp) this.up.push({ fromMs, untilMs: fromMs + lengthMs });
    if (this.#state.tag === 'idle') this.#input({ type: 'start' });
    else if (!isUp && this.#isOpen) this.#input({ type: 'lost', cause: 'killed', clean: false });
    this.#clock.advance(lengthMs);
  }

  end(): void {
    this.#unbound();
    this.#input({ type: 'close' });
  }

  #input(input: SessionInput): void {
    const { state, effects } = step(this.#state, input, (names) => names.map((name) => [name]));
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'dial':
        this.dialledMs.push(this.#clock.nowMs());
        this.#isOpen = true;
        this.#socket += 1;
        return this.#answer({ type: 'opened' });
      case 'sendAuth':
      case 'sendBind':
        return this.#answer({ type: 'accepted' });
      case 'sendPing':
        return this.#answer({ type: 'pong' });
      case 'arm':
        return this.#timers.arm(
          effect.timer,
          'delay' in effect ? this.#timers.pauseMs(effect.delay) : this.#limitMs(effect.timer),
        );
      case 'disarm':
        return this.#timers.disarm(effect.timer);
      case 'disarmAll':
        return this.#timers.disarmAll(effect.except);
      case 'endSocket':
        this.#isOpen = false;
        return undefined;
      case 'notify':
        if (effect.status.type === 'bound') this.#boundAtMs ??= this.#clock.nowMs();
        if (effect.status.type === 'lost') this.#unbound();
        return undefined;
      case 'sendUnbind':
      case 'abandonWork':
        return undefined;
    }
  }

  /** What the platform sends, or the refusal of the connection when it is down by then. */
  #answer(input: SessionInput): void {
    const socket = this.#socket;
    this.#clock.schedule(this.#isUp ? this.#latencyMs : 1, () => {
      if (!this.#isOpen || socket !== this.#socket) return;
      this.#input(this.#isUp ? input : { type: 'lost', cause: 'connect ECONNREFUSED', clean: false });
    });
  }

  #unbound(): void {
    if (this.#boundAtMs !== undefined) this.bound.push({ fromMs: this.#boundAtMs, untilMs: this.#clock.nowMs() });
    this.#boundAtMs = undefined;
  }

  #limitMs(timer: TimerName): number {
    const { reconnect, ...options } = this.#options;
    const limits: Partial<Record<TimerName, number>> = {
      connect: options.connectTimeoutMs,
      answer: options.answerTimeoutMs,
      ping: options.pingIntervalMs,
      pong: options.pongTimeoutMs,
      stable: reconnect.stableAfterMs,
      recent: reconnect.recentlyBoundMs,
    };
    return limits[timer] ?? 0;
  }
}
