/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * How the tables lie in memory that user space makes of the programs' unwind data, and what a walk says of itself.
 * Stated here and nowhere else: bpf/unwind/layout.ts mirrors it, a test compares them with the object's BTF.
 */
#pragma once

/* The arena: what tables and mapping lists lie in. A position counts words of 8 bytes through all chunks. */
#define UNWIND_CHUNK_BYTES (1 << 20)
#define UNWIND_CHUNK_SHIFT 17
#define UNWIND_CHUNK_MASK ((1 << UNWIND_CHUNK_SHIFT) - 1)
#define UNWIND_MAX_CHUNKS 128
#define UNWIND_MAX_PROCESSES 16384

/* Frames that a walk keeps. */
#define UNWIND_MAX_FRAMES 127

/* The bit that an address has which is not behind a call, the leaf's first of all. User addresses have none above 47. */
#define UNWIND_NOT_RETURN_SHIFT 63

enum unwind_cfa {
	/* No unwind data covers this: a gap. Frame pointers are tried. */
	UNWIND_CFA_NONE,
	/* rsp + cfa_offset, rbp + cfa_offset */
	UNWIND_CFA_RSP,
	UNWIND_CFA_RBP,
	/* reg + cfa_offset: only where all registers are known */
	UNWIND_CFA_REGISTER,
	/* *(rsp + reg * 8) + cfa_offset */
	UNWIND_CFA_DEREF_RSP,
	/* rsp + 8, and 8 more from the byte `reg` of the 16 of a procedure linkage table's entry on */
	UNWIND_CFA_PLT,
	/* The kernel's signal frame lies at rsp. */
	UNWIND_CFA_SIGNAL,
	/* The return address is undefined: a root. */
	UNWIND_CFA_END,
	/* The rule of the number that cfa_offset has as an u16. */
	UNWIND_CFA_RULE,
	UNWIND_CFA_UNSUPPORTED,
};

enum unwind_rbp {
	UNWIND_RBP_SAME,
	/* At CFA + rbp_offset. */
	UNWIND_RBP_SAVED,
	UNWIND_RBP_UNDEFINED,
};

/* In force from its address to the next row's. The return address is at CFA - 8. */
struct unwind_row {
	/* Low 8 bits of the address in the file: a row is looked for in a bucket of 256 bytes. */
	u8 pc_low;
	u8 cfa;
	u8 rbp;
	/* A register in DWARF's order, a count of words or a byte in an entry, as enum unwind_cfa says. */
	u8 reg;
	s16 cfa_offset;
	s16 rbp_offset;
};

enum unwind_rule_cfa {
	/* reg + cfa_offset */
	UNWIND_RULE_CFA_REGISTER,
	/* *(reg + cfa_offset) + cfa_addend */
	UNWIND_RULE_CFA_DEREF,
	/* *(reg + cfa_offset + index_reg * 8) + cfa_addend */
	UNWIND_RULE_CFA_DEREF_INDEXED,
	/* The end of the stack that the struct g at *(reg + cfa_offset) has, less *(reg + index_reg), + cfa_addend. */
	UNWIND_RULE_CFA_GOROUTINE,
};

enum unwind_rule_ra {
	/* *(CFA + ra_offset), *(reg + ra_offset), reg */
	UNWIND_RULE_RA_AT_CFA,
	UNWIND_RULE_RA_AT_REGISTER,
	UNWIND_RULE_RA_IN_REGISTER,
	UNWIND_RULE_RA_UNDEFINED,
};

enum unwind_rule_rbp {
	UNWIND_RULE_RBP_SAME,
	/* *(CFA + rbp_offset), *(reg + rbp_offset) */
	UNWIND_RULE_RBP_AT_CFA,
	UNWIND_RULE_RBP_AT_REGISTER,
	UNWIND_RULE_RBP_UNDEFINED,
	UNWIND_RULE_RBP_IN_REGISTER,
	/* **(reg + rbp_offset) */
	UNWIND_RULE_RBP_BY_POINTER,
};

/* What does not fit a row. A rule lies at a multiple of 4 words from the arena's start. */
struct unwind_rule {
	u8 cfa;
	u8 cfa_reg;
	u8 index_reg;
	u8 ra;
	u8 ra_reg;
	u8 rbp;
	u8 rbp_reg;
	/* enum unwind_frame_flags of the caller: UNWIND_FRAME_LEAF where what is found is no return address. */
	u8 flags;
	s32 cfa_offset;
	s32 cfa_addend;
	s32 ra_offset;
	s32 rbp_offset;
	u32 reserved[2];
};

enum unwind_mapping_kind {
	UNWIND_MAPPING_TABLE = 1,
	/* A file without unwind data, memory with code that was made at run time: frame pointers. */
	UNWIND_MAPPING_NO_TABLE,
	UNWIND_MAPPING_ANONYMOUS,
	/* The same in a CPython, whose perf trampolines have no frame pointer. */
	UNWIND_MAPPING_PYTHON,
	/* Its table is not there yet; it had no room. */
	UNWIND_MAPPING_PENDING,
	UNWIND_MAPPING_OVER_BUDGET,
	/* A table for where the walk begins, frame pointers above: code that keeps them across changes of the stack (Go). */
	UNWIND_MAPPING_TABLE_AT_LEAF,
};

/* An executable mapping of a process. */
struct unwind_mapping {
	/* Half-open. */
	u64 start;
	u64 end;
	/* pc - bias is the address in the file from its first bucket on. */
	u64 bias;
	/* Where the index begins, in units of 4 bytes of the arena; its entries. */
	u32 index;
	u32 buckets;
	/* Where the rules begin. */
	u32 rules;
	u32 kind;
};

/* An index entry: the position of the row in force where the bucket begins, and the rows that follow in the bucket. */
#define UNWIND_ENTRY_ROW 0xffffff
#define UNWIND_ENTRY_FURTHER_SHIFT 24

struct unwind_process {
	/* Where the mapping list begins, ordered by address; it lies in one chunk. */
	u32 mappings;
	u32 count;
};

enum unwind_end {
	UNWIND_END_COMPLETE,
	/* More frames than are kept. */
	UNWIND_END_DEPTH,
	/* Code of a file without unwind data, and its frame pointer leads nowhere. */
	UNWIND_END_NO_TABLE,
	/* A return address in no executable mapping. */
	UNWIND_END_NO_MAPPING,
	UNWIND_END_BAD_FRAME_POINTER,
	UNWIND_END_READ_FAULT,
	UNWIND_END_UNSUPPORTED_RULE,
	UNWIND_END_STACK_NOT_GROWING,
	UNWIND_END_OVER_BUDGET,
	/* User space can go on when it has the table or the mapping. */
	UNWIND_END_PENDING,
};

/* DWARF's numbers of the registers (System V ABI for x86-64, figure 3.36). */
enum unwind_register {
	UNWIND_RAX,
	UNWIND_RDX,
	UNWIND_RCX,
	UNWIND_RBX,
	UNWIND_RSI,
	UNWIND_RDI,
	UNWIND_RBP,
	UNWIND_RSP,
	UNWIND_R8,
	UNWIND_R13 = 13,
	UNWIND_R15 = 15,
	UNWIND_RIP,
	UNWIND_REGISTERS,
};

enum unwind_frame_flags {
	/* The address is where the CPU is or was interrupted, not behind a call. */
	UNWIND_FRAME_LEAF = 1 << 0,
	/* All registers are known, not only rsp, rbp and rip. */
	UNWIND_FRAME_ALL_REGISTERS = 1 << 1,
	/* The step to here was by a frame pointer. */
	UNWIND_FRAME_BY_FRAME_POINTER = 1 << 2,
	/* The function called another one to make its frame, and that has not. */
	UNWIND_FRAME_NOT_MADE = 1 << 3,
};

/* Follows the addresses of a sample whose walk stopped at UNWIND_END_PENDING; behind it the stack from rsp on. */
struct unwind_pending {
	/* At the frame where the walk stopped: its rip is the last of the addresses. */
	u64 registers[UNWIND_REGISTERS];
	/* enum unwind_frame_flags */
	u32 flags;
	u32 stack_bytes;
};

_Static_assert(sizeof(struct unwind_row) == 8, "a row is a word");
_Static_assert(sizeof(struct unwind_rule) == 32, "a rule is 4 words");
_Static_assert(sizeof(struct unwind_mapping) == 40, "a mapping is 5 words");
_Static_assert(sizeof(struct unwind_process) == 8, "no padding in struct unwind_process");
_Static_assert(sizeof(struct unwind_pending) == 144, "no padding in struct unwind_pending");
