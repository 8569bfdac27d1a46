/*
 * Follows the code of functions that have no unwind data, from instruction to instruction, with the frame that each makes.
 *
 * What is found must prove itself: a function returns with the stack as it was called with, and paths that meet have the
 * same frame. What contradicts that is taken back, and has no rows.
 */
#pragma once

#include "explored.h"

/* What a path comes to where it ends. */
enum verdict { NEUTRAL, PROOF, CONTRADICTION };

/* Comes to an instruction with the frame that is known there. */
static enum verdict meet(u32 at, u16 region)
{
	u16 owner = code.owners[at];

	if (!owner)
		return PROOF;
	if (owner - 1 != region && code.meeting_count < MAX_BRANCHES)
		code.meetings[code.meeting_count++] = (struct meeting){ region, owner - 1 };
	return NEUTRAL;
}

/* Comes to an instruction, with a frame. True when the path goes on there. */
static bool arrive(u32 at, u16 frame, u16 region, bool jumped, enum verdict *verdict)
{
	*verdict = NEUTRAL;
	if (at >= code.size)
		return false;
	if (code.frames[at]) {
		*verdict = agree(code.frames[at], frame) ? meet(at, region) : CONTRADICTION;
		return false;
	}
	/* The next function: called at the end of this one, or what is before does not return. */
	if (code.marks[at] & MARK_START && code.trail_count > 0) {
		if (jumped)
			*verdict = frame == FRAME_AT_ENTRY ? PROOF : CONTRADICTION;
		else if (frame != FRAME_AT_ENTRY)
			code.marks[at] |= MARK_DOUBTED;
		return false;
	}
	return true;
}

/* Where a return finds the stack as the call left it. */
static bool may_return(const struct frame *frame)
{
	return frame->depth == 8 && frame->rbp == RBP_CALLERS && !frame->return_address;
}

/* mov $15, %eax or %rax; syscall: what a signal's handler returns to. */
static bool is_sigreturn(u32 at, const struct instruction *it)
{
	const u8 *next = code.code + at + it->length;
	bool moves = it->map == MAP_ONE && (it->opcode == 0xb8 || it->opcode == 0xc7) && it->rm == 0 &&
		     (!it->has_modrm || it->mod == 3);

	return moves && it->immediate == 15 && at + it->length + 2 <= code.size && next[0] == 0x0f && next[1] == 0x05;
}

static void reach(u32 at, u16 frame, u16 region)
{
	code.frames[at] = frame;
	code.owners[at] = region + 1;
	code.trail[code.trail_count++] = at;
}

/* Follows one path until it ends. */
static enum verdict follow(u32 at, u16 number, u16 region)
{
	enum verdict verdict;
	bool jumped = true;

	while (arrive(at, number, region, jumped, &verdict)) {
		struct frame frame = code.known[number];
		struct instruction it;
		if (code.budget-- <= 0 || code.trail_count == MAX_EXPLORED ||
		    !decode(code.code + at, code.code + code.size, &it))
			return CONTRADICTION;
		u32 next = at + it.length;
		if (is_sigreturn(at, &it)) {
			reach(at, FRAME_OF_SIGNAL, region);
			if (code.trail_count < MAX_EXPLORED && !code.frames[next])
				reach(next, FRAME_OF_SIGNAL, region);
			return PROOF;
		}
		reach(at, number, region);
		u32 target = next + it.immediate;
		enum flow flow = flow_of(&it);
		switch (flow) {
		case FLOW_RETURN:
			return may_return(&frame) ? PROOF : frame.rbp == RBP_ZERO ? NEUTRAL : CONTRADICTION;
		case FLOW_RETURN_POPPING:
			return CONTRADICTION;
		case FLOW_STOP:
			return NEUTRAL;
		case FLOW_JUMP_ANYWHERE:
			code.marks[at] |= MARK_JUMP;
			/* Through a table that the linker made: the call of another file's function. */
			return number == FRAME_AT_ENTRY && it.base == BASE_RIP ? PROOF : NEUTRAL;
		case FLOW_JUMP:
			/* Far away it can be a function alone. */
			if (target >= code.size && it.immediate < (s64)code.behind && -(s64)it.immediate < code.before)
				return number == FRAME_AT_ENTRY ? PROOF : NEUTRAL;
			jumped = true;
			at = target;
			continue;
		case FLOW_BRANCH:
			add_branch(target, number, region);
			break;
		case FLOW_CALL:
			if (target == next) {
				move_stack(&frame, 8);
				break;
			}
			if (target < code.size && code.marks[target] & MARK_LEAVES)
				return NEUTRAL;
			/* fall through */
		case FLOW_CALL_ANYWHERE:
			if (code.trust != TRUST_START && frame.depth != UNKNOWN_DEPTH && frame.depth % STACK_ALIGNMENT)
				return CONTRADICTION;
			frame.return_address = 0;
			number = number_frame(&frame);
			if (number == FRAME_NONE)
				return CONTRADICTION;
			add_call(next, number, region);
			return NEUTRAL;
		default:
			apply(&frame, &it);
		}
		number = number_frame(&frame);
		if (number == FRAME_NONE)
			return CONTRADICTION;
		jumped = false;
		at = next;
	}
	return verdict;
}

static void take_back(u32 from, u32 to)
{
	for (u32 i = from; i < to; i++) {
		code.frames[code.trail[i]] = FRAME_NONE;
		code.owners[code.trail[i]] = 0;
		code.marks[code.trail[i]] &= ~MARK_JUMP;
	}
}

/* Follows all that a place leads to without passing a call. */
static void explore_region(u32 at, u16 frame, u16 parent)
{
	u16 number = code.region_count++;
	struct region *region = &code.regions[number];

	*region = (struct region){ .trail = code.trail_count, .parent = parent };
	code.branch_count = 0;
	add_branch(at, frame, number);
	while (code.branch_count > 0 && !region->is_bad) {
		struct branch branch = code.branches[--code.branch_count];
		enum verdict verdict = follow(branch.at, branch.frame, number);
		region->is_bad = verdict == CONTRADICTION;
		region->is_proven |= verdict == PROOF;
	}
	if (region->is_bad) {
		take_back(region->trail, code.trail_count);
		code.trail_count = region->trail;
	}
}

/*
 * Takes back what is behind calls that do not return: it contradicts the rest, or has nothing to do with it. Compilers
 * put many such calls next to each other. What meets what is proven is proven, too.
 */
static void judge_regions(bool is_trusted)
{
	bool changed = true;

	code.regions[0].is_proven |= is_trusted && !code.regions[0].is_bad;
	for (u32 round = 0; round < MAX_ROUNDS && changed; round++) {
		changed = false;
		for (u32 i = 0; i < code.meeting_count; i++) {
			struct region *a = &code.regions[code.meetings[i].a], *b = &code.regions[code.meetings[i].b];
			if (a->is_bad || b->is_bad || a->is_proven == b->is_proven)
				continue;
			a->is_proven = b->is_proven = changed = true;
		}
		for (u32 i = code.region_count; --i > 0;) {
			struct region *region = &code.regions[i], *parent = &code.regions[region->parent];
			if (region->is_bad || !region->is_proven || parent->is_proven)
				continue;
			parent->is_proven = changed = true;
		}
	}
}

/* Whether anything but the caller's word speaks for what was found. */
static bool has_proof(void)
{
	for (u32 i = 0; i < code.region_count; i++)
		if (code.regions[i].is_proven && !code.regions[i].is_bad)
			return true;
	return false;
}

/* Whether a region begins with padding: in a function that never returns the next function may be behind it. */
static bool begins_with_padding(const struct region *region)
{
	struct instruction it;

	if (region->trail == code.trail_count)
		return false;
	u32 at = code.trail[region->trail];
	return decode(code.code + at, code.code + code.size, &it) && is_padding(&it);
}

/* Takes back regions: what is not proven, or in a function that never returns what may be the next one. */
static void drop_regions(bool returns)
{
	for (u32 i = 1; i < code.region_count; i++) {
		struct region *region = &code.regions[i];
		if (!region->is_bad)
			region->is_bad = returns ? !region->is_proven
						 : code.regions[region->parent].is_bad || begins_with_padding(region);
		if (region->is_bad)
			take_back(region->trail, i + 1 < code.region_count ? region[1].trail : code.trail_count);
	}
}

/*
 * Follows a function, or code within one, from `at` on. False when it contradicts what is known, or does not come to
 * anything that proves a guess: then nothing is kept of it.
 */
static bool explore(u32 at, u16 frame, enum trust trust)
{
	code.trail_count = code.call_count = code.region_count = code.meeting_count = 0;
	code.trust = trust;
	explore_region(at, frame, 0);
	while (code.call_count > 0 && !code.regions[0].is_bad && code.region_count < MAX_BRANCHES) {
		struct branch call = take_call();
		struct region *caller = &code.regions[call.region];
		u32 next = skip_padding(call.at);
		u8 ends = next == call.at ? MARK_START : MARK_START | MARK_TAKEN;
		if (caller->is_bad || next >= code.size || code.marks[next] & ends)
			continue;
		if (!code.frames[call.at])
			explore_region(call.at, call.frame, call.region);
		else if (agree(code.frames[call.at], call.frame))
			caller->is_proven |= meet(call.at, call.region) == PROOF;
	}
	/* A function that never returns proves nothing, but is one. */
	bool returns = has_proof();
	bool is_kept = !code.regions[0].is_bad && (trust != TRUST_GUESS || returns);
	if (is_kept && returns) {
		judge_regions(trust == TRUST_START);
		is_kept = code.regions[0].is_proven;
	}
	drop_regions(returns);
	if (!is_kept)
		take_back(0, code.trail_count);
	for (u32 i = 0; i < code.trail_count; i++)
		code.owners[code.trail[i]] = 0;
	return is_kept;
}
