/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Leaves in V8's code. It has frame pointers and no unwind data; but its functions are often interrupted before they
 * have a frame or when it is gone, and its builtins and bytecode handlers make one only where they need it. There the
 * frame pointer is the caller's, and would lead past the caller to the caller's caller.
 */
#pragma once

/* The longest stretch from a builtin's start in which it is looked for. */
#define UNWIND_V8_BUILTIN_BYTES 8192

/*
 * V8's code begins with a check whether it was thrown away, before the frame is made:
 *   mov disp8(%rcx), %rbx; testb $imm8, disp8(%rbx) or testl $imm32, disp8(%rbx); jne disp32; push %rbp; mov %rsp, %rbp
 * Returns whether `code` is at one of these instructions.
 */
static __always_inline int unwind_is_v8_entry(const u8 *code)
{
	if (code[0] == 0x48 && code[1] == 0x8b && code[2] == 0x59)
		code += 4;
	if (code[0] == 0xf6 && code[1] == 0x43)
		code += 4;
	else if (code[0] == 0xf7 && code[1] == 0x43)
		code += 7;
	if (code[0] == 0x0f && code[1] == 0x85)
		code += 6;
	return code[0] == 0x55 && code[1] == 0x48 && code[2] == 0x89 && code[3] == 0xe5;
}

/* Baseline code begins by calling what makes its frame: mov $imm32, %ebx in newer V8; mov $imm64, %r12; call disp32 */
static __always_inline int unwind_is_v8_baseline_entry(const u8 *code)
{
	if (code[0] == 0xbb)
		code += 5;
	return (code[0] == 0x49 && code[1] == 0xbc && code[10] == 0xe8) ||
	       (code[-10] == 0x49 && code[-9] == 0xbc && code[0] == 0xe8);
}

/*
 * And ends by taking the arguments off, after the frame is gone:
 *   cmp $imm8, %rcx; jg 3; ret $imm16; pop %r10; lea (%rsp,%rcx,8), %rsp; push %r10; ret
 * with other registers in newer V8 (r8, r9) and a longer jump; or in the interpreter
 *   pop %rcx; add %rbx, %rsp; push %rcx; ret
 * and builtins by mov disp32(%r13), %rax; ret.
 * Returns whether `code` is at one of these instructions with the return address still on the stack.
 */
static __always_inline int unwind_is_v8_exit(const u8 *code)
{
	if ((code[0] & 0xfe) == 0x48 && code[1] == 0x83 && (code[2] & 0xf8) == 0xf8)
		code += 4;
	if (code[0] == 0x7f && code[1] == 0x03 && code[2] == 0xc2)
		return 1;
	if (code[0] == 0x0f && code[1] == 0x8f && code[2] == 0x03 && !code[3] && code[6] == 0xc2)
		return 1;
	if (code[0] == 0x49 && code[1] == 0x8b && code[2] == 0x85 && code[7] == 0xc3)
		return 1;
	if (code[0] == 0x59 && code[1] == 0x48 && code[2] == 0x03 && code[3] == 0xe3)
		return 1;
	return code[0] == 0x41 && (code[1] & 0xf8) == 0x58 && (code[2] & 0xfd) == 0x48 && code[3] == 0x8d &&
	       code[4] == 0x24;
}

/* The register into which the return address was taken off the stack, r8 to r15 or rcx; or rip when it was not. */
static __always_inline u8 unwind_v8_return_register(const u8 *code)
{
	/* lea (%rsp,%rcx,8), %rsp, also by r8 to r15; or add %rbx, %rsp */
	if ((code[0] & 0xfd) == 0x48 && code[1] == 0x8d && code[2] == 0x24 && (code[3] & 0xc7) == 0xc4)
		code += 4;
	else if (code[0] == 0x48 && code[1] == 0x03 && code[2] == 0xe3)
		code += 3;
	if (code[0] == 0x41 && (code[1] & 0xf8) == 0x50 && code[2] == 0xc3)
		return UNWIND_R8 + (code[1] & 7);
	return code[0] == 0x51 && code[1] == 0xc3 ? UNWIND_RCX : UNWIND_RIP;
}

enum unwind_v8_leaf {
	UNWIND_V8_UNKNOWN,
	UNWIND_V8_WITHOUT_FRAME,
	/* Called by a function to make its frame. */
	UNWIND_V8_MAKES_FRAME,
};

/*
 * Whether the address at rsp is where the function returns to: when the call before that address was to just before
 * where the function now is. V8's code calls builtins directly or by the table that r13 points into, and the
 * interpreter its handlers by rcx, then loads r12 from its frame.
 */
static __always_inline enum unwind_v8_leaf unwind_v8_leaf_kind(struct unwind_walk *walk)
{
	const u64 *registers = walk->registers;
	u64 return_address, target, context;
	/* Sixteen bytes before the address and three from it on. */
	u8 bytes[20];
	const u8 *code = bytes + 8;
	u32 kind = walk->mapping.kind;
	s32 distance;

	if ((kind != UNWIND_MAPPING_TABLE && kind != UNWIND_MAPPING_ANONYMOUS) || !unwind_is_known(walk, UNWIND_R13))
		return UNWIND_V8_UNKNOWN;
	if (unwind_word(walk, registers[UNWIND_RSP], &return_address) || return_address < 4096 ||
	    return_address >= UNWIND_USER_END || unwind_read(bytes, sizeof(bytes), return_address - 16))
		return UNWIND_V8_UNKNOWN;
	__builtin_memcpy(&distance, code + 4, sizeof(distance));
	if (code[1] == 0x41 && code[2] == 0xff && code[3] == 0x95) {
		/* call *disp32(%r13) */
		if (unwind_read(&target, sizeof(target), registers[UNWIND_R13] + (s64)distance))
			return UNWIND_V8_UNKNOWN;
	} else if (code[3] == 0xe8) {
		/* call disp32 */
		target = return_address + (s64)distance;
	} else if (code[6] == 0xff && code[7] == 0xd1 && code[8] == 0x4c && code[9] == 0x8b && code[10] == 0x65) {
		/*
		 * call *%rcx; mov disp8(%rbp), %r12: a handler. When it has a frame of its own, that has a small even
		 * number where the interpreter's has a context, whose lowest bit is set (frame-constants.h in V8).
		 */
		if (unwind_word(walk, registers[UNWIND_RBP] - 8, &context) || !(context & 1))
			return UNWIND_V8_UNKNOWN;
		return UNWIND_V8_WITHOUT_FRAME;
	} else {
		return UNWIND_V8_UNKNOWN;
	}
	if (registers[UNWIND_RIP] - target >= UNWIND_V8_BUILTIN_BYTES)
		return UNWIND_V8_UNKNOWN;
	/* mov $imm64, %r12; call disp32: what baseline code begins with */
	return bytes[1] == 0x49 && bytes[2] == 0xbc && code[3] == 0xe8 ? UNWIND_V8_MAKES_FRAME : UNWIND_V8_WITHOUT_FRAME;
}
