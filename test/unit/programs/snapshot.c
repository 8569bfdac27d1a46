// Calls itself and others in a known chain, then prints the registers, the stack and the maps at its end, and where
// each function returns to by its own account.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

static void *returns[64];
static int depth;
volatile int sink;

#define NOTE returns[depth++] = __builtin_return_address(0)

__attribute__((noinline)) static void leaf(void)
{
	ucontext_t context;
	NOTE;
	getcontext(&context);
	// DWARF's order: rax rdx rcx rbx rsi rdi rbp rsp r8 to r15 rip
	static const int order[] = { REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
				     REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP };
	printf("registers");
	for (int i = 0; i < 17; i++)
		printf(" %llx", (unsigned long long)context.uc_mcontext.gregs[order[i]]);
	printf("\nreturns");
	for (int i = depth - 1; i >= 0; i--)
		printf(" %lx", (unsigned long)returns[i]);
	static char line[4096];
	unsigned long start, end, from = context.uc_mcontext.gregs[REG_RSP];
	FILE *maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), maps)) {
		printf("\n%s", strtok(line, "\n"));
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && from >= start && from < end) {
			printf("\nstack %lx ", from);
			for (unsigned char *at = (void *)from; at < (unsigned char *)end; at++)
				printf("%02x", *at);
		}
	}
	printf("\n");
	fclose(maps);
	fflush(stdout);
	_Exit(0);
}

/* A frame whose size only the run knows: its CFA is by rbp, whatever the compiler's flags. */
__attribute__((noinline)) static void with_alloca(int bytes)
{
	NOTE;
	char *own = alloca(bytes);
	memset(own, 7, bytes);
	leaf();
	sink += own[bytes - 1];
}

__attribute__((noinline)) static int compare(const void *a, const void *b)
{
	NOTE;
	with_alloca(1000 + sink);
	return a < b;
}

/* Through the C library. */
__attribute__((noinline)) static void through_library(void)
{
	int values[2] = { 2, 1 };
	NOTE;
	// What follows was called by the library: its own frames are not known here.
	qsort(values, 2, sizeof(int), compare);
	sink += values[0];
}

__attribute__((noinline)) static void recurse(int more)
{
	NOTE;
	if (more > 0)
		recurse(more - 1);
	else
		through_library();
	sink++;
}

int main(void)
{
	recurse(20);
	return sink;
}
