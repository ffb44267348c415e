import { describe, expect, it } from 'vitest';

import { chordOf, isSingleKey, isTyping, type KeyPress } from './chord';

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

describe('chordOf', () => {
  it.each<[KeyPress, boolean, string]>([
    [press('s'), false, 's'],
    [press('S', { shiftKey: true }), false, 'Shift+S'],
    [press('S'), false, 's'],
    [press('?', { shiftKey: true }), false, '?'],
    [press('k', { ctrlKey: true }), false, 'Mod+k'],
    [press('k', { metaKey: true }), true, 'Mod+k'],
    [press('k', { ctrlKey: true }), true, 'k'],
    [press('Enter', { shiftKey: true }), false, 'Shift+Enter'],
    [press('ArrowLeft', { altKey: true }), false, 'Alt+ArrowLeft'],
    [press('F6', { shiftKey: true }), false, 'Shift+F6'],
  ])('%j, mac %s → %s', (key, mac, expected) => {
    expect(chordOf(key, mac)).toBe(expected);
  });
});

it.each([
  ['s', true],
  ['?', true],
  ['Shift+S', true],
  ['Mod+k', false],
  ['Alt+ArrowUp', false],
  ['F6', false],
])('%s is a single key: %s', (chord, expected) => {
  expect(isSingleKey(chord)).toBe(expected);
});

it.each([
  ['<input type="search">', true],
  ['<textarea></textarea>', true],
  ['<select></select>', true],
  ['<input type="checkbox">', false],
  ['<button></button>', false],
])('keys in %s are text: %s', (markup, expected) => {
  const box = document.createElement('div');
  box.innerHTML = markup;
  expect(isTyping(box.firstElementChild)).toBe(expected);
});
