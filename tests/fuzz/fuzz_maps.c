// SPDX-License-Identifier: Apache-2.0
/* The text of /proc/PID/maps. */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/util.h"
#include "proc/maps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *at = (const char *)data, *end = at + len;
	struct proc_map map;

	while (proc_maps_next(&at, end, &map))
		if (map.end <= map.start || map.path < (const char *)data ||
		    map.path + map.path_len > end)
			abort();
	return 0;
}

size_t fuzz_seed(unsigned int i, uint8_t *buf, size_t cap)
{
	_cleanup_(closep) int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	ssize_t n = i == 0 ? read(fd, buf, min_of(cap, (size_t)4096)) : 0;

	return n > 0 ? (size_t)n : 0;
}
