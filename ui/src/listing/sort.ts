/** A column order as the address bar holds it: `size` or `-size`. */
export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

export function parseSort(text: string | undefined): Sort | null {
  if (text === undefined || text === '') return null;
  const descending = text.startsWith('-');
  return { column: descending ? text.slice(1) : text, descending };
}

export function formatSort(sort: Sort | null): string {
  return sort === null ? '' : `${sort.descending ? '-' : ''}${sort.column}`;
}

/** First press, reversed, and back to the order that the report came in. */
export function nextSort(sort: Sort | null, column: string): Sort | null {
  if (sort?.column !== column) return { column, descending: false };
  return sort.descending ? null : { column, descending: true };
}

export function directed<T>(order: (a: T, b: T) => number, sort: Sort): (a: T, b: T) => number {
  return sort.descending ? (a, b) => order(b, a) : order;
}
