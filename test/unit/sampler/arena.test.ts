import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ARENA_WORDS,
  ArenaSpans,
  CHUNK_WORDS,
  GRACE_MS,
  type Span,
} from "../../../bpf/sampler/arena-spans.js";
import { mostWords, placeTable } from "../../../bpf/sampler/place-table.js";
import { UnwindArena } from "../../../bpf/sampler/unwind-maps.js";
import type { UnwindTable } from "../../../bpf/unwind/unwind-table.js";

/** Numbers from 0 up to a limit, the same for the same seed (mulberry32). */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

test("spans never overlap, straddle only where they may, and come back after their grace period", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const next = random(seed);
    const limit = 6 * CHUNK_WORDS;
    const spans = new ArenaSpans(limit);
    const taken = new Set<Span>();
    const resting: { span: Span; untilMs: number }[] = [];
    let now = 0;
    let refused = 0;
    for (let step = 0; step < 3000; step++) {
      now += next(20);
      if (next(3) > 0) {
        const straddles = next(8) === 0;
        const words = 1 + next(straddles ? 2 * CHUNK_WORDS : 4000);
        let span = spans.take(words, now, { straddles });
        if (span === undefined) refused++;
        if (span === undefined) continue;
        assert.ok(span.words >= words && span.position >= 4 && span.position % 4 === 0);
        assert.ok(span.position + span.words <= limit);
        const chunk = (position: number) => Math.floor(position / CHUNK_WORDS);
        if (!straddles) assert.equal(chunk(span.position), chunk(span.position + words - 1));
        for (const { position, words: length } of [
          ...taken,
          ...resting.filter((r) => r.untilMs > now).map((r) => r.span),
        ])
          assert.ok(position >= span.position + span.words || position + length <= span.position);
        if (straddles && next(2) === 0) span = spans.shorten(span, 1 + next(words));
        taken.add(span);
      } else if (taken.size > 0) {
        const span = [...taken][next(taken.size)];
        taken.delete(span);
        spans.free(span, now);
        resting.push({ span, untilMs: now + GRACE_MS });
      }
    }
    assert.ok(refused > 0, "it was full at times");
    for (const span of taken) spans.free(span, now);
    assert.ok(spans.take(limit - 4, now + GRACE_MS, { straddles: true }), "all of it is one piece again");
    assert.equal(spans.usedWords, limit - 4);
  }
});

test("the limit can be moved", () => {
  const spans = new ArenaSpans(CHUNK_WORDS);
  assert.equal(spans.take(CHUNK_WORDS, 0, { straddles: true }), undefined);
  spans.limitWords = ARENA_WORDS;
  assert.ok(spans.take(CHUNK_WORDS, 0, { straddles: true }));
  assert.equal(spans.take(CHUNK_WORDS + 1, 0), undefined, "too long for a chunk");
});

/** A table of random runs, whose rows are their own numbers. */
function randomTable(next: (limit: number) => number, buckets: number): UnwindTable {
  const index = new Uint32Array(buckets);
  let row = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const further = next(4) === 0 ? next(256) : next(3);
    index[bucket] = (further << 24) | row;
    // Mostly the bucket's last row is in force at the next one's start, at times a row begins there.
    row += further + (next(4) === 0 ? 1 : 0);
  }
  const rows = Uint32Array.from({ length: 2 * (row + 256) }, (_, i) => i >> 1);
  return { rows, index, rules: new Uint8Array(64).fill(7), firstBucket: 0, functions: 1, unsupportedRows: 0 };
}

test("a placed table has each bucket's rows in one chunk, whatever its position", () => {
  let borders = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed);
    const table = randomTable(next, 3000 + next(9000));
    const position = 4 * next(CHUNK_WORDS / 2);
    const { words, index, buckets, rules } = placeTable(table, position);
    assert.ok(words.length / 2 <= mostWords(table));
    assert.equal(buckets, table.index.length);
    assert.deepEqual(new Uint8Array(words.slice(0, 16).buffer), table.rules);
    assert.equal(rules, position);
    for (let bucket = 0; bucket < buckets; bucket++) {
      const entry = words[index - 2 * position + bucket];
      const [first, further] = [entry & 0xffffff, entry >>> 24];
      assert.equal(further, table.index[bucket] >>> 24);
      assert.equal(Math.floor(first / CHUNK_WORDS), Math.floor((first + further) / CHUNK_WORDS));
      for (let i = 0; i <= further; i++)
        assert.equal(words[2 * (first + i - position)], (table.index[bucket] & 0xffffff) + i);
    }
    if (Math.floor(position / CHUNK_WORDS) !== Math.floor((position + words.length / 2) / CHUNK_WORDS))
      borders++;
  }
  assert.ok(borders > 20, `${borders} of the tables lie in two chunks or more`);
});

test("what is written over the end of a chunk goes on in the next, which is made on demand", () => {
  const chunks = new Map<number, Map<number, number>>();
  const arena = new UnwindArena({
    addChunk(number) {
      const bytes = new Map<number, number>();
      chunks.set(number, bytes);
      return {
        write: (offset: number, part: Uint8Array) =>
          part.forEach((byte, i) => void bytes.set(offset + i, byte)),
      } as never;
    },
  });
  arena.write(2 * CHUNK_WORDS - 1, Uint32Array.of(1, 2, 3, 4));
  assert.deepEqual([...chunks.keys()], [1, 2]);
  const last = CHUNK_WORDS * 8 - 8;
  assert.deepEqual(
    [chunks.get(1)?.get(last), chunks.get(1)?.get(last + 4), chunks.get(2)?.get(0)],
    [1, 2, 3],
  );
  assert.equal(chunks.get(2)?.size, 8);
});
