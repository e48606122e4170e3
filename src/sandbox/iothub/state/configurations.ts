import type { Clock } from '../../../core/clock.js';
import type { Store } from '../../../store/store.js';
import { etagOf, isMatch, type Match } from '../answers/etag.js';
import { argumentInvalid, preconditionFailed, ServiceError } from '../answers/service-error.js';
import { isObject } from '../twins/section.js';
import type { Journal } from './journal.js';

type Json = Readonly<Record<string, unknown>>;

const PREFIX = 'configuration/';
const MAX_CONFIGURATIONS = 100;

interface KeptConfiguration {
  readonly id: string;
  readonly version: number;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly labels: Json;
  readonly content: Json;
  readonly metrics: Json;
  readonly targetCondition: string;
  readonly priority: number;
}

/** Automatic device configurations: kept and listed, never applied to twins. */
export class Configurations {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #byId = new Map<string, KeptConfiguration>();

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
  }

  async load(store: Store): Promise<void> {
    for await (const [, value] of store.entries({ prefix: PREFIX })) {
      const kept = value as KeptConfiguration;
      this.#byId.set(kept.id, kept);
    }
  }

  list(): object[] {
    return [...this.#byId.keys()].sort().map((id) => this.get(id));
  }

  /** @throws ServiceError ConfigurationNotFound */
  get(id: string): object {
    return documentOf(this.#find(id));
  }

  /** Creates, or with a condition replaces, a configuration. @throws ServiceError */
  put(id: string, body: Json, match: Match): object {
    const known = this.#byId.get(id);
    if (match.kind === 'absent' && known) {
      throw new ServiceError('ConfigurationAlreadyExists', `A configuration with ID '${id}' already exists.`);
    }
    if (match.kind !== 'absent') this.#check(id, match);
    if (!known && this.#byId.size >= MAX_CONFIGURATIONS) {
      throw argumentInvalid(`A hub has at most ${MAX_CONFIGURATIONS} configurations.`);
    }
    const nowMs = this.#clock.nowMs();
    const kept: KeptConfiguration = {
      id,
      version: (known?.version ?? 0) + 1,
      createdMs: known?.createdMs ?? nowMs,
      updatedMs: nowMs,
      ...readBody(body),
    };
    this.#byId.set(id, kept);
    this.#journal.note(PREFIX + id, kept);
    return documentOf(kept);
  }

  /** @throws ServiceError ConfigurationNotFound, PreconditionFailed */
  delete(id: string, match: Match): void {
    this.#check(id, match);
    this.#byId.delete(id);
    this.#journal.note(PREFIX + id, undefined);
  }

  #find(id: string): KeptConfiguration {
    const known = this.#byId.get(id);
    if (!known) throw new ServiceError('ConfigurationNotFound', `Configuration ${id} does not exist.`);
    return known;
  }

  #check(id: string, match: Match): void {
    if (!isMatch(match, etagOf(this.#find(id).version))) throw preconditionFailed('configuration');
  }
}

function readBody(
  body: Json,
): Pick<KeptConfiguration, 'labels' | 'content' | 'metrics' | 'targetCondition' | 'priority'> {
  const { labels, content, metrics, targetCondition, priority } = body;
  if (!isObject(content)) throw argumentInvalid('content must be a JSON object.');
  if (targetCondition !== undefined && typeof targetCondition !== 'string') {
    throw argumentInvalid('targetCondition must be a text.');
  }
  if (priority !== undefined && (!Number.isInteger(priority) || (priority as number) < 0)) {
    throw argumentInvalid('priority must be an integer, 0 or above.');
  }
  return {
    labels: isObject(labels) ? labels : {},
    content,
    metrics: isObject(metrics) && isObject(metrics['queries']) ? metrics['queries'] : {},
    targetCondition: targetCondition ?? '',
    priority: (priority as number | undefined) ?? 0,
  };
}

const documentOf = (kept: KeptConfiguration): object => ({
  id: kept.id,
  schemaVersion: '1.0',
  labels: kept.labels,
  content: kept.content,
  targetCondition: kept.targetCondition,
  createdTimeUtc: new Date(kept.createdMs).toISOString(),
  lastUpdatedTimeUtc: new Date(kept.updatedMs).toISOString(),
  priority: kept.priority,
  systemMetrics: { results: {}, queries: {} },
  metrics: { results: {}, queries: kept.metrics },
  etag: etagOf(kept.version),
});
