// Asks the vdso for the time.
#include <stdint.h>
#include <time.h>

__attribute__((noipa)) int64_t ask_time(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_nsec;
}

int main(void)
{
	for (int64_t sum = 0;;) {
		sum ^= ask_time();
		__asm__ volatile("" : "+r"(sum));
	}
}
