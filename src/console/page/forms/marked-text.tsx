import type { VNode } from 'preact';

/** A text with the place of a fault marked: the word that begins there, or its end. */
export function MarkedText({ text, offset }: { readonly text: string; readonly offset: number }): VNode {
  const { before, marked, after } = markedParts(text, offset);
  return (
    <p class="marked">
      {before}
      <mark>{marked}</mark>
      {after}
    </p>
  );
}

/** Characters before and after the mark that are shown. */
const SURROUNDINGS = 60;

export function markedParts(text: string, offset: number): { before: string; marked: string; after: string } {
  const word = /^(?:\w+|[^])/.exec(text.slice(offset))?.[0] ?? '';
  const start = Math.max(0, offset - SURROUNDINGS);
  const end = offset + word.length;
  return {
    before: `${start > 0 ? '…' : ''}${text.slice(start, offset)}`,
    // At the end of the text, and at a line's end, something visible has to carry the mark.
    marked: word.trim() === '' ? '▯' : word,
    after: `${text.slice(end, end + SURROUNDINGS)}${end + SURROUNDINGS < text.length ? '…' : ''}`,
  };
}
