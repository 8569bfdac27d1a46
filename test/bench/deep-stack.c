// 41 calls of a function in itself, busy at the end. Its first line of output is its pid.
#include <stdio.h>
#include <unistd.h>

volatile unsigned long sink;

__attribute__((noinline)) static unsigned long burn(unsigned long turns)
{
	unsigned long sum = 0;
	for (unsigned long i = 0; i < turns; i++)
		sum += (i * i) ^ (sum >> 3);
	return sum;
}

__attribute__((noinline)) static unsigned long descend(int depth)
{
	volatile unsigned long own[3] = { depth };
	unsigned long result = depth > 0 ? descend(depth - 1) + 1 : burn(1000000);
	return result + own[0];
}

int main(void)
{
	printf("%d\n", getpid());
	fflush(stdout);
	for (;;)
		sink += descend(40);
}
