/** Reads the unified diff of one file, to draw it. */
export type DiffLine =
  | { readonly kind: 'context'; readonly text: string; readonly old: number; readonly new: number }
  | { readonly kind: 'removed'; readonly text: string; readonly old: number }
  | { readonly kind: 'added'; readonly text: string; readonly new: number };

export interface DiffHunk {
  /** As `@@ -1,4 +1,9 @@`. */
  readonly header: string;
  readonly lines: readonly DiffLine[];
}

const HEADER = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/;

export function parseUnified(diff: string): DiffHunk[] {
  const hunks: { header: string; lines: DiffLine[] }[] = [];
  let before = 0;
  let after = 0;
  for (const line of diff.split('\n')) {
    const header = HEADER.exec(line);
    if (header !== null) {
      before = Number(header[1]);
      after = Number(header[2]);
      hunks.push({ header: header[0], lines: [] });
      continue;
    }
    const lines = hunks.at(-1)?.lines;
    if (lines === undefined) continue;
    const text = line.slice(1);
    if (line.startsWith('+')) {
      lines.push({ kind: 'added', text, new: after++ });
    } else if (line.startsWith('-')) {
      lines.push({ kind: 'removed', text, old: before++ });
    } else if (line.startsWith(' ')) {
      lines.push({ kind: 'context', text, old: before++, new: after++ });
    }
    // `\ No newline at end of file` and the empty end of the text are no lines.
  }
  return hunks;
}

export interface SplitRow {
  readonly left: DiffLine | null;
  readonly right: DiffLine | null;
}

/** Pairs each run of removed lines with the run of added lines that follows it. */
export function splitRows(lines: readonly DiffLine[]): SplitRow[] {
  const rows: SplitRow[] = [];
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const flush = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at += 1) {
      rows.push({ left: removed[at] ?? null, right: added[at] ?? null });
    }
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.kind === 'removed') {
      if (added.length > 0) flush();
      removed.push(line);
    } else if (line.kind === 'added') {
      added.push(line);
    } else {
      flush();
      rows.push({ left: line, right: line });
    }
  }
  flush();
  return rows;
}

/** The line number in the patched file, where the line is in it. */
export function newLineOf(line: DiffLine): number | null {
  return line.kind === 'removed' ? null : line.new;
}
