import { describe, expect, it } from '@jest/globals';
import { boundNames, initialState, step } from '../../../src/alwayson/session.js';
import type { Effect, Grouping, SessionInput, SessionState, TimerName } from '../../../src/alwayson/session-types.js';

const pairs: Grouping = (names) => {
  const groups: string[][] = [];
  for (let at = 0; at < names.length; at += 2) groups.push(names.slice(at, at + 2));
  return groups;
};

const REFUSED = { type: 'refused', code: 0x84, reason: 'no such Thing' } as const;
const accepted = { type: 'accepted' } as const;

/** Runs inputs through the machine and returns the effects of the last one. */
function run(
  names: readonly string[],
  ...inputs: readonly SessionInput[]
): { state: SessionState; effects: readonly Effect[]; all: Effect[] } {
  let state = initialState(names);
  let effects: readonly Effect[] = [];
  const all: Effect[] = [];
  for (const input of inputs) {
    ({ state, effects } = step(state, input, pairs));
    all.push(...effects);
  }
  return { state, effects, all };
}

const toAuth = [{ type: 'start' }, { type: 'opened' }] as const;
const toBinding = [...toAuth, accepted] as const;
const fire = (timer: TimerName): SessionInput => ({
  type: 'timer',
  timer,
});
const lost = (isClean = false): SessionInput => ({ type: 'lost', cause: 'broken', clean: isClean });
const sent = (effects: readonly Effect[]): Effect[] => effects.filter(({ type }) => type.startsWith('send'));
const pauses = (effects: readonly Effect[]): unknown[] =>
  effects.flatMap((effect) => (effect.type === 'arm' && 'delay' in effect ? [effect.delay] : []));
const notified = (effects: readonly Effect[]): unknown[] =>
  effects.flatMap((effect) => (effect.type === 'notify' ? [effect.status.type] : []));

describe('the session', () => {
  it('dials, authenticates and binds in that order, then pings at once [AO 5.3, 1.4]', () => {
    const { state, all } = run(['a'], ...toBinding, accepted);
    expect(state.tag).toBe('bound');
    expect(sent(all)).toEqual([{ type: 'sendAuth' }, { type: 'sendBind', names: ['a'] }, { type: 'sendPing' }]);
    expect(notified(all)).toEqual(['connecting', 'authenticated', 'bound']);
  });

  it('sends several BINDs one after another, each once the previous one was answered [AO 11.3]', () => {
    expect(sent(run(['a', 'b', 'c'], ...toBinding).effects)).toEqual([{ type: 'sendBind', names: ['a', 'b'] }]);
    const second = run(['a', 'b', 'c'], ...toBinding, accepted);
    expect(sent(second.effects)).toEqual([{ type: 'sendBind', names: ['c'] }]);
    expect(boundNames(second.state)).toEqual(['a', 'b']);
    expect(boundNames(run(['a', 'b', 'c'], ...toBinding, accepted, accepted).state)).toEqual(['a', 'b', 'c']);
  });

  it('is bound without a BIND when there is nothing to bind', () => {
    const { state, effects } = run([], ...toBinding);
    expect(state.tag).toBe('bound');
    expect(notified(effects)).toEqual(['authenticated', 'bound']);
  });

  it('repeats a refused BIND of several names name by name, and keeps those that are accepted', () => {
    const { all, state } = run(['good', 'bad'], ...toBinding, REFUSED, accepted, REFUSED);
    expect(sent(all).slice(1, 4)).toEqual([
      { type: 'sendBind', names: ['good', 'bad'] },
      { type: 'sendBind', names: ['good'] },
      { type: 'sendBind', names: ['bad'] },
    ]);
    expect(all).toContainEqual({
      type: 'notify',
      status: { type: 'refused', what: 'bind', name: 'bad', code: 0x84, reason: 'no such Thing' },
    });
    expect(all).toContainEqual({ type: 'notify', status: { type: 'bound', names: ['good'], refused: ['bad'] } });
    expect(boundNames(state)).toEqual(['good']);
    expect(pauses(all)).toEqual([{ kind: 'rebind', attempt: 0 }]);
  });

  it('tries a refused name again with growing pauses while the others work', () => {
    const again = run(['good', 'bad'], ...toBinding, REFUSED, accepted, REFUSED, fire('rebind'), REFUSED);
    expect(pauses(again.effects)).toEqual([{ kind: 'rebind', attempt: 1 }]);
    expect(boundNames(again.state)).toEqual(['good']);
    const won = run(['good', 'bad'], ...toBinding, REFUSED, accepted, REFUSED, fire('rebind'), accepted);
    expect(boundNames(won.state)).toEqual(['good', 'bad']);
    expect(pauses(won.effects)).toEqual([]);
    expect(won.state.failures.bindRefusals).toBe(0);
  });

  it('unbinds a name that was removed, and does not bind it again', () => {
    const removeA: SessionInput = { type: 'removeName', name: 'a' };
    const { all, state } = run(['a', 'b'], ...toBinding, accepted, removeA, accepted);
    expect(sent(all).at(-1)).toEqual({ type: 'sendUnbind', names: ['a'] });
    expect(all).toContainEqual({ type: 'notify', status: { type: 'unbound', names: ['a'] } });
    expect(boundNames(state)).toEqual(['b']);
    const later = run(['a', 'b'], ...toBinding, accepted, removeA, accepted, lost(), fire('dial'), ...toAuth.slice(1));
    expect(later.state.names).toEqual(['b']);
  });

  it('unbinds a name that is removed while its BIND is pending, and forgets one that was refused', () => {
    const removeA: SessionInput = { type: 'removeName', name: 'a' };
    const pending = run(['a', 'b'], ...toBinding, removeA, accepted, accepted);
    expect(boundNames(pending.state)).toEqual(['b']);
    const refused = run(['a'], ...toBinding, REFUSED, removeA, fire('rebind'));
    expect(sent(refused.effects).filter(({ type }) => type === 'sendBind')).toEqual([]);
  });

  it('does not report bound if every name was refused', () => {
    const { all } = run(['bad'], ...toBinding, REFUSED);
    expect(notified(all)).toEqual(['connecting', 'authenticated', 'refused']);
    expect(sent(all)).not.toContainEqual({ type: 'sendPing' });
  });

  it('closes after a refused AUTH and pauses longer each time', () => {
    const first = run(['a'], ...toAuth, REFUSED);
    expect(first.effects).toContainEqual({ type: 'endSocket', how: 'close' });
    expect(pauses(first.effects)).toEqual([{ kind: 'refusal', attempt: 0 }]);
    const second = run(['a'], ...toAuth, REFUSED, fire('dial'), { type: 'opened' }, REFUSED);
    expect(pauses(second.effects)).toEqual([{ kind: 'refusal', attempt: 1 }]);
  });

  it('keeps the slow pace if a platform refuses and then closes', () => {
    expect(pauses(run(['a'], ...toBinding, REFUSED, lost()).effects)).toEqual([{ kind: 'rebind', attempt: 0 }]);
    const dialling = run(['a'], ...toAuth, REFUSED, fire('dial'), lost());
    expect(pauses(dialling.effects)).toEqual([{ kind: 'refusal', attempt: 0 }]);
  });

  it('reconnects after losses with growing jitter, until it has been bound for a while [AO 11.8]', () => {
    const twice = [...toBinding, accepted, lost(), fire('dial'), { type: 'opened' }, accepted, accepted] as const;
    expect(pauses(run(['a'], ...twice, lost()).effects)).toEqual([
      { kind: 'jitter', attempt: 1, isRecentlyBound: true },
    ]);
    expect(pauses(run(['a'], ...twice, fire('stable'), lost()).effects)).toEqual([
      { kind: 'jitter', attempt: 0, isRecentlyBound: true },
    ]);
  });

  it('spreads its reconnection after a clean close by the platform, but only the first one', () => {
    expect(pauses(run(['a'], ...toBinding, accepted, lost(true)).effects)).toEqual([{ kind: 'spread' }]);
    const again = [...toBinding, accepted, lost(true), fire('dial'), { type: 'opened' }] as const;
    expect(pauses(run(['a'], ...again, lost(true)).effects)).toEqual([
      { kind: 'jitter', attempt: 1, isRecentlyBound: true },
    ]);
  });

  it('remembers for a minute that it was bound, over any number of attempts', () => {
    const bound = [...toBinding, accepted] as const;
    const attempts = (count: number): SessionInput[] =>
      Array.from({ length: count }, () => [fire('dial'), lost()]).flat();
    const after = run(['a'], ...bound, lost(), ...attempts(8));
    expect(pauses(after.effects)).toEqual([{ kind: 'jitter', attempt: 8, isRecentlyBound: true }]);
    expect(after.all.filter((effect) => effect.type === 'arm' && effect.timer === 'recent')).toHaveLength(1);
    const later = run(['a'], ...bound, lost(), ...attempts(7), fire('recent'), ...attempts(1));
    expect(pauses(later.effects)).toEqual([{ kind: 'jitter', attempt: 8, isRecentlyBound: false }]);
    expect(pauses(run(['a'], { type: 'start' }, lost()).effects)).toEqual([
      { kind: 'jitter', attempt: 0, isRecentlyBound: false },
    ]);
  });

  it('keeps the slow pace of refusals although it was bound a moment ago', () => {
    const again = [...toBinding, accepted, lost(), fire('dial'), { type: 'opened' }] as const;
    expect(pauses(run(['a'], ...again, REFUSED).effects)).toEqual([{ kind: 'refusal', attempt: 0 }]);
    expect(pauses(run(['a'], ...again, accepted, REFUSED, lost()).effects)).toEqual([{ kind: 'rebind', attempt: 0 }]);
  });

  it('reconnects at the pace of a loss although one of several Things is refused', () => {
    const bound = [...toBinding, REFUSED, accepted, REFUSED, fire('rebind'), REFUSED] as const;
    expect(pauses(run(['good', 'bad'], ...bound, lost()).effects)).toEqual([
      { kind: 'jitter', attempt: 0, isRecentlyBound: true },
    ]);
    expect(pauses(run(['good', 'bad'], ...bound, lost(), fire('dial'), lost()).effects)).toEqual([
      { kind: 'jitter', attempt: 1, isRecentlyBound: true },
    ]);
  });

  it('limits the whole attempt to connect by one timer', () => {
    const { state, effects } = run(['a'], { type: 'start' }, fire('connect'));
    expect(run(['a'], { type: 'start' }).effects).toContainEqual({ type: 'arm', timer: 'connect' });
    expect(run(['a'], ...toAuth).effects).toContainEqual({ type: 'disarm', timer: 'connect' });
    expect(state.tag).toBe('waiting');
    expect(effects).toContainEqual({ type: 'endSocket', how: 'drop' });
    expect(effects).toContainEqual({
      type: 'notify',
      status: { type: 'lost', cause: 'no answer to the upgrade', kind: 'timeout' },
    });
  });

  it('drops a connection on which AUTH, BIND or a ping is not answered', () => {
    const causes = (...inputs: SessionInput[]): unknown =>
      run(['a'], ...inputs).effects.find((effect) => effect.type === 'notify');
    expect(causes(...toAuth, fire('answer'))).toMatchObject({ status: { type: 'lost', cause: 'no answer to AUTH' } });
    expect(causes(...toBinding, fire('answer'))).toMatchObject({
      status: { type: 'lost', cause: 'no answer to BIND' },
    });
    expect(causes(...toBinding, accepted, fire('pong'))).toMatchObject({ status: { type: 'lost', cause: 'no pong' } });
  });

  it('does not postpone the pong timeout by another ping', () => {
    const { effects } = run(['a'], ...toBinding, accepted, fire('ping'));
    expect(effects).toEqual([{ type: 'arm', timer: 'ping' }]);
    const answered = run(['a'], ...toBinding, accepted, { type: 'pong' }, fire('ping'));
    expect(sent(answered.effects)).toEqual([{ type: 'sendPing' }]);
  });

  it('unbinds everything it had bound, then closes, whatever the platform answers [AO 1.5]', () => {
    const { all, state } = run(
      ['a', 'b', 'c'],
      ...toBinding,
      accepted,
      accepted,
      { type: 'shutDown' },
      accepted,
      REFUSED,
    );
    expect(sent(all).slice(-2)).toEqual([
      { type: 'sendUnbind', names: ['a', 'b'] },
      { type: 'sendUnbind', names: ['c'] },
    ]);
    expect(all.slice(-3)).toEqual([
      { type: 'endSocket', how: 'close' },
      { type: 'abandonWork' },
      { type: 'notify', status: { type: 'closed' } },
    ]);
    expect(state.tag).toBe('closed');
  });

  it('closes although UNBIND is not answered or the socket closes first', () => {
    const bound = [...toBinding, accepted, { type: 'shutDown' }] as const;
    expect(run(['a'], ...bound, fire('answer')).state.tag).toBe('closed');
    expect(run(['a'], ...bound, lost()).state.tag).toBe('closed');
  });

  it('closes at once if there is nothing to unbind', () => {
    expect(run(['a'], { type: 'shutDown' }).state.tag).toBe('closed');
    expect(run(['a'], { type: 'start' }, { type: 'shutDown' }).state.tag).toBe('closed');
    expect(run(['a'], ...toBinding, accepted, lost(), { type: 'close' }).state.tag).toBe('closed');
  });

  it('binds a name that is added while it is bound, and keeps it for later connections', () => {
    const { state, effects } = run(['a'], ...toBinding, accepted, { type: 'addName', name: 'b' });
    expect(sent(effects)).toEqual([{ type: 'sendBind', names: ['b'] }]);
    expect(state.names).toEqual(['a', 'b']);
    const during = run(['a'], ...toBinding, { type: 'addName', name: 'b' }, accepted);
    expect(sent(during.effects)).toEqual([{ type: 'sendBind', names: ['b'] }]);
  });
});
