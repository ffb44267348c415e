/** Filters and orders of the image list. */
import type { ImageRow } from '../backend/bindings/ImageRow';
import { compareCounts, countsOfRisks } from '../severity';
import { directed, type Sort } from './sort';

export const IMAGE_CHIPS = [
  'critical',
  'high',
  'fixable',
  'not-scanned',
  'rebuilt',
  'not-judged',
  'dangling',
] as const;
export type ImageChip = (typeof IMAGE_CHIPS)[number];

/** What a row must be for a chip to keep it. */
const KEEPS: Record<ImageChip, (row: ImageRow) => boolean> = {
  critical: (row) => (row.scan?.counts.critical ?? 0) > 0,
  high: (row) => (row.scan?.counts.high ?? 0) > 0,
  fixable: (row) => (row.scan?.counts.fixable ?? 0) > 0,
  'not-scanned': (row) => row.scan_state === 'not-scanned',
  rebuilt: (row) => row.scan_state === 'rebuilt',
  'not-judged': (row) => row.scan !== null && !row.scan.judged,
  dangling: (row) => row.dangling,
};

export interface ImageFilter {
  readonly text: string;
  readonly engine: string;
  /** A row is kept that meets all of them. */
  readonly chips: ReadonlySet<ImageChip>;
}

export function rowName(row: ImageRow): string {
  return row.references[0] ?? '<none>';
}

export function filterImages(rows: readonly ImageRow[], filter: ImageFilter): ImageRow[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (filter.engine !== '' && row.engine !== filter.engine) return false;
    for (const chip of filter.chips) if (!KEEPS[chip](row)) return false;
    if (words.length === 0) return true;
    const text = [...row.references, row.config_digest, row.built_on?.name ?? '', row.role]
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** How many rows each chip would keep, whatever the other chips say. */
export function countChips(rows: readonly ImageRow[]): Record<ImageChip, number> {
  const counts = Object.fromEntries(IMAGE_CHIPS.map((chip) => [chip, 0])) as Record<
    ImageChip,
    number
  >;
  for (const row of rows) for (const chip of IMAGE_CHIPS) if (KEEPS[chip](row)) counts[chip] += 1;
  return counts;
}

const ORDERS: Record<string, (a: ImageRow, b: ImageRow) => number> = {
  name: (a, b) => rowName(a).localeCompare(rowName(b), 'en'),
  engine: (a, b) => a.engine.localeCompare(b.engine, 'en'),
  role: (a, b) => a.role.localeCompare(b.role, 'en'),
  built_on: (a, b) => (a.built_on?.name ?? '').localeCompare(b.built_on?.name ?? '', 'en'),
  size: (a, b) => b.size_bytes - a.size_bytes,
  age: (a, b) => (b.created ?? '').localeCompare(a.created ?? ''),
  origin: (a, b) => a.origin.localeCompare(b.origin, 'en'),
  scanned: (a, b) => (b.scan?.scanned_at ?? '').localeCompare(a.scan?.scanned_at ?? ''),
  findings: (a, b) => {
    // What was not scanned or judged is no "zero": it stands last.
    const ranked = (row: ImageRow) => (row.scan === null ? 2 : row.scan.judged ? 0 : 1);
    if (ranked(a) !== ranked(b)) return ranked(a) - ranked(b);
    if (a.scan === null || b.scan === null) return 0;
    return compareCounts(a.scan.counts, b.scan.counts);
  },
  risks: (a, b) => {
    const [of, other] = [a.scan?.risks ?? null, b.scan?.risks ?? null];
    // Not looked for is no "zero" either.
    if (of === null || other === null) return Number(of === null) - Number(other === null);
    return compareCounts(countsOfRisks(of), countsOfRisks(other));
  },
};

export function sortImages(rows: readonly ImageRow[], sort: Sort | null): ImageRow[] {
  const order = sort === null ? undefined : ORDERS[sort.column];
  return sort === null || order === undefined ? [...rows] : rows.toSorted(directed(order, sort));
}
