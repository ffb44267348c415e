import { describe, expect, it } from 'vitest';

import { lineageNodes } from '../backend/sample/images';
import type { LineageNode } from '../backend/bindings/LineageNode';
import { familyOf, focusOn, neighbour, pathTo } from './family';
import { CARD_HEIGHT, CARD_WIDTH, fit, layOut, zoom, type Layout } from './layout';
import { outline } from './outline';

const template = lineageNodes()[0] as LineageNode;
const node = (digest: string, parent: string | null): LineageNode => ({
  ...template,
  config_digest: digest,
  name: digest,
  references: [digest],
  parent,
  certainty: 'exact',
});
const chain = [node('a', null), node('b', 'a'), node('c', 'b'), node('d', 'a'), node('x', null)];
const digests = (nodes: readonly LineageNode[]) =>
  nodes.map((found) => found.config_digest).join('');

describe('family', () => {
  const family = familyOf(chain);

  it.each([
    ['a', 'abcd'],
    ['b', 'abc'],
    ['d', 'ad'],
    ['x', 'x'],
    ['unknown', ''],
  ])('focus on %s shows %s', (focus, expected) => {
    expect(digests(focusOn(family, focus))).toBe(expected);
  });

  it.each([
    ['b', 'ArrowLeft', 'a'],
    ['a', 'ArrowLeft', null],
    ['a', 'ArrowRight', 'b'],
    ['c', 'ArrowRight', null],
    ['b', 'ArrowDown', 'd'],
    ['d', 'ArrowUp', 'b'],
    ['a', 'ArrowDown', 'x'],
    ['a', 'q', null],
  ])('%s %s → %s', (from, key, expected) => {
    expect(neighbour(family, from, key)).toBe(expected);
  });

  it('a circle of parents ends', () => {
    const circle = familyOf([node('a', 'b'), node('b', 'a')]);
    expect(digests(circle.roots)).toBe('a');
    expect(digests(focusOn(circle, 'a'))).toContain('a');
    expect(pathTo(circle, 'b').length).toBeLessThanOrEqual(2);
  });
});

describe('outline', () => {
  const family = familyOf(chain);
  const lines = (closed: string[], search: string) =>
    outline(family, new Set(closed), search)
      .map((item) => `${item.node.config_digest}${item.level}`)
      .join(' ');

  it.each([
    [[], '', 'a1 b2 c3 d2 x1'],
    [['b'], '', 'a1 b2 d2 x1'],
    [['a'], '', 'a1 x1'],
    [['a'], 'c', 'a1 b2 c3'],
    [[], 'nothing', ''],
  ])('closed %j, search %j → %s', (closed, search, expected) => {
    expect(lines(closed, search)).toBe(expected);
  });
});

function overlaps(layout: Layout): string[] {
  return layout.cards.flatMap((a, at) =>
    layout.cards
      .slice(at + 1)
      .filter((b) => Math.abs(a.x - b.x) < CARD_WIDTH && Math.abs(a.y - b.y) < CARD_HEIGHT)
      .map((b) => `${a.node.name} ${b.node.name}`),
  );
}

describe('layout', () => {
  it('places every image once, without overlap, children right of their parent', () => {
    const nodes = lineageNodes();
    const layout = layOut(nodes, 1.5);
    expect(layout.cards.map((card) => card.node.config_digest).toSorted()).toEqual(
      nodes.map((found) => found.config_digest).toSorted(),
    );
    expect(overlaps(layout)).toEqual([]);
    const x = new Map(layout.cards.map((card) => [card.node.config_digest, card.x]));
    for (const found of nodes) {
      if (found.parent !== null) {
        expect(x.get(found.config_digest)).toBeGreaterThan(x.get(found.parent) ?? Infinity);
      }
    }
  });

  it('many leaves share a frame and one connector', () => {
    const leaves = Array.from({ length: 31 }, (_, index) => node(`leaf${index}`, 'a'));
    const layout = layOut([node('a', null), ...leaves], 1.5);
    expect(layout.frames).toMatchObject([{ parent: 'a', count: 31 }]);
    expect(layout.edges).toHaveLength(1);
    expect(overlaps(layout)).toEqual([]);
  });

  it('a chain of 2,000 images is placed', () => {
    const deep = Array.from({ length: 2_000 }, (_, at) =>
      node(`${at}`, at === 0 ? null : `${at - 1}`),
    );
    expect(layOut(deep, 1.5).cards).toHaveLength(2_000);
  });

  it('of nothing is nothing', () => {
    expect(layOut([], 1.5)).toMatchObject({ cards: [], width: 0, height: 0 });
  });

  it('fits into the window without growing beyond life size', () => {
    const layout = layOut(lineageNodes(), 1.5);
    const camera = fit(layout, 800, 500);
    expect(layout.width * camera.scale).toBeLessThanOrEqual(800);
    expect(fit(layOut([node('a', null)], 1), 800, 500).scale).toBe(1);
  });

  it('zooming keeps the point under the pointer', () => {
    const before = { x: 10, y: 20, scale: 0.5 };
    const after = zoom(before, 1.5, 300, 200);
    expect(after.x + 300 / after.scale).toBeCloseTo(before.x + 300 / before.scale);
    expect(after.y + 200 / after.scale).toBeCloseTo(before.y + 200 / before.scale);
  });
});
