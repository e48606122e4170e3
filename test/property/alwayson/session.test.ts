import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { boundNames, initialState, step } from '../../../src/alwayson/session.js';
import type { Effect, SessionInput, SessionState, TimerName } from '../../../src/alwayson/session-types.js';

const TIMERS: readonly TimerName[] = ['dial', 'answer', 'rebind', 'stable', 'ping', 'pong'];

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
  { weight: 1, arbitrary: fc.constantFrom('d', 'e').map((name): SessionInput => ({ type: 'addName', name })) },
);

const anyRun = fc.array(anyInput, { maxLength: 60 });

/** Every state with the effects that led to it, timers and sockets followed as connection.ts would. */
function follow(
  inputs: readonly SessionInput[],
  visit: (state: SessionState, effects: readonly Effect[], armed: Set<TimerName>) => void,
): void {
  let state = initialState(['a', 'b', 'c']);
  const armed = new Set<TimerName>();
  for (const input of [{ type: 'start' } as const, ...inputs]) {
    if (input.type === 'timer' && !armed.delete(input.timer)) continue;
    const next = step(state, input, (names) => names.map((name) => [name]));
    state = next.state;
    for (const effect of next.effects) {
      if (effect.type === 'arm') armed.add(effect.timer);
      if (effect.type === 'disarm') armed.delete(effect.timer);
      if (effect.type === 'disarmAll') armed.clear();
    }
    visit(state, next.effects, armed);
  }
}

describe('the session, whatever happens to it', () => {
  it('stays closed once closed, with no timer left', () => {
    fc.assert(
      fc.property(anyRun, (inputs) => {
        let isClosed = false;
        follow(inputs, (state, effects, armed) => {
          if (isClosed) expect({ tag: state.tag, effects }).toEqual({ tag: 'closed', effects: [] });
          isClosed ||= state.tag === 'closed';
          if (isClosed) expect([...armed]).toEqual([]);
        });
      }),
    );
  });

  it('never waits for ever: something is always armed, or the socket will speak', () => {
    fc.assert(
      fc.property(anyRun, (inputs) => {
        follow(inputs, (state, _effects, armed) => {
          if (state.tag === 'waiting') expect(armed.has('dial')).toBe(true);
          if (['authenticating', 'binding', 'unbinding'].includes(state.tag)) expect(armed.has('answer')).toBe(true);
          if (state.tag === 'bound') expect(armed.has('ping')).toBe(true);
          if (state.tag === 'bound' && state.binding.refused.length > 0) expect(armed.has('rebind')).toBe(true);
          if (state.awaitsPong && state.tag === 'bound') expect(armed.has('pong')).toBe(true);
        });
      }),
    );
  });

  it('asks one question at a time, and sends nothing but on a socket', () => {
    fc.assert(
      fc.property(anyRun, (inputs) => {
        let isOpen = false;
        follow(inputs, (state, effects) => {
          const questions = effects.filter(
            ({ type }) => type === 'sendAuth' || type === 'sendBind' || type === 'sendUnbind',
          );
          expect(questions.length).toBeLessThanOrEqual(1);
          if (questions.length > 0) expect(['authenticating', 'binding', 'unbinding']).toContain(state.tag);
          for (const effect of effects) {
            if (effect.type === 'dial') expect(isOpen).toBe(false);
            if (effect.type === 'dial') isOpen = true;
            if (effect.type === 'endSocket') isOpen = false;
          }
        });
      }),
    );
  });

  it('keeps each name in one place: bound, refused, or still to be tried', () => {
    fc.assert(
      fc.property(anyRun, (inputs) => {
        follow(inputs, (state) => {
          if (state.tag !== 'binding' && state.tag !== 'bound') return;
          const { bound, refused, current, queue } = state.binding;
          expect([...bound, ...refused, ...current, ...queue.flat()].sort()).toEqual([...state.names].sort());
          expect(boundNames(state)).toEqual(bound);
        });
      }),
    );
  });
});
