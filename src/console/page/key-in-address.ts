/** Parts of the browser's `location` and `history`. */
interface Address {
  readonly hash: string;
  readonly pathname: string;
  readonly search: string;
}
interface AddressBar {
  replaceState(data: null, unused: string, url: string): void;
}

const KEY = 'key';

/**
 * Takes the key out of an address such as `http://127.0.0.1:9009/#key=...`. It leaves the address bar and the history
 * before anything else happens; being behind `#`, it was never sent.
 */
export function takeKey({ hash, pathname, search }: Address, bar: AddressBar): string | null {
  const key = new URLSearchParams(hash.slice(1)).get(KEY);
  if (key === null) return null;
  bar.replaceState(null, '', `${pathname}${search}`);
  return key;
}
