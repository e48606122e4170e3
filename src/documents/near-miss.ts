/** Returns the candidate that `word` was probably meant to be: one that differs only in case, separators or a few typos. */
export function nearMiss(word: string, candidates: readonly string[]): string | undefined {
  const plain = plainForm(word);
  const same = candidates.find((candidate) => plainForm(candidate) === plain);
  if (same !== undefined) return same;
  const allowed = Math.max(plain.length < 4 ? 1 : 2, Math.floor(plain.length / 3));
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(plain, plainForm(candidate));
    if (distance <= allowed && (!best || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

const MAX_WORD_LENGTH = 64;

const plainForm = (word: string): string =>
  word
    .slice(0, MAX_WORD_LENGTH)
    .toLowerCase()
    .replaceAll(/[-_.\s]/g, '');

/** Returns the Levenshtein distance: the insertions, deletions and replacements that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
