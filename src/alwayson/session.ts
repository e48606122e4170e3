/**
 * The life of a connection as a pure state machine: `step(state, input)` returns the next state and the effects to carry
 * out. It has no access to sockets, clock or randomness; connection.ts carries the effects out.
 *
 * The order is upgrade, AUTH, BINDs one after the other, then pings while bound [AO 5.3].
 */
import { binding, type Binding, nextBatch, startRound } from './session-binding.js';
import type {
  Common,
  Delay,
  Effect,
  Failures,
  Grouping,
  LossKind,
  Refusal,
  SessionInput,
  SessionState,
  Step,
  TimerName,
  ConnectionStatus,
} from './session-types.js';

const NO_FAILURES: Failures = { losses: 0, authRefusals: 0, bindRefusals: 0 };

/** The state before `start`. */
export function initialState(names: readonly string[]): SessionState {
  return { tag: 'idle', names, failures: NO_FAILURES, awaitsPong: false, isRecentlyBound: false };
}

/** The names that the platform has accepted on the current connection. */
export function boundNames(state: SessionState): readonly string[] {
  return state.tag === 'binding' || state.tag === 'bound' ? state.binding.bound : [];
}

/** Whether an UNBIND of a removed name is still to be sent or answered on the current connection. */
export function isUnbinding(state: SessionState, name: string): boolean {
  if (state.tag !== 'binding' && state.tag !== 'bound') return false;
  const { current, queue } = state.binding;
  return [...(current ? [current] : []), ...queue].some(({ names, isUnbind }) => isUnbind && names.includes(name));
}

/** Whether the platform has accepted a name on the current connection, or there is none to bind. */
function isUp(state: SessionState): boolean {
  return (state.tag === 'binding' || state.tag === 'bound') && (state.binding.isUp || state.binding.bound.length > 0);
}

/** Whether AUTH has been accepted on the current connection. */
export function isAuthenticated(state: SessionState): boolean {
  return state.tag === 'binding' || state.tag === 'bound' || state.tag === 'unbinding';
}

/** Returns the next state and the effects in order. An input that has no meaning in a state changes nothing. */
export function step(state: SessionState, input: SessionInput, group: Grouping): Step {
  switch (input.type) {
    case 'start':
      return state.tag === 'idle' ? dial(state) : stay(state);
    case 'opened':
      return state.tag === 'connecting' ? authenticate(state) : stay(state);
    case 'accepted':
      return accepted(state, group);
    case 'refused':
      return refused(state, input);
    case 'pong':
      return pong(state);
    case 'lost':
      return lostIfConnected(state, input.cause, input.clean ? 'closed' : 'broken');
    case 'timer':
      return timer(state, input.timer);
    case 'addName':
    case 'removeName':
      return rename(state, input, group);
    case 'shutDown':
      return shutDown(state, group);
    case 'close':
      return close(state);
  }
}

const stay = (state: SessionState): Step => ({ state, effects: [] });
const notify = (status: ConnectionStatus): Effect => ({ type: 'notify', status });

function isConnected(state: SessionState): boolean {
  return state.tag === 'connecting' || state.tag === 'authenticating' || isAuthenticated(state);
}

function common({ names, failures, awaitsPong, isRecentlyBound }: SessionState): Common {
  return { names, failures, awaitsPong, isRecentlyBound };
}

function withFailures(state: SessionState, change: Partial<Failures>): Common {
  return { ...common(state), failures: { ...state.failures, ...change } };
}

function dial(state: SessionState): Step {
  const { losses, authRefusals } = state.failures;
  const attempt = losses + authRefusals;
  return {
    state: { tag: 'connecting', ...common(state), awaitsPong: false },
    effects: [notify({ type: 'connecting', attempt }), { type: 'dial' }, { type: 'arm', timer: 'connect' }],
  };
}

function authenticate(state: SessionState): Step {
  return {
    state: { tag: 'authenticating', ...common(state) },
    effects: [
      { type: 'disarm', timer: 'connect' },
      { type: 'sendAuth' },
      { type: 'arm', timer: 'answer' },
      { type: 'arm', timer: 'ping' },
    ],
  };
}

function accepted(state: SessionState, group: Grouping): Step {
  if (state.tag === 'unbinding') return unbindNext(state, state.queue.slice(1));
  if (state.tag === 'binding') return bindingAccepted(state);
  if (state.tag !== 'authenticating') return stay(state);
  const round = startRound(group(state.names));
  return settle(
    bindNext({ tag: 'binding', ...withFailures(state, { authRefusals: 0 }), binding: round }),
    notify({ type: 'authenticated' }),
  );
}

function bindingAccepted(state: BindingState): Step {
  const { current } = state.binding;
  const next = bindNext({ ...state, binding: binding.accepted(state.binding) });
  return settle(next, ...(current?.isUnbind ? [notify({ type: 'unbound', names: current.names })] : []));
}

function refused(state: SessionState, { code, reason }: Refusal): Step {
  // The connection closes regardless: the platform unbinds what a closed socket had bound.
  if (state.tag === 'unbinding') return unbindNext(state, state.queue.slice(1));
  if (state.tag === 'authenticating') return authRefused(state, { code, reason });
  if (state.tag !== 'binding') return stay(state);
  const { names = [], isUnbind = false } = state.binding.current ?? {};
  if (isUnbind) return bindingAccepted(state);
  const [name, ...others] = names;
  const next = bindNext({ ...state, binding: binding.refused(state.binding) });
  if (name === undefined || others.length > 0) return settle(next);
  return settle(next, notify({ type: 'refused', what: 'bind', name, code, reason }));
}

function authRefused(state: SessionState, refusal: Refusal): Step {
  const attempt = state.failures.authRefusals;
  return {
    state: { tag: 'waiting', ...withFailures(state, { authRefusals: attempt + 1 }) },
    effects: [
      DISARM_CONNECTION,
      notify({ type: 'refused', what: 'auth', ...refusal }),
      { type: 'endSocket', how: 'close' },
      { type: 'arm', timer: 'dial', delay: { kind: 'refusal', attempt } },
    ],
  };
}

function pong(state: SessionState): Step {
  if (!state.awaitsPong || !isConnected(state)) return stay(state);
  return { state: { ...state, awaitsPong: false }, effects: [{ type: 'disarm', timer: 'pong' }] };
}

/** Continues with `next` once the pending request has been answered. */
function settle(next: Step, ...before: readonly Effect[]): Step {
  return { state: next.state, effects: [{ type: 'disarm', timer: 'answer' }, ...before, ...next.effects] };
}

type BindingState = Extract<SessionState, { readonly binding: Binding }>;

function bindNext(state: BindingState): Step {
  const next = nextBatch(state.binding);
  if (next) {
    const { names, isUnbind } = next.current;
    return {
      state: { ...state, tag: 'binding', binding: next },
      effects: [
        { type: isUnbind ? 'sendUnbind' : 'sendBind', names },
        { type: 'arm', timer: 'answer' },
      ],
    };
  }
  return endRound(state);
}

/** Ends a round of BINDs: reports what is bound, and schedules another BIND of the refused names. */
function endRound(state: BindingState): Step {
  const { bound, refused, isUp: wasUp } = state.binding;
  const attempt = state.failures.bindRefusals;
  const isUp = bound.length > 0 || refused.length === 0;
  const effects: Effect[] = isUp ? [notify({ type: 'bound', names: bound, refused })] : [];
  if (isUp && !wasUp) effects.push({ type: 'arm', timer: 'stable' });
  if (refused.length > 0) effects.push({ type: 'arm', timer: 'rebind', delay: { kind: 'rebind', attempt } });
  const bindRefusals = refused.length > 0 ? attempt + 1 : 0;
  const ended: SessionState = {
    tag: 'bound',
    ...withFailures(state, { bindRefusals }),
    binding: { ...state.binding, isUp },
  };
  // The first ping follows the first BIND at once [AO 1.4].
  return isUp && !wasUp ? ping(ended, effects) : { state: ended, effects };
}

function ping(state: SessionState, before: readonly Effect[] = []): Step {
  const effects: Effect[] = [...before, { type: 'arm', timer: 'ping' }];
  if (!state.awaitsPong) effects.push({ type: 'sendPing' }, { type: 'arm', timer: 'pong' });
  return { state: { ...state, awaitsPong: true }, effects };
}

/** Disarms the timers of one connection and of the pause before it. The `recent` timer outlasts connections. */
const DISARM_CONNECTION: Effect = { type: 'disarmAll', except: 'recent' };

function lost(state: SessionState, cause: string, kind: LossKind): Step {
  const hangUp: Effect[] = [{ type: 'endSocket', how: 'drop' }, { type: 'abandonWork' }];
  if (state.tag === 'unbinding') {
    const effects = [{ type: 'disarmAll' } as const, ...hangUp, notify({ type: 'closed' })];
    return { state: { tag: 'closed', ...common(state) }, effects };
  }
  const { losses } = state.failures;
  const wasUp = isUp(state);
  const effects: Effect[] = [DISARM_CONNECTION, ...hangUp, notify({ type: 'lost', cause, kind })];
  if (wasUp) effects.push({ type: 'arm', timer: 'recent' });
  effects.push({ type: 'arm', timer: 'dial', delay: delayAfterLoss(state, kind === 'closed') });
  // Names that were refused while others were bound must not delay the reconnection of those others.
  const failures = { losses: losses + 1, ...(wasUp && { bindRefusals: 0 }) };
  const next = withFailures(state, failures);
  return { state: { tag: 'waiting', ...next, isRecentlyBound: wasUp || state.isRecentlyBound }, effects };
}

function delayAfterLoss(state: SessionState, clean: boolean): Delay {
  const { losses, authRefusals, bindRefusals } = state.failures;
  const wasUp = isUp(state);
  // A platform that refuses and then closes the connection has refused: the slow pace applies.
  if (bindRefusals > 0 && !wasUp) return { kind: 'rebind', attempt: bindRefusals - 1 };
  if (authRefusals > 0) return { kind: 'refusal', attempt: authRefusals - 1 };
  if (clean && losses === 0) return { kind: 'spread' };
  return { kind: 'jitter', attempt: losses, isRecentlyBound: wasUp || state.isRecentlyBound };
}

function timer(state: SessionState, name: TimerName): Step {
  switch (name) {
    case 'dial':
      return state.tag === 'waiting' ? dial(state) : stay(state);
    case 'connect':
      return state.tag === 'connecting' ? lost(state, 'no answer to the upgrade', 'timeout') : stay(state);
    case 'answer':
      return state.tag === 'unbinding'
        ? close(state)
        : lostIfConnected(state, `no answer to ${pendingRequestName(state)}`, 'timeout');
    case 'pong':
      return lostIfConnected(state, 'no pong', 'timeout');
    case 'ping':
      return isConnected(state) ? ping(state) : stay(state);
    case 'stable':
      return stay({ ...state, failures: { ...state.failures, losses: 0 } });
    case 'recent':
      return stay({ ...state, isRecentlyBound: false });
    case 'rebind':
      // A refused name has a BIND of its own, so that it does not hold back the others.
      return state.tag === 'bound' ? bindNext({ ...state, binding: binding.retryRefused(state.binding) }) : stay(state);
  }
}

function lostIfConnected(state: SessionState, cause: string, kind: LossKind): Step {
  return isConnected(state) ? lost(state, cause, kind) : stay(state);
}

function pendingRequestName(state: SessionState): string {
  return state.tag === 'authenticating' ? 'AUTH' : 'BIND';
}

type NameInput = Extract<SessionInput, { readonly type: 'addName' | 'removeName' }>;

function rename(state: SessionState, { type, name }: NameInput, group: Grouping): Step {
  if (state.tag === 'closed' || state.tag === 'unbinding') return stay(state);
  return type === 'addName' ? addName(state, name, group) : removeName(state, name);
}

function addName(state: SessionState, name: string, group: Grouping): Step {
  if (state.names.includes(name)) return stay(state);
  const named: SessionState = { ...state, names: [...state.names, name] };
  if (named.tag !== 'binding' && named.tag !== 'bound') return stay(named);
  const queued = { ...named, binding: binding.enqueue(named.binding, group([name])) };
  return named.tag === 'bound' ? bindNext(queued) : stay(queued);
}

function removeName(state: SessionState, name: string): Step {
  if (!state.names.includes(name)) return stay(state);
  const named: SessionState = { ...state, names: state.names.filter((other) => other !== name) };
  if (named.tag !== 'binding' && named.tag !== 'bound') return stay(named);
  const removed = { ...named, binding: binding.remove(named.binding, name) };
  return removed.tag === 'bound' && removed.binding.queue.length > 0 ? bindNext(removed) : stay(removed);
}

function shutDown(state: SessionState, group: Grouping): Step {
  if (state.tag === 'unbinding' || state.tag === 'closed') return stay(state);
  const bound = boundNames(state);
  if (bound.length === 0) return close(state);
  return unbindNext(state, group(bound));
}

function unbindNext(state: SessionState, queue: readonly (readonly string[])[]): Step {
  const [names] = queue;
  if (!names) return close(state);
  return {
    state: { tag: 'unbinding', ...common(state), queue },
    effects: [{ type: 'disarmAll' }, { type: 'sendUnbind', names }, { type: 'arm', timer: 'answer' }],
  };
}

function close(state: SessionState): Step {
  if (state.tag === 'closed') return stay(state);
  const effects: Effect[] = [{ type: 'disarmAll' }];
  if (isConnected(state)) effects.push({ type: 'endSocket', how: 'close' });
  effects.push({ type: 'abandonWork' }, notify({ type: 'closed' }));
  return { state: { tag: 'closed', ...common(state) }, effects };
}
