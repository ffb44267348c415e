/** What newer advisories changed, by image and moment. */
import type { ActivityEvent } from '../backend/bindings/ActivityEvent';
import type { ChangeCounts } from '../backend/bindings/ChangeCounts';
import { groupBy } from './group';

/** Changes of one group that are shown; the image's own page has them all. */
export const SHOWN_CHANGES = 25;

export interface ChangeGroup {
  readonly key: string;
  readonly digest: string;
  readonly image: string;
  readonly at: string;
  readonly counts: ChangeCounts;
  readonly changes: readonly ActivityEvent[];
}

const COUNT_OF = {
  'newly-affected': 'newly_affected',
  'fix-available': 'fix_available',
  'no-longer-affected': 'no_longer_affected',
} as const;

/** One group for each image and moment, in the order in which they first appear. */
export function groupChanges(changes: readonly ActivityEvent[]): ChangeGroup[] {
  const groups = groupBy(changes, (change) => `${change.at} ${change.config_digest}`);
  return [...groups].flatMap(([key, members]) => {
    // As they were noted: what to mend first comes first.
    const ordered = members.toSorted((a, b) => a.id - b.id);
    const [first] = ordered;
    if (first === undefined) return [];
    const counts: ChangeCounts = { newly_affected: 0, fix_available: 0, no_longer_affected: 0 };
    for (const member of members) counts[COUNT_OF[member.change]] += 1;
    const { config_digest: digest, image, at } = first;
    return [{ key, digest, image, at, counts, changes: ordered }];
  });
}
