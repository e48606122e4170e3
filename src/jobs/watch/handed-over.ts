/**
 * Records of watched jobs that an agent hands over to the one that serves the hub now. An agent that is cut off from its
 * database continues to schedule and watch jobs; when it has lost the hub, these jobs are recorded only in its memory.
 */
import type { Store, StoreChange } from '../../store/store.js';
import { readRecord, type WatchRecord } from './record.js';

const prefixOf = (hubName: string): string => `watch-handed-over/${encodeURIComponent(hubName)}/`;

/** Returns the changes that hand over records to another agent. They are written without a lease. */
export function handOver(hubName: string, records: readonly WatchRecord[]): StoreChange[] {
  return records.map((record) => ({ type: 'put', key: `${prefixOf(hubName)}${record.jobId}`, value: record }));
}

export interface HandedOver {
  readonly records: readonly WatchRecord[];
  /** The changes that delete all that was found, records that cannot be parsed included. */
  readonly removal: readonly StoreChange[];
}

/** Reads the records that other agents have handed over. @throws AgentError as the store. */
export async function findHandedOver(store: Store, hubName: string): Promise<HandedOver> {
  const records: WatchRecord[] = [];
  const removal: StoreChange[] = [];
  for await (const [key, value] of store.entries({ prefix: prefixOf(hubName) })) {
    const record = readRecord(value);
    if (record) records.push(record);
    removal.push({ type: 'delete', key });
  }
  return { records, removal };
}
