import type { Store, StoreChange } from '../store/store.js';
import type { RolloutKeys } from './keys.js';
import type { RolloutDefinition, RolloutRecord } from './records.js';

/** What a roll-out sends to its devices: up to 128 KiB, written once and not with each step. */
type Content = Pick<RolloutDefinition, 'payloadText' | 'patchText'>;

/** The change that stores the head of a roll-out, without its content. */
export function headChange(keys: RolloutKeys, record: RolloutRecord): StoreChange {
  const { payloadText: _payloadText, patchText: _patchText, ...definition } = record.definition;
  return { type: 'put', key: keys.head(record.sequence), value: { ...record, definition } };
}

/** The change that stores the content of a new roll-out. */
export function contentChange(keys: RolloutKeys, { sequence, definition }: RolloutRecord): StoreChange {
  const { payloadText, patchText } = definition;
  const content: Content = {
    ...(payloadText === undefined ? {} : { payloadText }),
    ...(patchText === undefined ? {} : { patchText }),
  };
  return { type: 'put', key: keys.content(sequence), value: content };
}

/** The head of a roll-out with its content; undefined if it does not exist. */
export async function readHead(store: Store, keys: RolloutKeys, sequence: number): Promise<RolloutRecord | undefined> {
  const record = (await store.get(keys.head(sequence))) as RolloutRecord | undefined;
  if (!record) return undefined;
  const content = (await store.get(keys.content(sequence))) as Content | undefined;
  return { ...record, definition: { ...record.definition, ...content } };
}
