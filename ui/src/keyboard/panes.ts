/** Moves the focus to the next part of the window, as F6 does in desktop programs. */
const FOCUSABLE =
  'a[href], button:not(:disabled):not([tabindex="-1"]), input, select, textarea, [tabindex="0"]';

export function nextPane(step: 1 | -1): void {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')];
  const at = panes.findLastIndex((pane) => pane.contains(document.activeElement));
  for (let tried = 1; tried <= panes.length; tried += 1) {
    const pane = panes[(at + step * tried + panes.length * 2) % panes.length];
    const first = pane?.matches(FOCUSABLE) ? pane : pane?.querySelector<HTMLElement>(FOCUSABLE);
    if (first) {
      first.focus();
      return;
    }
  }
}
