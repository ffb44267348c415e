import { describe, expect, it } from 'vitest';

import { moveTo, OVERSCAN, scrollToShow, visibleRows } from './visible';

describe('visibleRows', () => {
  it.each([
    ['the top', 0, 640, 32, 50_000, { first: 0, end: 20 + OVERSCAN, offset: 0 }],
    ['the middle', 3_200, 640, 32, 50_000, { first: 92, end: 128, offset: 92 * 32 }],
    [
      'the end',
      32 * 50_000 - 640,
      640,
      32,
      50_000,
      { first: 49_972, end: 50_000, offset: 49_972 * 32 },
    ],
    ['nothing', 0, 640, 32, 0, { first: 0, end: 0, offset: 0 }],
    [
      'a list that became short below the scroll position',
      3_200,
      640,
      32,
      3,
      { first: 2, end: 3, offset: 64 },
    ],
  ])('%s', (_, scrollTop, height, row, count, expected) => {
    expect(visibleRows(scrollTop, height, row, count)).toEqual(expected);
  });
});

describe('scrollToShow', () => {
  it.each([
    ['a row in view moves nothing', 5, 0, 0],
    ['a row above comes to the top', 5, 320, 160],
    ['a row below comes to the bottom, below the header', 30, 0, 31 * 32 + 30 - 640],
  ])('%s', (_, index, scrollTop, expected) => {
    expect(scrollToShow(index, scrollTop, 640, 32, 30)).toBe(expected);
  });
});

describe('moveTo', () => {
  it.each([
    ['ArrowDown', 3, 4],
    ['j', 9, 9],
    ['k', 0, 0],
    ['PageDown', 2, 9],
    ['PageUp', 9, 2],
    ['Home', 5, 0],
    ['End', 5, 9],
    ['x', 5, null],
  ])('%s from %i → %s', (key, from, expected) => {
    expect(moveTo(key, from, 10, 7)).toBe(expected);
  });

  it('moves nowhere in an empty list', () => {
    expect(moveTo('End', 0, 0, 7)).toBeNull();
  });
});
