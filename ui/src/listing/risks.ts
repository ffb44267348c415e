/** Filters, orders and groups of risks; the report has the worst first. */
import type { Risk } from '../backend/bindings/Risk';
import type { RiskGroup } from '../backend/bindings/RiskGroup';
import type { Severity } from '../backend/bindings/Severity';
import type { SeverityCounts } from '../backend/bindings/SeverityCounts';
import { compareCounts, noCounts, severityRank } from '../severity';
import { groupBy } from './group';
import { directed, type Sort } from './sort';

/** In this image's own layers and configuration, in an ancestor's, or in either. */
export const RISK_ORIGINS = ['own', 'base', 'anywhere'] as const;
export type RiskOrigin = (typeof RISK_ORIGINS)[number];

export const RISK_SUBJECTS = [
  'configuration',
  'files',
  'secrets',
] as const satisfies readonly RiskGroup[];

export interface RiskFilter {
  readonly text: string;
  readonly brought: RiskOrigin;
  /** Empty keeps all. */
  readonly severities: ReadonlySet<Severity>;
  /** Empty keeps all. */
  readonly subjects: ReadonlySet<RiskGroup>;
  /** Only those that a later layer hides. */
  readonly hidden: boolean;
  readonly layer: number | null;
  readonly owner: string | null;
}

/**
 * Where to begin: what the image brought itself is what its Containerfile can mend. A layer or an
 * owner that was asked for may be an ancestor's.
 */
export function originOf(
  asked: string | undefined,
  remembered: RiskOrigin,
  narrowed: boolean,
): RiskOrigin {
  const chosen = RISK_ORIGINS.find((origin) => origin === asked);
  return chosen ?? (narrowed ? 'anywhere' : remembered);
}

/** `app/.env:3`, or what of the configuration it is; empty where nothing tells. */
export function placeOf({ path, line, instruction }: Risk): string {
  if (path === null) return instruction;
  return line === null ? path : `${path}:${line}`;
}

/** The message below its title, which it need not say again. */
export function belowTitle({ title, message }: Risk): string {
  const start = `${title}: `;
  return message.startsWith(start) ? message.slice(start.length) : message;
}

/** The text to search, by position; made once a report, for making it takes longer than a search. */
const texts = new WeakMap<readonly Risk[], readonly string[]>();

function textsOf(risks: readonly Risk[]): readonly string[] {
  let known = texts.get(risks);
  if (known === undefined) {
    known = risks.map((risk) =>
      [
        risk.title,
        risk.message,
        placeOf(risk),
        risk.instruction,
        risk.owner,
        risk.group,
        risk.severity,
        risk.check,
        risk.package?.name,
        risk.secret?.kind,
        risk.secret?.shown,
      ]
        .join(' ')
        .toLowerCase(),
    );
    texts.set(risks, known);
  }
  return known;
}

/** Digits of a fingerprint that are taken for one; fewer stand in most of them by chance. */
const FINGERPRINT_START = 8;

function isOf(word: string, fingerprint: string): boolean {
  return word.length >= FINGERPRINT_START && fingerprint.startsWith(word);
}

export interface FilteredRisks {
  readonly rows: Risk[];
  /** How many there are of each origin among what text, layer and owner keep. */
  readonly origins: Record<RiskOrigin, number>;
  /** Counts among those of the chosen origin, so that a chip says what it would show. */
  readonly severities: SeverityCounts;
  readonly subjects: Record<RiskGroup, number>;
  readonly hidden: number;
}

export function filterRisks(risks: readonly Risk[], filter: RiskFilter): FilteredRisks {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const haystack = words.length === 0 ? [] : textsOf(risks);
  const origins = { own: 0, base: 0, anywhere: 0 };
  const severities = noCounts();
  const subjects = { configuration: 0, files: 0, secrets: 0 };
  let hidden = 0;
  const rows: Risk[] = [];
  for (const [index, risk] of risks.entries()) {
    if (filter.layer !== null && risk.layer !== filter.layer) continue;
    if (filter.owner !== null && risk.owner !== filter.owner) continue;
    const has = (word: string) =>
      haystack[index]?.includes(word) === true || isOf(word, risk.fingerprint);
    if (!words.every(has)) continue;
    const origin = risk.inherited ? 'base' : 'own';
    origins[origin] += 1;
    origins.anywhere += 1;
    if (filter.brought !== 'anywhere' && filter.brought !== origin) continue;
    severities[risk.severity] += 1;
    subjects[risk.group] += 1;
    if (!risk.visible) hidden += 1;
    if (filter.severities.size > 0 && !filter.severities.has(risk.severity)) continue;
    if (filter.subjects.size > 0 && !filter.subjects.has(risk.group)) continue;
    if (filter.hidden && risk.visible) continue;
    rows.push(risk);
  }
  return { rows, origins, severities, subjects, hidden };
}

const keys = new WeakMap<readonly Risk[], ReadonlyMap<Risk, string>>();

/** A key for each: its fingerprint, numbered where several have the same. */
export function riskKeys(risks: readonly Risk[]): ReadonlyMap<Risk, string> {
  let known = keys.get(risks);
  if (known === undefined) {
    const seen = new Map<string, number>();
    known = new Map(
      risks.map((risk) => {
        const count = (seen.get(risk.fingerprint) ?? 0) + 1;
        seen.set(risk.fingerprint, count);
        return [risk, count === 1 ? risk.fingerprint : `${risk.fingerprint} ${count}`];
      }),
    );
    keys.set(risks, known);
  }
  return known;
}

const collator = new Intl.Collator('en', { numeric: true });

const ORDERS: Record<string, (a: Risk, b: Risk) => number> = {
  severity: (a, b) => severityRank(a.severity) - severityRank(b.severity),
  title: (a, b) => collator.compare(a.title, b.title),
  place: (a, b) => collator.compare(placeOf(a), placeOf(b)),
  layer: (a, b) => (a.layer ?? -1) - (b.layer ?? -1),
  owner: (a, b) => collator.compare(a.owner, b.owner),
};

export function sortRisks(rows: readonly Risk[], sort: Sort | null): readonly Risk[] {
  const order = sort === null ? undefined : ORDERS[sort.column];
  return sort === null || order === undefined ? rows : rows.toSorted(directed(order, sort));
}

export const RISK_GROUPINGS = ['layer', 'owner', 'check', 'subject'] as const;
export type RiskGrouping = (typeof RISK_GROUPINGS)[number];

const GROUP_KEY: Record<RiskGrouping, (risk: Risk) => string> = {
  layer: (risk) => String(risk.layer ?? ''),
  owner: (risk) => risk.owner,
  check: (risk) => risk.check,
  subject: (risk) => risk.group,
};

export interface RiskGroupRow {
  /** What its members have in common: a layer's position, an owner, a check, a subject. */
  readonly group: string;
  readonly by: RiskGrouping;
  readonly counts: SeverityCounts;
  readonly size: number;
  readonly open: boolean;
  /** One of them, to name the group by. */
  readonly first: Risk;
}

/** Rows under their group: layers in their order after the configuration, others worst first. */
export function groupRisks(
  rows: readonly Risk[],
  by: RiskGrouping,
  closed: ReadonlySet<string>,
): (RiskGroupRow | Risk)[] {
  const groups = [...groupBy(rows, GROUP_KEY[by])].flatMap(([group, risks]) => {
    const counts = noCounts();
    for (const risk of risks) counts[risk.severity] += 1;
    const [first] = risks;
    return first === undefined ? [] : [{ group, risks, counts, first }];
  });
  const byName = (a: { group: string }, b: { group: string }) => collator.compare(a.group, b.group);
  groups.sort((a, b) => (by === 'layer' ? 0 : compareCounts(a.counts, b.counts)) || byName(a, b));
  return groups.flatMap(({ group, risks, counts, first }) => {
    const header = { group, by, counts, size: risks.length, open: !closed.has(group), first };
    return header.open ? [header, ...risks] : [header];
  });
}

export function isRiskGroup(row: RiskGroupRow | Risk): row is RiskGroupRow {
  return 'by' in row;
}
