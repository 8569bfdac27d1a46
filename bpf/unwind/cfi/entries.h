/* The entries of .eh_frame and .debug_frame: CIEs, and the functions (FDEs) that refer to them. */
#pragma once

#include "reader.h"
#include "state.h"

/* Most functions kept of a section; the largest browsers have half as many. */
#define MAX_FDES 1500000
/* Most CIEs kept; .debug_frame has one for each compiled file. */
#define MAX_CIES (1 << 18)
/* A length and an id. */
#define MIN_ENTRY_BYTES 8
/* Longest name of an augmentation that is read; the longest in use has six letters. */
#define MAX_AUGMENTATION 16

/* A common information entry: what the functions that refer to it begin with. */
struct cie {
	/* Where it is in the section, and its instructions. */
	u32 offset;
	u32 begin;
	u32 end;
	s32 code_align;
	s32 data_align;
	u8 pointer_encoding;
	bool is_signal_frame;
	bool has_augmentation_data;
	/* False where its functions cannot be followed: another architecture's, or an unknown layout. */
	bool usable;
	/* What its instructions come to, once they were run. */
	bool was_run;
	struct cfi_state initial;
};

/* A function: from where to where, from the table's own start; its CIE; where its instructions are. */
struct fde {
	s32 start;
	s32 end;
	u32 cie;
	u32 code;
	u32 code_end;
};

struct section {
	struct reader reader;
	bool is_eh_frame;
	/* Where nothing says how long the section is, a length of zero ends it. */
	bool ends_at_zero;
	struct cie *cies;
	u32 cie_count;
	struct fde *fdes;
	u32 fde_count;
	/* The functions by their start; where that is the same, the first in the section last. */
	struct fde **order;
	u32 count;
	/* The next one of `order` that is to be written. */
	u32 next;
};

/* What the letters stand for; an unknown one hides what follows it, which the data's length steps over. */
SELDOM void read_augmentation(struct reader *r, const char *letters, struct cie *cie)
{
	for (; *letters; letters++) {
		switch (*letters) {
		case 'R':
			cie->pointer_encoding = read_u8(r);
			if (cie->pointer_encoding == PE_OMIT)
				cie->usable = false;
			break;
		case 'P':
			read_pointer(r, read_u8(r) & 0x7f);
			break;
		case 'L':
			read_u8(r);
			break;
		case 'S':
			cie->is_signal_frame = true;
			break;
		case 'B': /* signed return addresses, which only arm64 has */
			break;
		default:
			return;
		}
	}
}

SELDOM struct cie read_cie(struct section *section, u32 offset, u32 end)
{
	struct reader *r = &section->reader;
	struct cie cie = { .offset = offset, .begin = end, .end = end, .usable = true };
	char augmentation[MAX_AUGMENTATION + 2] = {};
	u8 version = read_u8(r);

	for (u32 i = 0; i <= MAX_AUGMENTATION && (augmentation[i] = read_u8(r)); i++)
		;
	bool is_old = augmentation[0] == 'e' && augmentation[1] == 'h' && !augmentation[2];
	/* g++ 2 put a pointer behind the name "eh". */
	if (is_old)
		skip(r, 8);
	if (version == 4) {
		u8 address_bytes = read_u8(r);
		u8 segment_bytes = read_u8(r);
		if (address_bytes != 8 || segment_bytes != 0)
			cie.usable = false;
	} else if (version != 1 && version != 3) {
		cie.usable = false;
	}
	u64 code_align = read_uleb(r);
	cie.code_align = code_align > INT32_MAX ? TOO_LARGE : (s32)code_align;
	cie.data_align = to_s32(read_sleb(r));
	if ((version == 1 ? read_u8(r) : read_uleb(r)) != RIP)
		cie.usable = false;
	if (augmentation[0] == 'z') {
		cie.has_augmentation_data = true;
		u64 data_bytes = read_uleb(r);
		cie.begin = data_bytes <= end ? r->at + (u32)data_bytes : end + 1;
		read_augmentation(r, augmentation + 1, &cie);
	} else {
		cie.begin = r->at;
		if (augmentation[0] && !is_old)
			cie.usable = false;
	}
	if (r->failed || cie.begin > end) {
		cie.usable = false;
		cie.begin = end;
	}
	if (!section->is_eh_frame)
		cie.pointer_encoding &= 0x7f;
	return cie;
}

/* The CIE at an offset, or NULL; they lie in the order of their offsets. */
static struct cie *find_cie(const struct section *section, u64 offset)
{
	u32 low = 0;

	for (u32 high = section->cie_count; low < high;) {
		u32 middle = (low + high) / 2;
		if (section->cies[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < section->cie_count && section->cies[low].offset == offset ? &section->cies[low] : 0;
}

/* An entry of either kind; its content begins behind the id, where the section's reader then stands. */
struct entry {
	u32 offset;
	u32 id_at;
	u32 end;
	u64 id;
};

/*
 * Reads the head of the entry at `*at`, and moves `*at` behind the entry. False at the end, and where a length leads out
 * of the section: entries behind it are not found.
 */
static bool next_entry(struct section *section, u32 *at, struct entry *entry)
{
	struct reader *r = &section->reader;

	while ((u64)*at + 4 <= r->size) {
		r->failed = false;
		r->at = *at;
		u64 length = read_u32(r);
		bool is_64 = length == 0xffffffff;
		if (is_64)
			length = read_u64(r);
		if (length == 0) {
			if (section->ends_at_zero)
				return false;
			*at = r->at;
			continue;
		}
		if (r->failed || length > r->size - r->at)
			return false;
		entry->offset = *at;
		entry->id_at = r->at;
		entry->end = *at = r->at + (u32)length;
		/* The id is of 4 bytes in .eh_frame also where the length has 8 (LSB 5.0, "The .eh_frame section"). */
		entry->id = is_64 && !section->is_eh_frame ? read_u64(r) : read_u32(r);
		if (r->at <= entry->end)
			return true;
	}
	return false;
}

static bool is_cie(const struct section *section, u64 id)
{
	/* In .debug_frame of 64-bit DWARF it is 2^64 - 1. */
	return section->is_eh_frame ? id == 0 : id == 0xffffffff || id == UINT64_MAX;
}

static void add_fde(struct section *section, u32 number, u32 end, s64 text_start, s64 text_bytes)
{
	struct reader *r = &section->reader;
	const struct cie *cie = &section->cies[number];
	s64 start, length;

	/* As in nearly every file. */
	if (cie->pointer_encoding == (PE_PC_RELATIVE | PE_SIGNED_4)) {
		start = (u64)r->address + r->at;
		start = (u64)start + (s64)(s32)read_u32(r);
		length = read_u32(r);
	} else {
		start = read_pointer(r, cie->pointer_encoding);
		length = read_length(r, cie->pointer_encoding);
	}

	/* Functions of discarded sections begin at 0. */
	if (start == NO_ADDRESS || !start || !length || r->failed)
		return;
	s64 relative = (u64)start - (u64)text_start;
	if (relative < 0 || relative >= text_bytes)
		return;
	if (cie->has_augmentation_data)
		skip(r, read_uleb(r));
	if (r->failed || r->at > end)
		return;
	section->fdes[section->fde_count++] = (struct fde){
		.start = relative,
		.end = length < text_bytes - relative ? relative + length : text_bytes,
		.cie = number,
		.code = r->at,
		.code_end = end,
	};
}

/* Reads the entries once through. False when an FDE refers to a CIE that is not known yet. */
static bool scan_entries(struct section *section, s64 text_start, s64 text_bytes)
{
	const struct cie *cie = 0;
	struct entry entry;
	bool knows_all = true;

	section->fde_count = 0;
	for (u32 at = 0; next_entry(section, &at, &entry);) {
		if (is_cie(section, entry.id)) {
			if (section->cie_count < MAX_CIES && !find_cie(section, entry.offset))
				section->cies[section->cie_count++] = read_cie(section, entry.offset, entry.end);
			continue;
		}
		u64 offset = section->is_eh_frame ? entry.id_at - entry.id : entry.id;
		if (!cie || cie->offset != offset)
			cie = find_cie(section, offset);
		if (!cie)
			knows_all = false;
		else if (section->fde_count < MAX_FDES)
			add_fde(section, cie - section->cies, entry.end, text_start, text_bytes);
	}
	return knows_all;
}

/* Reads the entries of a section and keeps the functions within the text. What is damaged is left out. */
static void read_entries(struct section *section, s64 text_start, s64 text_bytes)
{
	/* Room for as many as there can be: what is not written to takes no memory. */
	u32 most = section->reader.size / MIN_ENTRY_BYTES + 1;

	section->cies = reserve((most < MAX_CIES ? most : MAX_CIES) * sizeof *section->cies);
	section->fdes = reserve((most < MAX_FDES ? most : MAX_FDES) * sizeof *section->fdes);
	/* A CIE stands before what refers to it, in every file that was seen; if one does not, all are known now. */
	if (!scan_entries(section, text_start, text_bytes))
		scan_entries(section, text_start, text_bytes);
}
