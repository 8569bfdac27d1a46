import type { ChangeMeasure, ChangeSide, FlameChange } from "../plot/flame-change.js";

/** A frame of a flame graph with its place in the tree. */
export interface Frame {
  name: string;
  module: string;
  kind: Kind;
  /** Source file and line, `parser.ts:12`, where they are known; `""` elsewhere. */
  place: string;
  value: number;
  /** Value not covered by children. */
  self: number;
  depth: number;
  parent: Frame | undefined;
  children: Frame[];
  /** In a graph of two sides. */
  change?: FlameChange;
}

export const KINDS = ["user", "jit", "inlined", "kernel"] as const;
export type Kind = (typeof KINDS)[number];

export interface FlameTree {
  title: string;
  unit: string;
  root: Frame;
  /** Of a graph of two sides. */
  differential?: Differential;
}

/** What a graph of two sides has beside its frames. */
export interface Differential {
  /** The side that frames are sized by at first. */
  by: ChangeSide;
  measure: ChangeMeasure;
  /** The change at which colours are strongest; 0 where no frame has changed. */
  scale: number;
  /** The whole on both sides, in words. */
  total: string;
  /** What cannot be seen on a side, in words. */
  notes: Record<ChangeSide, string>;
}

/** The frame and its callers, root first. */
export function lineage(frame: Frame): Frame[] {
  const frames: Frame[] = [];
  for (let at: Frame | undefined = frame; at; at = at.parent) frames.unshift(at);
  return frames;
}

/** Sum of what lies in frames that match, counting a frame inside another matching frame once. */
export function matchedValue(root: Frame, matches: (frame: Frame) => boolean): number {
  let sum = 0;
  const pending = [root];
  for (let frame = pending.pop(); frame; frame = pending.pop()) {
    if (matches(frame)) sum += frame.value;
    else pending.push(...frame.children);
  }
  return sum;
}

/** Reads what was typed into the search box: a regular expression, or plain text where it is none. */
export function frameMatcher(query: string): (frame: Frame) => boolean {
  let pattern: RegExp;
  try {
    pattern = new RegExp(query, "i");
  } catch {
    pattern = new RegExp(query.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i");
  }
  return (frame) => [frame.name, frame.module, frame.place].some((text) => pattern.test(text));
}
