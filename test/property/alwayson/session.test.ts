import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Binding } from '../../../src/alwayson/session-binding.js';
import { boundNames, initialState, step } from '../../../src/alwayson/session.js';
import type { Effect, SessionInput, SessionState, TimerName } from '../../../src/alwayson/session-types.js';

const TIMERS: readonly TimerName[] = ['dial', 'connect', 'answer', 'rebind', 'stable', 'recent', 'ping', 'pong'];

const anyInput: fc.Arbitrary<SessionInput> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<SessionInput>({ type: 'accepted' }) },
  { weight: 3, arbitrary: fc.constant<SessionInput>({ type: 'opened' }) },
  { weight: 2, arbitrary: fc.constant<SessionInput>({ type: 'refused', code: 0x81, reason: 'no' }) },
  { weight: 6, arbitrary: fc.constantFrom(...TIMERS).map((timer): SessionInput => ({ type: 'timer', timer })) },
  { weight: 2, arbitrary: fc.boolean().map((clean): SessionInput => ({ type: 'lost', cause: 'x', clean })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<SessionInput>(
      { type: 'pong' },
      { type: 'start' },
      { type: 'shutDown' },
      { type: 'close' },
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('a', 'd', 'e').map((name): SessionInput => ({ type: 'addName', name })) },
  { weight: 1, arbitrary: fc.constantFrom('a', 'b', 'd').map((name): SessionInput => ({ type: 'removeName', name })) },
);

const anyRun = fc.array(anyInput, { maxLength: 60 });

interface Visited {
  readonly state: SessionState;
  readonly effects: readonly Effect[];
  /** The armed timers, tracked as connection.ts does. */
  readonly armed: ReadonlySet<TimerName>;
}

/** Every state that these inputs lead to. A timer fires only while it is armed. */
function follow(inputs: readonly SessionInput[]): Visited[] {
  let state = initialState(['a', 'b', 'c']);
  const armed = new Set<TimerName>();
  const visited: Visited[] = [];
  for (const input of [{ type: 'start' } as const, ...inputs]) {
    if (input.type === 'timer' && !armed.delete(input.timer)) continue;
    const next = step(state, input, (names) => names.map((name) => [name]));
    state = next.state;
    for (const effect of next.effects) {
      if (effect.type === 'arm') armed.add(effect.timer);
      if (effect.type === 'disarm') armed.delete(effect.timer);
      if (effect.type === 'disarmAll') for (const timer of armed) if (timer !== effect.except) armed.delete(timer);
    }
    visited.push({ state, effects: next.effects, armed: new Set(armed) });
  }
  return visited;
}

describe('the session, whatever happens to it', () => {
  it('stays closed once closed, with no timer left', () => {
    fc.assert(
      fc.property(anyRun, (inputs) => {
        const visited = follow(inputs);
        const end = visited.findIndex(({ state }) => state.tag === 'closed');
        const after = end < 0 ? [] : visited.slice(end);
        expect(after.every(({ state, armed }) => state.tag === 'closed' && armed.size === 0)).toBe(true);
        expect(after.slice(1).flatMap(({ effects }) => effects)).toEqual([]);
      }),
    );
  });

  it('never waits for ever: every wait is limited by a timer', () => {
    fc.assert(
      fc.property(anyRun, (inputs) => {
        const stuck = follow(inputs).filter(
          ({ state, armed }) => !mustBeArmed(state).every((timer) => armed.has(timer)),
        );
        expect(stuck).toEqual([]);
      }),
    );
  });

  it('sends one request at a time, and only in a state that waits for its response', () => {
    fc.assert(
      fc.property(anyRun, (inputs) => {
        for (const { state, effects } of follow(inputs)) {
          const questions = effects.filter(
            ({ type }) => type === 'sendAuth' || type === 'sendBind' || type === 'sendUnbind',
          );
          expect(questions.length).toBeLessThanOrEqual(1);
          if (questions.length > 0) expect(['authenticating', 'binding', 'unbinding']).toContain(state.tag);
        }
      }),
    );
  });

  it('has one socket at a time', () => {
    fc.assert(
      fc.property(anyRun, (inputs) => {
        const life = follow(inputs)
          .flatMap(({ effects }) => effects.map(({ type }) => type))
          .filter((type) => type === 'dial' || type === 'endSocket');
        expect(life.every((type, at) => type === (at % 2 === 0 ? 'dial' : 'endSocket'))).toBe(true);
      }),
    );
  });

  it('keeps each name in one place: bound, refused, or still to be tried', () => {
    fc.assert(
      fc.property(anyRun, (inputs) => {
        for (const { state } of follow(inputs)) {
          if (state.tag !== 'binding' && state.tag !== 'bound') continue;
          expect([...settled(state.binding)].sort()).toEqual([...state.names].sort());
          const { bound } = state.binding;
          expect(boundNames(state)).toEqual(bound);
        }
      }),
    );
  });
});

/** The names that are bound or refused once every request of the round has been accepted; one that is twice is listed twice. */
function settled({ bound, refused, current, queue }: Binding): readonly string[] {
  let names = [...bound, ...refused];
  for (const batch of current ? [current, ...queue] : queue)
    names = batch.isUnbind ? names.filter((name) => !batch.names.includes(name)) : [...names, ...batch.names];
  return names;
}

/** The timer that must be armed in a state, so that the state ends even if the platform is silent. */
function mustBeArmed(state: SessionState): TimerName[] {
  if (state.tag === 'waiting') return ['dial'];
  if (state.tag === 'connecting') return ['connect'];
  if (state.tag === 'authenticating' || state.tag === 'binding' || state.tag === 'unbinding') return ['answer'];
  if (state.tag !== 'bound') return [];
  const timers: TimerName[] = ['ping'];
  if (state.binding.refused.length > 0) timers.push('rebind');
  if (state.awaitsPong) timers.push('pong');
  return timers;
}
