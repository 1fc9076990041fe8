// SPDX-License-Identifier: Apache-2.0
/*
 * Writes code while it runs and computes in it.
 *
 *	jit WHERE	puts "address bytes", in hex, and its own pid into the file WHERE
 *	jit WHERE fork	a child of it does the computing
 *	jit WHERE dump	names the code `dumped` in jit-PID.dump in its folder, which it
 *			maps for profilers to find
 *	jit WHERE late	waits for two seconds before there is any code
 *
 * For ever, but for at most two minutes.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CODE_BYTES 4096

/* Counts down from a million, with a frame pointer as most compilers keep one. */
static const uint8_t code[] = {
#ifdef __x86_64__
	0x55,				/* push %rbp */
	0x48, 0x89, 0xe5,		/* mov %rsp,%rbp */
	0xb9, 0x40, 0x42, 0x0f, 0x00,	/* mov $1000000,%ecx */
	0xff, 0xc9,			/* 1: dec %ecx */
	0x75, 0xfc,			/* jnz 1b */
	0x5d,				/* pop %rbp */
	0xc3,				/* ret */
#elif defined(__aarch64__)
	0x00, 0x48, 0x88, 0x52,		/* mov w0, #0x4240 */
	0xe0, 0x01, 0xa0, 0x72,		/* movk w0, #0xf, lsl #16 */
	0x00, 0x04, 0x00, 0x71,		/* 1: subs w0, w0, #1 */
	0xe1, 0xff, 0xff, 0x54,		/* b.ne 1b */
	0xc0, 0x03, 0x5f, 0xd6,		/* ret */
#endif
};

static void put(FILE *f, const void *data, size_t len)
{
	if (fwrite(data, 1, len, f) != len)
		abort();
}

static void write_dump(const void *at)
{
	static const char name[] = "dumped";
	const uint32_t header[] = { 0x4a695444, 1, 40, 62, 0, (uint32_t)getpid(), 0, 0, 0, 0 };
	const uint32_t record[] = { 0, 16 + 40 + sizeof(name) + CODE_BYTES, 0, 0 };
	const uint64_t load[] = { (uint64_t)getpid() << 32 | (uint64_t)getpid(), (uintptr_t)at,
				  (uintptr_t)at, CODE_BYTES, 1 };
	char path[64];

	snprintf(path, sizeof(path), "jit-%d.dump", getpid());
	FILE *f = fopen(path, "w+");
	if (!f || mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(f), 0) == MAP_FAILED)
		abort();
	put(f, header, sizeof(header));
	put(f, record, sizeof(record));
	put(f, load, sizeof(load));
	put(f, name, sizeof(name));
	put(f, at, CODE_BYTES);
	if (fflush(f) != 0)
		abort();
}

__attribute__((noinline)) static void run(void (*generated)(void))
{
	for (;;)
		generated();
}

int main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[2] : "";
	char *part;

	alarm(120);
	if (strcmp(how, "late") == 0)
		sleep(2);

	void *at = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (argc < 2 || at == MAP_FAILED || asprintf(&part, "%s.part", argv[1]) < 0)
		return 1;
	memcpy(at, code, sizeof(code));
	if (mprotect(at, CODE_BYTES, PROT_READ | PROT_EXEC) < 0)
		return 1;
	__builtin___clear_cache(at, (char *)at + CODE_BYTES);
	if (strcmp(how, "dump") == 0)
		write_dump(at);

	FILE *f = fopen(part, "w");
	if (!f || fprintf(f, "%lx %x %d\n", (unsigned long)(uintptr_t)at, CODE_BYTES, getpid()) < 0 ||
	    fclose(f) != 0 || rename(part, argv[1]) < 0)
		return 1;
	if (strcmp(how, "fork") == 0 && fork() != 0) {
		wait(NULL);
		return 0;
	}
	void (*generated)(void);
	memcpy(&generated, &at, sizeof(at));
	run(generated);
}
