/** Filters, orders and groups of findings; made for 50,000 of them. */
import type { Finding } from '../backend/bindings/Finding';
import type { Severity } from '../backend/bindings/Severity';
import type { SeverityCounts } from '../backend/bindings/SeverityCounts';
import { addFinding, compareCounts, noCounts, severityRank } from '../severity';
import { groupBy } from './group';
import { directed, type Sort } from './sort';

export interface FindingFilter {
  readonly text: string;
  /** Empty keeps all. */
  readonly severities: ReadonlySet<Severity>;
  readonly fixable: boolean;
  /** Only those whose exploitation is known. */
  readonly exploited: boolean;
  readonly brought: 'anywhere' | 'base' | 'own';
  readonly layer: number | null;
  readonly owner: string | null;
  /** Whether those shown apart are among the rows. */
  readonly apart: boolean;
  /** Keys to keep, as those that a rescan found new; `null` keeps all. */
  readonly keys: ReadonlySet<string> | null;
}

/** The text to search, by position; made once a report, for making it takes longer than a search. */
const texts = new WeakMap<readonly Finding[], readonly string[]>();

function textsOf(findings: readonly Finding[]): readonly string[] {
  let known = texts.get(findings);
  if (known === undefined) {
    known = findings.map(({ vulnerability, package_name, owner, summary }) =>
      `${vulnerability} ${package_name} ${owner} ${summary}`.toLowerCase(),
    );
    texts.set(findings, known);
  }
  return known;
}

/** Whether all but severity, fixable and apart keep it: chips count within this. */
function inScope(finding: Finding, filter: FindingFilter): boolean {
  if (filter.layer !== null && finding.layer !== filter.layer) return false;
  if (filter.owner !== null && finding.owner !== filter.owner) return false;
  if (filter.brought === 'base' && !finding.inherited) return false;
  if (filter.brought === 'own' && finding.inherited) return false;
  return filter.keys === null || filter.keys.has(finding.key);
}

export interface FilteredFindings {
  readonly rows: Finding[];
  /** Counts within the scope, so that a chip says what it would show. */
  readonly counts: SeverityCounts;
}

export function filterFindings(
  findings: readonly Finding[],
  filter: FindingFilter,
): FilteredFindings {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const haystack = words.length === 0 ? [] : textsOf(findings);
  const counts = noCounts();
  const rows: Finding[] = [];
  for (const [index, finding] of findings.entries()) {
    if (!inScope(finding, filter)) continue;
    if (!words.every((word) => haystack[index]?.includes(word))) continue;
    addFinding(counts, finding);
    if (finding.apart !== null && !filter.apart) continue;
    if (filter.fixable && finding.status !== 'fixed') continue;
    if (filter.exploited && finding.known_exploited === null) continue;
    if (filter.severities.size > 0 && !filter.severities.has(finding.severity)) continue;
    rows.push(finding);
  }
  return { rows, counts };
}

const collator = new Intl.Collator('en', { numeric: true });

const ORDERS: Record<string, (a: Finding, b: Finding) => number> = {
  severity: (a, b) => severityRank(a.severity) - severityRank(b.severity),
  vulnerability: (a, b) => collator.compare(a.vulnerability, b.vulnerability),
  package: (a, b) => collator.compare(a.package_name, b.package_name),
  fixed: (a, b) => Number(a.fixed_version === null) - Number(b.fixed_version === null),
  layer: (a, b) => (a.layer ?? -1) - (b.layer ?? -1),
  owner: (a, b) => collator.compare(a.owner, b.owner),
};

export function sortFindings(rows: readonly Finding[], sort: Sort | null): readonly Finding[] {
  const order = sort === null ? undefined : ORDERS[sort.column];
  return sort === null || order === undefined ? rows : rows.toSorted(directed(order, sort));
}

export const FINDING_GROUPS = ['package', 'owner', 'vulnerability'] as const;
export type FindingGroup = (typeof FINDING_GROUPS)[number];

const GROUP_KEY: Record<FindingGroup, (finding: Finding) => string> = {
  package: (finding) => `${finding.package_name} ${finding.package_version}`,
  owner: (finding) => finding.owner,
  vulnerability: (finding) => finding.vulnerability,
};

export interface Group {
  readonly group: string;
  readonly counts: SeverityCounts;
  readonly size: number;
  readonly open: boolean;
}

/** Rows under their group, the worst group first, closed groups without their rows. */
export function groupFindings(
  rows: readonly Finding[],
  by: FindingGroup,
  open: ReadonlySet<string>,
): (Group | Finding)[] {
  const members = groupBy(rows, GROUP_KEY[by]);
  const groups = [...members].map(([name, findings]) => {
    const counts = noCounts();
    for (const finding of findings) addFinding(counts, finding);
    return { name, findings, counts };
  });
  groups.sort((a, b) => compareCounts(a.counts, b.counts) || collator.compare(a.name, b.name));
  return groups.flatMap(({ name, findings, counts }) => {
    const header = { group: name, counts, size: findings.length, open: open.has(name) };
    return header.open ? [header, ...findings] : [header];
  });
}

export function isGroup(row: Group | Finding): row is Group {
  return 'group' in row;
}
