// A timer interrupts busy code at any instruction, and most of the time is spent in the handler.
// With the argument "alternate" the handler runs on a stack of its own (sigaltstack).
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

__attribute__((noipa)) uint64_t burn(uint64_t rounds)
{
	uint64_t x = rounds;
	for (uint64_t i = 0; i < rounds; i++)
		x = x * 6364136223846793005u + i;
	return x;
}

__attribute__((noipa)) uint64_t in_handler(void)
{
	uint64_t x = burn(1000000);
	__asm__ volatile("" : "+r"(x));
	return x;
}

static void on_alarm(int number)
{
	uint64_t x = in_handler() + (uint64_t)number;
	__asm__ volatile("" : "+r"(x));
}

__attribute__((noipa)) uint64_t interrupted(int depth)
{
	uint64_t x = depth == 0 ? burn(50) : interrupted(depth - 1);
	__asm__ volatile("" : "+r"(x));
	return x + 1;
}

int main(int count, char **arguments)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	if (count > 1 && strcmp(arguments[1], "alternate") == 0) {
		stack_t stack = { .ss_sp = malloc(1 << 16), .ss_size = 1 << 16 };
		if (stack.ss_sp == NULL || sigaltstack(&stack, NULL) != 0)
			return 1;
		action.sa_flags |= SA_ONSTACK;
	}
	struct itimerval timer = { .it_interval = { .tv_usec = 1500 }, .it_value = { .tv_usec = 1500 } };
	if (sigaction(SIGALRM, &action, NULL) != 0 || setitimer(ITIMER_REAL, &timer, NULL) != 0)
		return 1;
	for (uint64_t sum = 0;;) {
		sum += interrupted(6);
		__asm__ volatile("" : "+r"(sum));
	}
}
