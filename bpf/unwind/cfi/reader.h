/* Numbers and pointers of unwind data. */
#pragma once

#include "types.h"

/* Stands for a number that is too large for a rule. */
#define TOO_LARGE INT32_MIN
/* Stands for an address that is not known. */
#define NO_ADDRESS INT64_MIN

/* Pointer encodings (LSB 5.0, "DWARF Extensions"): the format in bits 0..3, what it is relative to in bits 4..6. */
#define PE_OMIT 0xff
#define PE_ABSOLUTE 0
#define PE_SIGNED_4 0x0b
#define PE_PC_RELATIVE 0x10
#define PE_TEXT_RELATIVE 0x20
#define PE_DATA_RELATIVE 0x30
#define PE_ALIGNED 0x50
#define PE_INDIRECT 0x80

/* A place in unwind data that moves with each read. Past the end it reads zeros and sets `failed`. */
struct reader {
	const u8 *bytes;
	u32 size;
	u32 at;
	bool failed;
	/* Number of the section. */
	u32 section;
	/* The virtual address of the first byte, and of what pointers are relative to, or NO_ADDRESS. */
	s64 address;
	s64 text;
	s64 data;
};

/* Moves on, at most to one byte behind the end: from there every read fails. */
static inline void skip(struct reader *r, u64 bytes)
{
	r->at = bytes <= r->size && r->at <= r->size - bytes ? r->at + bytes : r->size + 1;
}

static inline const u8 *take(struct reader *r, u32 bytes)
{
	static const u8 zeros[8];

	if (r->at > r->size || bytes > r->size - r->at) {
		r->failed = true;
		r->at = r->size;
		return zeros;
	}
	const u8 *taken = r->bytes + r->at;
	r->at += bytes;
	return taken;
}

#define READ(type, name)                                                      \
	static inline type name(struct reader *r)                             \
	{                                                                     \
		type value;                                                   \
		__builtin_memcpy(&value, take(r, sizeof value), sizeof value); \
		return value;                                                 \
	}
READ(u8, read_u8)
READ(u16, read_u16)
READ(u32, read_u32)
READ(u64, read_u64)

/* A LEB128 number; one of more than ten bytes, which no 64-bit number needs, is damage. */
static inline u64 read_uleb(struct reader *r)
{
	u64 value = 0;

	for (u32 shift = 0; shift < 70; shift += 7) {
		u8 byte = read_u8(r);
		if (shift < 64)
			value |= (u64)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	r->failed = true;
	return 0;
}

static inline s64 read_sleb(struct reader *r)
{
	u64 value = 0;

	for (u32 shift = 0; shift < 70; shift += 7) {
		u8 byte = read_u8(r);
		value |= (u64)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return byte & 0x40 && shift < 57 ? value | ~0ull << (shift + 7) : value;
	}
	r->failed = true;
	return 0;
}

/* A number in the format part of an encoding; false for a format that is not known. */
static bool read_format(struct reader *r, u8 encoding, s64 *value)
{
	switch (encoding & 0xf) {
	case 0:
	case 4:
	case 0xc:
		*value = read_u64(r);
		break;
	case 1:
		*value = read_uleb(r);
		break;
	case 2:
		*value = read_u16(r);
		break;
	case 3:
		*value = read_u32(r);
		break;
	case 9:
		*value = read_sleb(r);
		break;
	case 0xa:
		*value = (s16)read_u16(r);
		break;
	case PE_SIGNED_4:
		*value = (s32)read_u32(r);
		break;
	default:
		return false;
	}
	return !r->failed;
}

/* A pointer, or NO_ADDRESS where it cannot be known. Sums wrap around, as addresses do. */
static s64 read_pointer(struct reader *r, u8 encoding)
{
	u8 relative_to = encoding & 0x70;
	s64 base = 0;
	s64 value;

	if (relative_to == PE_ALIGNED)
		skip(r, -((u64)r->address + r->at) & 7);
	if (relative_to == PE_PC_RELATIVE)
		base = (u64)r->address + r->at;
	else if (relative_to == PE_TEXT_RELATIVE)
		base = r->text;
	else if (relative_to == PE_DATA_RELATIVE)
		base = r->data;
	else if (relative_to != PE_ABSOLUTE && relative_to != PE_ALIGNED)
		base = NO_ADDRESS;
	if (!read_format(r, encoding, &value) || base == NO_ADDRESS)
		return NO_ADDRESS;
	value = (u64)value + (u64)base;
	if (!(encoding & PE_INDIRECT))
		return value;
	double found = dereference(r->section, value);
	return found >= 0 && found < 0x1p63 ? (s64)found : NO_ADDRESS;
}

/* The length that belongs to a pointer, in the same format, relative to nothing; 0 where it cannot be known. */
static s64 read_length(struct reader *r, u8 encoding)
{
	s64 value;

	if (!read_format(r, encoding, &value))
		return 0;
	if (value >= 0)
		return value;
	/* A signed format does not make a length negative: it is as wide as the format. */
	switch (encoding & 0xf) {
	case 1:
	case 4:
		return INT64_MAX;
	case 0xa:
		return value + 0x10000;
	case PE_SIGNED_4:
		return value + 0x100000000;
	default:
		return 0;
	}
}

static inline s32 to_s32(s64 value)
{
	return value > INT32_MIN && value <= INT32_MAX ? (s32)value : TOO_LARGE;
}

/* A product of what was read and an alignment. */
static inline s32 scaled(s64 value, s32 align)
{
	if (value > 1ll << 32 || value < -(1ll << 32))
		return value && align ? TOO_LARGE : 0;
	return to_s32(value * align);
}
