import { describe, expect, it } from 'vitest';

import type { ActivityEvent } from '../backend/bindings/ActivityEvent';
import { groupChanges } from './changes';

const change = (id: number, image: string, at: string, kind: ActivityEvent['change']) =>
  ({ id, image, at, config_digest: `sha256:${image}`, change: kind }) as ActivityEvent;

describe('groupChanges', () => {
  it('keeps an image of one moment together and counts what happened', () => {
    const groups = groupChanges([
      change(4, 'b', '2026-11-21T10:00:00Z', 'newly-affected'),
      change(3, 'a', '2026-11-21T10:00:00Z', 'fix-available'),
      change(2, 'b', '2026-11-21T10:00:00Z', 'no-longer-affected'),
      change(1, 'b', '2026-11-20T10:00:00Z', 'newly-affected'),
    ]);
    expect(groups.map(({ image, counts, changes }) => [image, counts, changes.length])).toEqual([
      ['b', { newly_affected: 1, fix_available: 0, no_longer_affected: 1 }, 2],
      ['a', { newly_affected: 0, fix_available: 1, no_longer_affected: 0 }, 1],
      ['b', { newly_affected: 1, fix_available: 0, no_longer_affected: 0 }, 1],
    ]);
  });

  it('has no groups of nothing', () => {
    expect(groupChanges([])).toEqual([]);
  });
});
