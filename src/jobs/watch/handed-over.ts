/**
 * Records of watched jobs that an agent has left for the one that serves the hub now. An agent that is cut off from its
 * database goes on scheduling and watching jobs; when it finds that it has lost the hub, only its memory knows of them.
 */
import type { Store, StoreChange } from '../../store/store.js';
import { readRecord, type WatchRecord } from './record.js';

const prefixOf = (hubName: string): string => `watch-handed-over/${encodeURIComponent(hubName)}/`;

/** The changes that leave records for another agent. They are written without a lease. */
export function handOver(hubName: string, records: readonly WatchRecord[]): StoreChange[] {
  return records.map((record) => ({ type: 'put', key: `${prefixOf(hubName)}${record.jobId}`, value: record }));
}

export interface HandedOver {
  readonly records: readonly WatchRecord[];
  /** Deletes what was found. */
  readonly removal: readonly StoreChange[];
}

/** What other agents have left. */
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
