// Starts itself so many times, some at once; each of these computes for a moment.
#define _GNU_SOURCE
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 4

extern char **environ;
static volatile unsigned long count;

__attribute__((noinline)) static void leaf(void)
{
	for (int i = 0; i < 100000; i++)
		count += i * count;
}

__attribute__((noinline)) static void inner(void)
{
	leaf();
	count++;
}

int main(int argc, char **argv)
{
	char *const child[] = { argv[0], NULL };
	int left = argc > 1 ? atoi(argv[1]) : 0, running = 0;

	if (!left) {
		inner();
		return 0;
	}
	for (; left; left--) {
		pid_t pid;
		if (posix_spawn(&pid, argv[0], NULL, NULL, child, environ))
			return 1;
		if (++running == AT_ONCE && wait(NULL) > 0)
			running--;
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
