import { describe, expect, it } from 'vitest';

import type { Package } from '../backend/bindings/Package';
import { sampleReport } from '../backend/sample/report';
import {
  filterPackages,
  groupPackages,
  isPackageGroup,
  licenceText,
  nestPackages,
  packageKey,
  sortPackages,
  type PackageFilter,
} from './packages';

const report = sampleReport({ digest: 'sha256:ab', name: 'a:1', findings: 40 });
const everything: PackageFilter = { text: '', layer: null, owner: null, withFindings: false };
const one = report.packages[0] as Package;
const named = (name: string, change: Partial<Package> = {}): Package => ({
  ...one,
  name,
  owned_by: null,
  ...change,
});
const ownedBy = (name: string, owner: string) =>
  named(name, { kind: 'pypi', owned_by: { kind: 'deb', name: owner } });

describe('filterPackages', () => {
  it.each<[string, string, (entry: Package) => boolean]>([
    ['ecosystem', 'pypi', (entry) => entry.kind === 'pypi'],
    ['licence', 'classpath-exception', (entry) => entry.name === 'jrt-fs'],
    ['path', 'DIST-INFO/metadata', (entry) => entry.name === 'setuptools'],
    ['the package it is part of', 'openjdk-21 maven', (entry) => entry.name === 'jrt-fs'],
    ['source package', 'ncursesw', (entry) => entry.name === 'libncursesw6'],
  ])('finds by %s', (_, text, keeps) => {
    const rows = filterPackages(report.packages, { ...everything, text });
    expect(rows).toEqual(report.packages.filter(keeps));
    expect(rows.length).toBeGreaterThan(0);
  });
});

describe('nestPackages', () => {
  it.each<[string, Package[], string[]]>([
    [
      'puts packages right after what they are part of',
      [ownedBy('x', 'b'), named('a'), named('b'), ownedBy('y', 'b'), named('c')],
      ['a', 'b', 'x', 'y', 'c'],
    ],
    ['loses nothing whose owner is not there', [ownedBy('x', 'gone'), named('a')], ['x', 'a']],
    [
      'knows the first of two of one name',
      [named('b'), named('b'), ownedBy('x', 'b')],
      ['b', 'x', 'b'],
    ],
  ])('%s', (_, rows, expected) => {
    expect(nestPackages(rows).map((entry) => entry.name)).toEqual(expected);
  });

  it('is the order where no column is chosen', () => {
    const names = sortPackages(report.packages, null).map((entry) => entry.name);
    expect(names[names.indexOf('python3.11-minimal') + 1]).toBe('setuptools');
    expect(names).toHaveLength(report.packages.length);
  });
});

describe('groupPackages', () => {
  it.each([
    ['kind', (entry: Package) => entry.kind],
    ['licence', licenceText],
    ['system', (entry: Package) => entry.owned_by?.name ?? ''],
    ['layer', (entry: Package) => String(entry.layer)],
    ['owner', (entry: Package) => entry.owner],
  ] as const)('by %s loses nothing and keeps each to its group', (by, nameOf) => {
    const rows = groupPackages(report.packages, by, nameOf, new Set());
    let group = '';
    let count = 0;
    for (const row of rows) {
      if (isPackageGroup(row)) group = row.group;
      else {
        expect(nameOf(row)).toBe(group);
        count += 1;
      }
    }
    expect(count).toBe(report.packages.length);
  });
});

describe('packageKey', () => {
  it.each<[string, Partial<Package>]>([
    ['kind', { kind: 'npm' }],
    ['architecture', { architecture: 'i386' }],
    ['place', { place: 'app/node_modules/a' }],
  ])('tells packages of one name apart by %s', (_, change) => {
    expect(packageKey(named('a', change))).not.toBe(packageKey(named('a')));
  });
});
