/* Code that is explored: what is known of it, and what is still to be followed. */
#pragma once

#include "effect.h"

/* Most instructions of one exploration, and most calls in it behind which it goes on. */
#define MAX_EXPLORED (1 << 16)
#define MAX_BRANCHES (1 << 13)
/* How often what is proven is carried on. */
#define MAX_ROUNDS 16
/* Of calls (System V ABI for x86-64, section 3.2.2); compilers keep it but for some of their own functions. */
#define STACK_ALIGNMENT 16
/* Different frames; more are not told apart. */
#define MAX_FRAMES (1 << 12)
#define FRAME_SLOTS (MAX_FRAMES * 2)

/* Numbers of frames: none, that of a function's first instruction, of the program's, and of a handler's return. */
#define FRAME_NONE 0
#define FRAME_AT_ENTRY 1
#define FRAME_AT_PROGRAM_ENTRY 2
#define FRAME_OF_SIGNAL 3

/*
 * Marks of bytes: a function begins here; one that never returns; a jump whose targets are not known; its address is
 * taken; a function comes to it with a frame of its own.
 */
#define MARK_START 1
#define MARK_LEAVES 2
#define MARK_JUMP 4
#define MARK_TAKEN 8
#define MARK_DOUBTED 16

/* What speaks for the frame with which an exploration begins: that of a function that is called or has a name; nothing. */
enum trust { TRUST_START, TRUST_GUESS };

/* A place that is to be followed, and how its frame is. */
struct branch {
	u32 at;
	u16 frame;
	u16 region;
};

/*
 * What is behind one call, up to further calls: if it contradicts the rest, or has nothing to do with it, the call does
 * not return.
 */
struct region {
	u32 trail;
	u16 parent;
	bool is_bad;
	bool is_proven;
};

/* A region comes to another one with the frame that is known there. */
struct meeting {
	u16 a;
	u16 b;
};

static struct {
	const u8 *code;
	u32 size;
	/* Bytes of text before it and behind it. */
	u32 before;
	u32 behind;
	/* The number of the frame at each byte where an instruction begins that was reached. */
	u16 *frames;
	u8 *marks;
	/* Of the exploration at work: one more than the number of the region that was there. */
	u16 *owners;
	/* Instructions that may still be looked at. */
	s64 budget;
	u32 frame_count;
	struct frame known[MAX_FRAMES];
	u16 slots[FRAME_SLOTS];
	u32 trail[MAX_EXPLORED];
	u32 trail_count;
	struct branch branches[MAX_BRANCHES];
	u32 branch_count;
	/* Behind calls; a heap, the lowest address first. */
	struct branch calls[MAX_BRANCHES];
	u32 call_count;
	struct region regions[MAX_BRANCHES];
	u32 region_count;
	struct meeting meetings[MAX_BRANCHES];
	u32 meeting_count;
	/* Of the exploration at work. */
	enum trust trust;
} code;

/* Frames that are the same but for the depth of the stack, where a frame pointer tells the rest: alloca makes such. */
static bool agree(u16 a, u16 b)
{
	const struct frame *one = &code.known[a], *other = &code.known[b];

	return a == b || (one->rbp == RBP_FRAME && other->rbp == RBP_FRAME && one->saved == other->saved);
}

static bool is_same_frame(const struct frame *a, const struct frame *b)
{
	return a->depth == b->depth && a->saved == b->saved && a->rbp == b->rbp &&
	       a->return_address == b->return_address;
}

/* The number of a frame; FRAME_NONE when there are too many. */
static u16 number_frame(const struct frame *frame)
{
	u32 hash = (u32)(u16)frame->depth * 0x9e3779b1u + (u32)(u16)frame->saved * 0x85ebca6bu + frame->rbp * 0xc2b2ae35u;

	for (u32 slot = hash >> 16;; slot++) {
		u16 *number = &code.slots[slot % FRAME_SLOTS];
		if (*number && is_same_frame(&code.known[*number], frame))
			return *number;
		if (*number)
			continue;
		if (code.frame_count == MAX_FRAMES)
			return FRAME_NONE;
		code.known[code.frame_count] = *frame;
		return *number = code.frame_count++;
	}
}

static void begin_frames(void)
{
	code.frame_count = FRAME_AT_ENTRY;
	number_frame(&(struct frame){ .depth = 8, .rbp = RBP_CALLERS });
	number_frame(&(struct frame){ .depth = 0, .rbp = RBP_OF_ENTRY });
	number_frame(&(struct frame){ .depth = UNKNOWN_DEPTH, .rbp = RBP_OF_SIGNAL });
}

static void add_branch(u32 at, u16 frame, u16 region)
{
	/* Without room it is not followed. */
	if (code.branch_count < MAX_BRANCHES)
		code.branches[code.branch_count++] = (struct branch){ at, frame, region };
}

static void add_call(u32 at, u16 frame, u16 region)
{
	u32 hole = code.call_count;

	if (hole == MAX_BRANCHES)
		return;
	code.call_count++;
	for (; hole > 0 && code.calls[(hole - 1) / 2].at > at; hole = (hole - 1) / 2)
		code.calls[hole] = code.calls[(hole - 1) / 2];
	code.calls[hole] = (struct branch){ at, frame, region };
}

static struct branch take_call(void)
{
	struct branch first = code.calls[0], last = code.calls[--code.call_count];
	u32 hole = 0;

	for (u32 child = 1; child < code.call_count; child = 2 * hole + 1) {
		if (child + 1 < code.call_count && code.calls[child + 1].at < code.calls[child].at)
			child++;
		if (code.calls[child].at >= last.at)
			break;
		code.calls[hole] = code.calls[child];
		hole = child;
	}
	code.calls[hole] = last;
	return first;
}

/* Behind what is padding. */
static u32 skip_padding(u32 at)
{
	while (at < code.size && !code.frames[at] && !(code.marks[at] & MARK_START) && code.budget-- > 0) {
		struct instruction it;
		if (code.code[at] == 0)
			at++;
		else if (decode(code.code + at, code.code + code.size, &it) && is_padding(&it))
			at += it.length;
		else
			break;
	}
	return at;
}
