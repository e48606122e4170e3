import { findEscaped, type Range } from './escaped-text.js';

/** Returns a string with every secret masked. */
export type Scrub = (text: string) => string;

const MASK = '********';

/** Shorter texts would match by chance within words that are not secret. */
const SHORTEST_LITERAL = 6;

/** Forms of secrets in HTTP headers, URLs and Azure credentials; the first group is kept. */
const SECRET_FORMS: readonly RegExp[] = [
  /((?:SharedAccessKey|AccountKey)(?:=|%3D)|\bsig(?:=|%3D)|\bBearer )[^\s;&"'\\<>]+/gi,
  /(\bauthorization\\{0,8}["']?\s{0,8}[:=]\s{0,8}\\{0,8}["']?Basic )[\w+/=-]+/gi,
  /(:\/\/[^\s/:@"'\\]{0,256}:)[^\s/@"'\\]{1,256}(?=@)/g,
];

/**
 * Returns a function that masks `secrets` in a string, and everything that has the form of a secret. A secret is found as
 * it is, escaped for JSON, URLs or XML (up to three times over), and in base64. Takes time linear in the length of the text.
 */
export function scrubber(secrets: readonly string[]): Scrub {
  const literals = [...new Set(secrets.filter((secret) => secret.length >= SHORTEST_LITERAL).flatMap(spellingsOf))]
    // The longer secrets come first: masking one that is part of another would leave the remainder of that one.
    .sort((one, other) => other.length - one.length);
  return (text) => {
    const unescaped = literals.reduce((masked, literal) => masked.replaceAll(literal, MASK), text);
    const scrubbed = mask(unescaped, findEscaped(unescaped, literals));
    return SECRET_FORMS.reduce((masked, form) => masked.replaceAll(form, `$1${MASK}`), scrubbed);
  };
}

/** A scrubber to which secrets can be added while it is used. */
export interface GrowingScrubber {
  readonly scrub: Scrub;
  add(secrets: readonly string[]): void;
}

/** Like `scrubber`. Secrets that were replaced stay masked, since they may still appear in texts. */
export function growingScrubber(secrets: readonly string[]): GrowingScrubber {
  const known = new Set(secrets);
  let scrub = scrubber(secrets);
  return {
    scrub: (text) => scrub(text),
    add(more) {
      if (more.every((secret) => known.has(secret))) return;
      for (const secret of more) known.add(secret);
      scrub = scrubber([...known]);
    },
  };
}

function spellingsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const url = encodeURIComponent(Buffer.from(secret).toString());
  return [secret, json, url, url.toLowerCase(), ...base64SpellingsOf(secret)];
}

/** The base64 of a string around the secret depends on the offset of the secret: three spellings, without the edges. */
function base64SpellingsOf(secret: string): string[] {
  const standard = [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    const wholeBits = Math.floor((bytes.length * 8) / 6);
    const inner = bytes.toString('base64').slice(Math.ceil((offset * 8) / 6), wholeBits);
    return inner.length >= SHORTEST_LITERAL ? [inner] : [];
  });
  return standard.flatMap((spelling) => [spelling, spelling.replaceAll('+', '-').replaceAll('/', '_')]);
}

function mask(text: string, ranges: readonly Range[]): string {
  let masked = '';
  let done = 0;
  for (const { start, end } of [...ranges].sort((one, other) => one.start - other.start)) {
    if (end <= done) continue;
    // An overlapping range continues the previous mask.
    if (start >= done) masked += `${text.slice(done, start)}${MASK}`;
    done = end;
  }
  return masked + text.slice(done);
}
