/** A made-up explanation of a finding of the made-up report. */
import type { Explanation } from '../bindings/Explanation';
import type { ScanReport } from '../bindings/ScanReport';

export function sampleExplanation(
  report: ScanReport | null,
  vulnerability: string,
): Explanation | null {
  if (report === null) return null;
  const findings = report.findings.filter((finding) => finding.vulnerability === vulnerability);
  return {
    schema_version: report.schema_version,
    config_digest: report.image.config_digest,
    image: report.image.name,
    vulnerability,
    verdict: findings.length > 0 ? 'affected' : 'not-in-image',
    statement: `${report.image.name} has ${vulnerability}`,
    summary: findings[0]?.summary ?? '',
    known_exploited: findings[0]?.known_exploited ?? null,
    epss: findings[0]?.epss ?? null,
    packages: findings.map((finding) => ({
      package: finding.package,
      name: finding.package_name,
      version: finding.package_version,
      kind: 'deb',
      purl: report.packages[finding.package]?.purl ?? '',
      verdict: 'affected',
      statement: finding.reasoning,
      evidence: 'var/lib/dpkg/status',
      cataloger: 'dpkg-status',
      evidence_layer: 0,
      layer: finding.layer,
      instruction: '',
      owner: finding.owner,
      judged_as: `${finding.package_name} ${finding.package_version} in Debian:12`,
      severity_from: 'the CVSS vector of the record from NVD',
      records: finding.sources.map((source, place) => ({
        id: source.id,
        feed: source.feed,
        modified: source.modified,
        ecosystem: 'Debian:12',
        name: finding.package_name,
        module: null,
        affected_versions: [
          finding.fixed_version
            ? `from the beginning, before ${finding.fixed_version}`
            : 'from the beginning',
        ],
        comparison: finding.fixed_version
          ? `${finding.package_version} < ${finding.fixed_version}`
          : `${finding.package_version} is in a range without an end`,
        answer: 'affected',
        decides: place === 0,
        stance: null,
        reason: place === 0 ? finding.reason : null,
        urgency: finding.urgency,
        severity: finding.severity,
        vectors: [],
      })),
      finding,
    })),
    coverage: report.coverage.statement,
    not_judged: [],
  };
}
