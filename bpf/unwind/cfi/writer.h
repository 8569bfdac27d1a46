/* Rows in the order of their addresses, equal neighbours once, and the index over them. */
#pragma once

#include "state.h"

/* Rows that an index entry can tell apart. */
#define MAX_ROWS UNWIND_ENTRY_ROW

/* struct unwind_row as one word, with the low byte, the address's, to be filled in. */
#define CFA_WORD(kind) ((u64)(kind) << 8)

/*
 * The row of a state that is out of the ordinary.
 *
 * `flags` are the caller's (enum unwind_frame_flags). handler_entry gives the row of a place where an unwinder is about
 * to enter an exception's handler, and from where on it holds; 0 when `pc` is none.
 */
IMPORT(encode) void encode(const struct cfi_state *state, u32 section, u32 is_signal_frame, u32 flags, u64 *row);
IMPORT(handlerEntry) s32 handler_entry(s32 pc, s32 last_pc, u64 *row);

/* A part of a function with a row of its own. */
struct part {
	s32 start;
	s32 end;
	u64 row;
};

static struct {
	/* It grows where it is, if nothing was reserved since. */
	u64 *rows;
	u32 capacity;
	u32 count;
	u32 *index;
	u32 buckets;
	u32 bucket;
	s32 last_pc;
	u64 last;
	u32 unsupported;
	/* The function saves rbp first, and its unwind data do not say so. */
	bool saves_rbp;
	/* The function returns to where nothing called it: now from its start on, or from here on. */
	bool returns_anywhere;
	bool enters_handler;
	/* What has a row of its own in the function and is yet to come. */
	struct part part;
} writer;

static void enter(u32 pc, u32 row)
{
	u32 bucket = pc >> BUCKET_SHIFT;

	if (bucket > writer.bucket) {
		while (++writer.bucket < bucket)
			writer.index[writer.bucket] = row - 1;
		writer.index[bucket] = row - 1;
	}
	if ((pc & 0xff) == 0)
		writer.index[bucket] = row;
	else
		writer.index[bucket] += 1 << UNWIND_ENTRY_FURTHER_SHIFT;
}

static void put_part(void);

SELDOM void grow_rows(void)
{
	u32 bytes = writer.capacity * sizeof *writer.rows;
	u64 *more = reserve(bytes);

	if (more != writer.rows + writer.capacity) {
		reserve(bytes);
		memcpy(more, writer.rows, bytes);
		writer.rows = more;
	}
	writer.capacity *= 2;
}

static inline void put(s32 pc, u64 row)
{
	if (pc >= writer.part.start) {
		s32 end = writer.part.end;
		put_part();
		pc = pc < end ? end : pc;
	}
	if (row == writer.last)
		return;
	if (pc == writer.last_pc) {
		writer.rows[writer.count - 1] = row | (pc & 0xff);
	} else {
		if (writer.count >= MAX_ROWS)
			return;
		if (writer.count >= writer.capacity)
			grow_rows();
		writer.rows[writer.count] = row | (pc & 0xff);
		enter(pc, writer.count++);
		writer.last_pc = pc;
	}
	writer.last = row;
	if (row == CFA_WORD(UNWIND_CFA_UNSUPPORTED))
		writer.unsupported++;
}

/* What was in force before the part is in force again behind it. */
SELDOM void put_part(void)
{
	struct part part = writer.part;
	u64 before = writer.last;

	writer.part.start = INT32_MAX;
	put(part.start, part.row);
	put(part.end, before);
}

SELDOM void put_kind(s32 pc, enum unwind_cfa kind)
{
	put(pc, CFA_WORD(kind));
}

static void begin_rows(u32 buckets, u32 expected_rows)
{
	writer.buckets = buckets;
	writer.index = reserve(buckets * sizeof *writer.index);
	writer.capacity = expected_rows < 16 ? 16 : expected_rows;
	writer.rows = reserve(writer.capacity * sizeof *writer.rows);
	writer.part.start = INT32_MAX;
	writer.last_pc = -1;
	writer.last = ~0ull;
	put_kind(0, UNWIND_CFA_NONE);
}

static void finish_rows(void)
{
	while (++writer.bucket < writer.buckets)
		writer.index[writer.bucket] = writer.count - 1;
}

SELDOM void put_rare(s32 pc, struct cfi_state state, u32 section, bool is_signal_frame)
{
	bool by_register = state.cfa == CFA_BY_REGISTER;
	u64 row;

	/* __builtin_eh_return alone: the frame that is entered lies where rcx says. */
	if (by_register && state.cfa_register == RCX && !writer.enters_handler) {
		s32 from = handler_entry(pc, writer.last_pc, &row);
		if (from > 0) {
			writer.enters_handler = true;
			put(from, row);
		}
	}
	/* With rbp again the function is where it was before. */
	if (by_register && state.cfa_register == RBP)
		writer.enters_handler = false;
	if (writer.saves_rbp) {
		state.rbp.rule = state.cfa_offset >= 16 ? OFFSET : UNSPECIFIED;
		state.rbp.value = -16;
	}
	bool is_leaf = writer.enters_handler || writer.returns_anywhere;
	encode(&state, section, is_signal_frame, is_leaf ? UNWIND_FRAME_LEAF : 0, &row);
	put(pc, row);
}

static inline void put_state(s32 pc, const struct cfi_state *state, u32 section, bool is_signal_frame)
{
	u32 rbp = state->rbp.rule;
	bool is_plain = !writer.saves_rbp && !writer.enters_handler && state->cfa == CFA_BY_REGISTER &&
			(state->cfa_register | 1) == RSP && state->ra.rule == OFFSET && state->ra.value == -8 &&
			state->rsp.rule == UNSPECIFIED && state->cfa_offset == (s16)state->cfa_offset &&
			(rbp == UNSPECIFIED || (rbp == OFFSET && state->rbp.value == (s16)state->rbp.value));

	if (!is_plain) {
		put_rare(pc, *state, section, is_signal_frame);
		return;
	}
	u64 row = state->cfa_register == RBP ? CFA_WORD(UNWIND_CFA_RBP) : CFA_WORD(UNWIND_CFA_RSP);
	row |= (u64)(u16)state->cfa_offset << 32;
	if (rbp == OFFSET)
		row |= (u64)UNWIND_RBP_SAVED << 16 | (u64)(u16)state->rbp.value << 48;
	put(pc, row);
}
