import { describe, expect, it } from 'vitest';

import type { Risk } from '../backend/bindings/Risk';
import { sampleReport } from '../backend/sample/report';
import { severityRank } from '../severity';
import {
  belowTitle,
  filterRisks,
  groupRisks,
  isRiskGroup,
  originOf,
  placeOf,
  RISK_GROUPINGS,
  riskKeys,
  sortRisks,
  type RiskFilter,
  type RiskGrouping,
} from './risks';

const { risks } = sampleReport({ digest: 'sha256:ab', name: 'a:1', findings: 0 });
const one = risks[0] as Risk;
const everything: RiskFilter = {
  text: '',
  brought: 'anywhere',
  severities: new Set(),
  subjects: new Set(),
  hidden: false,
  layer: null,
  owner: null,
};
const filtered = (change: Partial<RiskFilter>) => filterRisks(risks, { ...everything, ...change });
const titles = (text: string) => filtered({ text }).rows.map((risk) => risk.title);

describe('belowTitle', () => {
  it.each([
    ['Setuid program: `/bin/su`, mode 4755', '`/bin/su`, mode 4755'],
    ['no USER is set', 'no USER is set'],
  ])('%s', (message, expected) => {
    expect(belowTitle({ ...one, title: 'Setuid program', message })).toBe(expected);
  });
});

describe('filterRisks', () => {
  it('keeps all where nothing is asked, in the order of the report', () => {
    expect(filtered({}).rows).toEqual(risks);
  });

  it.each<[string, Partial<RiskFilter>, (risk: Risk) => boolean]>([
    ['what is brought here', { brought: 'own' }, (risk) => !risk.inherited],
    ['what is inherited', { brought: 'base' }, (risk) => risk.inherited],
    ['severity', { severities: new Set(['critical']) }, (risk) => risk.severity === 'critical'],
    ['subject', { subjects: new Set(['secrets']) }, (risk) => risk.group === 'secrets'],
    [
      'two subjects',
      { subjects: new Set(['secrets', 'files']) },
      (risk) => risk.group !== 'configuration',
    ],
    ['what a later layer hides', { hidden: true }, (risk) => !risk.visible],
    ['layer', { layer: 8 }, (risk) => risk.layer === 8],
    ['owner', { owner: 'debian:12-slim' }, (risk) => risk.owner === 'debian:12-slim'],
  ])('by %s keeps those and no others', (_, change, keeps) => {
    const { rows } = filtered(change);
    expect(rows).toEqual(risks.filter(keeps));
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThan(risks.length);
  });

  it.each<[text: string, expected: string[]]>([
    ['aws', ['AWS access key']],
    ['config/.npmrc:1', ['npm access token']],
    ['NP…4F', ['npm access token']],
    ['private-key', ['Private key']],
    ['orders_db_password', ['Password']],
    ['expose map', ['Remote administration exposed']],
    ['curl run by', ['Download run unseen']],
    ['openssh-client 2755', ['Setgid program']],
    ['acme/base:4.2', ['Folder that everyone may write']],
    ['root-user', ['Runs as root']],
    ['secrets high', ['Private key', 'Password']],
    [one.fingerprint, [one.title]],
    [one.fingerprint.slice(0, 8), [one.title]],
    [one.fingerprint.slice(0, 7), []],
    ['aws npm', []],
  ])('%j finds %j', (text, expected) => {
    expect(titles(text)).toEqual(expected);
  });

  it('counts what each chip would show, whatever other chips are chosen', () => {
    const all = filtered({ brought: 'own' });
    const chosen = filtered({
      brought: 'own',
      severities: new Set(['low']),
      subjects: new Set(['files']),
      hidden: true,
    });
    expect(chosen.rows).toEqual([]);
    expect(chosen.severities).toEqual(all.severities);
    expect(chosen.subjects).toEqual({ configuration: 7, files: 6, secrets: 4 });
    expect(chosen.hidden).toBe(2);
  });

  it('counts what is of another origin and passes the search', () => {
    expect(filtered({ brought: 'own' }).origins).toEqual({ own: 17, base: 12, anywhere: 29 });
    const setuid = filtered({ brought: 'own', text: 'setuid' });
    expect(setuid.rows).toEqual([]);
    expect(setuid.origins).toEqual({ own: 0, base: 8, anywhere: 8 });
  });
});

describe('originOf', () => {
  it.each([
    [undefined, 'own', false, 'own'],
    [undefined, 'base', false, 'base'],
    ['anywhere', 'own', false, 'anywhere'],
    ['nonsense', 'own', false, 'own'],
    [undefined, 'own', true, 'anywhere'],
    ['own', 'anywhere', true, 'own'],
  ] as const)(
    'asked %s, remembered %s, narrowed %s → %s',
    (asked, remembered, narrowed, expected) => {
      expect(originOf(asked, remembered, narrowed)).toBe(expected);
    },
  );
});

it.each<[Partial<Risk>, string]>([
  [{ path: 'app/.env', line: 3 }, 'app/.env:3'],
  [{ path: 'usr/bin/su', line: null }, 'usr/bin/su'],
  [{ path: null, line: null, instruction: 'EXPOSE 22' }, 'EXPOSE 22'],
  [{ path: null, line: null, instruction: '' }, ''],
])('the place of %j is %j', (change, expected) => {
  expect(placeOf({ ...one, ...change })).toBe(expected);
});

describe('riskKeys', () => {
  it('are fingerprints, and apart where two have the same', () => {
    const twice = [one, { ...one, layer: 3 }, { ...one, layer: 4, fingerprint: 'other' }];
    expect([...riskKeys(twice).values()]).toEqual([
      one.fingerprint,
      `${one.fingerprint} 2`,
      'other',
    ]);
  });
});

describe('sortRisks', () => {
  it('leaves the order of the report where no column is chosen', () => {
    expect(sortRisks(risks, null)).toBe(risks);
  });

  it.each<[string, (risk: Risk) => string | number]>([
    ['severity', (risk) => severityRank(risk.severity)],
    ['layer', (risk) => risk.layer ?? -1],
  ])('by %s, both ways', (column, valueOf) => {
    const values = (descending: boolean) => sortRisks(risks, { column, descending }).map(valueOf);
    const ascending = risks.map(valueOf).sort((a, b) => Number(a) - Number(b));
    expect(values(false)).toEqual(ascending);
    expect(values(true)).toEqual(ascending.reverse());
  });

  it('by place takes lines as numbers', () => {
    const lines = [10, 9, null].map((line) => ({ ...one, path: 'app/.env', line }));
    const places = sortRisks(lines, { column: 'place', descending: false }).map(placeOf);
    expect(places).toEqual(['app/.env', 'app/.env:9', 'app/.env:10']);
  });
});

describe('groupRisks', () => {
  const of: Record<RiskGrouping, (risk: Risk) => string> = {
    layer: (risk) => String(risk.layer ?? ''),
    owner: (risk) => risk.owner,
    check: (risk) => risk.check,
    subject: (risk) => risk.group,
  };

  it.each(RISK_GROUPINGS)('by %s loses nothing and keeps each to its group', (by) => {
    let group = '';
    let count = 0;
    for (const row of groupRisks(risks, by, new Set())) {
      if (isRiskGroup(row)) group = row.group;
      else {
        expect(of[by](row)).toBe(group);
        count += 1;
      }
    }
    expect(count).toBe(risks.length);
  });

  const heads = (by: RiskGrouping) =>
    groupRisks(risks, by, new Set())
      .filter(isRiskGroup)
      .map((row) => row.group);

  it('has layers in their order, after what the configuration says', () => {
    expect(heads('layer')).toEqual(['', '0', '3', '6', '8', '9']);
  });

  it('has others worst first', () => {
    expect(heads('subject')).toEqual(['secrets', 'files', 'configuration']);
    expect(heads('owner').at(0)).toBe('this image');
  });

  it('a closed group stands alone and counts its own', () => {
    const rows = groupRisks(risks, 'subject', new Set(['secrets']));
    const [first, second] = rows;
    if (!first || !second || !isRiskGroup(first)) throw new Error('a group comes first');
    expect(first).toMatchObject({ group: 'secrets', size: 4, open: false });
    expect(first.counts).toMatchObject({ critical: 2, high: 2 });
    expect(isRiskGroup(second)).toBe(true);
  });
});
