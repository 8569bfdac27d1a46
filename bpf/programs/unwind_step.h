/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Walks a user stack by the tables of unwind.h, a frame a step.
 *
 * The file has no maps and calls no helper, so that it also compiles for the host, where tests feed it stacks. Who
 * includes it defines first
 *   void *unwind_chunk(u32 number)                     a chunk of the arena, or NULL
 *   long unwind_read(void *to, u32 size, u64 address)  0, or another number when user memory cannot be read
 * and bpf_loop(), __always_inline and the types u8 to s64.
 */
#pragma once

#include "unwind_tables.h"

/* What a step found of the caller. */
struct unwind_caller {
	u64 cfa;
	u64 return_address;
	u64 rbp;
};

static __always_inline long unwind_stop(struct unwind_walk *walk, u32 end)
{
	walk->end = end;
	return 1;
}

/* One word of the stack. Returns 0, or -1 when it cannot be read. */
static __always_inline int unwind_word(struct unwind_walk *walk, u64 address, u64 *word)
{
	/* Of what is no user address it is large, so that it is in no block. */
	u64 offset = (address - walk->block_address) | (address & UNWIND_NO_BLOCK);

	if (offset >= UNWIND_BLOCK_BYTES) {
		if (address & 7)
			return unwind_read(word, sizeof(*word), address) ? -1 : 0;
		walk->block_address = UNWIND_NO_BLOCK;
		if (unwind_read(walk->block, UNWIND_BLOCK_BYTES, address & ~(UNWIND_BLOCK_BYTES - 1ULL)))
			return -1;
		walk->block_address = address & ~(UNWIND_BLOCK_BYTES - 1ULL);
		offset = address & (UNWIND_BLOCK_BYTES - 1);
	} else if (offset & 7) {
		return unwind_read(word, sizeof(*word), address) ? -1 : 0;
	}
	*word = walk->block[(offset >> 3) & (UNWIND_BLOCK_BYTES / 8 - 1)];
	return 0;
}

/* A register, or 0 for a number that none has. */
static __always_inline u64 unwind_register_value(const struct unwind_walk *walk, u8 number)
{
	return number < UNWIND_REGISTERS ? walk->registers[number] : 0;
}

/* rsp, rbp and rip are known in every frame, the others where they were just read. */
static __always_inline int unwind_is_known(const struct unwind_walk *walk, u8 number)
{
	return number == UNWIND_RSP || number == UNWIND_RBP || (walk->flags & UNWIND_FRAME_ALL_REGISTERS);
}

/* Takes the interrupted registers from the frame that the kernel made for a signal handler. */
static __always_inline long unwind_signal(struct unwind_walk *walk)
{
	/* struct rt_sigframe, arch/x86/include/asm/sigframe.h: at rsp is the ucontext, in it at 40 the sigcontext. */
	u64 saved[17];
	u64 *registers = walk->registers;

	if (unwind_read(saved, sizeof(saved), registers[UNWIND_RSP] + 40))
		return unwind_stop(walk, UNWIND_END_READ_FAULT);
	/* struct sigcontext_64, arch/x86/include/uapi/asm/sigcontext.h: r8 to r15, then the others in its order. */
	for (u32 i = 0; i < 8; i++)
		registers[UNWIND_R8 + i] = saved[i];
	registers[UNWIND_RDI] = saved[8];
	registers[UNWIND_RSI] = saved[9];
	registers[UNWIND_RBP] = saved[10];
	registers[UNWIND_RBX] = saved[11];
	registers[UNWIND_RDX] = saved[12];
	registers[UNWIND_RAX] = saved[13];
	registers[UNWIND_RCX] = saved[14];
	registers[UNWIND_RSP] = saved[15];
	registers[UNWIND_RIP] = saved[16];
	walk->flags = UNWIND_FRAME_LEAF | UNWIND_FRAME_ALL_REGISTERS;
	return 0;
}

/* Takes the caller's registers over. */
static __always_inline long unwind_enter_caller(struct unwind_walk *walk, const struct unwind_caller *caller, u32 flags)
{
	if (!caller->return_address)
		return unwind_stop(walk, UNWIND_END_COMPLETE);
	walk->registers[UNWIND_RIP] = caller->return_address;
	walk->registers[UNWIND_RSP] = caller->cfa;
	walk->registers[UNWIND_RBP] = caller->rbp;
	walk->flags = flags;
	return 0;
}

#include "unwind_rule.h"

/* `caller_flags` are of the frame that the step leads to. */
static __always_inline long unwind_by_row(struct unwind_walk *walk, struct unwind_row row, u32 caller_flags)
{
	u64 rsp = walk->registers[UNWIND_RSP], rbp = walk->registers[UNWIND_RBP];
	struct unwind_caller caller = { .rbp = rbp };

	if (row.cfa == UNWIND_CFA_RSP && !row.cfa_offset) {
		/*
		 * The return address was popped, into a register that the unwind data do not tell. What calls on after
		 * that is a thread's first function (musl's clone, which sets rbp to 0); a leaf may push it again (vfork).
		 */
		if ((walk->flags & UNWIND_FRAME_LEAF) && rbp)
			return unwind_stop(walk, UNWIND_END_UNSUPPORTED_RULE);
		return unwind_stop(walk, UNWIND_END_COMPLETE);
	} else if (row.cfa == UNWIND_CFA_RSP) {
		caller.cfa = rsp + (s64)row.cfa_offset;
	} else if (row.cfa == UNWIND_CFA_RBP) {
		caller.cfa = rbp + (s64)row.cfa_offset;
	} else if (row.cfa == UNWIND_CFA_END) {
		return unwind_stop(walk, UNWIND_END_COMPLETE);
	} else if (row.cfa == UNWIND_CFA_SIGNAL) {
		return unwind_signal(walk);
	} else if (row.cfa == UNWIND_CFA_RULE) {
		return unwind_by_rule(walk, (u16)row.cfa_offset);
	} else if (row.cfa == UNWIND_CFA_REGISTER && unwind_is_known(walk, row.reg)) {
		caller.cfa = unwind_register_value(walk, row.reg) + (s64)row.cfa_offset;
	} else if (row.cfa == UNWIND_CFA_DEREF_RSP) {
		if (unwind_word(walk, rsp + (u64)row.reg * 8, &caller.cfa))
			return unwind_stop(walk, UNWIND_END_READ_FAULT);
		caller.cfa += (s64)row.cfa_offset;
	} else if (row.cfa == UNWIND_CFA_PLT) {
		caller.cfa = rsp + 8 + ((walk->registers[UNWIND_RIP] & 15) >= row.reg ? 8 : 0);
	} else {
		return unwind_stop(walk, UNWIND_END_UNSUPPORTED_RULE);
	}
	if (caller.cfa <= rsp)
		return unwind_stop(walk, UNWIND_END_STACK_NOT_GROWING);
	if (unwind_word(walk, caller.cfa - 8, &caller.return_address))
		return unwind_stop(walk, UNWIND_END_READ_FAULT);
	if (row.rbp == UNWIND_RBP_SAVED) {
		if (unwind_word(walk, caller.cfa + (s64)row.rbp_offset, &caller.rbp))
			return unwind_stop(walk, UNWIND_END_READ_FAULT);
	} else if (walk->mapping.kind == UNWIND_MAPPING_TABLE_AT_LEAF && rbp >= rsp && rbp < caller.cfa) {
		/* Go's unwind data do not mention rbp: inside of the frame it is the frame's own. */
		if (unwind_word(walk, rbp, &caller.rbp))
			return unwind_stop(walk, UNWIND_END_READ_FAULT);
	}
	/*
	 * A leaf that has put nothing on the stack has saved no register either. Assembler calls such helpers from
	 * functions whose frame is found through a register that no convention keeps (OpenSSL: rax).
	 */
	if (row.cfa == UNWIND_CFA_RSP && row.cfa_offset == 8 && (walk->flags & UNWIND_FRAME_LEAF))
		caller_flags |= walk->flags & UNWIND_FRAME_ALL_REGISTERS;
	return unwind_enter_caller(walk, &caller, caller_flags);
}

#include "unwind_v8.h"
#include "unwind_frame_pointer.h"

/*
 * What the code itself says where no row covers it: a row that does the same, or one of zeros for the frame pointer.
 * `code` is at rip, and there are bytes before it.
 */
static __always_inline struct unwind_row unwind_row_by_code(const struct unwind_walk *walk, const u8 *code)
{
	struct unwind_row row = {};

	if (unwind_is_sigreturn(code)) {
		row.cfa = UNWIND_CFA_SIGNAL;
	} else if (!(walk->flags & UNWIND_FRAME_LEAF)) {
		if (walk->mapping.kind == UNWIND_MAPPING_PYTHON && unwind_is_python_return(code))
			row = UNWIND_ROW_PUSHED_8;
	} else if (code[-2] == 0x0f && code[-1] == 0x05 && walk->mapping.kind == UNWIND_MAPPING_TABLE) {
		/*
		 * Behind a system call where the function's unwind data end: nothing returns there (the signal
		 * trampoline), or they would be wrong in a thread that begins there (clone), where the call returned 0.
		 */
		row = unwind_row_at(&walk->mapping, walk->registers[UNWIND_RIP] - 1);
		if (row.cfa != UNWIND_CFA_SIGNAL && row.cfa != UNWIND_CFA_NONE &&
		    unwind_is_known(walk, UNWIND_RAX) && walk->registers[UNWIND_RAX] == 0)
			row.cfa = UNWIND_CFA_END;
	} else {
		row = unwind_leaf_row_by_code(code, walk->mapping.kind == UNWIND_MAPPING_PYTHON);
	}
	return row;
}

/* The return address is in a register for a moment. */
static __always_inline long unwind_by_register(struct unwind_walk *walk, u8 number)
{
	struct unwind_caller caller = {
		.cfa = walk->registers[UNWIND_RSP],
		.return_address = unwind_register_value(walk, number),
		.rbp = walk->registers[UNWIND_RBP],
	};

	if (!unwind_is_known(walk, number))
		return unwind_stop(walk, UNWIND_END_UNSUPPORTED_RULE);
	return unwind_enter_caller(walk, &caller, 0);
}

/* A step from where no row covers the code. */
static __always_inline long unwind_without_row(struct unwind_walk *walk)
{
	u8 bytes[UNWIND_CODE_BYTES_BEFORE + UNWIND_CODE_BYTES] = {};
	u8 *code = bytes + UNWIND_CODE_BYTES_BEFORE;
	u64 rip = walk->registers[UNWIND_RIP];
	struct unwind_row row = {};
	int is_leaf = walk->flags & UNWIND_FRAME_LEAF;
	u32 caller_flags = 0;

	if (walk->flags & UNWIND_FRAME_NOT_MADE)
		return unwind_by_row(walk, UNWIND_ROW_AT_ENTRY, 0);
	/*
	 * What is before may be another mapping, or none. Code that cannot be read tells nothing: the frame pointer may
	 * still be right.
	 */
	if (!unwind_read(bytes, sizeof(bytes), rip - UNWIND_CODE_BYTES_BEFORE) ||
	    !unwind_read(code, UNWIND_CODE_BYTES, rip)) {
		u8 number = unwind_v8_return_register(code);
		if (is_leaf && number != UNWIND_RIP)
			return unwind_by_register(walk, number);
		row = unwind_row_by_code(walk, code);
	}
	if (row.cfa == UNWIND_CFA_NONE && is_leaf) {
		enum unwind_v8_leaf kind = unwind_v8_leaf_kind(walk);
		if (kind != UNWIND_V8_UNKNOWN)
			row = UNWIND_ROW_AT_ENTRY;
		if (kind == UNWIND_V8_MAKES_FRAME)
			caller_flags = UNWIND_FRAME_NOT_MADE;
	}
	return row.cfa == UNWIND_CFA_NONE ? unwind_by_frame_pointer(walk) : unwind_by_row(walk, row, caller_flags);
}

/* Keeps the address of the frame, and goes to its caller. Returns 1 when the walk has ended. */
static long unwind_step(u32 number, void *argument)
{
	struct unwind_context *context = argument;
	struct unwind_walk *walk = context->walk;
	u32 count = walk->count, flags = walk->flags;
	u64 rip = walk->registers[UNWIND_RIP];
	/* A return address is behind its call, and a call can be the last of its function. */
	u64 pc = flags & UNWIND_FRAME_LEAF ? rip : rip - 1;
	int is_mapped = pc >= walk->mapping.start && pc < walk->mapping.end;
	u8 byte;

	if (count >= UNWIND_MAX_FRAMES)
		return unwind_stop(walk, UNWIND_END_DEPTH);
	if (!is_mapped)
		is_mapped = unwind_find_mapping(walk, pc);
	/* The call before a return address was executed, so that it is there to be read; what is not is no return address. */
	if (!is_mapped && !(flags & UNWIND_FRAME_LEAF) &&
	    (pc >= UNWIND_USER_END || pc < 4096 || unwind_read(&byte, sizeof(byte), pc)))
		return unwind_stop(walk, UNWIND_END_NO_MAPPING);
	context->addresses[count] = rip | (u64)(flags & UNWIND_FRAME_LEAF) << UNWIND_NOT_RETURN_SHIFT;
	walk->count = count + 1;
	/* No list is known to be whole: code may have been mapped a moment ago, and user space learns of it. */
	if (!is_mapped)
		return unwind_stop(walk, UNWIND_END_PENDING);

	u32 kind = walk->mapping.kind;
	struct unwind_row row = {};
	if (kind == UNWIND_MAPPING_PENDING)
		return unwind_stop(walk, UNWIND_END_PENDING);
	if (kind == UNWIND_MAPPING_OVER_BUDGET)
		return unwind_stop(walk, UNWIND_END_OVER_BUDGET);
	if (kind == UNWIND_MAPPING_TABLE || (kind == UNWIND_MAPPING_TABLE_AT_LEAF && (flags & UNWIND_FRAME_LEAF)))
		row = unwind_row_at(&walk->mapping, pc);
	return row.cfa == UNWIND_CFA_NONE ? unwind_without_row(walk) : unwind_by_row(walk, row, 0);
}

/* Walks from `registers` and `flags` of the walk on; `process` is what is known of it, or has a count of 0. */
static __always_inline void unwind_run(struct unwind_context *context)
{
	struct unwind_walk *walk = context->walk;

	walk->mapping.start = 1;
	walk->mapping.end = 0;
	walk->block_address = UNWIND_NO_BLOCK;
	walk->count = 0;
	walk->end = UNWIND_END_DEPTH;
	/* One more than the frames: the last finds that there is no room for it. */
	bpf_loop(UNWIND_MAX_FRAMES + 1, unwind_step, context, 0);
}
