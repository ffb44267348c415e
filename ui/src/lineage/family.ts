/** The families of images as a forest: parents, children, and who belongs to whom. */
import type { LineageNode } from '../backend/bindings/LineageNode';

export interface Family {
  readonly nodes: ReadonlyMap<string, LineageNode>;
  readonly children: ReadonlyMap<string, readonly LineageNode[]>;
  readonly roots: readonly LineageNode[];
}

export function familyOf(nodes: readonly LineageNode[]): Family {
  const byDigest = new Map(nodes.map((node) => [node.config_digest, node]));
  const children = new Map<string, LineageNode[]>();
  const roots: LineageNode[] = [];
  // Parents stand before their children: a "parent" that comes later would close a circle.
  const seen = new Set<string>();
  for (const node of byDigest.values()) {
    if (node.parent !== null && seen.has(node.parent)) {
      const siblings = children.get(node.parent);
      if (siblings === undefined) children.set(node.parent, [node]);
      else siblings.push(node);
    } else {
      roots.push(node);
    }
    seen.add(node.config_digest);
  }
  return { nodes: byDigest, children, roots };
}

/** From the root down to the node itself. */
export function pathTo(family: Family, digest: string): LineageNode[] {
  const path: LineageNode[] = [];
  const seen = new Set<string>();
  let node = family.nodes.get(digest);
  while (node !== undefined && !seen.has(node.config_digest)) {
    path.push(node);
    seen.add(node.config_digest);
    node = node.parent === null ? undefined : family.nodes.get(node.parent);
  }
  return path.reverse();
}

/** The node, all that it is built on and all that is built on it; parents before children. */
export function focusOn(family: Family, digest: string): LineageNode[] {
  const kept = pathTo(family, digest);
  const stack = [...(family.children.get(digest) ?? [])].reverse();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    kept.push(node);
    stack.push(...[...(family.children.get(node.config_digest) ?? [])].reverse());
  }
  return kept;
}

/** Where an arrow key leads: left to the parent, right to the first child, else to a sibling. */
export function neighbour(family: Family, digest: string, key: string): string | null {
  const node = family.nodes.get(digest);
  if (node === undefined) return null;
  const parent = node.parent !== null && family.nodes.has(node.parent) ? node.parent : null;
  if (key === 'ArrowLeft') return parent;
  if (key === 'ArrowRight') return family.children.get(digest)?.[0]?.config_digest ?? null;
  const step = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
  const siblings = parent === null ? family.roots : (family.children.get(parent) ?? []);
  const at = siblings.findIndex((sibling) => sibling.config_digest === digest);
  return step === 0 ? null : (siblings[at + step]?.config_digest ?? null);
}
