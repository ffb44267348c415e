import { describe, expect, it } from 'vitest';

import { sampleReport } from '../backend/sample/report';
import { addFinding, noCounts } from '../severity';
import {
  filterFindings,
  groupFindings,
  isGroup,
  sortFindings,
  type FindingFilter,
} from './findings';

const report = sampleReport({ digest: 'sha256:ab', name: 'a:1', findings: 400 });
const everything: FindingFilter = {
  text: '',
  severities: new Set(),
  fixable: false,
  exploited: false,
  brought: 'anywhere',
  layer: null,
  owner: null,
  apart: true,
  keys: null,
};
const rowsOf = (change: Partial<FindingFilter>) =>
  filterFindings(report.findings, { ...everything, ...change }).rows;

describe('filterFindings', () => {
  it('keeps all where nothing is asked', () => {
    expect(rowsOf({})).toHaveLength(400);
  });

  it.each<[string, Partial<FindingFilter>, (finding: (typeof report.findings)[number]) => boolean]>(
    [
      ['severity', { severities: new Set(['critical']) }, (f) => f.severity === 'critical'],
      ['fixable', { fixable: true }, (f) => f.status === 'fixed'],
      ['exploited', { exploited: true }, (f) => f.known_exploited !== null],
      ['base', { brought: 'base' }, (f) => f.inherited],
      ['own', { brought: 'own' }, (f) => !f.inherited],
      ['layer', { layer: 4 }, (f) => f.layer === 4],
      ['owner', { owner: 'this image' }, (f) => f.owner === 'this image'],
      ['apart left out', { apart: false }, (f) => f.apart === null],
      [
        'text, all words',
        { text: 'OPENSSL cve-202' },
        (f) => f.package_name === 'openssl' && f.vulnerability.startsWith('CVE-202'),
      ],
      [
        'keys',
        { keys: new Set([report.findings[7]?.key ?? '']) },
        (f) => f.key === report.findings[7]?.key,
      ],
    ],
  )('by %s keeps those and no others', (_, change, keeps) => {
    const rows = rowsOf(change);
    expect(rows).toEqual(report.findings.filter(keeps));
    expect(rows.length).toBeGreaterThan(0);
  });

  it('counts within the scope, whatever severities are chosen', () => {
    const expected = noCounts();
    for (const finding of report.findings) if (finding.layer === 4) addFinding(expected, finding);
    const { counts } = filterFindings(report.findings, {
      ...everything,
      layer: 4,
      severities: new Set(['low']),
    });
    expect(counts).toEqual(expected);
  });
});

describe('sortFindings', () => {
  it('leaves the order of the report where no column is chosen', () => {
    expect(sortFindings(report.findings, null)).toBe(report.findings);
  });

  it('orders by number within names, both ways', () => {
    const rows = ['CVE-2024-10000', 'CVE-2024-9', 'CVE-2023-11'].map((vulnerability) => ({
      ...(report.findings[0] as (typeof report.findings)[number]),
      vulnerability,
    }));
    const names = (descending: boolean) =>
      sortFindings(rows, { column: 'vulnerability', descending }).map((row) => row.vulnerability);
    expect(names(false)).toEqual(['CVE-2023-11', 'CVE-2024-9', 'CVE-2024-10000']);
    expect(names(true)).toEqual(['CVE-2024-10000', 'CVE-2024-9', 'CVE-2023-11']);
  });
});

describe('groupFindings', () => {
  it('closed groups stand alone and lose nothing', () => {
    const groups = groupFindings(report.findings, 'package', new Set());
    expect(groups.every(isGroup)).toBe(true);
    expect(groups.reduce((sum, row) => sum + (isGroup(row) ? row.size : 0), 0)).toBe(400);
  });

  it('an open group is followed by its findings', () => {
    const rows = groupFindings(report.findings, 'owner', new Set(['this image']));
    const at = rows.findIndex((row) => isGroup(row) && row.open);
    const header = rows[at];
    const members = rows.slice(at + 1, at + 1 + (header && isGroup(header) ? header.size : 0));
    expect(members.length).toBeGreaterThan(0);
    expect(members.every((row) => !isGroup(row) && row.owner === 'this image')).toBe(true);
  });
});
