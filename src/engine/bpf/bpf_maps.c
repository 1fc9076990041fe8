// SPDX-License-Identifier: Apache-2.0
#include "engine/bpf/bpf_maps.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_CPUS 8192		/* more than any kernel is built for */

static int element(enum bpf_cmd what, int fd, const void *key, const void *value)
{
	union bpf_attr attr = { .map_fd = (uint32_t)fd, .key = (uintptr_t)key,
				.value = (uintptr_t)value };

	return (int)syscall(SYS_bpf, what, &attr, sizeof(attr));
}

int bpf_maps_put(int fd, const void *key, const void *value)
{
	return element(BPF_MAP_UPDATE_ELEM, fd, key, value);
}

int bpf_maps_get(int fd, const void *key, void *value)
{
	return element(BPF_MAP_LOOKUP_ELEM, fd, key, value);
}

int bpf_maps_delete(int fd, const void *key)
{
	return element(BPF_MAP_DELETE_ELEM, fd, key, NULL);
}

/* The kernel gives a value for each CPU that there could be. */
uint64_t bpf_maps_sum(int fd)
{
	uint64_t value[MAX_CPUS] = { 0 }, sum = 0;
	uint32_t first = 0;

	if (element(BPF_MAP_LOOKUP_ELEM, fd, &first, value) < 0)
		return 0;
	for (size_t i = 0; i < MAX_CPUS; i++)
		sum += value[i];
	return sum;
}

void *bpf_maps_map(int fd, size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}
