/**
 * Places families for drawing: one column a generation, a parent beside its children, many
 * leaves of one parent packed into a framed grid with a single connector, families packed into
 * columns that fit the shape of the window.
 */
import type { LineageNode } from '../backend/bindings/LineageNode';
import { familyOf, type Family } from './family';

export const CARD_WIDTH = 196;
export const CARD_HEIGHT = 44;
const COLUMN_GAP = 44;
const ROW_GAP = 12;
const FAMILY_GAP = 32;
const FRAME_PADDING = 10;
/** More leaves than this under one parent are framed. */
export const FRAME_FROM = 6;

export interface Card {
  readonly node: LineageNode;
  readonly x: number;
  readonly y: number;
}

/** From the right edge of a parent to the left edge of a child or frame. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly certain: boolean;
}

export interface Frame {
  readonly parent: string;
  readonly count: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly cards: readonly Card[];
  readonly edges: readonly Edge[];
  readonly frames: readonly Frame[];
  readonly width: number;
  readonly height: number;
}

/** A placed part, with its own origin. */
interface Block {
  cards: Card[];
  edges: Edge[];
  frames: Frame[];
  width: number;
  height: number;
  /** Where a connector from a parent arrives. */
  anchor: number;
}

function moved(block: Block, dx: number, dy: number): Block {
  return {
    ...block,
    cards: block.cards.map((card) => ({ ...card, x: card.x + dx, y: card.y + dy })),
    edges: block.edges.map((edge) => ({
      ...edge,
      x1: edge.x1 + dx,
      x2: edge.x2 + dx,
      y1: edge.y1 + dy,
      y2: edge.y2 + dy,
    })),
    frames: block.frames.map((frame) => ({ ...frame, x: frame.x + dx, y: frame.y + dy })),
    anchor: block.anchor + dy,
  };
}

/** Many leaves of one parent, in rows of a grid. */
function frameOf(parent: LineageNode, leaves: readonly LineageNode[], aspect: number): Block {
  const shape = (aspect * CARD_HEIGHT) / CARD_WIDTH;
  const columns = Math.min(8, Math.max(1, Math.floor(Math.sqrt(leaves.length * shape))));
  const rows = Math.ceil(leaves.length / columns);
  const cards = leaves.map((node, index) => ({
    node,
    x: FRAME_PADDING + Math.floor(index / rows) * (CARD_WIDTH + ROW_GAP),
    y: FRAME_PADDING + (index % rows) * (CARD_HEIGHT + ROW_GAP),
  }));
  const width = 2 * FRAME_PADDING + columns * (CARD_WIDTH + ROW_GAP) - ROW_GAP;
  const height = 2 * FRAME_PADDING + rows * (CARD_HEIGHT + ROW_GAP) - ROW_GAP;
  const frame = { parent: parent.config_digest, count: leaves.length, x: 0, y: 0, width, height };
  return { cards, edges: [], frames: [frame], width, height, anchor: height / 2 };
}

/** A node whose children are placed already. */
function join(
  node: LineageNode,
  family: Family,
  placed: ReadonlyMap<string, Block>,
  aspect: number,
): Block {
  const children = family.children.get(node.config_digest) ?? [];
  const isLeaf = (child: LineageNode) => !family.children.has(child.config_digest);
  const leaves = children.filter(isLeaf);
  const framed = leaves.length > FRAME_FROM ? leaves : [];
  const parts = children
    .filter((child) => framed.length === 0 || !isLeaf(child))
    .map((child) => ({
      to: child.config_digest,
      certain: child.certainty === 'exact',
      block: placed.get(child.config_digest),
    }));
  if (framed.length > 0) {
    const certain = framed.every((child) => child.certainty === 'exact');
    parts.push({
      to: `${node.config_digest} leaves`,
      certain,
      block: frameOf(node, framed, aspect),
    });
  }
  const joined: Block = { cards: [], edges: [], frames: [], width: 0, height: 0, anchor: 0 };
  const arrivals: { to: string; certain: boolean; y: number }[] = [];
  for (const { to, certain, block } of parts) {
    if (block === undefined) continue;
    const dy = joined.height === 0 ? 0 : joined.height + ROW_GAP;
    const at = moved(block, CARD_WIDTH + COLUMN_GAP, dy);
    joined.cards.push(...at.cards);
    joined.edges.push(...at.edges);
    joined.frames.push(...at.frames);
    joined.width = Math.max(joined.width, CARD_WIDTH + COLUMN_GAP + block.width);
    joined.height = dy + block.height;
    arrivals.push({ to, certain, y: at.anchor });
  }
  joined.width = Math.max(joined.width, CARD_WIDTH);
  joined.height = Math.max(joined.height, CARD_HEIGHT);
  const first = arrivals[0]?.y ?? CARD_HEIGHT / 2;
  const last = arrivals.at(-1)?.y ?? first;
  joined.anchor = Math.max(CARD_HEIGHT / 2, (first + last) / 2);
  joined.cards.unshift({ node, x: 0, y: joined.anchor - CARD_HEIGHT / 2 });
  for (const { to, certain, y } of arrivals) {
    joined.edges.push({
      from: node.config_digest,
      to,
      x1: CARD_WIDTH,
      y1: joined.anchor,
      x2: CARD_WIDTH + COLUMN_GAP,
      y2: y,
      certain,
    });
  }
  return joined;
}

/** Columns of families, filled to about the height that gives the whole the wanted shape. */
function pack(blocks: readonly Block[], aspect: number): Layout {
  const area = blocks.reduce(
    (sum, block) => sum + (block.width + FAMILY_GAP) * (block.height + FAMILY_GAP),
    0,
  );
  const tallest = Math.max(0, ...blocks.map((block) => block.height));
  const limit = Math.max(tallest, Math.sqrt(area / aspect));
  const cards: Card[] = [];
  const edges: Edge[] = [];
  const frames: Frame[] = [];
  let x = 0;
  let y = 0;
  let column = 0;
  let height = 0;
  for (const block of blocks) {
    if (y > 0 && y + block.height > limit) {
      x += column + FAMILY_GAP;
      y = 0;
      column = 0;
    }
    const at = moved(block, x, y);
    cards.push(...at.cards);
    edges.push(...at.edges);
    frames.push(...at.frames);
    y += block.height + FAMILY_GAP;
    column = Math.max(column, block.width);
    height = Math.max(height, y - FAMILY_GAP);
  }
  return { cards, edges, frames, width: x + column, height };
}

/** Nodes stand parents first, as the report has them; `aspect` is width over height. */
export function layOut(nodes: readonly LineageNode[], aspect: number): Layout {
  const family = familyOf(nodes);
  const placed = new Map<string, Block>();
  // Backwards, every child is placed before its parent, however deep the family is.
  for (const node of [...family.nodes.values()].reverse()) {
    placed.set(node.config_digest, join(node, family, placed, aspect));
  }
  const blocks = family.roots.flatMap((root) => placed.get(root.config_digest) ?? []);
  return pack(
    blocks.toSorted((a, b) => b.cards.length - a.cards.length),
    aspect,
  );
}

/** What is seen: a point of the layout at the window's corner, and a scale. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

const MARGIN = 24;
export const SCALES = { least: 0.2, most: 2 } as const;

/** All of it, in the middle, never larger than life. */
export function fit(layout: Layout, width: number, height: number): Camera {
  const scale = Math.max(
    SCALES.least,
    Math.min(
      1,
      (width - 2 * MARGIN) / Math.max(1, layout.width),
      (height - 2 * MARGIN) / Math.max(1, layout.height),
    ),
  );
  return {
    x: layout.width / 2 - width / 2 / scale,
    y: layout.height / 2 - height / 2 / scale,
    scale,
  };
}

/** Scales about a point of the window, which keeps its place. */
export function zoom(camera: Camera, factor: number, atX: number, atY: number): Camera {
  const scale = Math.min(SCALES.most, Math.max(SCALES.least, camera.scale * factor));
  return {
    x: camera.x + atX / camera.scale - atX / scale,
    y: camera.y + atY / camera.scale - atY / scale,
    scale,
  };
}
