/** Which rows of a long table are drawn. The others are stood in for by two empty rows of their height. */
export interface VisibleRows {
  readonly from: number;
  /** The first row after those that are drawn. */
  readonly to: number;
}

/** Shorter tables are drawn as a whole. */
export const WINDOW_THRESHOLD = 100;
/** Rows beyond the visible ones, so that scrolling by keyboard or wheel finds them drawn. */
const OVERSCAN = 15;

/** @param scrollTop, height, rowHeight in the same unit. */
export function visibleRows(
  count: number,
  { scrollTop, height, rowHeight }: { scrollTop: number; height: number; rowHeight: number },
): VisibleRows {
  if (count <= WINDOW_THRESHOLD || rowHeight <= 0) return { from: 0, to: count };
  const first = Math.floor(scrollTop / rowHeight);
  const shown = Math.ceil(height / rowHeight);
  const from = Math.max(0, Math.min(count - shown, first) - OVERSCAN);
  return { from, to: Math.min(count, first + shown + OVERSCAN) };
}

/** Whether the end of what is loaded is near enough to load more. */
export const isNearEnd = (count: number, { to }: VisibleRows, scrolledBy: number): boolean =>
  scrolledBy > 0 && to >= count - OVERSCAN;
