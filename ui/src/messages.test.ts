import { describe, expect, it } from 'vitest';

import type { Package } from './backend/bindings/Package';
import { sampleReport } from './backend/sample/report';
import { messages } from './messages';

const [one] = sampleReport({ digest: 'sha256:ab', name: 'a:1', findings: 0 }).packages;

describe('where a package was read from', () => {
  it.each<[string, Partial<Package>, string]>([
    ['the layer of the file', { layer: 0, evidence_layer: 2 }, 'layer 2: var/lib/dpkg/status'],
    ['the lowest layer', { layer: 0, evidence_layer: 0 }, 'layer 0: var/lib/dpkg/status'],
    ['no layer where none is known', { layer: 0, evidence_layer: null }, 'var/lib/dpkg/status'],
  ])('names %s', (_, change, expected) => {
    const entry = { ...(one as Package), evidence: 'var/lib/dpkg/status', ...change };
    expect(messages.packages.readFrom(entry)).toBe(expected);
  });
});
