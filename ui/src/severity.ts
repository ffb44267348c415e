import type { RiskCounts } from './backend/bindings/RiskCounts';
import type { Severity } from './backend/bindings/Severity';
import type { SeverityCounts } from './backend/bindings/SeverityCounts';

/** Worst first; unknown stands after medium, as thresholds treat it. */
export const SEVERITIES = [
  'critical',
  'high',
  'medium',
  'unknown',
  'low',
  'negligible',
] as const satisfies readonly Severity[];

/** The one letter that stands beside the colour. */
export const SEVERITY_LETTER: Record<Severity, string> = {
  critical: 'C',
  high: 'H',
  medium: 'M',
  low: 'L',
  negligible: 'N',
  unknown: 'U',
};

const RANK = new Map<Severity, number>(SEVERITIES.map((severity, rank) => [severity, rank]));

/** Position in {@link SEVERITIES}: lower is worse. */
export function severityRank(severity: Severity): number {
  return RANK.get(severity) ?? SEVERITIES.length;
}

/** All but those shown apart. */
export function totalOf(counts: SeverityCounts): number {
  return SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0);
}

export function noCounts(): SeverityCounts {
  return {
    critical: 0,
    high: 0,
    medium: 0,
    low: 0,
    negligible: 0,
    unknown: 0,
    fixable: 0,
    apart: 0,
  };
}

/** Counts of risks as those of findings, to be drawn and ordered alike. */
export function countsOfRisks({
  critical,
  high,
  medium,
  low,
  negligible,
}: RiskCounts): SeverityCounts {
  return { ...noCounts(), critical, high, medium, low, negligible };
}

/** Orders counts by the worst severity in which they differ; negative where `a` is worse. */
export function compareCounts(a: SeverityCounts, b: SeverityCounts): number {
  for (const severity of SEVERITIES) {
    if (a[severity] !== b[severity]) return b[severity] - a[severity];
  }
  return 0;
}

/** Adds a finding as the report counts it: those shown apart by themselves. */
export function addFinding(
  counts: SeverityCounts,
  finding: { severity: Severity; status: string; apart: string | null },
): void {
  if (finding.apart !== null) {
    counts.apart += 1;
    return;
  }
  counts[finding.severity] += 1;
  if (finding.status === 'fixed') counts.fixable += 1;
}
