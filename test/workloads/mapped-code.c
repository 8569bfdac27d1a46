// Runs code that it wrote itself, as a JIT does: with frame pointers, without unwind data, named by a perf map.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The displacement of the call is from its end at byte 9 to the function at byte 16. */
static const uint8_t outer[] = {
	0x55, /* push %rbp */
	0x48, 0x89, 0xe5, /* mov %rsp, %rbp */
	0xe8, 0x07, 0x00, 0x00, 0x00, /* call inner */
	0x5d, /* pop %rbp */
	0xc3, /* ret */
};
static const uint8_t inner[] = {
	0x55, /* push %rbp */
	0x48, 0x89, 0xe5, /* mov %rsp, %rbp */
	0xb9, 0xa0, 0x86, 0x01, 0x00, /* mov $100000, %ecx */
	0xff, 0xc9, /* dec %ecx */
	0x75, 0xfc, /* jnz to the dec */
	0x5d, /* pop %rbp */
	0xc3, /* ret */
};
#define INNER_AT 16

__attribute__((noipa)) int run_mapped(void (*code)(void))
{
	code();
	__asm__ volatile("" ::: "memory"); // work after the call, so that it is no jump
	return 1;
}

int main(void)
{
	uint8_t *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (code == MAP_FAILED)
		return 1;
	memcpy(code, outer, sizeof outer);
	memcpy(code + INNER_AT, inner, sizeof inner);
	if (mprotect(code, 4096, PROT_READ | PROT_EXEC) != 0)
		return 1;

	char path[64];
	snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
	FILE *map = fopen(path, "w");
	if (map == NULL)
		return 1;
	fprintf(map, "%jx %zx mapped_outer\n", (uintmax_t)(uintptr_t)code, sizeof outer);
	fprintf(map, "%jx %zx mapped_inner\n", (uintmax_t)(uintptr_t)(code + INNER_AT), sizeof inner);
	fclose(map);

	for (int sum = 0;;) {
		sum += run_mapped((void (*)(void))(uintptr_t)code);
		__asm__ volatile("" : "+r"(sum));
	}
}
