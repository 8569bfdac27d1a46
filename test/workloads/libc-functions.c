/* Lives in functions of libc, each called by one of its own. */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN __attribute__((noipa))

static volatile double sink;
static char large[1 << 16], other[1 << 16];
static regex_t pattern;

OWN static int compare(const void *a, const void *b)
{
	int left = *(const int *)a, right = *(const int *)b;

	return (left > right) - (left < right);
}

OWN static void sort_some(unsigned seed)
{
	int numbers[200];

	for (int i = 0; i < 200; i++)
		numbers[i] = seed = seed * 1103515245u + 12345;
	qsort(numbers, 200, sizeof *numbers, compare);
	sink += numbers[0];
}

OWN static void format_some(unsigned seed)
{
	char text[400];

	for (int i = 0; i < 60; i++)
		sink += snprintf(text, sizeof text, "%s %d %08.3f %g %x", "text", seed, seed / 7.0, seed * 1e99, seed + i);
}

OWN static void copy_some(unsigned seed)
{
	for (int i = 0; i < 2; i++) {
		memcpy(large, other, sizeof large);
		memset(other, seed, sizeof other);
		sink += memcmp(large, other, sizeof large);
	}
}

OWN static void allocate_some(unsigned seed)
{
	void *blocks[100];

	for (int i = 0; i < 100; i++)
		blocks[i] = malloc(seed >> (i % 28));
	for (int i = 0; i < 100; i++)
		blocks[i] = realloc(blocks[i], 40 * i + 1);
	for (int i = 0; i < 100; i++)
		free(blocks[i]);
}

OWN static void parse_some(unsigned seed)
{
	char text[40];
	unsigned number;

	snprintf(text, sizeof text, "%u.%ue-7 x", seed, seed);
	for (int i = 0; i < 100; i++)
		sink += strtod(text, 0) + sscanf(text, "%u", &number);
}

OWN static void match_some(unsigned seed)
{
	char text[80];
	regmatch_t found[3];

	snprintf(text, sizeof text, "aaaaaaabbbbab%uccc%u", seed, seed);
	for (int i = 0; i < 60; i++)
		sink += regexec(&pattern, text, 3, found, 0);
}

OWN static void turn(unsigned seed)
{
	sort_some(seed);
	format_some(seed);
	copy_some(seed);
	allocate_some(seed | 1u << 12);
	parse_some(seed);
	match_some(seed);
}

int main(void)
{
	if (regcomp(&pattern, "(a+b*)+c.*([0-9]+)$", REG_EXTENDED))
		return 1;
	for (unsigned seed = 1;; seed = seed * 1664525 + 1013904223)
		turn(seed % 100000);
}
