/* Where instructions lead. */
#pragma once

#include "instruction.h"

enum flow {
	FLOW_NEXT,
	FLOW_JUMP,
	FLOW_BRANCH,
	FLOW_CALL,
	/* To a target that a register or memory has. */
	FLOW_JUMP_ANYWHERE,
	FLOW_CALL_ANYWHERE,
	FLOW_RETURN,
	/* It takes arguments off the stack. */
	FLOW_RETURN_POPPING,
	FLOW_STOP,
};

static enum flow flow_of(const struct instruction *it)
{
	u8 op = it->opcode;

	if (it->is_vector || it->map > MAP_0F)
		return FLOW_NEXT;
	if (it->map == MAP_0F) {
		if (op >= 0x80 && op < 0x90)
			return FLOW_BRANCH;
		/* ud2, ud1, ud0, sysret */
		return op == 0x0b || op == 0xb9 || op == 0xff || op == 0x07 ? FLOW_STOP : FLOW_NEXT;
	}
	if ((op >= 0x70 && op < 0x80) || (op >= 0xe0 && op < 0xe4))
		return FLOW_BRANCH;
	if (op == 0xff) {
		u8 kind = it->reg & 7;
		return kind == 2 || kind == 3 ? FLOW_CALL_ANYWHERE : kind == 4 || kind == 5 ? FLOW_JUMP_ANYWHERE : FLOW_NEXT;
	}
	switch (op) {
	case 0xe8:
		return FLOW_CALL;
	case 0xe9: case 0xeb:
		return FLOW_JUMP;
	case 0xc3:
		return FLOW_RETURN;
	case 0xc2: case 0xca: case 0xcb: case 0xcf:
		return FLOW_RETURN_POPPING;
	/* int3, hlt, int1 */
	case 0xcc: case 0xf4: case 0xf1:
		return FLOW_STOP;
	default:
		return FLOW_NEXT;
	}
}

/* What fills the space between functions: nop, also with operands, and int3. */
static bool is_padding(const struct instruction *it)
{
	if (it->map == MAP_0F)
		return it->opcode == 0x1f;
	if (it->map != MAP_ONE || it->is_vector)
		return false;
	return (it->opcode == 0x90 && it->rm == 0) || it->opcode == 0xcc;
}
