import { chordOf, isSingleKey, isTyping } from './chord';
import { preferences } from '../state/preferences.svelte';

export const isMac = navigator.platform.startsWith('Mac');

/** How a chord is written on a key hint. */
export function keyLabel(chord: string): string {
  return chord.replace('Mod', isMac ? '⌘' : 'Ctrl');
}

export type KeyMap = Readonly<Record<string, () => void>>;

const layers: KeyMap[] = [];

/** How long after `g` the second key of a sequence may come, in milliseconds. */
const SEQUENCE_WINDOW = 1_000;
let prefix: { key: string; until: number } | null = null;

/** Binds keys while the calling component is there; later bindings go first. */
export function bindKeys(keys: () => KeyMap): void {
  $effect(() => {
    const layer = keys();
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  });
}

/** Runs what the key is bound to, unless it is text or a dialog is open. */
export function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  if (document.querySelector('dialog[open]') !== null) return;
  let chord = chordOf(event, isMac);
  if (isSingleKey(chord) && chord !== 'Escape') {
    if (isTyping(event.target) || !preferences.singleKeys) return;
  }
  const now = event.timeStamp;
  if (prefix !== null && now < prefix.until) chord = `${prefix.key} ${chord}`;
  prefix = null;
  const action = layers.findLast((layer) => chord in layer)?.[chord];
  if (action !== undefined) {
    event.preventDefault();
    action();
  } else if (chord === 'g') {
    prefix = { key: chord, until: now + SEQUENCE_WINDOW };
  }
}
