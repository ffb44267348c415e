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

/** A child or a frame of leaves, at its place below the top of its parent's block. */
interface Part {
  readonly node: LineageNode | null;
  readonly to: string;
  readonly certain: boolean;
  readonly top: number;
  readonly anchor: number;
}

/** The room that a node takes together with all below it. */
interface Block {
  readonly node: LineageNode;
  readonly parts: readonly Part[];
  readonly leaves: readonly LineageNode[];
  readonly columns: number;
  readonly width: number;
  readonly height: number;
  /** Middle of the node's card, from the top of the block. */
  readonly anchor: number;
}

const BESIDE = CARD_WIDTH + COLUMN_GAP;

function frameColumns(count: number, aspect: number): number {
  const shape = (aspect * CARD_HEIGHT) / CARD_WIDTH;
  return Math.min(8, Math.max(1, Math.floor(Math.sqrt(count * shape))));
}

/** Extent of `count` cards in a row, and the padding around them. */
function frameExtent(count: number, card: number): number {
  return 2 * FRAME_PADDING + count * (card + ROW_GAP) - ROW_GAP;
}

/** Measures a node whose children are measured already. */
function measure(
  node: LineageNode,
  family: Family,
  blocks: ReadonlyMap<string, Block>,
  aspect: number,
): Block {
  const children = family.children.get(node.config_digest) ?? [];
  const isLeaf = (child: LineageNode) => !family.children.has(child.config_digest);
  const allLeaves = children.filter(isLeaf);
  const leaves = allLeaves.length > FRAME_FROM ? allLeaves : [];
  const parts: Part[] = [];
  let width = CARD_WIDTH;
  let height = 0;
  const add = (part: Omit<Part, 'top'>, partWidth: number, partHeight: number) => {
    const top = height === 0 ? 0 : height + ROW_GAP;
    parts.push({ ...part, top });
    width = Math.max(width, BESIDE + partWidth);
    height = top + partHeight;
  };
  for (const child of children) {
    const block = blocks.get(child.config_digest);
    if (block === undefined || (leaves.length > 0 && isLeaf(child))) continue;
    const certain = child.certainty === 'exact';
    const part = { node: child, to: child.config_digest, certain, anchor: block.anchor };
    add(part, block.width, block.height);
  }
  const columns = frameColumns(leaves.length, aspect);
  if (leaves.length > 0) {
    const frameHeight = frameExtent(Math.ceil(leaves.length / columns), CARD_HEIGHT);
    const part = {
      node: null,
      to: `${node.config_digest} leaves`,
      certain: leaves.every((leaf) => leaf.certainty === 'exact'),
      anchor: frameHeight / 2,
    };
    add(part, frameExtent(columns, CARD_WIDTH), frameHeight);
  }
  const arrivals = parts.map((part) => part.top + part.anchor);
  const first = arrivals[0] ?? CARD_HEIGHT / 2;
  const anchor = Math.max(CARD_HEIGHT / 2, (first + (arrivals.at(-1) ?? first)) / 2);
  return { node, parts, leaves, columns, width, height: Math.max(height, CARD_HEIGHT), anchor };
}

interface Drawing {
  readonly cards: Card[];
  readonly edges: Edge[];
  readonly frames: Frame[];
}

/** Many leaves of one parent, column by column. */
function placeFrame(block: Block, x: number, y: number, drawing: Drawing): void {
  const rows = Math.ceil(block.leaves.length / block.columns);
  drawing.frames.push({
    parent: block.node.config_digest,
    count: block.leaves.length,
    x,
    y,
    width: frameExtent(block.columns, CARD_WIDTH),
    height: frameExtent(rows, CARD_HEIGHT),
  });
  for (const [index, node] of block.leaves.entries()) {
    drawing.cards.push({
      node,
      x: x + FRAME_PADDING + Math.floor(index / rows) * (CARD_WIDTH + ROW_GAP),
      y: y + FRAME_PADDING + (index % rows) * (CARD_HEIGHT + ROW_GAP),
    });
  }
}

/** Gives every part of a measured family its place; a stack, for families may be deep. */
function place(
  root: Block,
  x: number,
  y: number,
  blocks: ReadonlyMap<string, Block>,
  drawing: Drawing,
): void {
  const stack = [{ block: root, x, y }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { block, x, y } = next;
    drawing.cards.push({ node: block.node, x, y: y + block.anchor - CARD_HEIGHT / 2 });
    for (const part of block.parts) {
      const top = y + part.top;
      drawing.edges.push({
        from: block.node.config_digest,
        to: part.to,
        x1: x + CARD_WIDTH,
        y1: y + block.anchor,
        x2: x + BESIDE,
        y2: top + part.anchor,
        certain: part.certain,
      });
      const child = part.node === null ? undefined : blocks.get(part.node.config_digest);
      if (child === undefined) placeFrame(block, x + BESIDE, top, drawing);
      else stack.push({ block: child, x: x + BESIDE, y: top });
    }
  }
}

/** Nodes stand parents first, as the report has them; `aspect` is width over height. */
export function layOut(nodes: readonly LineageNode[], aspect: number): Layout {
  const family = familyOf(nodes);
  const blocks = new Map<string, Block>();
  // Backwards, every child is measured before its parent.
  for (const node of [...family.nodes.values()].reverse()) {
    blocks.set(node.config_digest, measure(node, family, blocks, aspect));
  }
  const roots = family.roots
    .flatMap((root) => blocks.get(root.config_digest) ?? [])
    .toSorted((a, b) => b.height - a.height);
  // Columns of families, filled to about the height that gives the whole the wanted shape.
  const area = roots.reduce(
    (sum, block) => sum + (block.width + FAMILY_GAP) * (block.height + FAMILY_GAP),
    0,
  );
  const limit = Math.max(roots[0]?.height ?? 0, Math.sqrt(area / aspect));
  const drawing: Drawing = { cards: [], edges: [], frames: [] };
  let x = 0;
  let y = 0;
  let column = 0;
  let height = 0;
  for (const block of roots) {
    if (y > 0 && y + block.height > limit) {
      x += column + FAMILY_GAP;
      y = 0;
      column = 0;
    }
    place(block, x, y, blocks, drawing);
    y += block.height + FAMILY_GAP;
    column = Math.max(column, block.width);
    height = Math.max(height, y - FAMILY_GAP);
  }
  return { ...drawing, width: x + column, height };
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
