// Functions of unlike frames whose calls are known: test/helpers/call-graphs.ts has the graph. Built without frame pointers.
#include <alloca.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define OWN __attribute__((noipa))
#define KEEP(value) __asm__ volatile("" : "+r"(value)) // work after a call, so that it is no jump

static uint64_t state = 88172645463325252u;

/* Steps of unequal length, so that sampling does not fall in step with them. */
OWN uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

OWN uint64_t spin(uint64_t rounds)
{
	uint64_t x = rounds;
	for (uint64_t i = 0; i < rounds; i++)
		x = x * 6364136223846793005u + i;
	return x;
}

/* Its frame's size is known at run time only: the CFA is found through rbp. */
OWN uint64_t variable_frame(uint64_t size)
{
	unsigned char *bytes = alloca(size);
	memset(bytes, (int)size, size);
	uint64_t x = spin(200 + size) + bytes[size / 2];
	KEEP(x);
	return x;
}

/* A realigned stack: the CFA is an expression, or found through another register. */
OWN uint64_t aligned_frame(uint64_t seed)
{
	_Alignas(64) volatile uint64_t lanes[8];
	for (int i = 0; i < 8; i++)
		lanes[i] = seed + (uint64_t)i;
	for (int i = 0; i < 100; i++)
		__asm__ volatile("" : "+r"(seed));
	uint64_t x = variable_frame(64 + seed % 512) + lanes[seed % 8];
	KEEP(x);
	return x;
}

#ifndef LARGE_FRAME_WORDS
#define LARGE_FRAME_WORDS 20000
#endif

/* Larger than a short offset can say. */
OWN uint64_t large_frame(uint64_t seed)
{
	volatile uint64_t words[LARGE_FRAME_WORDS];
	words[seed % LARGE_FRAME_WORDS] = seed;
	uint64_t x = spin(600) + words[seed % LARGE_FRAME_WORDS];
	KEEP(x);
	return x;
}

OWN int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	for (int i = 0; i < 4; i++)
		__asm__ volatile("" : "+r"(x), "+r"(y));
	return x < y ? -1 : x > y;
}

/* Its callee is called by libc. */
OWN uint64_t sort_some(uint64_t seed)
{
	uint64_t values[24];
	for (int i = 0; i < 300; i++)
		__asm__ volatile("" : "+r"(seed));
	for (int i = 0; i < 24; i++)
		values[i] = next_random();
	qsort(values, 24, sizeof values[0], compare);
	return values[seed % 24];
}

/* A jump to its callee: it is never above it. */
OWN uint64_t jumps_away(uint64_t seed)
{
	for (uint64_t i = 0; i < 150; i++)
		__asm__ volatile("" : "+r"(seed));
	return spin(150 + seed % 64);
}

OWN uint64_t many_registers(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f, uint64_t g)
{
	for (int i = 0; i < 200; i++)
		__asm__ volatile("" : "+r"(a));
	uint64_t x = spin(a % 300), y = spin(b % 300 + c % 50), z = jumps_away(d + e);
	x += y * f + z * g + a;
	KEEP(x);
	return x;
}

OWN uint64_t recurse(int depth)
{
	for (int i = 0; i < 60; i++)
		__asm__ volatile("" : "+r"(depth));
	uint64_t x = depth == 0 ? aligned_frame(next_random()) : recurse(depth - 1);
	KEEP(x);
	return x + (uint64_t)depth;
}

typedef uint64_t action(uint64_t);
static action *volatile const actions[] = { aligned_frame, large_frame, sort_some, jumps_away };

OWN uint64_t by_pointer(uint64_t seed)
{
	for (int i = 0; i < 150; i++)
		__asm__ volatile("" : "+r"(seed));
	uint64_t x = actions[seed % 4](seed);
	KEEP(x);
	return x;
}

OWN uint64_t turn(void)
{
	uint64_t seed = next_random(), x;
	switch (seed >> 62) {
	case 0:
		x = recurse((int)(seed % 20));
		break;
	case 1:
		x = many_registers(seed, seed >> 8, seed >> 16, seed >> 24, seed >> 32, seed >> 40, seed >> 48);
		break;
	default:
		x = by_pointer(seed);
	}
	KEEP(x);
	return x;
}

int main(void)
{
	for (uint64_t sum = 0;;) {
		sum += turn();
		KEEP(sum);
	}
}
