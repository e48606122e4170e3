/** Script functions other than those for dates and InfoTables. Runs inside the realm of a script (see realm.ts). */
import type { Members } from './realm-types.js';
import type * as values from './values.js';

declare const signedBytes: typeof values.signedBytes;
declare const textOf: typeof values.textOf;

function utf8Bytes(text: string): number[] {
  const escaped = encodeURIComponent(text);
  const bytes: number[] = [];
  for (let at = 0; at < escaped.length; at += 1)
    if (escaped[at] === '%') {
      bytes.push(Number.parseInt(escaped.slice(at + 1, at + 3), 16));
      at += 2;
    } else bytes.push(escaped.charCodeAt(at));
  return bytes;
}

function utf8Text(bytes: readonly number[]): string {
  const escaped = bytes.map((byte) => `%${(byte & 0xff).toString(16).padStart(2, '0')}`).join('');
  try {
    return decodeURIComponent(escaped);
  } catch {
    throw new Error('base64DecodeString: the bytes are not UTF-8 text');
  }
}

function base64Of(bytes: readonly number[]): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const digit = (bits: number): string => digits.charAt(bits & 63);
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [one = 0, two = 0, three = 0] = bytes.slice(at, at + 3).map((byte) => byte & 0xff);
    const group = (one << 16) | (two << 8) | three;
    const left = bytes.length - at;
    text +=
      digit(group >> 18) + digit(group >> 12) + (left > 1 ? digit(group >> 6) : '=') + (left > 2 ? digit(group) : '=');
  }
  return text;
}

function randomGuid(): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (letter) => {
    const digit = Math.floor(Math.random() * 16);
    return (letter === 'x' ? digit : (digit & 3) | 8).toString(16);
  });
}

/** Returns the great-circle distance in miles (M), kilometers (K) or nautical miles (N). */
function distance(one: unknown, other: unknown, units: unknown): number {
  const radiusKm = 6371;
  const perKm: Members = { M: 0.621371192, K: 1, N: 0.539956803 };
  const factor = perKm[textOf(units ?? 'M').toUpperCase()];
  if (typeof factor !== 'number') throw new Error('distanceBetween: the units must be M, K or N');
  const [a, b] = [one, other].map((location) => {
    const { latitude, longitude } = (location ?? {}) as Members;
    return { latitude: (Number(latitude) * Math.PI) / 180, longitude: (Number(longitude) * Math.PI) / 180 };
  });
  const [lat1 = 0, lat2 = 0] = [a?.latitude, b?.latitude];
  const turn = Math.sin((lat2 - lat1) / 2) ** 2;
  const along = Math.sin(((b?.longitude ?? 0) - (a?.longitude ?? 0)) / 2) ** 2;
  return 2 * radiusKm * Math.asin(Math.sqrt(turn + Math.cos(lat1) * Math.cos(lat2) * along)) * factor;
}

/** Blocks the script's own thread; the time limit of scripts bounds it. */
function pauseFor(ms: unknown): void {
  const until = Date.now() + Number(ms);
  while (Date.now() < until);
}

/** Functions that ThingWorx has and the sandbox does not. Calling one throws an error that says so. */
function missingFunctions(): Members {
  const made: Members = {};
  const names =
    'encryptString encryptStringWithKey decryptStringWithkey decryptStringWithKey encryptPropertyValue formatNumber ' +
    'getHostIPAddress getAdapterIPAddress createCircularGeoFence containsLocation enableDiagnosticTrace ' +
    'disableDiagnosticTrace';
  names.split(' ').forEach((name) => {
    made[name] = () => {
      throw new Error(`the sandbox does not have the function ${name}`);
    };
  });
  return made;
}

function otherFunctions(): Members {
  return {
    ...missingFunctions(),
    base64EncodeString: (text: unknown) => base64Of(utf8Bytes(String(text))),
    base64DecodeString: (text: unknown) => utf8Text(signedBytes(String(text))),
    base64EncodeBytes: (bytes: unknown) => base64Of(((bytes as Members)['array'] ?? bytes) as number[]),
    base64DecodeBytes: (text: unknown) => signedBytes(String(text)),
    distanceBetween: distance,
    generateGUID: randomGuid,
    pause: pauseFor,
  };
}

export const OTHER_FUNCTIONS = [
  utf8Bytes,
  utf8Text,
  base64Of,
  randomGuid,
  distance,
  pauseFor,
  missingFunctions,
  otherFunctions,
];
export type { otherFunctions };
