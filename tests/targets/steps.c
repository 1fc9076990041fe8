// SPDX-License-Identifier: Apache-2.0
/*
 * Works in steps of some microseconds, each of which ends by writing a byte to
 * /dev/null.
 *
 *	steps FILE	counts them in the first 8 bytes of FILE
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile uint64_t sink;

static __attribute__((noinline)) void step(int fd)
{
	for (int i = 0; i < 10000; i++)
		sink += (uint64_t)i;
	if (write(fd, "", 1) != 1)
		_exit(1);
}

int main(int argc, char **argv)
{
	int file = argc == 2 ? open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600) : -1;
	int null = open("/dev/null", O_WRONLY);
	volatile uint64_t *count;

	if (file < 0 || ftruncate(file, sizeof(*count)) < 0)
		return 1;
	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (count == MAP_FAILED)
		return 1;
	for (;;) {
		step(null);
		++*count;
	}
}
