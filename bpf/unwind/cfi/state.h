/* The rules in force at one address, for the registers that a walk needs. cfi-state.ts mirrors it. */
#pragma once

#include "types.h"

/* How a register's value in the caller is found; the value is what each needs. */
enum rule {
	UNSPECIFIED,
	SAME_VALUE,
	UNDEFINED,
	/* Saved at CFA + value. */
	OFFSET,
	/* Is CFA + value. */
	VAL_OFFSET,
	/* Is in the register that value numbers. */
	REGISTER,
	/* Saved at, or is, what the expression at this place of the section comes to; its length stands there. */
	EXPRESSION,
	VAL_EXPRESSION,
};

/* The CFA is a register plus an offset, an expression, or not told. */
enum cfa { CFA_BY_NOTHING, CFA_BY_REGISTER, CFA_BY_EXPRESSION };

struct register_rule {
	s32 rule;
	s32 value;
};

struct cfi_state {
	s32 cfa;
	s32 cfa_register;
	/* Bytes from that register. */
	s32 cfa_offset;
	/* Place of the expression in the section. */
	s32 cfa_expression;
	struct register_rule rbp;
	struct register_rule rsp;
	struct register_rule ra;
};
