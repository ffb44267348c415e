/** The families as the lines of a tree outline. */
import type { LineageNode } from '../backend/bindings/LineageNode';
import type { Family } from './family';

export interface OutlineItem {
  readonly node: LineageNode;
  /** From 1. */
  readonly level: number;
  /** Undefined for what has no children. */
  readonly expanded: boolean | undefined;
}

/** Closed branches leave out their children; a search keeps what matches and its ancestors. */
export function outline(
  family: Family,
  closed: ReadonlySet<string>,
  search: string,
): OutlineItem[] {
  const kept = search.trim() === '' ? null : matching(family, search.trim().toLowerCase());
  const items: OutlineItem[] = [];
  const stack = [...family.roots].reverse().map((node) => ({ node, level: 1 }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, level } = next;
    if (kept !== null && !kept.has(node.config_digest)) continue;
    const children = family.children.get(node.config_digest) ?? [];
    const expanded =
      children.length === 0 ? undefined : kept !== null || !closed.has(node.config_digest);
    items.push({ node, level, expanded });
    if (expanded) {
      for (const child of [...children].reverse()) stack.push({ node: child, level: level + 1 });
    }
  }
  return items;
}

function matching(family: Family, text: string): Set<string> {
  const kept = new Set<string>();
  for (const node of family.nodes.values()) {
    const names = [node.name, node.config_digest, ...node.references].join(' ').toLowerCase();
    if (!names.includes(text)) continue;
    let at: LineageNode | undefined = node;
    while (at !== undefined && !kept.has(at.config_digest)) {
      kept.add(at.config_digest);
      at = at.parent === null ? undefined : family.nodes.get(at.parent);
    }
  }
  return kept;
}
