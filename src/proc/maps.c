// SPDX-License-Identifier: Apache-2.0
#include "proc/maps.h"

#include <string.h>
#include <sys/sysmacros.h>

static const char deleted[] = " (deleted)";

/* Hexadecimal digits at *p up to `stop`, which is skipped. */
static bool read_hex(const char **p, const char *end, char stop, uint64_t *out)
{
	uint64_t v = 0;
	const char *s = *p;

	for (; s < end && *s != stop; s++) {
		int digit = *s >= '0' && *s <= '9' ? *s - '0' :
			    *s >= 'a' && *s <= 'f' ? *s - 'a' + 10 : -1;

		if (digit < 0 || v >> 60)
			return false;
		v = v << 4 | (uint64_t)digit;
	}
	if (s == end || s == *p)
		return false;
	*p = s + 1;
	*out = v;
	return true;
}

static bool read_decimal(const char **p, const char *end, uint64_t *out)
{
	const char *s = *p;
	uint64_t v = 0;

	for (; s < end && *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return false;
	if (s == *p)
		return false;
	*p = s;
	*out = v;
	return true;
}

/* start-end perms offset major:minor inode   path */
static bool read_line(const char *p, const char *end, struct proc_map *m)
{
	uint64_t major, minor;

	if (!read_hex(&p, end, '-', &m->start) || !read_hex(&p, end, ' ', &m->end) ||
	    end - p < 5)
		return false;
	m->read = p[0] == 'r';
	m->write = p[1] == 'w';
	m->exec = p[2] == 'x';
	p += 5;
	if (!read_hex(&p, end, ' ', &m->off) || !read_hex(&p, end, ':', &major) ||
	    !read_hex(&p, end, ' ', &minor) || !read_decimal(&p, end, &m->ino))
		return false;
	m->dev = makedev((unsigned int)major, (unsigned int)minor);
	while (p < end && *p == ' ')
		p++;
	m->path = p;
	m->path_len = (size_t)(end - p);
	m->deleted = m->path_len > strlen(deleted) &&
		     memcmp(end - strlen(deleted), deleted, strlen(deleted)) == 0;
	if (m->deleted)
		m->path_len -= strlen(deleted);
	return m->end > m->start;
}

bool proc_maps_next(const char **text, const char *text_end, struct proc_map *out)
{
	while (*text < text_end) {
		const char *line = *text;
		const char *end = memchr(line, '\n', (size_t)(text_end - line));

		if (!end)
			end = text_end;
		*text = end < text_end ? end + 1 : text_end;
		if (read_line(line, end, out))
			return true;
	}
	return false;
}

size_t proc_map_path(const struct proc_map *map, char *buf, size_t cap)
{
	size_t len = 0;

	for (size_t i = 0; i < map->path_len && len < cap; i++) {
		bool escaped = map->path_len - i >= 4 && memcmp(map->path + i, "\\012", 4) == 0;

		buf[len++] = escaped ? '\n' : map->path[i];
		i += escaped ? 3 : 0;
	}
	return len;
}
