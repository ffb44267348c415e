/** Filters, orders and groups of packages. */
import type { Package } from '../backend/bindings/Package';
import { groupBy } from './group';
import { directed, type Sort } from './sort';

export interface PackageFilter {
  readonly text: string;
  readonly layer: number | null;
  readonly owner: string | null;
  readonly withFindings: boolean;
}

export function filterPackages(packages: readonly Package[], filter: PackageFilter): Package[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return packages.filter((entry) => {
    if (filter.layer !== null && entry.layer !== filter.layer) return false;
    if (filter.owner !== null && entry.owner !== filter.owner) return false;
    if (filter.withFindings && entry.findings === 0) return false;
    if (words.length === 0) return true;
    const text = `${entry.name} ${entry.version} ${entry.source?.name ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

const collator = new Intl.Collator('en', { numeric: true });

const ORDERS: Record<string, (a: Package, b: Package) => number> = {
  name: (a, b) => collator.compare(a.name, b.name),
  version: (a, b) => collator.compare(a.version, b.version),
  source: (a, b) => collator.compare(a.source?.name ?? '', b.source?.name ?? ''),
  layer: (a, b) => (a.layer ?? -1) - (b.layer ?? -1),
  owner: (a, b) => collator.compare(a.owner, b.owner),
  findings: (a, b) => b.findings - a.findings,
};

export function sortPackages(rows: readonly Package[], sort: Sort | null): readonly Package[] {
  const order = sort === null ? undefined : ORDERS[sort.column];
  return sort === null || order === undefined ? rows : rows.toSorted(directed(order, sort));
}

export const PACKAGE_GROUPS = ['layer', 'owner', 'source'] as const;
export type PackageGroup = (typeof PACKAGE_GROUPS)[number];

export interface PackageGroupRow {
  readonly group: string;
  readonly size: number;
  readonly findings: number;
  readonly open: boolean;
}

/** Rows under their group: layers in their order, the others by name. */
export function groupPackages(
  rows: readonly Package[],
  by: PackageGroup,
  nameOf: (entry: Package, by: PackageGroup) => string,
  closed: ReadonlySet<string>,
): (PackageGroupRow | Package)[] {
  const sorted = rows.toSorted(ORDERS[by]);
  const members = groupBy(sorted, (entry) => nameOf(entry, by));
  return [...members].flatMap(([group, packages]) => {
    const findings = packages.reduce((sum, entry) => sum + entry.findings, 0);
    const header = { group, size: packages.length, findings, open: !closed.has(group) };
    return header.open ? [header, ...packages] : [header];
  });
}

export function isPackageGroup(row: PackageGroupRow | Package): row is PackageGroupRow {
  return 'group' in row;
}
