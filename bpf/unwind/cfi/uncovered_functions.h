/* The functions in code that no unwind data cover, and their frames. */
#pragma once

#include "exploration.h"

/*
 * Shorter stretches are left to frame pointers: every library has some of the compiler's start-up code. And those that
 * are not long, unless a long one came before: large programs have some assembly, which takes longer than their table.
 */
#define MIN_CODE_BYTES 512
#define MIN_LONG_BYTES (1 << 13)
/* Most code of a file that is looked at, and most instructions. */
#define MAX_CODE_BYTES (8 << 20)
#define MAX_INSTRUCTIONS (6 << 20)
/* How often an instruction is looked at. */
#define LOOKS 24
/* By some windows of it one sees what it is: instructions for each that is invalid, returns for each that is unusual. */
#define WINDOWS 16
#define WINDOW_BYTES 4096
#define LEAST_VALID 64
#define LEAST_USUAL 16
/* Most bytes of windows in all stretches of a file. */
#define MAX_WINDOWS_BYTES (16 << 20)
/* Most bytes of arguments that such a return takes; others are no code. */
#define MAX_POPPED 256
/* Frames at jumps to unknown targets that are tried for what follows them. */
#define MAX_TRIED 4
#define MAX_SWEEPS 4

/*
 * Fills in code, counted from the text's start; zeros where there is none. Returns how many bytes are code that is to be
 * looked at. And marks the functions that the file names, by MARK_START.
 */
IMPORT(readCode) u32 read_code(s32 start, u32 size, u8 *code);
IMPORT(markFunctions) void mark_functions(s32 start, u32 size, u8 *marks);

static u32 looked_at_bytes;
static u32 looked_at_instructions;
static u32 window_bytes;
/* Functions that were found. */
static u32 found_functions;
/* A long stretch was found. */
static bool has_long;

static struct {
	u32 instructions;
	u32 invalid;
	u32 returns;
	u32 popping;
} seen;

static void look_at(const u8 *at, const u8 *end)
{
	while (at < end) {
		struct instruction it;
		if (!decode(at, end, &it)) {
			seen.invalid++;
			at++;
			continue;
		}
		enum flow flow = flow_of(&it);
		at += it.length;
		seen.instructions++;
		seen.returns += flow == FLOW_RETURN;
		seen.popping += flow == FLOW_RETURN_POPPING && it.immediate > 0 && it.immediate < MAX_POPPED && !(it.immediate & 7);
	}
}

/*
 * Whether it is code, and of functions that return as C's do. Tables stand among functions, too (OpenSSL's), and some
 * functions take their arguments off the stack when they return (V8's builtins).
 */
static bool is_usual_code(s32 start, u32 size)
{
	static u8 bytes[WINDOW_BYTES];
	u32 step = size / WINDOWS > WINDOW_BYTES ? size / WINDOWS : WINDOW_BYTES;
	u32 code_bytes = 0;

	memset(&seen, 0, sizeof seen);
	for (u32 at = 0; at < size && window_bytes < MAX_WINDOWS_BYTES; at += step) {
		u32 length = size - at < WINDOW_BYTES ? size - at : WINDOW_BYTES;
		window_bytes += length;
		memset(bytes, 0, length);
		code_bytes += read_code(start + at, length, bytes);
		look_at(bytes, bytes + length);
	}
	return code_bytes >= MIN_CODE_BYTES && seen.invalid * LEAST_VALID <= seen.instructions &&
	       seen.popping * LEAST_USUAL <= seen.returns;
}

/* Marks what is called directly, and whose address is taken. */
static void mark_called(void)
{
	for (u32 at = 0; at < code.size;) {
		struct instruction it;
		if (!decode(code.code + at, code.code + code.size, &it)) {
			at++;
			continue;
		}
		at += it.length;
		u32 target = at + it.immediate;
		if (flow_of(&it) == FLOW_CALL && target < code.size && it.immediate)
			code.marks[target] |= MARK_START;
		if (it.map == MAP_ONE && it.opcode == 0x8d && it.base == BASE_RIP && at + it.disp < code.size)
			code.marks[at + it.disp] |= MARK_TAKEN;
	}
}

/* Marks what is called where a function ends: it does not return. */
static void mark_leaving(void)
{
	for (u32 at = 0; at < code.size;) {
		struct instruction it;
		if (!decode(code.code + at, code.code + code.size, &it)) {
			at++;
			continue;
		}
		at += it.length;
		u32 target = at + it.immediate;
		if (flow_of(&it) != FLOW_CALL || target >= code.size || !it.immediate)
			continue;
		u32 next = skip_padding(at);
		if (next < code.size && code.marks[next] & MARK_START)
			code.marks[target] |= MARK_LEAVES;
	}
}

/* Where the next block may begin, behind one that is not understood. */
static u32 skip_block(u32 at)
{
	while (at < code.size) {
		struct instruction it;
		code.budget--;
		if (!decode(code.code + at, code.code + code.size, &it))
			return at + 1;
		at += it.length;
		enum flow flow = flow_of(&it);
		if (flow == FLOW_RETURN || flow == FLOW_JUMP || flow == FLOW_JUMP_ANYWHERE || flow == FLOW_STOP ||
		    (at < code.size && (code.frames[at] || code.marks[at] & MARK_START)))
			break;
	}
	return at;
}

/* What a jump to unknown targets may lead to, or a pointer alone: it must prove itself. True when something was found. */
static bool sweep(void)
{
	u16 tried[MAX_TRIED];
	u32 count = 0;
	bool has_found = false;

	for (u32 at = 0; at < code.size && code.budget > 0;) {
		struct instruction it;
		if (code.marks[at] & MARK_START)
			count = 0;
		if (code.frames[at]) {
			if (code.marks[at] & MARK_JUMP && (!count || tried[(count - 1) % MAX_TRIED] != code.frames[at]))
				tried[count++ % MAX_TRIED] = code.frames[at];
			at += decode(code.code + at, code.code + code.size, &it) ? it.length : 1;
			continue;
		}
		u32 next = skip_padding(at);
		if (next != at) {
			at = next;
			continue;
		}
		bool is_found = false;
		for (u32 i = 0; i < MAX_TRIED && i < count && !is_found; i++)
			is_found = explore(at, tried[(count - 1 - i) % MAX_TRIED], TRUST_GUESS);
		if (!is_found && !(code.marks[at] & MARK_START) && explore(at, FRAME_AT_ENTRY, TRUST_GUESS)) {
			code.marks[at] |= MARK_START;
			found_functions++;
			is_found = true;
		}
		has_found |= is_found;
		if (!is_found)
			at = skip_block(at);
	}
	return has_found;
}

/* Finds the frames of a stretch of code; `entry` is the program's within it, or behind it. False when it has none. */
static bool find_frames(s32 start, u32 size, u32 entry)
{
	u32 before = found_functions;
	u8 *bytes;

	if (looked_at_instructions >= MAX_INSTRUCTIONS || !is_usual_code(start, size))
		return false;
	looked_at_bytes += size;
	bytes = reserve(size);
	read_code(start, size, bytes);
	code.code = bytes;
	code.size = size;
	code.marks = reserve(size);
	code.frames = reserve(size * sizeof *code.frames);
	code.owners = reserve(size * sizeof *code.owners);
	code.budget = MAX_INSTRUCTIONS - looked_at_instructions;
	if (code.budget > (s64)size * LOOKS)
		code.budget = (s64)size * LOOKS;
	s64 budget = code.budget;
	if (!code.frame_count)
		begin_frames();
	mark_called();
	has_long = true;
	mark_functions(start, size, code.marks);
	mark_leaving();
	if (entry < size) {
		code.marks[entry] |= MARK_START;
		explore(entry, FRAME_AT_PROGRAM_ENTRY, TRUST_START);
	}
	for (u32 at = 0; at < size; at++)
		if (code.marks[at] & MARK_START && !code.frames[at] && at != entry)
			found_functions += explore(at, FRAME_AT_ENTRY,
						   code.marks[at] & MARK_DOUBTED ? TRUST_GUESS : TRUST_START);
	for (u32 i = 0; i < MAX_SWEEPS && sweep(); i++)
		;
	looked_at_instructions += budget - code.budget;
	return found_functions > before;
}
