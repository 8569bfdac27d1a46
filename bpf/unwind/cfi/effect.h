/* What an instruction does to a frame: where the CFA is from rsp, and where the caller's rbp is. */
#pragma once

#include "flow.h"
#include "writes.h"

enum rbp_holds {
	/* The caller's, which is nowhere else. */
	RBP_CALLERS,
	/* The address at which the function saved the caller's: a frame pointer. */
	RBP_FRAME,
	/* Zero, as in the first function of a thread. */
	RBP_ZERO,
	/* In the function where the program begins, whatever it is there. */
	RBP_OF_ENTRY,
	RBP_OTHER,
	/* The frame is the one that the kernel made for a signal's handler. */
	RBP_OF_SIGNAL,
};

#define UNKNOWN_DEPTH INT16_MIN
/* Deeper frames are not followed: a row has 16 bits. */
#define MAX_DEPTH 32000

struct frame {
	/* CFA - rsp, or UNKNOWN_DEPTH. */
	s16 depth;
	/* CFA - the place of the caller's rbp; 0 where it is in no place. */
	s16 saved;
	u8 rbp;
	/* One more than the register that the return address was popped into, or 0. */
	u8 return_address;
};

static void move_stack(struct frame *frame, s64 by)
{
	s64 depth = frame->depth + by;

	if (frame->depth == UNKNOWN_DEPTH)
		return;
	frame->depth = depth > MAX_DEPTH || depth < -MAX_DEPTH ? UNKNOWN_DEPTH : depth;
}

/* CFA - the address that memory operands have, or UNKNOWN_DEPTH. */
static s32 place_of(const struct frame *frame, const struct instruction *it)
{
	s64 base = UNKNOWN_DEPTH;

	if (!it->has_modrm || it->mod == 3)
		return UNKNOWN_DEPTH;
	if (it->base == CODE_RSP)
		base = frame->depth;
	else if (it->base == CODE_RBP && frame->rbp == RBP_FRAME)
		base = frame->saved;
	if (base == UNKNOWN_DEPTH || it->disp > 2 * MAX_DEPTH || it->disp < -2 * MAX_DEPTH)
		return UNKNOWN_DEPTH;
	s64 place = base - it->disp;
	return place > MAX_DEPTH || place < -MAX_DEPTH ? UNKNOWN_DEPTH : (s32)place;
}

/* Puts the caller's rbp in a place. From then on it counts for nothing whether the register still has it. */
static void save_rbp(struct frame *frame, s32 place)
{
	if (frame->rbp != RBP_CALLERS || place <= 8)
		return;
	frame->saved = place;
	frame->rbp = RBP_OTHER;
}

static void push(struct frame *frame, u8 number)
{
	move_stack(frame, 8);
	if (number == CODE_RBP)
		save_rbp(frame, frame->depth);
	if (frame->depth != 8 || !frame->return_address)
		return;
	/* Something else stands where the return address was. */
	if (frame->return_address != number + 1)
		frame->depth = UNKNOWN_DEPTH;
	frame->return_address = 0;
}

/* The caller's rbp where it is read from its place; else anything. */
static void load_rbp(struct frame *frame, s32 place)
{
	if (frame->saved && place == frame->saved) {
		frame->rbp = RBP_CALLERS;
		frame->saved = 0;
	} else {
		frame->rbp = RBP_OTHER;
	}
}

static void pop(struct frame *frame, u8 number)
{
	s32 place = frame->depth;

	move_stack(frame, -8);
	if (frame->return_address == number + 1)
		frame->return_address = 0;
	if (place == 8 && number != CODE_RBP && number != NO_REGISTER)
		frame->return_address = number + 1;
	if (number == CODE_RBP)
		load_rbp(frame, place);
	else if (number == CODE_RSP)
		frame->depth = UNKNOWN_DEPTH;
}

/* Gives rbp the address at a distance from the CFA: a frame pointer, if the caller's was saved there. */
static void point_rbp(struct frame *frame, s32 place)
{
	frame->rbp = frame->saved && place == frame->saved ? RBP_FRAME : RBP_OTHER;
}

/* The instructions of the first map that functions make and leave their frames with. False for others. */
static bool change_frame(struct frame *frame, const struct instruction *it)
{
	u8 op = it->opcode, kind = it->reg & 7;
	bool is_move = (op == 0x89 || op == 0x8b) && it->is_64_bit;
	u8 from = op == 0x89 ? it->reg : it->rm, to = op == 0x89 ? it->rm : it->reg;

	if (op >= 0x50 && op < 0x60 && !it->is_16_bit) {
		if (op < 0x58)
			push(frame, it->rm);
		else
			pop(frame, it->rm);
	} else if ((op == 0x68 || op == 0x6a || op == 0x9c || (op == 0xff && kind == 6)) && !it->is_16_bit) {
		push(frame, NO_REGISTER);
	} else if ((op == 0x9d || op == 0x8f) && !it->is_16_bit) {
		pop(frame, op == 0x8f && it->mod == 3 ? it->rm : NO_REGISTER);
	} else if ((op == 0x81 || op == 0x83) && it->is_64_bit && it->mod == 3 && it->rm == CODE_RSP &&
		   (kind == 0 || kind == 5)) {
		move_stack(frame, kind == 0 ? -(s64)it->immediate : it->immediate);
	} else if (op == 0x8d && it->is_64_bit && (it->reg == CODE_RSP || it->reg == CODE_RBP)) {
		s32 place = place_of(frame, it);
		if (it->reg == CODE_RSP)
			frame->depth = place;
		else
			point_rbp(frame, place);
	} else if (is_move && it->mod == 3 && from == CODE_RSP && to == CODE_RBP) {
		point_rbp(frame, frame->depth);
	} else if (is_move && it->mod == 3 && from == CODE_RBP && to == CODE_RSP) {
		frame->depth = frame->rbp == RBP_FRAME ? frame->saved : UNKNOWN_DEPTH;
	} else if (op == 0x8b && is_move && it->mod != 3 && to == CODE_RBP) {
		load_rbp(frame, place_of(frame, it));
	} else if (op == 0x89 && is_move && it->mod != 3 && from == CODE_RBP) {
		save_rbp(frame, place_of(frame, it));
	} else if ((op == 0x31 || op == 0x33) && it->mod == 3 && it->reg == CODE_RBP && it->rm == CODE_RBP) {
		frame->rbp = frame->depth <= 8 && !frame->saved ? RBP_ZERO : RBP_OTHER;
	} else if (op == 0xc9) { /* leave */
		frame->depth = frame->rbp == RBP_FRAME ? frame->saved : UNKNOWN_DEPTH;
		pop(frame, CODE_RBP);
	} else if (op == 0xc8 && !(it->immediate >> 16 & 0x1f)) { /* enter */
		push(frame, CODE_RBP);
		point_rbp(frame, frame->depth);
		move_stack(frame, (u16)it->immediate);
	} else {
		return false;
	}
	return true;
}

/* Whether an instruction moves the stack in another way than those above. */
static bool is_other_move(const struct instruction *it)
{
	u8 op = it->opcode;

	if (it->is_vector || it->map > MAP_0F)
		return false;
	if (it->map == MAP_0F) /* push and pop of fs and gs */
		return op == 0xa0 || op == 0xa1 || op == 0xa8 || op == 0xa9;
	return (op >= 0x50 && op < 0x60) || op == 0x68 || op == 0x6a || op == 0x8f || op == 0x9c || op == 0x9d ||
	       op == 0xc8 || (op == 0xff && (it->reg & 7) == 6);
}

static void apply(struct frame *frame, const struct instruction *it)
{
	bool is_first = it->map == MAP_ONE && !it->is_vector;

	if (frame->rbp == RBP_OF_ENTRY)
		return;
	if (frame->return_address && may_write(it, frame->return_address - 1))
		frame->return_address = 0;
	if (is_first && change_frame(frame, it))
		return;
	bool is_move = is_other_move(it);
	if (writes(it, CODE_RBP) || (is_move && (it->rm == CODE_RBP || it->opcode == 0xc8)))
		frame->rbp = RBP_OTHER;
	if (writes(it, CODE_RSP) || is_move)
		frame->depth = UNKNOWN_DEPTH;
}
