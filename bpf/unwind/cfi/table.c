/*
 * Makes the rows of a file's unwind data. table-builder.ts calls it, in WebAssembly: compiled code from the first function
 * on, in memory of its own, whatever the bytes of strangers lead it to.
 */
#include "machine.h"
#include "uncovered.h"

/* Most sections: .eh_frame and .debug_frame of a file and of its debug file, several of a name. */
#define MAX_SECTIONS 32
/* Shorter holes between functions are padding, which never runs. */
#define PADDING_BYTES 16

static struct section sections[MAX_SECTIONS];
static u32 section_count;

/* Room for `bytes` of the host's. */
EXPORT(reserve) void *reserve_bytes(u32 bytes)
{
	return reserve(bytes);
}

/* The whole of an array of keys in order, by a stable pass over some of their bits. */
static void sort_by_digit(struct fde **from, struct fde **to, u32 count, u32 *counts, u32 shift, u32 bits)
{
	u32 mask = (1u << bits) - 1;

	for (u32 i = 0; i <= mask + 1; i++)
		counts[i] = 0;
	for (u32 i = 0; i < count; i++)
		counts[((from[i]->start >> shift) & mask) + 1]++;
	for (u32 i = 1; i <= mask; i++)
		counts[i] += counts[i - 1];
	for (u32 i = 0; i < count; i++)
		to[counts[(from[i]->start >> shift) & mask]++] = from[i];
}

SELDOM void sort(struct section *section, s64 text_bytes)
{
	u32 count = section->count;
	struct fde **order = section->order;
	bool is_sorted = true;

	for (u32 i = 1; i < count && is_sorted; i++)
		is_sorted = order[i - 1]->start < order[i]->start;
	if (is_sorted)
		return;
	for (u32 i = 0; i < count / 2; i++) {
		struct fde *other = order[i];
		order[i] = order[count - 1 - i];
		order[count - 1 - i] = other;
	}
	u32 bits = (33 - __builtin_clz((u32)text_bytes | 1)) / 2;
	u32 *counts = reserve(((1u << bits) + 1) * sizeof *counts);
	struct fde **other = reserve(count * sizeof *other);
	sort_by_digit(order, other, count, counts, 0, bits);
	sort_by_digit(other, order, count, counts, bits, bits);
}

/* Whether a function of the section covers an address. */
static bool covers(const struct section *section, s32 address)
{
	u32 low = 0;

	for (u32 high = section->count; low < high;) {
		u32 middle = (low + high) / 2;
		if (section->order[middle]->start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && section->order[low - 1]->end > address;
}

SELDOM bool is_covered(u32 by, s32 address)
{
	for (u32 i = 0; i < by; i++)
		if (covers(&sections[i], address))
			return true;
	return false;
}

/*
 * Adds a section, `size` bytes at `bytes`, whose functions count where none of those before covers them. Addresses are
 * integers, and NaN where there is none.
 */
EXPORT(addSection)
void add_section(const u8 *bytes, u32 size, double address, double text, double data, u32 is_eh_frame,
		 u32 ends_at_zero, double text_start, double text_bytes)
{
	if (section_count == MAX_SECTIONS)
		__builtin_trap();
	struct section *section = &sections[section_count];
	*section = (struct section){
		.reader = {
			.bytes = bytes,
			.size = size,
			.section = section_count,
			.address = address,
			.text = text == text ? (s64)text : NO_ADDRESS,
			.data = data == data ? (s64)data : NO_ADDRESS,
		},
		.is_eh_frame = is_eh_frame,
		.ends_at_zero = ends_at_zero,
	};
	read_entries(section, text_start, text_bytes);
	section->order = reserve(section->fde_count * sizeof *section->order);
	for (u32 i = 0; i < section->fde_count; i++)
		if (!is_covered(is_eh_frame ? 0 : section_count, section->fdes[i].start))
			section->order[section->count++] = &section->fdes[i];
	sort(section, text_bytes);
	section_count++;
}

/* From the first to the last byte of the functions of the section that was added last; from INT32_MAX to 0 without any. */
EXPORT(extent) const s32 *extent(void)
{
	static s32 range[2];
	const struct section *section = &sections[section_count - 1];

	range[0] = INT32_MAX;
	range[1] = 0;
	for (u32 i = 0; i < section->fde_count; i++) {
		range[0] = section->fdes[i].start < range[0] ? section->fdes[i].start : range[0];
		range[1] = section->fdes[i].end > range[1] ? section->fdes[i].end : range[1];
	}
	return range;
}

/* The section whose next function begins first, of several the last; none when all are through. */
static struct section *first_section(void)
{
	struct section *first = 0;
	s32 start = 0;

	for (struct section *section = sections + section_count; section-- > sections;) {
		if (section->next >= section->count)
			continue;
		s32 its = section->order[section->next]->start;
		if (first && its >= start)
			continue;
		first = section;
		start = its;
	}
	return first;
}

/* What no unwind data cover; where the program's entry is there, it is a root. */
static void put_hole(s32 start, s32 end, s32 entry)
{
	if (end - start < PADDING_BYTES || put_code(start, end, entry))
		return;
	put_kind(start, UNWIND_CFA_NONE);
	if (entry < start || entry >= end)
		return;
	put_kind(entry, UNWIND_CFA_END);
	if (end - entry > ENTRY_BYTES)
		put_kind(entry + ENTRY_BYTES, UNWIND_CFA_NONE);
}

/* A function that saves rbp first without saying so, if it saves it; it returns behind a call, or anywhere. */
struct special {
	s32 start;
	s32 returns_anywhere;
};

static void begin_function(s32 start, s32 end, const struct special *functions, u32 function_count,
			   const struct part *parts, u32 part_count)
{
	writer.saves_rbp = writer.returns_anywhere = writer.enters_handler = false;
	for (u32 i = 0; i < function_count; i++) {
		if (functions[i].start != start)
			continue;
		writer.saves_rbp = true;
		writer.returns_anywhere = functions[i].returns_anywhere;
	}
	for (u32 i = 0; i < part_count; i++)
		if (parts[i].start > start && parts[i].end < end)
			writer.part = parts[i];
}

/*
 * Writes the table of the sections that were added. Places are counted from the start of the text.
 *
 * `entry` is that of the program, or -1. Returns how many functions there are, with those that code alone tells.
 */
EXPORT(writeTable)
u32 write_table(s32 text_bytes, double text_start, u32 buckets, u32 expected_rows, s32 entry,
		const struct special *functions, u32 function_count, const struct part *parts, u32 part_count)
{
	u32 count = 0;
	s32 covered = 0;
	struct section *following;

	begin_rows(buckets, expected_rows);
	for (struct section *from = first_section(); from; from = following, count++) {
		const struct fde *fde = from->order[from->next++];
		following = first_section();
		/* Where functions overlap the later one counts, as in a search of .eh_frame_hdr. */
		s32 limit = following ? following->order[following->next]->start : text_bytes;
		s32 end = fde->end < limit ? fde->end : limit;
		if (end <= fde->start)
			continue;
		put_hole(covered, fde->start, entry);
		begin_function(fde->start, end, functions, function_count, parts, part_count);
		run_fde(from, fde, end, text_start);
		if (writer.part.start < end)
			put_part();
		covered = end;
	}
	if (covered > 0)
		put_hole(covered, text_bytes, entry);
	else
		put_code(0, text_bytes, entry);
	finish_rows();
	return count + found_functions;
}

/* Where the rows and the index are, how many rows there are, and how many of them no rule holds. */
EXPORT(rows) const u64 *rows(void)
{
	return writer.rows;
}

EXPORT(rowCount) u32 row_count(void)
{
	return writer.count;
}

EXPORT(index) const u32 *row_index(void)
{
	return writer.index;
}

EXPORT(unsupportedRows) u32 unsupported_rows(void)
{
	return writer.unsupported;
}
