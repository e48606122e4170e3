import type { ConnectionStatus } from '../../alwayson/session-types.js';
import type { Dial } from '../../alwayson/transport.js';
import { deferred } from '../../core/promises.js';
import { completeOptions } from '../../edge/client-options.js';
import { EdgeClient, type EdgeClientOptions } from '../../edge/edge-client.js';
import { EdgeThing } from '../../edge/thing.js';
import type { ThingConfig } from '../config/agent-config.js';

export interface BindFinding {
  readonly thing: string;
  readonly state: 'bound' | 'taken' | 'missing' | 'refused';
  readonly detail: string;
}

/** How far the attempt to connect and bind got. */
export interface BindTrial {
  readonly webSocketFault?: string;
  readonly authFault?: string;
  readonly bindings: readonly BindFinding[];
}

const TRIAL_MS = 20_000;
/** The reason is free text of the platform; these words mean that another connection has bound the Thing. */
const IS_TAKEN = /another|already|is (?:currently )?(?:connected|bound)|in use/i;

type ThingState = (name: string) => Promise<'known' | 'missing' | 'unknown'>;

/** Connects, authenticates and binds once, then unbinds and closes. */
export async function tryToBind(
  options: EdgeClientOptions,
  things: readonly ThingConfig[],
  stateOf: ThingState,
): Promise<BindTrial> {
  const progress = new TrialProgress(things.length);
  const { dial } = completeOptions(options);
  const client = new EdgeClient({ ...options, dial: observed(dial, () => progress.opened()) });
  client.on('status', (status) => progress.observe(status));
  for (const { name, identifier } of things) {
    client.addThing(new EdgeThing({ name, ...(identifier === undefined ? {} : { identifier }) }));
  }
  const timer = setTimeout(() => progress.giveUp(), TRIAL_MS);
  void client.start().catch(() => progress.giveUp());
  try {
    await progress.ended;
    return { ...progress.faults(), bindings: await findings(things, progress, stateOf) };
  } finally {
    clearTimeout(timer);
    await client.drain(0);
  }
}

/** Wraps `dial`: calls `onOpen` when the WebSocket is open. */
function observed(dial: Dial, onOpen: () => void): Dial {
  return (listener) =>
    dial({
      onOpen: (details) => {
        onOpen();
        listener.onOpen(details);
      },
      onFrame: (frame) => listener.onFrame(frame),
      onText: () => listener.onText(),
      onPong: () => listener.onPong(),
      onClose: (details) => listener.onClose(details),
    });
}

/** Follows the first connection until the result for every Thing is known. */
class TrialProgress {
  readonly bound = new Set<string>();
  readonly refused = new Map<string, string>();
  readonly #ended = deferred();
  readonly #expected: number;
  #isOpen = false;
  #isAuthenticated = false;
  #fault: string | undefined;

  constructor(expected: number) {
    this.#expected = expected;
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  opened(): void {
    this.#isOpen = true;
  }

  giveUp(): void {
    this.#fault ??= `no response within ${TRIAL_MS / 1000} s`;
    this.#ended.resolve();
  }

  observe(status: ConnectionStatus): void {
    if (status.type === 'authenticated') this.#isAuthenticated = true;
    if (status.type === 'refused' && status.what === 'auth') this.#end(status.reason || 'refused without a reason');
    if (status.type === 'refused' && status.what === 'bind') this.refused.set(status.name, status.reason);
    if (status.type === 'lost') this.#end(status.cause);
    if (status.type === 'bound') for (const name of status.names) this.bound.add(name);
    if (this.bound.size + this.refused.size >= this.#expected) this.#ended.resolve();
  }

  faults(): Pick<BindTrial, 'webSocketFault' | 'authFault'> {
    if (this.#isAuthenticated || this.#fault === undefined) return {};
    return this.#isOpen ? { authFault: this.#fault } : { webSocketFault: this.#fault };
  }

  /** The reason for a Thing that was neither bound nor refused. */
  get rest(): string {
    return this.#fault ?? 'no response';
  }

  #end(fault: string): void {
    this.#fault ??= fault;
    this.#ended.resolve();
  }
}

async function findings(
  things: readonly ThingConfig[],
  progress: TrialProgress,
  stateOf: ThingState,
): Promise<BindFinding[]> {
  const result: BindFinding[] = [];
  for (const { name, identifier } of things) {
    const boundName = identifier === undefined ? name : `*${identifier}`;
    const reason = progress.refused.get(boundName);
    if (reason !== undefined) {
      const state = IS_TAKEN.test(reason) ? 'taken' : 'refused';
      result.push({ thing: name, state, detail: `refused: ${reason || 'without a reason'}` });
    } else if (!progress.bound.has(boundName)) {
      result.push({ thing: name, state: 'refused', detail: progress.rest });
    } else if ((await stateOf(name)) === 'missing') {
      result.push({ thing: name, state: 'missing', detail: `ThingWorx has no Thing named ${name}` });
    } else {
      result.push({ thing: name, state: 'bound', detail: `bound as ${boundName}` });
    }
  }
  return result;
}
