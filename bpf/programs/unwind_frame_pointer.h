/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where no row says how to go on: by frame pointers, and by what the code at the address is about to do. */
#pragma once

/* Bytes of code that are looked at before the address, and from it on. */
#define UNWIND_CODE_BYTES_BEFORE 10
#define UNWIND_CODE_BYTES 30

/* A frame pointer lower than the stack by more than this is on another stack: Go calls some functions on one. */
#define UNWIND_OTHER_STACK_BYTES (1 << 16)

/* A frame pointer that leads nowhere. */
static __always_inline long unwind_lost(struct unwind_walk *walk)
{
	u32 kind = walk->mapping.kind;

	if (kind == UNWIND_MAPPING_ANONYMOUS || kind == UNWIND_MAPPING_PYTHON || kind == UNWIND_MAPPING_TABLE_AT_LEAF)
		return unwind_stop(walk, UNWIND_END_BAD_FRAME_POINTER);
	return unwind_stop(walk, UNWIND_END_NO_TABLE);
}

static __always_inline long unwind_by_frame_pointer(struct unwind_walk *walk)
{
	u64 rsp = walk->registers[UNWIND_RSP], rbp = walk->registers[UNWIND_RBP];
	u32 kind = walk->mapping.kind;
	struct unwind_caller caller = { .cfa = rbp + 16 };

	/* The chain of a thread ends in zero, which its first function was given. */
	if (!rbp && (walk->flags & UNWIND_FRAME_BY_FRAME_POINTER) && kind != UNWIND_MAPPING_ANONYMOUS &&
	    kind != UNWIND_MAPPING_PYTHON)
		return unwind_stop(walk, UNWIND_END_COMPLETE);
	if (!rbp || (rbp & 7))
		return unwind_lost(walk);
	if (rbp < rsp && rsp - rbp < UNWIND_OTHER_STACK_BYTES)
		return unwind_lost(walk);
	if (rbp < rsp && kind != UNWIND_MAPPING_TABLE_AT_LEAF && kind != UNWIND_MAPPING_NO_TABLE)
		return unwind_lost(walk);
	if (unwind_word(walk, rbp, &caller.rbp) || unwind_word(walk, rbp + 8, &caller.return_address))
		return unwind_lost(walk);
	return unwind_enter_caller(walk, &caller, UNWIND_FRAME_BY_FRAME_POINTER);
}

/* mov $15, %rax (or %eax); syscall: what a signal handler returns to, without unwind data in musl and Go. */
static __always_inline int unwind_is_sigreturn(const u8 *code)
{
	if (code[0] == 0xb8)
		return code[1] == 0x0f && !code[2] && !code[3] && !code[4] && code[5] == 0x0f && code[6] == 0x05;
	return code[0] == 0x48 && code[1] == 0xc7 && code[2] == 0xc0 && code[3] == 0x0f && !code[4] && !code[5] &&
	       !code[6] && code[7] == 0x0f && code[8] == 0x05;
}

/* add $8, %rsp; ret: what CPython's perf trampoline does behind its call. */
static __always_inline int unwind_is_python_return(const u8 *code)
{
	return code[0] == 0x48 && code[1] == 0x83 && code[2] == 0xc4 && code[3] == 0x08 && code[4] == 0xc3;
}

#define UNWIND_ROW_AT_ENTRY ((struct unwind_row){ .cfa = UNWIND_CFA_RSP, .cfa_offset = 8 })
#define UNWIND_ROW_PUSHED_8 ((struct unwind_row){ .cfa = UNWIND_CFA_RSP, .cfa_offset = 16 })
#define UNWIND_ROW_PUSHED_RBP \
	((struct unwind_row){ .cfa = UNWIND_CFA_RSP, .cfa_offset = 16, .rbp = UNWIND_RBP_SAVED, .rbp_offset = -16 })

/* Whether the frame pointer is the function's own or still, or again, its caller's: what comes next tells. */
static __always_inline struct unwind_row unwind_leaf_row_by_code(const u8 *code, int is_python)
{
	/* endbr64, which functions begin with */
	if (code[0] == 0xf3 && code[1] == 0x0f && code[2] == 0x1e && code[3] == 0xfa)
		return UNWIND_ROW_AT_ENTRY;
	/* push %rbp; mov %rsp, %rbp */
	if (code[0] == 0x55 && code[1] == 0x48 && code[2] == 0x8b && code[3] == 0xec)
		return UNWIND_ROW_AT_ENTRY;
	if (unwind_is_v8_entry(code) || unwind_is_v8_baseline_entry(code) || unwind_is_v8_exit(code))
		return UNWIND_ROW_AT_ENTRY;
	/* mov %rsp, %rbp */
	if (code[0] == 0x48 && ((code[1] == 0x89 && code[2] == 0xe5) || (code[1] == 0x8b && code[2] == 0xec)))
		return UNWIND_ROW_PUSHED_RBP;
	/* ret; ret $n; rep ret */
	if (code[0] == 0xc3 || code[0] == 0xc2 || (code[0] == 0xf3 && code[1] == 0xc3))
		return UNWIND_ROW_AT_ENTRY;
	/* pop %rbp; ret */
	if (code[0] == 0x5d && (code[1] == 0xc3 || code[1] == 0xc2))
		return UNWIND_ROW_PUSHED_RBP;
	if (is_python) {
		/* sub $8, %rsp; call *%rcx; add $8, %rsp; ret: CPython's perf trampoline */
		if (code[0] == 0x48 && code[1] == 0x83 && code[2] == 0xec && code[3] == 0x08 && code[4] == 0xff)
			return UNWIND_ROW_AT_ENTRY;
		if ((code[0] == 0xff && code[1] == 0xd1 && unwind_is_python_return(code + 2)) ||
		    unwind_is_python_return(code))
			return UNWIND_ROW_PUSHED_8;
	}
	return (struct unwind_row){};
}
