import { randomBytes } from 'node:crypto';

/** The rights of a shared access policy. */
export type Right = 'RegistryRead' | 'RegistryWrite' | 'ServiceConnect' | 'DeviceConnect';

export interface KeyPair {
  readonly primaryKey: string;
  readonly secondaryKey: string;
}

export interface Policy extends KeyPair {
  readonly name: string;
  readonly rights: readonly Right[];
}

/** The policies that every new hub has [HUB A.2]. */
export const DEFAULT_POLICIES: Readonly<Record<string, readonly Right[]>> = {
  iothubowner: ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect'],
  service: ['ServiceConnect'],
  device: ['DeviceConnect'],
  registryRead: ['RegistryRead'],
  registryReadWrite: ['RegistryRead', 'RegistryWrite'],
};

const KEY_BYTES = 32;

/** Generates two base64 keys as the service does for policies and devices. */
export const newKeyPair = (): KeyPair => ({
  primaryKey: randomBytes(KEY_BYTES).toString('base64'),
  secondaryKey: randomBytes(KEY_BYTES).toString('base64'),
});

/** The default policies with their keys. */
export function policiesOf(keys: Readonly<Record<string, KeyPair>>): ReadonlyMap<string, Policy> {
  return new Map(
    Object.entries(DEFAULT_POLICIES).map(([name, rights]) => [name, { name, rights, ...(keys[name] ?? newKeyPair()) }]),
  );
}
