import type { ScanReport } from '../../backend/bindings/ScanReport';
import type { SeverityCounts } from '../../backend/bindings/SeverityCounts';
import type { Role } from '../../backend/bindings/Role';
import { addFinding, noCounts, totalOf } from '../../severity';

/** What one image of the chain brought. */
export interface Owner {
  readonly name: string;
  readonly inherited: boolean;
  /** `null` where it is this image, or a base that is not here. */
  readonly role: Role | null;
  readonly counts: SeverityCounts;
  readonly total: number;
  readonly packages: number;
}

/** Who brought packages and findings, lowest in the chain first. */
export function ownersOf(report: ScanReport): Owner[] {
  const found = new Map<string, { inherited: boolean; counts: SeverityCounts; packages: number }>();
  const entry = (name: string, inherited: boolean) => {
    let known = found.get(name);
    if (known === undefined) {
      known = { inherited, counts: noCounts(), packages: 0 };
      found.set(name, known);
    }
    return known;
  };
  for (const layer of report.layers) entry(layer.owner, layer.ancestor !== null);
  for (const item of report.packages) entry(item.owner, item.inherited).packages += 1;
  for (const finding of report.findings) {
    addFinding(entry(finding.owner, finding.inherited).counts, finding);
  }
  const roles = new Map(report.ancestors.map((ancestor) => [ancestor.name, ancestor.role]));
  return [...found].map(([name, { inherited, counts, packages }]) => ({
    name,
    inherited,
    role: roles.get(name) ?? null,
    counts,
    total: totalOf(counts),
    packages,
  }));
}

/** The token that colours an owner: by role, this image as an application. */
export function ownerTone(owner: Pick<Owner, 'role' | 'inherited'>): string {
  return owner.role ?? (owner.inherited ? 'cots' : 'application');
}
