import { isPlainObject } from '../../../core/objects.js';
import type { Clock } from '../../../core/clock.js';
import type { Store } from '../../../store/store.js';
import { etagOf, isMatch, type Match, readWholeNumber } from '../answers/wire-values.js';
import { argumentInvalid, preconditionFailed, ServiceError } from '../answers/service-error.js';
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

/** Counts the devices or modules that a query finds; returns `undefined` if it cannot be parsed. */
export type CountTargets = (query: string) => number | undefined;

/** Automatic device configurations. They are stored and listed but never applied to twins. */
export class Configurations {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #countTargets: CountTargets;
  readonly #byId = new Map<string, KeptConfiguration>();
  /** Counts from the last read of each configuration; counting again for a list would scan all twins for each of them. */
  readonly #targetedCounts = new Map<string, number>();

  constructor(journal: Journal, clock: Clock, countTargets: CountTargets) {
    this.#journal = journal;
    this.#clock = clock;
    this.#countTargets = countTargets;
  }

  async load(store: Store): Promise<void> {
    for await (const [, value] of store.entries({ prefix: PREFIX })) {
      const kept = value as KeptConfiguration;
      this.#byId.set(kept.id, kept);
    }
  }

  list(): object[] {
    return [...this.#byId.keys()].sort().map((id) => {
      const kept = this.#find(id);
      return this.#targetedCounts.has(id) ? this.#document(kept) : this.#counted(kept);
    });
  }

  /** @throws ServiceError ConfigurationNotFound */
  get(id: string): object {
    return this.#counted(this.#find(id));
  }

  /** Creates a configuration or, if there is a condition, replaces it. @throws ServiceError */
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
    this.#journal.record(PREFIX + id, kept);
    return this.#counted(kept);
  }

  /** @throws ServiceError ConfigurationNotFound, PreconditionFailed */
  delete(id: string, match: Match): void {
    this.#check(id, match);
    this.#byId.delete(id);
    this.#targetedCounts.delete(id);
    this.#journal.record(PREFIX + id, undefined);
  }

  #counted(kept: KeptConfiguration): object {
    const count = this.#countTargets(systemQueriesOf(kept).targetedCount);
    if (count === undefined) this.#targetedCounts.delete(kept.id);
    else this.#targetedCounts.set(kept.id, count);
    return this.#document(kept);
  }

  #document(kept: KeptConfiguration): object {
    return documentOf(kept, this.#targetedCounts.get(kept.id));
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
  if (!isPlainObject(content)) throw argumentInvalid('content must be a JSON object.');
  if (targetCondition !== undefined && typeof targetCondition !== 'string') {
    throw argumentInvalid('targetCondition must be a string.');
  }
  const wholePriority = readWholeNumber(priority ?? 0);
  if (wholePriority === undefined || wholePriority < 0) {
    throw argumentInvalid('priority must be an integer of 0 or above.');
  }
  return {
    labels: isPlainObject(labels) ? labels : {},
    content,
    metrics: isPlainObject(metrics) && isPlainObject(metrics['queries']) ? metrics['queries'] : {},
    targetCondition: targetCondition ?? '',
    priority: wholePriority,
  };
}

/** Returns the queries behind the system metrics that the service has for every configuration. */
function systemQueriesOf({ id, targetCondition }: KeptConfiguration): {
  readonly targetedCount: string;
  readonly appliedCount: string;
} {
  const condition = targetCondition.trim();
  const isForModules = /^FROM\s+devices\s*\.\s*modules\b/iu.test(condition);
  const projection = isForModules ? 'SELECT deviceId, moduleId' : 'SELECT deviceId FROM devices';
  const applied = isForModules ? `${projection} FROM devices.modules` : projection;
  return {
    targetedCount: isForModules ? `${projection} ${condition}` : `${projection}${whereOf(condition)}`,
    appliedCount: `${applied} WHERE configurations.[[${id}]].status = 'Applied'`,
  };
}

/** An empty condition targets no device, `*` all of them. */
function whereOf(condition: string): string {
  if (condition === '*') return '';
  return condition === '' ? ' WHERE false' : ` WHERE ${condition}`;
}

const documentOf = (kept: KeptConfiguration, targetedCount: number | undefined): object => ({
  id: kept.id,
  schemaVersion: '1.0',
  labels: kept.labels,
  content: kept.content,
  targetCondition: kept.targetCondition,
  createdTimeUtc: new Date(kept.createdMs).toISOString(),
  lastUpdatedTimeUtc: new Date(kept.updatedMs).toISOString(),
  priority: kept.priority,
  systemMetrics: {
    results: targetedCount === undefined ? {} : { targetedCount, appliedCount: 0 },
    queries: systemQueriesOf(kept),
  },
  metrics: { results: {}, queries: kept.metrics },
  etag: etagOf(kept.version),
});
