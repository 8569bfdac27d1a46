/* The rows of code that no unwind data cover, from what its instructions do. */
#pragma once

#include "uncovered_functions.h"
#include "writer.h"

/* How far before it the number of a system call is looked for. */
#define CLONE_BYTES 64
/* Code from a program's entry on that has no unwind data: glibc's loader has 61 bytes. */
#define ENTRY_BYTES 128

/* Of the register that an instruction numbers so, DWARF's number. */
static s32 dwarf_number(u8 number)
{
	static const u8 first[8] = { 0, 2, 1, 3, RSP, RBP, 4, 5 };

	return number < 8 ? first[number] : number;
}

/* The row of where the return address is in a register. */
static u64 row_by_register(const struct frame *frame)
{
	struct cfi_state state = {
		.cfa = CFA_BY_REGISTER,
		.cfa_register = RSP,
		.cfa_offset = frame->depth,
		.ra = { REGISTER, dwarf_number(frame->return_address - 1) },
	};
	u64 row;

	encode(&state, 0, false, 0, &row);
	return row;
}

static u64 make_row(const struct frame *frame)
{
	u64 saved = (u64)UNWIND_RBP_SAVED << 16 | (u64)(u16)-frame->saved << 48;
	u64 rbp = frame->saved ? saved : frame->rbp == RBP_CALLERS ? 0 : (u64)UNWIND_RBP_UNDEFINED << 16;

	if (frame->rbp == RBP_OF_SIGNAL)
		return CFA_WORD(UNWIND_CFA_SIGNAL);
	if (frame->rbp == RBP_OF_ENTRY || (frame->rbp == RBP_ZERO && frame->depth < 8))
		return CFA_WORD(UNWIND_CFA_END);
	if (frame->rbp == RBP_FRAME)
		return CFA_WORD(UNWIND_CFA_RBP) | (u64)(u16)frame->saved << 32 | saved;
	if (frame->depth == UNKNOWN_DEPTH || frame->depth < 0)
		return CFA_WORD(UNWIND_CFA_NONE);
	if (frame->depth == 0 && frame->return_address && !frame->saved && frame->rbp == RBP_CALLERS)
		return row_by_register(frame);
	if (frame->depth < 8)
		return CFA_WORD(UNWIND_CFA_UNSUPPORTED);
	return CFA_WORD(UNWIND_CFA_RSP) | (u64)(u16)frame->depth << 32 | rbp;
}

/* The row of a frame by its number; each is made once. */
static u64 row_of_frame(u16 number)
{
	static u64 rows[MAX_FRAMES];

	if (!rows[number])
		rows[number] = make_row(&code.known[number]);
	return rows[number];
}

/* mov $56, %al or %eax before a system call: clone, behind which a new thread begins, too, on a stack of its own. */
static bool is_clone(u32 at)
{
	if (code.code[at] != 0x0f || code.code[at + 1] != 0x05)
		return false;
	for (u32 i = at < CLONE_BYTES ? 0 : at - CLONE_BYTES; i + 1 < at; i++)
		if ((code.code[i] | 8) == 0xb8 && code.code[i + 1] == 0x38)
			return true;
	return false;
}

/* Writes the rows of a stretch of code from what it does. False, and nothing written, when nothing is known of it. */
static bool put_code(s32 start, s32 end, s32 entry)
{
	u32 size = end - start;

	code.before = end;
	code.behind = (writer.buckets << BUCKET_SHIFT) - start;
	if (size < (has_long ? MIN_CODE_BYTES : MIN_LONG_BYTES) || size > MAX_CODE_BYTES - looked_at_bytes || !find_frames(start, size, entry - start))
		return false;
	u32 unsupported = writer.unsupported;
	u32 root_end = 0;
	for (u32 at = 0; at < size;) {
		struct instruction it;
		if (start + (s32)at == entry)
			root_end = at + ENTRY_BYTES;
		if (!code.frames[at]) {
			/* The code at the entry is not understood: what follows is a root all the same, up to another function. */
			put_kind(start + at, at < root_end ? UNWIND_CFA_END : UNWIND_CFA_NONE);
			at++;
			continue;
		}
		root_end = 0;
		put(start + at, row_of_frame(code.frames[at]));
		bool begins_thread = is_clone(at);
		at += decode(code.code + at, code.code + size, &it) ? it.length : 1;
		/* Without a row the walk asks what the call returned. */
		if (begins_thread && decode(code.code + at, code.code + size, &it)) {
			put_kind(start + at, UNWIND_CFA_NONE);
			at += it.length;
		}
	}
	/* They count what unwind data say. */
	writer.unsupported = unsupported;
	return true;
}
