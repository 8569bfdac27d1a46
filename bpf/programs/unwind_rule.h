/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A step by a rule of the side table. */
#pragma once

static __always_inline long unwind_by_rule(struct unwind_walk *walk, u32 number)
{
	u32 at = walk->mapping.rules + number * UNWIND_RULE_WORDS;
	const u64 *chunk = unwind_chunk(at >> UNWIND_CHUNK_SHIFT);
	struct unwind_caller caller = { .rbp = walk->registers[UNWIND_RBP] };
	u64 address;

	if (!chunk)
		return unwind_stop(walk, UNWIND_END_UNSUPPORTED_RULE);
	const struct unwind_rule *rule =
		(const void *)&chunk[at & (UNWIND_CHUNK_MASK & ~(UNWIND_RULE_WORDS - 1))];
	if (!unwind_is_known(walk, rule->cfa_reg))
		return unwind_stop(walk, UNWIND_END_UNSUPPORTED_RULE);
	caller.cfa = unwind_register_value(walk, rule->cfa_reg) + (s64)rule->cfa_offset;
	if (rule->cfa == UNWIND_RULE_CFA_DEREF || rule->cfa == UNWIND_RULE_CFA_DEREF_INDEXED) {
		address = caller.cfa;
		if (rule->cfa == UNWIND_RULE_CFA_DEREF_INDEXED) {
			if (!unwind_is_known(walk, rule->index_reg))
				return unwind_stop(walk, UNWIND_END_UNSUPPORTED_RULE);
			address += unwind_register_value(walk, rule->index_reg) * 8;
		}
		if (unwind_word(walk, address, &caller.cfa))
			return unwind_stop(walk, UNWIND_END_READ_FAULT);
		caller.cfa += (s64)rule->cfa_addend;
	} else if (rule->cfa == UNWIND_RULE_CFA_GOROUTINE) {
		u64 depth;
		/* struct g begins with stack.lo and stack.hi (runtime/runtime2.go). Not by unwind_word: it is not the stack. */
		if (unwind_word(walk, caller.cfa, &address) ||
		    unwind_word(walk, unwind_register_value(walk, rule->cfa_reg) + rule->index_reg, &depth) ||
		    unwind_read(&caller.cfa, sizeof(caller.cfa), address + 8))
			return unwind_stop(walk, UNWIND_END_READ_FAULT);
		caller.cfa += (s64)rule->cfa_addend - depth;
	} else if (rule->cfa != UNWIND_RULE_CFA_REGISTER) {
		return unwind_stop(walk, UNWIND_END_UNSUPPORTED_RULE);
	}

	if (rule->ra == UNWIND_RULE_RA_UNDEFINED)
		return unwind_stop(walk, UNWIND_END_COMPLETE);
	if (rule->ra != UNWIND_RULE_RA_AT_CFA && !unwind_is_known(walk, rule->ra_reg))
		return unwind_stop(walk, UNWIND_END_UNSUPPORTED_RULE);
	if (rule->ra == UNWIND_RULE_RA_IN_REGISTER) {
		caller.return_address = unwind_register_value(walk, rule->ra_reg);
	} else {
		address = rule->ra == UNWIND_RULE_RA_AT_CFA ? caller.cfa : unwind_register_value(walk, rule->ra_reg);
		if (unwind_word(walk, address + (s64)rule->ra_offset, &caller.return_address))
			return unwind_stop(walk, UNWIND_END_READ_FAULT);
	}

	if (rule->rbp == UNWIND_RULE_RBP_AT_CFA || rule->rbp == UNWIND_RULE_RBP_AT_REGISTER ||
	    rule->rbp == UNWIND_RULE_RBP_IN_REGISTER || rule->rbp == UNWIND_RULE_RBP_BY_POINTER) {
		if (rule->rbp != UNWIND_RULE_RBP_AT_CFA && !unwind_is_known(walk, rule->rbp_reg))
			return unwind_stop(walk, UNWIND_END_UNSUPPORTED_RULE);
		caller.rbp = unwind_register_value(walk, rule->rbp_reg);
		address = rule->rbp == UNWIND_RULE_RBP_AT_CFA ? caller.cfa : caller.rbp;
		if (rule->rbp != UNWIND_RULE_RBP_IN_REGISTER &&
		    unwind_word(walk, address + (s64)rule->rbp_offset, &caller.rbp))
			return unwind_stop(walk, UNWIND_END_READ_FAULT);
		if (rule->rbp == UNWIND_RULE_RBP_BY_POINTER && unwind_word(walk, caller.rbp, &caller.rbp))
			return unwind_stop(walk, UNWIND_END_READ_FAULT);
	}
	/* In code that runs for the leaf alone (vfork) the stack may stand still; a goroutine's is another one. */
	if (rule->cfa != UNWIND_RULE_CFA_GOROUTINE &&
	    (caller.cfa < walk->registers[UNWIND_RSP] ||
	     (caller.cfa == walk->registers[UNWIND_RSP] && !(walk->flags & UNWIND_FRAME_LEAF))))
		return unwind_stop(walk, UNWIND_END_STACK_NOT_GROWING);
	return unwind_enter_caller(walk, &caller, rule->flags & UNWIND_FRAME_LEAF);
}
