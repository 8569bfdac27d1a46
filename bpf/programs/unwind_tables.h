/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The state of a walk, and what the tables say of an address. */
#pragma once

#include "unwind.h"

/* Bytes of the stack that are read at once. They never lie on two pages, so all can be read or none. */
#define UNWIND_BLOCK_BYTES 1024
/* Nothing of user memory is near it. */
#define UNWIND_NO_BLOCK (1ULL << 63)

#define UNWIND_MAPPING_WORDS 5
#define UNWIND_RULE_WORDS 4

/* One past the largest user address (47 bits; no stack or code is mapped above without asking for it). */
#define UNWIND_USER_END (1ULL << 47)

/*
 * The state of a walk. It lies in a map: the verifier takes every value read from there as unknown, so that its work
 * does not multiply with the frames.
 */
struct unwind_walk {
	u64 registers[UNWIND_REGISTERS];
	/* What the last address was in. */
	struct unwind_mapping mapping;
	struct unwind_process process;
	/* The address of `block`, or UNWIND_NO_BLOCK. */
	u64 block_address;
	/* enum unwind_frame_flags of the frame that is next. */
	u32 flags;
	u32 count;
	u32 end;
	u32 reserved;
	u64 block[UNWIND_BLOCK_BYTES / 8];
};

/* Pointers cannot lie in a map. */
struct unwind_context {
	struct unwind_walk *walk;
	/* Room for UNWIND_MAX_FRAMES. */
	u64 *addresses;
};

/* All bits when a > b, else none, without a branch: each branch would double the verifier's work. Both below 2^63. */
static __always_inline u64 unwind_mask_above(u64 a, u64 b)
{
	return (u64)((s64)(b - a) >> 63);
}

static __always_inline u64 unwind_mapping_start(const u64 *chunk, u32 first, u64 number)
{
	return chunk[(first + number * UNWIND_MAPPING_WORDS) & UNWIND_CHUNK_MASK];
}

/* Makes `mapping` the one that has the address. */
static __always_inline int unwind_find_mapping(struct unwind_walk *walk, u64 pc)
{
	const u64 *chunk = unwind_chunk(walk->process.mappings >> UNWIND_CHUNK_SHIFT);
	u32 first = walk->process.mappings & UNWIND_CHUNK_MASK;
	u64 count = walk->process.count;
	/* How many start at or below the address, bit by bit from the highest. */
	u64 below = 0;

	if (!chunk || pc >= UNWIND_USER_END)
		return 0;
	if (count > 255) {
		for (u64 bit = 1 << 14; bit >= 1 << 8; bit >>= 1) {
			u64 next = below + bit;
			below += bit & ~unwind_mask_above(next, count) &
				 ~unwind_mask_above(unwind_mapping_start(chunk, first, next - 1), pc);
		}
	}
	for (u64 bit = 1 << 7; bit; bit >>= 1) {
		u64 next = below + bit;
		below += bit & ~unwind_mask_above(next, count) &
			 ~unwind_mask_above(unwind_mapping_start(chunk, first, next - 1), pc);
	}
	if (!below)
		return 0;
	u32 at = first + (u32)(below - 1) * UNWIND_MAPPING_WORDS;
	if (at > UNWIND_CHUNK_MASK + 1 - UNWIND_MAPPING_WORDS)
		return 0;
	walk->mapping = *(const struct unwind_mapping *)&chunk[at];
	return pc < walk->mapping.end;
}

/* The row in force at an address of the mapping; one of zeros, UNWIND_CFA_NONE, where there is none. */
static __always_inline struct unwind_row unwind_row_at(const struct unwind_mapping *mapping, u64 pc)
{
	struct unwind_row none = {};
	u64 address = pc - mapping->bias;
	u64 bucket = address >> 8;
	u64 low = address & 0xff;

	if (bucket >= mapping->buckets)
		return none;
	u32 index = mapping->index + (u32)bucket;
	const u32 *entries = unwind_chunk(index >> (UNWIND_CHUNK_SHIFT + 1));
	if (!entries)
		return none;
	u32 entry = entries[index & (2 * UNWIND_CHUNK_MASK + 1)];
	u32 row = entry & UNWIND_ENTRY_ROW;
	u64 further = entry >> UNWIND_ENTRY_FURTHER_SHIFT;
	const struct unwind_row *rows = unwind_chunk(row >> UNWIND_CHUNK_SHIFT);
	if (!rows)
		return none;
	/* How many of the rows that follow are at or below the address, bit by bit from the highest. */
	u64 below = 0;
	if (further > 7) {
		for (u64 bit = 1 << 7; bit >= 1 << 3; bit >>= 1) {
			u64 next = below + bit;
			below += bit & ~unwind_mask_above(next, further) &
				 ~unwind_mask_above(rows[(row + next) & UNWIND_CHUNK_MASK].pc_low, low);
		}
	}
	for (u64 bit = 1 << 2; bit; bit >>= 1) {
		u64 next = below + bit;
		below += bit & ~unwind_mask_above(next, further) &
			 ~unwind_mask_above(rows[(row + next) & UNWIND_CHUNK_MASK].pc_low, low);
	}
	return rows[(row + below) & UNWIND_CHUNK_MASK];
}
