/* The lengths of x86-64 instructions and what they are made of (Intel SDM, volume 2, chapter 2 and appendix A). */
#pragma once

#include "types.h"

/* The longest that is allowed. */
#define MAX_INSTRUCTION_BYTES 15

/* Maps of opcodes: of one byte, behind 0f, behind 0f 38 and 0f 3a. */
enum opcode_map { MAP_ONE, MAP_0F, MAP_0F38, MAP_0F3A };

struct instruction {
	u8 length;
	u8 map;
	u8 opcode;
	/* A vector instruction by its prefix (VEX or EVEX), and the register that the prefix has. */
	bool is_vector;
	u8 vector_register;
	/* With the prefix 66, with f3 before it, with REX.W. */
	bool is_16_bit;
	bool is_f3;
	bool is_64_bit;
	bool has_rex;
	bool has_modrm;
	/* With mod 3 `rm` is a register, else memory at `base` + disp; base is NO_REGISTER where it is more than that. */
	u8 mod;
	u8 reg;
	u8 rm;
	u8 base;
	s32 disp;
	/* The first immediate; of 64 bits its low half. */
	s32 immediate;
};

#define NO_REGISTER 0xff
/* Of memory by the address behind the instruction. */
#define BASE_RIP 16

struct bytes {
	const u8 *at;
	const u8 *end;
	bool failed;
};

static inline u8 next_byte(struct bytes *in)
{
	if (in->at < in->end)
		return *in->at++;
	in->failed = true;
	return 0;
}

/* A number with a sign, of up to 8 bytes, of which the low 4 count. */
static inline s32 next_number(struct bytes *in, u32 size)
{
	u32 value = 0;

	for (u32 i = 0; i < size; i++) {
		u8 byte = next_byte(in);
		if (i < 4)
			value |= (u32)byte << (i * 8);
	}
	return size == 1 ? (s8)value : size == 2 ? (s16)value : (s32)value;
}

/* Whether an opcode of the first map is followed by a ModRM byte; in each word the bits of 32 opcodes. */
static inline bool one_has_modrm(u8 opcode)
{
	static const u32 with[8] = { 0x0f0f0f0f, 0x0f0f0f0f, 0, 0x00000a08, 0x0000fffb, 0, 0xff0f00c3, 0xc0c00000 };

	return with[opcode >> 5] >> (opcode & 31) & 1;
}

static inline bool one_is_invalid(u8 opcode)
{
	/* 06 07 0e 16 17 1e 1f, 27 2f 37 3f, 60 61, 82 9a, ce d4 d5 d6, ea */
	static const u32 invalid[8] = { 0xc0c040c0, 0x80808080, 0, 0x00000003, 0x04000004, 0, 0x00704000, 0x00000400 };

	return invalid[opcode >> 5] >> (opcode & 31) & 1;
}

/* Bytes of immediates of the first map; `z` is 2 or 4, by the operand's size. */
static u32 one_immediate(const struct instruction *it, u32 z, bool has_short_address)
{
	u8 op = it->opcode;

	if (op < 0x40)
		return (op & 7) == 4 ? 1 : (op & 7) == 5 ? z : 0;
	if (op >= 0x70 && op < 0x80)
		return 1;
	if (op >= 0xb0 && op < 0xb8)
		return 1;
	if (op >= 0xb8 && op < 0xc0)
		return it->is_64_bit ? 8 : z;
	if (op >= 0xa0 && op < 0xa4)
		return has_short_address ? 4 : 8;
	if (op >= 0xe0 && op < 0xe8)
		return 1;
	switch (op) {
	case 0x68: case 0x69: case 0x81: case 0xa9: case 0xc7:
		return z;
	case 0xe8: case 0xe9:
		return 4;
	case 0x6a: case 0x6b: case 0x80: case 0x83: case 0xa8: case 0xc0: case 0xc1: case 0xc6: case 0xcd: case 0xeb:
		return 1;
	case 0xc2: case 0xca:
		return 2;
	case 0xc8:
		return 3;
	case 0xf6:
		return (it->reg & 7) < 2 ? 1 : 0;
	case 0xf7:
		return (it->reg & 7) < 2 ? z : 0;
	default:
		return 0;
	}
}

static bool second_has_modrm(u8 op)
{
	return !((op >= 0x05 && op <= 0x0c) || op == 0x0e || (op >= 0x30 && op < 0x38) || op == 0x77 ||
		 (op >= 0x80 && op < 0x90) || (op >= 0xa0 && op <= 0xa2) || (op >= 0xa8 && op <= 0xaa) ||
		 (op >= 0xc8 && op < 0xd0));
}

static u32 second_immediate(u8 op)
{
	if (op >= 0x80 && op < 0x90)
		return 4;
	return (op >= 0x70 && op < 0x74) || op == 0xa4 || op == 0xac || op == 0xba || op == 0xc2 ||
	       (op >= 0xc4 && op < 0xc7) || op == 0x0f;
}

static void read_modrm(struct bytes *in, struct instruction *it, u8 rex)
{
	u8 modrm = next_byte(in);
	u32 disp_bytes = 0;

	it->has_modrm = true;
	it->mod = modrm >> 6;
	it->reg = (modrm >> 3 & 7) | (rex & 4) << 1;
	it->rm = (modrm & 7) | (rex & 1) << 3;
	it->base = NO_REGISTER;
	if (it->mod == 3)
		return;
	disp_bytes = it->mod == 1 ? 1 : it->mod == 2 ? 4 : 0;
	if ((modrm & 7) == 4) {
		u8 sib = next_byte(in);
		bool has_index = (sib & 0x38) != 0x20 || (rex & 2);
		bool has_base = (sib & 7) != 5 || it->mod != 0;
		if (!has_base)
			disp_bytes = 4;
		else if (!has_index)
			it->base = (sib & 7) | (rex & 1) << 3;
	} else if ((modrm & 7) == 5 && it->mod == 0) {
		disp_bytes = 4;
		it->base = BASE_RIP;
	} else {
		it->base = it->rm;
	}
	if (disp_bytes)
		it->disp = next_number(in, disp_bytes);
}

/* The prefix of vector instructions, whose first byte was read: sets the map and the opcode. Returns what REX would be. */
static u8 read_vector_prefix(struct bytes *in, struct instruction *it, u8 first)
{
	u8 one = next_byte(in), two = one;
	u8 rex = ~one >> 5 & 4;

	it->is_vector = true;
	it->map = MAP_0F;
	if (first != 0xc5) {
		two = next_byte(in);
		rex |= (~one >> 5 & 2) | (~one >> 5 & 1);
		it->is_64_bit = two >> 7;
		/* Maps 5 and 6 of EVEX are without immediates, like the second. */
		u8 map = one & (first == 0x62 ? 7 : 31);
		if (map == 0 || map == 4 || map > 6)
			in->failed = true;
		it->map = map == 5 || map == 6 ? MAP_0F38 : map;
		if (first == 0x62)
			next_byte(in);
	}
	it->vector_register = ~two >> 3 & 15;
	it->is_f3 = (two & 3) == 2;
	it->opcode = next_byte(in);
	return rex;
}

static bool is_legacy_prefix(u8 byte)
{
	return byte == 0x66 || byte == 0x67 || byte == 0xf0 || byte == 0xf2 || byte == 0xf3 || (byte & 0xe7) == 0x26 ||
	       (byte & 0xfe) == 0x64;
}

/* XOP begins as pop with a register's number does; vmread, which only the kernel uses, is as extrq and insertq. */
static bool is_of_amd(const struct instruction *it)
{
	return !it->is_vector && ((it->map == MAP_ONE && it->opcode == 0x8f && it->reg & 7) ||
				  (it->map == MAP_0F && it->opcode == 0x78));
}

/* Reads the instruction at `at`. False for what is none, or is cut off at `end`. */
static bool decode(const u8 *at, const u8 *end, struct instruction *it)
{
	struct bytes in = { at, end - at > MAX_INSTRUCTION_BYTES ? at + MAX_INSTRUCTION_BYTES : end, false };
	bool has_short_address = false;
	u8 rex = 0;
	u8 op;

	*it = (struct instruction){};
	for (;;) {
		op = next_byte(&in);
		if (op == 0x66)
			it->is_16_bit = true;
		else if (op == 0x67)
			has_short_address = true;
		else if (op == 0xf3)
			it->is_f3 = true;
		else if (!is_legacy_prefix(op))
			break;
		if (in.failed)
			return false;
	}
	if ((op & 0xf0) == 0x40) {
		rex = op;
		op = next_byte(&in);
		/* It must be the last. */
		if (is_legacy_prefix(op) || (op & 0xf0) == 0x40)
			return false;
	}
	it->opcode = op;
	it->has_rex = rex != 0;
	it->is_64_bit = rex >> 3 & 1;
	if (op == 0xc4 || op == 0xc5 || op == 0x62) {
		rex = read_vector_prefix(&in, it, op);
	} else if (op == 0x0f) {
		it->map = MAP_0F;
		it->opcode = next_byte(&in);
		if (it->opcode == 0x38 || it->opcode == 0x3a) {
			it->map = it->opcode == 0x38 ? MAP_0F38 : MAP_0F3A;
			it->opcode = next_byte(&in);
		}
	} else if (one_is_invalid(op)) {
		return false;
	}
	u32 z = it->is_16_bit && !it->is_64_bit ? 2 : 4;
	u32 immediate_bytes = 0;
	if (it->map == MAP_ONE ? one_has_modrm(it->opcode) : it->map != MAP_0F || second_has_modrm(it->opcode))
		read_modrm(&in, it, rex);
	else
		it->rm = (it->opcode & 7) | (rex & 1) << 3;
	if (it->map == MAP_ONE)
		immediate_bytes = one_immediate(it, z, has_short_address);
	else if (it->map == MAP_0F)
		immediate_bytes = second_immediate(it->opcode);
	else if (it->map == MAP_0F3A)
		immediate_bytes = 1;
	if (immediate_bytes)
		it->immediate = next_number(&in, immediate_bytes);
	it->length = in.at - at;
	return !in.failed && !is_of_amd(it);
}
