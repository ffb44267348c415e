import { describe, expect, it } from 'vitest';

import { imageRows } from '../backend/sample/images';
import {
  countChips,
  filterImages,
  IMAGE_CHIPS,
  rowName,
  sortImages,
  type ImageChip,
} from './images';
import { formatSort, nextSort, parseSort } from './sort';

const rows = imageRows();
const names = (text: string, engine = '', chips: ImageChip[] = []) =>
  filterImages(rows, { text, engine, chips: new Set(chips) }).map(rowName);

describe('filterImages', () => {
  it.each<[string, string, ImageChip[], string[]]>([
    ['orders', '', [], ['team/orders-api:1.9']],
    ['latest', '', [], ['team/orders-api:1.9']],
    ['', 'podman', ['not-scanned'], ['localhost/team/notebooks:dev']],
    ['', '', ['rebuilt'], ['team/billing:2.4']],
    ['', '', ['not-judged'], ['alpine:3.20']],
    ['', '', ['dangling'], ['<none>']],
    ['', '', ['rebuilt', 'dangling'], []],
    ['python forecast', '', [], ['localhost/team/forecast:2026.11']],
  ])('%j %j %j → %j', (text, engine, chips, expected) => {
    expect(names(text, engine, chips)).toEqual(expected);
  });
});

it('a chip counts what it keeps', () => {
  const counts = countChips(rows);
  for (const chip of IMAGE_CHIPS) expect(names('', '', [chip])).toHaveLength(counts[chip]);
});

describe('sortImages', () => {
  const order = (text: string) => sortImages(rows, parseSort(text)).map(rowName);

  it('keeps the order of the list where no column is chosen', () => {
    expect(order('')).toEqual(rows.map(rowName));
  });

  it('puts the worst first, and what was not judged or scanned after all that was', () => {
    const sorted = sortImages(rows, parseSort('findings'));
    expect(sorted.slice(0, 2).map(rowName)).toEqual([
      'localhost/team/forecast:2026.11',
      'python:3.11-bookworm',
    ]);
    const kinds = sorted.map((row) => (row.scan === null ? 2 : row.scan.judged ? 0 : 1));
    expect(kinds).toEqual(kinds.toSorted());
  });

  it('puts the worst risks first, and what was not looked at for risks last', () => {
    const sorted = sortImages(rows, parseSort('risks'));
    expect(sorted.at(0) && rowName(sorted[0] as (typeof rows)[number])).toBe('team/orders-api:1.9');
    const known = sorted.map((row) => Number((row.scan?.risks ?? null) === null));
    expect(known).toEqual(known.toSorted());
  });

  it('reverses', () => {
    expect(order('-size').at(0)).toBe('alpine:3.20');
    expect(order('size').at(0)).toBe('localhost/team/notebooks:dev');
  });
});

it('a column is chosen, reversed, and let go', () => {
  const first = nextSort(null, 'size');
  const second = nextSort(first, 'size');
  expect([first, second, nextSort(second, 'size')].map(formatSort)).toEqual(['size', '-size', '']);
});
