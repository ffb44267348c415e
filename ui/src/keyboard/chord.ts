/** Key combinations by name: `s`, `Shift+S`, `Mod+k`; `Mod` is Ctrl, or Cmd on a Mac. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

export function chordOf(press: KeyPress, mac: boolean): string {
  const parts: string[] = [];
  if (mac ? press.metaKey : press.ctrlKey) parts.push('Mod');
  if (press.altKey) parts.push('Alt');
  const letter = press.key.length === 1;
  // A shifted sign such as `?` already says so; letters and named keys do not.
  const cased = letter && press.key.toLowerCase() !== press.key.toUpperCase();
  if (press.shiftKey && (cased || !letter)) parts.push('Shift');
  parts.push(cased && !press.shiftKey ? press.key.toLowerCase() : press.key);
  return parts.join('+');
}

/** A chord that a text field would take for text. */
export function isSingleKey(chord: string): boolean {
  return !chord.includes('Mod+') && !chord.includes('Alt+') && !chord.startsWith('F');
}

/** Whether keys typed there are text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return (
    target instanceof HTMLInputElement &&
    !['checkbox', 'radio', 'button', 'submit'].includes(target.type)
  );
}
