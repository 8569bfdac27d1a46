/*
 * Runs call frame instructions (DWARF 5, section 6.4.2). Follows the CFA, rbp, rsp and the return address; rules for
 * other registers are stepped over.
 */
#pragma once

#include "entries.h"
#include "writer.h"

/* States that a function may have remembered at once; compilers need one or two. */
#define MAX_REMEMBERED 64

struct machine {
	struct section *section;
	const struct cie *cie;
	s64 text_start;
	struct cfi_state state;
	/* The rules changed since a row was written. */
	bool is_new;
	u32 depth;
};

static struct cfi_state remembered[MAX_REMEMBERED];

/* The registers that are followed, as bits. */
#define FOLLOWED (1ull << RBP | 1ull << RSP | 1ull << RIP)

static inline struct register_rule *rule_of(struct cfi_state *state, u64 number)
{
	return number == RBP ? &state->rbp : number == RIP ? &state->ra : number == RSP ? &state->rsp : 0;
}

static inline void set_rule(struct machine *m, u64 number, enum rule kind, s32 value)
{
	struct register_rule *rule = rule_of(&m->state, number);

	if (!rule)
		return;
	*rule = (struct register_rule){ kind, value };
	m->is_new = true;
}

static void restore(struct machine *m, u64 number)
{
	struct cfi_state initial = m->cie->was_run ? m->cie->initial : (struct cfi_state){};
	struct register_rule *rule = rule_of(&initial, number);

	if (rule)
		set_rule(m, number, rule->rule, rule->value);
}

/* Where the expression's length stands. */
static s32 skip_expression(struct reader *r)
{
	u32 place = r->at;

	skip(r, read_uleb(r));
	return place;
}

static void set_cfa(struct machine *m, u64 number, s32 offset)
{
	m->state.cfa = CFA_BY_REGISTER;
	m->state.cfa_register = number > INT32_MAX ? TOO_LARGE : (s32)number;
	m->state.cfa_offset = offset;
	m->is_new = true;
}

/* A number without a sign, times an alignment. */
static s32 scaled_uleb(struct reader *r, s32 align)
{
	u64 value = read_uleb(r);

	return scaled(value > INT64_MAX ? INT64_MAX : value, align);
}

/* The instructions that do not move on; false for one that is unknown or cannot be. */
SELDOM bool change(struct machine *m, struct reader *r, u8 op)
{
	struct cfi_state *state = &m->state;
	s32 align = m->cie->data_align;
	u64 number;

	if (op >= 0xc0) { /* restore */
		restore(m, op & 0x3f);
		return true;
	}
	if (op >= 0x80) { /* offset */
		set_rule(m, op & 0x3f, OFFSET, scaled_uleb(r, align));
		return true;
	}
	switch (op) {
	case 0x00: /* nop */
		return true;
	case 0x05: /* offset_extended */
		number = read_uleb(r);
		set_rule(m, number, OFFSET, scaled_uleb(r, align));
		return true;
	case 0x06: /* restore_extended */
		restore(m, read_uleb(r));
		return true;
	case 0x07: /* undefined */
		set_rule(m, read_uleb(r), UNDEFINED, 0);
		return true;
	case 0x08: /* same_value */
		set_rule(m, read_uleb(r), SAME_VALUE, 0);
		return true;
	case 0x09: /* register */
		number = read_uleb(r);
		set_rule(m, number, REGISTER, scaled_uleb(r, 1));
		return true;
	case 0x0c: /* def_cfa */
		number = read_uleb(r);
		set_cfa(m, number, scaled_uleb(r, 1));
		return true;
	case 0x0d: /* def_cfa_register, which also ends an expression in every unwinder */
		set_cfa(m, read_uleb(r), state->cfa_offset);
		return true;
	case 0x0e: /* def_cfa_offset */
		state->cfa_offset = scaled_uleb(r, 1);
		m->is_new = true;
		return true;
	case 0x0f: /* def_cfa_expression */
		state->cfa = CFA_BY_EXPRESSION;
		state->cfa_expression = skip_expression(r);
		m->is_new = true;
		return true;
	case 0x10: /* expression */
		number = read_uleb(r);
		set_rule(m, number, EXPRESSION, skip_expression(r));
		return true;
	case 0x11: /* offset_extended_sf */
		number = read_uleb(r);
		set_rule(m, number, OFFSET, scaled(read_sleb(r), align));
		return true;
	case 0x12: /* def_cfa_sf */
		number = read_uleb(r);
		set_cfa(m, number, scaled(read_sleb(r), align));
		return true;
	case 0x13: /* def_cfa_offset_sf */
		state->cfa_offset = scaled(read_sleb(r), align);
		m->is_new = true;
		return true;
	case 0x14: /* val_offset */
		number = read_uleb(r);
		set_rule(m, number, VAL_OFFSET, scaled_uleb(r, align));
		return true;
	case 0x15: /* val_offset_sf */
		number = read_uleb(r);
		set_rule(m, number, VAL_OFFSET, scaled(read_sleb(r), align));
		return true;
	case 0x16: /* val_expression */
		number = read_uleb(r);
		set_rule(m, number, VAL_EXPRESSION, skip_expression(r));
		return true;
	case 0x2e: /* GNU_args_size: what a landing pad pops, which does not move the CFA */
		read_uleb(r);
		return true;
	case 0x2f: /* GNU_negative_offset_extended */
		number = read_uleb(r);
		set_rule(m, number, OFFSET, scaled_uleb(r, align == TOO_LARGE ? align : -align));
		return true;
	default:
		return false;
	}
}

/*
 * How far an instruction of those that move on leads: the units of code. Others are run, and lead nowhere. False for one
 * that cannot be followed.
 */
SELDOM bool run_instruction(struct machine *m, struct reader *r, u8 op, s64 pc, s64 *next)
{
	u64 units;

	switch (op) {
	case 0x01: { /* set_loc */
		s64 address = read_pointer(r, m->cie->pointer_encoding);
		*next = (u64)address - (u64)m->text_start;
		return address != NO_ADDRESS && *next >= pc;
	}
	case 0x02: /* advance_loc1 */
		units = read_u8(r);
		break;
	case 0x03: /* advance_loc2 */
		units = read_u16(r);
		break;
	case 0x04: /* advance_loc4 */
		units = read_u32(r);
		break;
	case 0x1d: /* MIPS_advance_loc8 */
		units = read_u64(r);
		break;
	default:
		return change(m, r, op);
	}
	/* Farther than any text is long. */
	*next = pc + (units > UINT32_MAX ? UINT32_MAX : (s64)units * m->cie->code_align);
	return *next >= pc;
}

/*
 * Runs instructions, and writes each state when `writes`. Returns the address from which on the rules cannot be known:
 * `end` when all are.
 */
static s64 execute(struct machine *m, s64 start, s64 end, u32 code, u32 code_end, bool writes)
{
	struct reader *reader = &m->section->reader;
	const u8 *bytes = reader->bytes;
	const s64 code_align = m->cie->code_align;
	const s64 data_align = m->cie->data_align;
	const bool is_signal_frame = m->cie->is_signal_frame;
	u32 at = code;
	s64 pc = start;

	reader->failed = false;
	m->is_new = true;
	m->depth = 0;
	while (at < code_end) {
		u8 op = bytes[at++];
		s64 next = pc;
		/* What nearly all are, with operands of one byte. */
		if (op >= 0x40 && op < 0x80) { /* advance_loc */
			next = pc + (op & 0x3f) * code_align;
			if (next < pc)
				return pc;
		} else if (op == 0x0e && at < code_end && bytes[at] < 0x80) { /* def_cfa_offset */
			m->state.cfa_offset = bytes[at++];
			m->is_new = true;
			continue;
		} else if (op >= 0x80 && op < 0xc0 && at < code_end && bytes[at] < 0x80) { /* offset */
			u8 value = bytes[at++];
			if (FOLLOWED >> (op & 0x3f) & 1)
				set_rule(m, op & 0x3f, OFFSET, to_s32(value * data_align));
			continue;
		} else if (op == 0x0a && m->depth < MAX_REMEMBERED) { /* remember_state */
			remembered[m->depth++] = m->state;
			continue;
		} else if (op == 0x0b && m->depth > 0) { /* restore_state */
			m->state = remembered[--m->depth];
			m->is_new = true;
			continue;
		} else if (op != 0x00) { /* nop */
			reader->at = at;
			if (!run_instruction(m, reader, op, pc, &next) || reader->failed || reader->at > code_end)
				return pc;
			at = reader->at;
		}
		if (next == pc)
			continue;
		if (m->is_new && writes)
			put_state(pc, &m->state, reader->section, is_signal_frame);
		m->is_new = false;
		pc = next;
		if (pc >= end)
			return end;
	}
	if (m->is_new && writes)
		put_state(pc, &m->state, reader->section, is_signal_frame);
	return end;
}

/* What a CIE's functions begin with; one that cannot be followed is not usable. */
SELDOM void run_cie(struct machine *m, struct cie *cie)
{
	m->state = (struct cfi_state){};
	cie->usable = cie->usable && execute(m, 0, 1, cie->begin, cie->end, false) == 1;
	cie->initial = m->state;
	cie->was_run = true;
}

/* Writes the rows of a function up to `end`. */
static void run_fde(struct section *section, const struct fde *fde, s32 end, s64 text_start)
{
	struct cie *cie = &section->cies[fde->cie];
	struct machine m = { .section = section, .cie = cie, .text_start = text_start };
	s64 known = fde->start;

	if (!cie->was_run)
		run_cie(&m, cie);
	if (cie->usable) {
		m.state = cie->initial;
		known = execute(&m, fde->start, end, fde->code, fde->code_end, true);
	}
	if (known < end)
		put_kind(known, UNWIND_CFA_UNSUPPORTED);
}
