// SPDX-License-Identifier: Apache-2.0
/* What is read of a process with a Python interpreter, a page at a time. */
#include "session/python_internal.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/io.h"

#define MAX_MAPS_TEXT (64u << 20)

static bool is_safe_map(const struct proc *p, const struct proc_map *map)
{
	const struct mapping *interpreter = python_interpreter(p);

	if (!map->ino)
		return map->path_len == 0 || memcmp(map->path, "[v", 2) != 0;
	return interpreter && map->ino == interpreter->module->ino &&
	       map->dev == interpreter->module->dev;
}

static void read_safe(struct session *s, const struct proc *p, struct safe *safe)
{
	struct buf text = { 0 };
	struct proc_map map;
	struct error err;

	safe->n = 0;
	safe->read_ns = s->now_ns;
	if (p->maps_fd >= 0 && lseek(p->maps_fd, 0, SEEK_SET) == 0 &&
	    io_read_all(p->maps_fd, MAX_MAPS_TEXT, &text, &err) == 0) {
		const char *at = (const char *)text.data, *end = at + text.len;

		while (proc_maps_next(&at, end, &map))
			if (is_safe_map(p, &map)) {
				array_reserve(safe->v, safe->n + 1, safe->cap);
				safe->v[safe->n++] = (struct range){ map.start, map.end };
			}
	}
	buf_deinit(&text);
}

static bool safe_has(const struct safe *safe, uint64_t addr)
{
	size_t low = 0, high = safe->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (safe->v[mid].end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < safe->n && safe->v[low].start <= addr;
}

/*
 * A page of a file may never come, if whoever has the file does not give it: what an
 * interpreter has is in memory of no file, or in its own.
 */
static bool is_safe(struct pages *p, uint64_t addr)
{
	struct safe *safe = p->proc->python ? &p->proc->python->safe : NULL;

	if (!safe)
		return false;
	if (safe_has(safe, addr))
		return true;
	if (safe->read_ns && p->session->now_ns - safe->read_ns < LOOK_NS)
		return false;
	read_safe(p->session, p->proc, safe);
	return safe_has(safe, addr);
}

static void pages_forget(struct pages *p)
{
	for (size_t i = 0; i < PYTHON_PAGES; i++)
		p->addr[i] = UINT64_MAX;
}

static bool read_part(struct pages *p, uint64_t addr, void *buf, size_t len)
{
	uint64_t page = addr & ~(uint64_t)(PYTHON_PAGE - 1);
	size_t slot = page / PYTHON_PAGE % PYTHON_PAGES;

	if (p->fd < 0 || (p->addr[slot] != page && !is_safe(p, page)))
		return false;
	if (p->addr[slot] != page) {
		p->addr[slot] = UINT64_MAX;
		if (io_pread_full(p->fd, p->bytes[slot], PYTHON_PAGE, page) != PYTHON_PAGE)
			return false;
		p->addr[slot] = page;
	}
	memcpy(buf, p->bytes[slot] + (addr - page), len);
	return true;
}

static bool read_pages(void *ctx, uint64_t addr, void *buf, size_t len)
{
	while (len) {
		size_t part = min_of(len, (size_t)(PYTHON_PAGE - addr % PYTHON_PAGE));

		if (!read_part(ctx, addr, buf, part))
			return false;
		buf = (char *)buf + part;
		addr += part;
		len -= part;
	}
	return true;
}

struct python_memory python_memory_of(struct session *s, const struct proc *p)
{
	struct pages *pages;

	if (!s->python)
		s->python = xcalloc(1, sizeof(*s->python));
	pages = &s->python->pages;
	pages->session = s;
	pages->proc = p;
	pages->fd = p->mem_fd >= 0 || !p->python ? p->mem_fd : p->python->mem_fd;
	pages_forget(pages);
	s->python->memory = (struct python_memory){ .ctx = pages, .read = read_pages };
	return s->python->memory;
}

void python_memory_forget(const struct python_memory *memory)
{
	pages_forget(memory->ctx);
}
