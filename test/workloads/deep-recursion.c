// Forty calls of one function and a busy leaf. Built without frame pointers, and a second time as a static program.
#include <stdint.h>

#define DEPTH 40

__attribute__((noipa)) uint64_t burn(uint64_t x)
{
	for (int i = 0; i < 20000; i++)
		x = x * 6364136223846793005u + 1442695040888963407u;
	return x;
}

__attribute__((noipa)) uint64_t descend(int depth, uint64_t x)
{
	uint64_t below = depth == 1 ? burn(x) : descend(depth - 1, x + (uint64_t)depth);
	__asm__ volatile("" : "+r"(below)); // work after the call: it is no jump, and each call has its frame
	return below ^ (uint64_t)depth;
}

int main(void)
{
	for (uint64_t x = 1;;)
		x = descend(DEPTH, x);
}
