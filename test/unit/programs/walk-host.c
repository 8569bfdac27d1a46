// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The walk of bpf/programs on the host: reads from stdin what the arena, user memory and the registers are, and prints
// how each walk ends. Numbers are hexadecimal, one command a line:
//   arena POSITION WORD            a word of the arena
//   memory ADDRESS BYTES           user memory, of as many bytes as there are pairs of digits
//   process MAPPINGS COUNT         where the mapping list is
//   fault NUMBER                   the read of this number fails in each walk, counted from 1; 0 for none
//   missing CHUNK                  this chunk of the arena does not exist
//   walk FLAGS REGISTERS(17)       prints END, how many reads there were, the frames, | and the registers at the end
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

static struct {
	u64 start;
	u64 bytes;
	u8 *data;
} regions[64];
static u32 region_count, reads, failing_read;
static long missing_chunk = -1;
static u64 *chunks[128];

// As in BPF: nothing is known of the chunk but its size.
static void *unwind_chunk(u32 number)
{
	return number < 128 && number != missing_chunk ? chunks[number] : NULL;
}

// A page is there as a whole: a read around the bytes that a test gives finds zeros.
static int is_page_there(u64 page)
{
	for (u32 i = 0; i < region_count; i++)
		if (page >= regions[i].start >> 12 && page <= (regions[i].start + regions[i].bytes - 1) >> 12)
			return 1;
	return 0;
}

static long unwind_read(void *to, u32 size, u64 address)
{
	if (++reads == failing_read)
		return -14;
	for (u64 page = address >> 12; page <= (address + size - 1) >> 12; page++)
		if (!is_page_there(page))
			return -14;
	memset(to, 0, size);
	for (u32 i = 0; i < region_count; i++)
		for (u64 at = 0; at < size; at++)
			if (address + at >= regions[i].start && address + at < regions[i].start + regions[i].bytes)
				((u8 *)to)[at] = regions[i].data[address + at - regions[i].start];
	return 0;
}

static long bpf_loop(u32 count, long (*step)(u32, void *), void *context, u64 flags)
{
	for (u32 i = 0; i < count; i++)
		if (step(i, context))
			return i + 1;
	return count;
}

#include "unwind_step.h"

static void run(u32 flags, const u64 *registers, struct unwind_process process)
{
	static u64 addresses[UNWIND_MAX_FRAMES];
	static struct unwind_walk walk;
	struct unwind_context context = { &walk, addresses };

	memset(&walk, 0xa5, sizeof(walk));
	memcpy(walk.registers, registers, sizeof(walk.registers));
	walk.process = process;
	walk.flags = flags;
	reads = 0;
	unwind_run(&context);
	printf("%x %x", walk.end, reads);
	for (u32 i = 0; i < walk.count; i++)
		printf(" %llx", addresses[i]);
	printf(" |");
	for (u32 i = 0; i < UNWIND_REGISTERS; i++)
		printf(" %llx", walk.registers[i]);
	printf(" %x\n", walk.flags);
}

static u8 digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static u64 number(void)
{
	const char *word = strtok(NULL, " \n");
	return word ? strtoull(word, NULL, 16) : 0;
}

int main(void)
{
	static char line[1 << 20];
	struct unwind_process process = {};

	while (fgets(line, sizeof(line), stdin)) {
		const char *command = strtok(line, " \n");
		if (!command)
			continue;
		if (!strcmp(command, "arena")) {
			u64 position = number();
			u64 **chunk = &chunks[(position >> UNWIND_CHUNK_SHIFT) & 127];
			if (!*chunk)
				*chunk = calloc(1, UNWIND_CHUNK_BYTES);
			(*chunk)[position & UNWIND_CHUNK_MASK] = number();
		} else if (!strcmp(command, "memory") && region_count < 64) {
			u64 start = number();
			const char *digits = strtok(NULL, " \n");
			u64 bytes = digits ? strlen(digits) / 2 : 0;
			u8 *data = malloc(bytes + 1);
			for (u64 i = 0; i < bytes; i++)
				data[i] = (digit(digits[2 * i]) << 4) | digit(digits[2 * i + 1]);
			regions[region_count].start = start;
			regions[region_count].bytes = bytes;
			regions[region_count++].data = data;
		} else if (!strcmp(command, "process")) {
			process.mappings = number();
			process.count = number();
		} else if (!strcmp(command, "fault")) {
			failing_read = number();
		} else if (!strcmp(command, "missing")) {
			missing_chunk = number();
		} else if (!strcmp(command, "walk")) {
			u32 flags = number();
			u64 registers[UNWIND_REGISTERS];
			for (u32 i = 0; i < UNWIND_REGISTERS; i++)
				registers[i] = number();
			run(flags, registers, process);
		}
	}
	for (u32 i = 0; i < region_count; i++)
		free(regions[i].data);
	for (u32 i = 0; i < 128; i++)
		free(chunks[i]);
	return 0;
}
