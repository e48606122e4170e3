/**
 * Compares two keys as their UTF-8 bytes would compare. That is the order of code points: UTF-16 order, but for the
 * surrogates, which stand below U+E000 as code units and above U+FFFF as code points.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

const codePointRank = (unit: number): number => (isSurrogate(unit) ? unit + 0x10000 : unit);
