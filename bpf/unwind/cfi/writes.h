/* Which general registers an instruction writes. */
#pragma once

#include "instruction.h"

/* Registers by their numbers in instructions, which are not DWARF's. */
#define CODE_RCX 1
#define CODE_RDX 2
#define CODE_RBX 3
#define CODE_RSP 4
#define CODE_RBP 5
#define CODE_RSI 6
#define CODE_RDI 7
#define BIT(number) (1u << (number))

/* Bits of what general registers an instruction of the first map writes. */
#define WRITES_REG 1
#define WRITES_RM 2
#define WRITES_OPCODE 4

static u32 one_writes(const struct instruction *it)
{
	u8 op = it->opcode, kind = it->reg & 7;

	if (op < 0x40) {
		if ((op & 0x38) == 0x38) /* cmp */
			return 0;
		return (op & 7) < 2 ? WRITES_RM : (op & 7) < 4 ? WRITES_REG : 0;
	}
	if ((op >= 0x90 && op < 0x98) || (op >= 0xb0 && op < 0xc0))
		return WRITES_OPCODE;
	switch (op) {
	case 0x80: case 0x81: case 0x83:
		return kind == 7 ? 0 : WRITES_RM;
	case 0x63: case 0x69: case 0x6b: case 0x8a: case 0x8b: case 0x8d:
		return WRITES_REG;
	case 0x86: case 0x87:
		return WRITES_REG | WRITES_RM;
	case 0x88: case 0x89: case 0x8c: case 0x8f: case 0xc0: case 0xc1: case 0xc6: case 0xc7:
	case 0xd0: case 0xd1: case 0xd2: case 0xd3:
		return WRITES_RM;
	case 0xf6: case 0xf7:
		return kind == 2 || kind == 3 ? WRITES_RM : 0;
	case 0xfe: case 0xff:
		return kind < 2 ? WRITES_RM : 0;
	default:
		return 0;
	}
}

static u32 other_writes(const struct instruction *it)
{
	u8 op = it->opcode, kind = it->reg & 7;

	if (it->map == MAP_0F38)
		return op >= 0xf0 && op < 0xf8 ? WRITES_REG : 0;
	if (it->map == MAP_0F3A)
		return op >= 0x14 && op < 0x18 ? WRITES_RM : op == 0xf0 ? WRITES_REG : 0;
	if (op == 0x2c || op == 0x2d || op == 0x50 || op == 0xd7 || op == 0xc5)
		return WRITES_REG;
	if (op == 0x7e)
		return it->is_f3 ? 0 : WRITES_RM;
	if (it->is_vector)
		return op == 0x78 || op == 0x79 || op == 0x93 ? WRITES_REG : 0;
	if ((op >= 0x40 && op < 0x50) || op == 0x02 || op == 0x03 || op == 0xaf || op == 0xb6 || op == 0xb7 ||
	    op == 0xb8 || (op >= 0xbc && op < 0xc0))
		return WRITES_REG;
	if (op == 0xc0 || op == 0xc1)
		return WRITES_REG | WRITES_RM;
	if (op >= 0xc8 && op < 0xd0)
		return WRITES_OPCODE;
	return (op >= 0x90 && op < 0xa0) || op == 0xa4 || op == 0xa5 || (op >= 0xab && op < 0xae) || op == 0xb0 ||
			       op == 0xb1 || op == 0xb3 || (op == 0xba && kind != 4) || op == 0xbb || op == 0xc7 ||
			       op == 0x00 || (op == 0x01 && kind == 4)
		       ? WRITES_RM
		       : 0;
}

/* Whether an operand is one of a byte, where 4 to 7 without a prefix REX are ah to bh. */
static bool is_of_bytes(const struct instruction *it)
{
	u8 op = it->opcode;

	if (it->is_vector || it->has_rex)
		return false;
	if (it->map == MAP_0F)
		return (op >= 0x90 && op < 0xa0) || op == 0xb0 || op == 0xc0;
	if (it->map != MAP_ONE)
		return false;
	return (op < 0x40 && !(op & 1)) || op == 0x80 || op == 0x86 || op == 0x88 || op == 0x8a || op == 0xc0 ||
	       op == 0xc6 || op == 0xd0 || op == 0xd2 || op == 0xf6 || op == 0xfe || (op >= 0xb0 && op < 0xb8);
}

static bool writes(const struct instruction *it, u8 number)
{
	u32 what = it->map == MAP_ONE && !it->is_vector ? one_writes(it) : other_writes(it);

	if (is_of_bytes(it))
		return false;
	if (it->is_vector && it->map == MAP_0F38 && it->opcode == 0xf3)
		return it->vector_register == number;
	if (it->is_vector && it->map == MAP_0F38 && it->opcode == 0xf6 && it->vector_register == number)
		return true;
	return ((what & WRITES_REG) && it->has_modrm && it->reg == number) ||
	       ((what & WRITES_RM) && it->has_modrm && it->mod == 3 && it->rm == number) ||
	       ((what & WRITES_OPCODE) && it->rm == number);
}

/* A bit for each general register that an instruction writes without naming it. */
static u32 writes_unnamed(const struct instruction *it)
{
	u8 op = it->opcode, kind = it->reg & 7;

	if (it->is_vector || it->map > MAP_0F)
		return 0;
	if (it->map == MAP_ONE) {
		/* mul, div, cwd; what has the accumulator as its operand; strings; loops. */
		if (((op & 0xfe) == 0xf6 && kind >= 4) || op == 0x98 || op == 0x99)
			return BIT(0) | BIT(CODE_RDX);
		if ((op < 0x40 && (op & 6) == 4) || (op > 0x90 && op < 0x98) || op == 0xa0 || op == 0xa1 || op == 0xd7 ||
		    (op & 0xf6) == 0xe4)
			return BIT(0);
		if ((op >= 0xa4 && op < 0xa8) || (op >= 0xaa && op < 0xb0) || (op >= 0x6c && op < 0x70))
			return BIT(0) | BIT(CODE_RCX) | BIT(CODE_RSI) | BIT(CODE_RDI);
		return op >= 0xe0 && op < 0xe4 ? BIT(CODE_RCX) : 0;
	}
	if (op == 0x05) /* syscall */
		return BIT(0) | BIT(CODE_RCX) | BIT(11);
	/* rdtsc and the like, rdtscp and xgetbv, sysenter, cpuid, cmpxchg. */
	return (op >= 0x30 && op < 0x36) || op == 0x01 || op == 0xa2 || op == 0xb0 || op == 0xb1 || op == 0xc7
		       ? BIT(0) | BIT(CODE_RCX) | BIT(CODE_RDX) | BIT(CODE_RBX)
		       : 0;
}

static bool may_write(const struct instruction *it, u8 number)
{
	return writes(it, number) || writes_unnamed(it) >> number & 1 || (is_of_bytes(it) && number < 4);
}
