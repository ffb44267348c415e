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

/** The text to search, by position; made once a report, for making it takes longer than a search. */
const texts = new WeakMap<readonly Package[], readonly string[]>();

function textsOf(packages: readonly Package[]): readonly string[] {
  let known = texts.get(packages);
  if (known === undefined) {
    known = packages.map((entry) =>
      [
        entry.name,
        entry.version,
        entry.kind,
        entry.source?.name,
        entry.owned_by?.name,
        entry.evidence,
        ...entry.licences.map((licence) => licence.text),
      ]
        .join(' ')
        .toLowerCase(),
    );
    texts.set(packages, known);
  }
  return known;
}

export function filterPackages(packages: readonly Package[], filter: PackageFilter): Package[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const haystack = words.length === 0 ? [] : textsOf(packages);
  return packages.filter((entry, index) => {
    if (filter.layer !== null && entry.layer !== filter.layer) return false;
    if (filter.owner !== null && entry.owner !== filter.owner) return false;
    if (filter.withFindings && entry.findings === 0) return false;
    return words.every((word) => haystack[index]?.includes(word));
  });
}

/** What no other package of the image has. */
export function packageKey({ kind, name, architecture, place }: Package): string {
  return JSON.stringify([kind, name, architecture, place]);
}

/** Licences on one line; several records may tell several. */
export function licenceText(entry: Package): string {
  return entry.licences.map((licence) => licence.text).join('; ');
}

/** Packages in their order, each that is made of another's files right after that one. */
export function nestPackages(rows: readonly Package[]): readonly Package[] {
  if (rows.every((entry) => entry.owned_by === null)) return rows;
  const ownerKey = (kind: string, name: string) => JSON.stringify([kind, name]);
  const owners = new Map<string, Package>();
  for (const entry of rows) {
    const key = ownerKey(entry.kind, entry.name);
    if (entry.owned_by === null && !owners.has(key)) owners.set(key, entry);
  }
  const owned = new Map<Package, Package[]>();
  const alone: Package[] = [];
  for (const entry of rows) {
    const owner = entry.owned_by && owners.get(ownerKey(entry.owned_by.kind, entry.owned_by.name));
    if (!owner) alone.push(entry);
    else {
      const members = owned.get(owner);
      if (members === undefined) owned.set(owner, [entry]);
      else members.push(entry);
    }
  }
  return alone.flatMap((entry) => [entry, ...(owned.get(entry) ?? [])]);
}

const collator = new Intl.Collator('en', { numeric: true });

const ORDERS: Record<string, (a: Package, b: Package) => number> = {
  name: (a, b) => collator.compare(a.name, b.name),
  version: (a, b) => collator.compare(a.version, b.version),
  kind: (a, b) => collator.compare(a.kind, b.kind),
  licence: (a, b) => collator.compare(licenceText(a), licenceText(b)),
  system: (a, b) => collator.compare(a.owned_by?.name ?? '', b.owned_by?.name ?? ''),
  evidence: (a, b) => collator.compare(a.evidence, b.evidence),
  source: (a, b) => collator.compare(a.source?.name ?? '', b.source?.name ?? ''),
  layer: (a, b) => (a.layer ?? -1) - (b.layer ?? -1),
  owner: (a, b) => collator.compare(a.owner, b.owner),
  findings: (a, b) => b.findings - a.findings,
};

export function sortPackages(rows: readonly Package[], sort: Sort | null): readonly Package[] {
  const order = sort === null ? undefined : ORDERS[sort.column];
  if (sort === null || order === undefined) return nestPackages(rows);
  return rows.toSorted(directed(order, sort));
}

export const PACKAGE_GROUPS = ['layer', 'owner', 'kind', 'licence', 'system', 'source'] as const;
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
