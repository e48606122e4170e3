import { randomBytes } from 'node:crypto';
import type { Store } from '../../../store/store.js';
import { DEFAULT_POLICIES, type KeyPair, newKeyPair } from '../access/policies.js';

const KEY = 'meta/secrets';

/** What a hub generates once and keeps for good. */
export interface HubSecrets {
  /** By name of the policy. */
  readonly policyKeys: Readonly<Record<string, KeyPair>>;
  /** Signs continuation tokens; base64. */
  readonly pagingSecret: string;
}

/** The secrets of the hub in this store; new ones for a new hub. */
export async function ensureSecrets(store: Store | undefined): Promise<HubSecrets> {
  const kept = (await store?.get(KEY)) as HubSecrets | undefined;
  if (kept) return kept;
  const made: HubSecrets = {
    policyKeys: Object.fromEntries(Object.keys(DEFAULT_POLICIES).map((name) => [name, newKeyPair()])),
    pagingSecret: randomBytes(32).toString('base64'),
  };
  await store?.put(KEY, made);
  return made;
}
