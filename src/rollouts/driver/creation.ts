import { AgentError } from '../../core/errors.js';
import type { StoreChange } from '../../store/store.js';
import type { RolloutEnvironment } from '../environment.js';
import { contentChange, lastSequence, newRecord, type NewRollout } from '../records/head.js';
import type { RolloutRecord } from '../records/records.js';
import { RolloutTransaction } from '../records/transaction.js';
import { IDS_PER_CHUNK } from './steps/prepare.js';

export interface CreationOptions {
  /** Maximum number of roll-outs of the hub that are not final. */
  readonly maxOpen: number;
  /** Reads the roll-out with an id. */
  readonly find: (rolloutId: string) => Promise<RolloutRecord | undefined>;
  /** Drives a roll-out that the store has, unless it is driven already. */
  readonly drive: (record: RolloutRecord) => Promise<void>;
}

/** Creates the roll-outs of a hub, one after the other, so that two calls with one id create only one. */
export class RolloutCreation {
  readonly #env: RolloutEnvironment;
  readonly #options: CreationOptions;
  #last: Promise<unknown> = Promise.resolve();
  #lastSequence = 0;

  constructor(env: RolloutEnvironment, options: CreationOptions) {
    this.#env = env;
    this.#options = options;
  }

  /** Reads what earlier processes have created. */
  async load(): Promise<void> {
    this.#lastSequence = await lastSequence(this.#env);
  }

  /**
   * Creates a roll-out and starts driving it.
   * @param existing called with the roll-out that has the id, if there is one; throws if it is another one.
   * @param more changes that the store writes together with the roll-out.
   * @throws AgentError `RolloutLimitReached`.
   */
  async create(
    rollout: NewRollout,
    existing: (record: RolloutRecord) => Promise<void>,
    more: readonly StoreChange[] = [],
  ): Promise<void> {
    const created = this.#last.then(async () => {
      const found = await this.#options.find(rollout.rolloutId);
      if (!found) return await this.#create(rollout, more);
      await existing(found);
      // An earlier call may have failed although the store has its roll-out.
      await this.#options.drive(found);
    });
    this.#last = created.catch(() => undefined);
    await created;
  }

  async #create(rollout: NewRollout, more: readonly StoreChange[]): Promise<void> {
    const { keys, store, clock, onChange } = this.#env;
    await this.#refuseAboveLimit();
    const nowMs = clock.nowMs();
    const sequence = this.#lastSequence + 1;
    const record = newRecord(rollout, sequence, nowMs);
    const transaction = new RolloutTransaction({ keys, record, plan: [], batches: [], nowMs });
    transaction.note({ event: 'created' });
    transaction.fire('');
    this.#lastSequence = sequence;
    const idKey = keys.id(rollout.rolloutId);
    await store.batch(
      [
        ...listChanges(rollout.deviceIds ?? [], (chunk) => keys.idList(sequence, chunk)),
        { type: 'put', key: idKey, value: sequence },
        { type: 'put', key: keys.open(sequence), value: sequence },
        contentChange(keys, transaction.record),
        ...transaction.changes(),
        ...more,
      ],
      { ifUnchanged: [{ key: idKey }] },
    );
    await this.#options.drive(transaction.record);
    onChange(transaction.record);
  }

  async #refuseAboveLimit(): Promise<void> {
    const { maxOpen } = this.#options;
    const { keys, store } = this.#env;
    let open = 0;
    for await (const _entry of store.entries({ prefix: keys.opens, limit: maxOpen })) open += 1;
    if (open >= maxOpen)
      throw new AgentError(
        'RolloutLimitReached',
        `${open} roll-outs are open, and rollouts.maxOpen of the agent allows ${maxOpen}; wait for one to end, or cancel one.`,
      );
  }
}

/** The changes that store a list of ids in chunks. */
function listChanges(ids: readonly string[], keyOf: (chunk: number) => string): StoreChange[] {
  const changes: StoreChange[] = [];
  for (let start = 0; start < ids.length; start += IDS_PER_CHUNK)
    changes.push({ type: 'put', key: keyOf(changes.length), value: ids.slice(start, start + IDS_PER_CHUNK) });
  return changes;
}
