/** Which rows of a long list to draw. */
export interface VisibleRows {
  /** Index of the first row drawn. */
  readonly first: number;
  /** Index after the last row drawn. */
  readonly end: number;
  /** Pixels from the top of the list to the first row drawn. */
  readonly offset: number;
}

/** Rows drawn beyond each edge, so that fast scrolling shows no gap. */
export const OVERSCAN = 8;

export function visibleRows(
  scrollTop: number,
  viewportHeight: number,
  rowHeight: number,
  count: number,
): VisibleRows {
  const top = Math.max(0, Math.floor(scrollTop / rowHeight) - OVERSCAN);
  const first = Math.min(top, Math.max(0, count - 1));
  const end = Math.min(count, Math.ceil((scrollTop + viewportHeight) / rowHeight) + OVERSCAN);
  return { first, end: Math.max(first, end), offset: first * rowHeight };
}

/** The scroll position nearest to `scrollTop` that shows a row whole, below a sticky header. */
export function scrollToShow(
  index: number,
  scrollTop: number,
  viewportHeight: number,
  rowHeight: number,
  headerHeight: number,
): number {
  const top = index * rowHeight;
  const bottom = top + rowHeight + headerHeight;
  if (top < scrollTop) return top;
  if (bottom > scrollTop + viewportHeight) return bottom - viewportHeight;
  return scrollTop;
}

/** Where a key leads from a row; `null` where it does not move. */
export function moveTo(key: string, from: number, count: number, page: number): number | null {
  const last = count - 1;
  const target: Record<string, number> = {
    ArrowDown: from + 1,
    j: from + 1,
    ArrowUp: from - 1,
    k: from - 1,
    PageDown: from + page,
    PageUp: from - page,
    Home: 0,
    End: last,
  };
  const wanted = target[key];
  if (wanted === undefined || count === 0) return null;
  return Math.min(last, Math.max(0, wanted));
}
