// SPDX-License-Identifier: Apache-2.0
/*
 * python/memory.h - the memory of a process with a Python interpreter, however it is come
 * by: a handle on a process whose thread is held still, a blob, a core file.
 */
#ifndef CPROFD_PYTHON_MEMORY_H
#define CPROFD_PYTHON_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct python_memory {
	void *ctx;
	/* All of it, or false. */
	bool (*read)(void *ctx, uint64_t addr, void *buf, size_t len);
};

static inline bool memory_read(const struct python_memory *m, uint64_t addr, void *buf, size_t len)
{
	return m->read(m->ctx, addr, buf, len);
}

static inline bool memory_read_u64(const struct python_memory *m, uint64_t addr, uint64_t *out)
{
	return memory_read(m, addr, out, sizeof(*out));
}

static inline bool memory_read_u32(const struct python_memory *m, uint64_t addr, uint32_t *out)
{
	return memory_read(m, addr, out, sizeof(*out));
}

#endif
