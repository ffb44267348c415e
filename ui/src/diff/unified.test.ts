import { describe, expect, it } from 'vitest';

import { splitInstruction } from './instruction';
import { parseUnified, splitRows } from './unified';

const DIFF = `--- a/Containerfile
+++ b/Containerfile
@@ -1,3 +1,4 @@
-FROM debian:12
+FROM debian:12.11
+RUN true
 USER app
 
@@ -9 +10 @@
---flag
+++flag
\\ No newline at end of file
`;

it('lines carry their numbers in both files', () => {
  expect(parseUnified(DIFF)).toEqual([
    {
      header: '@@ -1,3 +1,4 @@',
      lines: [
        { kind: 'removed', text: 'FROM debian:12', old: 1 },
        { kind: 'added', text: 'FROM debian:12.11', new: 1 },
        { kind: 'added', text: 'RUN true', new: 2 },
        { kind: 'context', text: 'USER app', old: 2, new: 3 },
        { kind: 'context', text: '', old: 3, new: 4 },
      ],
    },
    {
      header: '@@ -9 +10 @@',
      lines: [
        { kind: 'removed', text: '--flag', old: 9 },
        { kind: 'added', text: '++flag', new: 10 },
      ],
    },
  ]);
});

it('what is no diff has no hunks', () => {
  expect(parseUnified('')).toEqual([]);
  expect(parseUnified('+ not in a hunk')).toEqual([]);
});

it('removed and added lines stand side by side', () => {
  const rows = splitRows(parseUnified(DIFF)[0]?.lines ?? []);
  expect(rows.map(({ left, right }) => [left?.text ?? null, right?.text ?? null])).toEqual([
    ['FROM debian:12', 'FROM debian:12.11'],
    [null, 'RUN true'],
    ['USER app', 'USER app'],
    ['', ''],
  ]);
});

describe('splitInstruction', () => {
  it.each([
    ['RUN apt-get update', 'RUN'],
    ['from debian:12', 'from'],
    ['  ENTRYPOINT ["x"]', '  ENTRYPOINT'],
    ['RUNNER x', ''],
    ['# RUN x', ''],
  ])('%s → %j', (line, keyword) => {
    expect(splitInstruction(line)).toEqual({ keyword, rest: line.slice(keyword.length) });
  });
});
