import { describe, expect, it } from 'vitest';

import { formatRoute, parseRoute, type Route } from './route';

describe('parseRoute', () => {
  it.each<[string, Route]>([
    ['', { view: 'images', query: {} }],
    ['#/nowhere', { view: 'images', query: {} }],
    [
      '#/images?q=a%20b&show=critical,high',
      { view: 'images', query: { q: 'a b', show: 'critical,high' } },
    ],
    [
      '#/image/sha256:ab/layers?layer=4',
      { view: 'image', digest: 'sha256:ab', tab: 'layers', query: { layer: '4' } },
    ],
    ['#/image/sha256%3Aab', { view: 'image', digest: 'sha256:ab', tab: 'overview', query: {} }],
    ['#/image/sha256:ab/what', { view: 'image', digest: 'sha256:ab', tab: 'overview', query: {} }],
    ['#/image/%E0%A4%A', { view: 'image', digest: '%E0%A4%A', tab: 'overview', query: {} }],
    ['#/ancestry?focus=sha256:ab', { view: 'ancestry', query: { focus: 'sha256:ab' } }],
    ['#/settings', { view: 'settings', query: {} }],
  ])('%s', (hash, expected) => {
    expect(parseRoute(hash)).toEqual(expected);
  });
});

describe('formatRoute', () => {
  it.each([
    '#/images',
    '#/images?q=a+b',
    '#/image/sha256:ab/vulnerabilities?sev=CH&fixable=1',
    '#/ancestry?focus=sha256%3Aab',
  ])('%s stays as it is through parse and format', (hash) => {
    expect(formatRoute(parseRoute(hash))).toBe(hash);
  });

  it('drops empty filters', () => {
    expect(formatRoute({ view: 'images', query: { q: '' } })).toBe('#/images');
  });
});
