/*
 * Three threads that burn CPU in the proportion 1:2:5, each in a function of its own, until standard input ends.
 *
 * Work is counted in rounds, not in seconds: a round gives each thread its share of turns and all wait for the
 * slowest, so that the proportion holds however busy the machine is. Rounds differ in length, because a profiler that
 * fell in step with them would always see the same part of one. Prints its pid when it is running.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define FEWEST_TURNS 50000

static pthread_barrier_t round_end;

/* Kept apart by the compiler, so that each has its name in a stack. */
#define WORK(name)                                                    \
	__attribute__((noinline)) static unsigned long name(long turns)   \
	{                                                                 \
		unsigned long x = 88172645463325252UL;                        \
		for (long i = 0; i < turns; i++) {                            \
			x ^= x << 13;                                             \
			x ^= x >> 7;                                              \
			x ^= x << 17;                                             \
		}                                                             \
		return x;                                                     \
	}

WORK(light_work)
WORK(medium_work)
WORK(heavy_work)

struct share {
	const char *name;
	unsigned long (*work)(long turns);
	long parts;
	volatile unsigned long result;
};

static struct share shares[] = {
	{ "light", light_work, 1, 0 },
	{ "medium", medium_work, 2, 0 },
	{ "heavy", heavy_work, 5, 0 },
};

/* Turns of a part in the next round, from one to four times the fewest; each thread has the same sequence. */
static long next_turns(unsigned *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return FEWEST_TURNS + (*seed >> 8) % (3 * FEWEST_TURNS);
}

static void *run_share(void *argument)
{
	struct share *share = argument;
	unsigned seed = 1;
	pthread_setname_np(pthread_self(), share->name);
	for (;;) {
		share->result = share->work(share->parts * next_turns(&seed));
		pthread_barrier_wait(&round_end);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;
	pthread_barrier_init(&round_end, NULL, 3);
	for (int i = 0; i < 3; i++)
		if (pthread_create(&thread, NULL, run_share, &shares[i]) != 0)
			return 1;
	printf("%d\n", getpid());
	fflush(stdout);
	while (getchar() != EOF)
		;
	_exit(0);
}
