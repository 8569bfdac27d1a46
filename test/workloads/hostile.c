// A process that is busy, and in one of these ways a trouble for whoever wants to know about it.
//   map-fifo, map-directory, map-socket, map-link, map-large: what /tmp/perf-PID.map is
//   dump-garbage, dump-fifo: the jitdump file that it maps holds nonsense, and then is a FIFO
//   truncate: the file whose code it has mapped loses its end
//   remap: it changes its mappings thousands of times a second
//   many-files: it maps hundreds of files, one after the other
//   plain: only what its own file says is wrong
// Files are made in the directory of the second argument.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PAGE 4096
#define MANY_FILES 600

// push %rbp; mov %rsp, %rbp; mov %edi, %eax; 1: dec %eax; jnz 1b; pop %rbp; ret
static const uint8_t LOOP[] = { 0x55, 0x48, 0x89, 0xe5, 0x89, 0xf8, 0xff, 0xc8, 0x75, 0xfc, 0x5d, 0xc3 };

typedef void (*code)(int rounds);

static code mapped(int fd)
{
	void *page = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
	if (page == MAP_FAILED)
		exit(2);
	// Of a file the second page: the first says what the file is.
	uint8_t *to = (uint8_t *)page + (fd < 0 ? 0 : PAGE);
	memcpy(to, LOOP, sizeof(LOOP));
	return (code)(uintptr_t)to;
}

static int made(const char *directory, const char *name, const char *content)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0700);
	if (fd < 0 || ftruncate(fd, 4 * PAGE) || pwrite(fd, content, strlen(content), 0) < 0)
		exit(3);
	return fd;
}

static void make_map(const char *kind)
{
	char path[108];
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	if (!strcmp(kind, "map-fifo")) {
		mkfifo(path, 0600);
	} else if (!strcmp(kind, "map-directory")) {
		mkdir(path, 0700);
	} else if (!strcmp(kind, "map-link")) {
		if (symlink("/dev/zero", path))
			exit(4);
	} else if (!strcmp(kind, "map-socket")) {
		struct sockaddr_un address = { .sun_family = AF_UNIX };
		memcpy(address.sun_path, path, sizeof(path));
		bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address));
	} else {
		FILE *map = fopen(path, "w");
		for (uint64_t i = 0; map && i < 3000000; i++)
			fprintf(map, "%llx ffffffff f%llu\n", (unsigned long long)(i * 0x9e3779b97f4aULL & 0x7fffffffffff),
				(unsigned long long)i);
		if (map)
			fclose(map);
	}
}

__attribute__((noinline)) static void remap(const char *directory)
{
	int fd = made(directory, "remapped", "\177ELF");

	for (int i = 0; i < 50; i++) {
		void *page = mmap(NULL, 4 * PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
		void *anonymous = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		mprotect(page, PAGE, PROT_READ);
		munmap(anonymous, PAGE);
		munmap(page, 4 * PAGE);
	}
	close(fd);
}

__attribute__((noinline)) int main(int argc, char **argv)
{
	const char *kind = argc > 2 ? argv[1] : "plain", *directory = argc > 2 ? argv[2] : "/tmp";
	code run = NULL;

	if (!strncmp(kind, "map-", 4)) {
		make_map(kind);
		run = mapped(-1);
	} else if (!strncmp(kind, "dump-", 5)) {
		char name[64], path[4096];
		snprintf(name, sizeof(name), "jit-%d.dump", getpid());
		snprintf(path, sizeof(path), "%s/%s", directory, name);
		run = mapped(made(directory, name, "DTiJ\1\0\0\0\377\377\377\377"));
		if (!strcmp(kind, "dump-fifo")) {
			unlink(path);
			mkfifo(path, 0600);
		}
	} else if (!strcmp(kind, "truncate")) {
		int fd = made(directory, "truncated", "\177ELF\2\1\1");
		run = mapped(fd);
		run(1);
		if (ftruncate(fd, 7))
			return 5;
		run = mapped(-1);
	}
	for (int i = 0; !strcmp(kind, "many-files") && i < MANY_FILES; i++) {
		char name[64];
		snprintf(name, sizeof(name), "many-%d", i);
		int fd = made(directory, name, "\177ELF\2\1\1");
		run = mapped(fd);
		close(fd);
	}
	for (;;) {
		if (!strcmp(kind, "remap"))
			remap(directory);
		else if (run)
			run(100000);
		else
			for (volatile int i = 0; i < 100000; i++)
				;
	}
}
