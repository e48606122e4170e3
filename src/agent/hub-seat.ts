import type { EndOfWork, HubWork } from '../cluster/tenure.js';
import { AgentError } from '../core/errors.js';
import type { EdgeClient } from '../edge/edge-client.js';
import type { EdgeThing } from '../edge/thing.js';
import type { Store, StoreChange } from '../store/store.js';
import type { HubParts, HubThings } from './hub-things.js';

/** Makes the Things and workers of a hub; the Things of earlier ones keep their values and queues. */
export type CreateHubThings = (store: Store, existing: readonly EdgeThing[]) => Promise<HubThings>;

export interface HubSeatOptions {
  readonly edge: EdgeClient;
  readonly create: CreateHubThings;
  /** The store without a lease: a standby reads through it. */
  readonly state: Store;
  /** How long calls in flight may take when the hub is handed over. */
  readonly drainMs: () => number;
  /** Is notified when this agent begins or ends to serve the hub. */
  readonly onServing: (isServing: boolean) => void;
  /** Writes what the next agent must know, as soon as the state can be reached. */
  readonly leave: (changes: readonly StoreChange[]) => void;
}

/**
 * The place of one hub in this agent. Things and workers are made before they are needed, so that an error in them is
 * found at the start, and anew after each time that the hub was served.
 */
export class HubSeat implements HubWork {
  readonly #options: HubSeatOptions;
  #create: CreateHubThings;
  #group: Group | undefined;
  /** The last group, whether or not it works. */
  #viewed: Group | undefined;
  /** Kept over all groups. */
  #things: readonly EdgeThing[] = [];
  #current: Store | undefined;
  #isServing = false;

  constructor(options: HubSeatOptions) {
    this.#options = options;
    this.#create = options.create;
  }

  /** Makes the Things and workers. @throws AgentError as `createHubThings`. */
  async prepare(): Promise<void> {
    this.#group = await this.#createGroup(this.#create);
    this.#things = this.#group.things;
  }

  /** What the console shows of the hub; undefined before the first `prepare`. */
  view(): HubParts | undefined {
    return this.#viewed?.view();
  }

  /** The store that the work writes through from now on. */
  use(store: Store): this {
    this.#current = store;
    return this;
  }

  async begin(): Promise<void> {
    const { edge, onServing } = this.#options;
    if (!this.#group) await this.prepare();
    onServing(true);
    for (const thing of this.#things) edge.hostThing(thing);
    try {
      await this.#watch(this.#group);
    } catch (error) {
      await this.end('lost');
      throw error;
    }
    this.#isServing = true;
    this.setBound(true);
  }

  async end(why: EndOfWork): Promise<void> {
    const { edge, drainMs, onServing } = this.#options;
    const group = this.#group;
    this.#isServing = false;
    const limitMs = why === 'lost' ? 0 : drainMs();
    const removed = Promise.all(this.#things.map((thing) => edge.removeThing(thing, limitMs)));
    await Promise.all([removed, group?.stopWatch()]);
    // The last calls in flight may have scheduled more jobs.
    await group?.stopWatch();
    const leftovers = why === 'lost' ? (group?.leftovers() ?? []) : [];
    if (leftovers.length > 0) this.#options.leave(leftovers);
    onServing(false);
    if (this.#group === group) this.#group = undefined;
  }

  async refresh(): Promise<void> {
    if (this.#isServing) await this.#group?.takeUp();
  }

  setBound(isBound: boolean): void {
    if (!this.#isServing) return;
    for (const thing of this.#things) {
      if (isBound) this.#options.edge.bind(thing);
      else void this.#options.edge.unbind(thing);
    }
  }

  /**
   * Makes Things and workers of a new configuration. @returns what puts them in place of the present ones.
   * @throws AgentError as `createHubThings`; nothing has changed then.
   */
  async replace(create: CreateHubThings): Promise<() => Promise<void>> {
    const next = await this.#createGroup(create);
    return async () => {
      const before = this.#group;
      await before?.stopWatch();
      this.#create = create;
      this.#group = next;
      if (this.#isServing) await this.#watch(next);
    };
  }

  /** Ends the work without unbinding, when the connection to the platform is closed anyway. Idempotent. */
  async stopWatch(): Promise<void> {
    await this.#group?.stopWatch();
  }

  async #createGroup(create: CreateHubThings): Promise<Group> {
    const slot: Slot = {};
    const group = { ...(await create(storeOf(slot, this.#options.state), this.#things)), slot };
    this.#viewed ??= group;
    return group;
  }

  /** A group keeps the store that it began with: what is left of its work must not write under a later lease. */
  async #watch(group: Group | undefined): Promise<void> {
    this.#viewed = group;
    if (group && this.#current) group.slot.store = this.#current;
    await group?.watch();
  }
}

interface Slot {
  store?: Store;
}

type Group = HubThings & { readonly slot: Slot };

/** The store of a hub before it is known under which lease it will be written. It can be read. */
function storeOf(slot: Slot, state: Store): Store {
  const store = (): Store => {
    if (slot.store) return slot.store;
    throw new AgentError('LeaseLost', 'This agent does not serve the hub; repeat the call.');
  };
  return {
    get: async (key) => await (slot.store ?? state).get(key),
    read: async (key) => await (slot.store ?? state).read(key),
    put: async (key, value) => await store().put(key, value),
    delete: async (key) => await store().delete(key),
    batch: async (changes, options) => await store().batch(changes, options),
    entries: (range) => (slot.store ?? state).entries(range),
    lease: async (name, holder, seconds) => await store().lease(name, holder, seconds),
    close: async () => await store().close(),
  };
}
