// SPDX-License-Identifier: Apache-2.0
#include "ui/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/io.h"
#include "base/util.h"

/* Look before opening: opening a device or a pipe can have effects. */
static int open_regular(const char *path, struct stat *st, struct error *err)
{
	_cleanup_(closep) int look = open(path, O_PATH | O_CLOEXEC);
	char self[64];
	int fd;

	if (look < 0 || fstat(look, st) < 0)
		return error_sys(err, "%s", path);
	if (!S_ISREG(st->st_mode))
		return error_set(err, EACCES, "%s: no regular file", path);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", look);
	fd = open(self, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? error_sys(err, "%s", path) : fd;
}

static void find_lines(struct source *s)
{
	size_t cap = 0;

	for (size_t at = 0; at < s->text.len;) {
		const uint8_t *end = memchr(s->text.data + at, '\n', s->text.len - at);

		array_reserve(s->starts, s->n_lines + 2, cap);
		s->starts[s->n_lines++] = at;
		at = end ? (size_t)(end - s->text.data) + 1 : s->text.len;
		s->starts[s->n_lines] = at;
	}
}

static void source_deinit(struct source *s)
{
	buf_deinit(&s->text);
	free(s->starts);
	*s = (struct source){ 0 };
}

static int read_lines(int fd, time_t changed, struct source *out, struct error *err)
{
	*out = (struct source){ .changed = changed };
	if (io_read_all(fd, SOURCE_MAX_BYTES, &out->text, err) < 0) {
		source_deinit(out);
		return -1;
	}
	find_lines(out);
	return 0;
}

/* Fails with EFBIG, with EACCES if it is no regular file, or as open(2) does. */
static int source_read(const char *path, struct source *out, struct error *err)
{
	struct stat st;
	_cleanup_(closep) int fd = open_regular(path, &st, err);

	*out = (struct source){ 0 };
	if (fd < 0)
		return -1;
	return read_lines(fd, st.st_mtime, out, err) < 0 ? error_prefix(err, "%s", path) : 0;
}

/* Line `n`, counted from 1, without its end, or NULL; not terminated. */
static const char *raw_line(const struct source *s, uint32_t n, size_t *len)
{
	const char *line;

	if (n < 1 || n > s->n_lines)
		return NULL;
	line = (const char *)s->text.data + s->starts[n - 1];
	*len = s->starts[n] - s->starts[n - 1];
	while (*len && (line[*len - 1] == '\n' || line[*len - 1] == '\r'))
		--*len;
	return line;
}

#define TAB 4

char *source_line_text(const struct source *s, uint32_t n)
{
	struct buf wide = { 0 };
	const char *text;
	size_t len;

	text = s ? raw_line(s, n, &len) : NULL;
	if (!text)
		return NULL;
	for (size_t i = 0; i < len; i++)
		do
			buf_put_u8(&wide, text[i] == '\t' ? ' ' : (uint8_t)text[i]);
		while (text[i] == '\t' && wide.len % TAB);
	buf_put_u8(&wide, '\0');
	return (char *)wide.data;
}

char *source_trouble(const char *path, bool is_python, const struct source *s,
		     uint64_t recorded_s)
{
	const char *slash = strrchr(path, '/'), *file = slash && slash[1] ? slash + 1 : path;
	const char *relative = is_python ? strstr(path, "/./") : NULL;

	if (!*file)
		return xstrdup("the recording has no source file for this function");
	if (*path == '<')
		return xasprintf("%s is no file: only line numbers", path);
	if (!s && *path != '/')
		return xasprintf("%s: the program does not say in which folder: only line numbers",
				 path);
	if (!s && relative)
		return xasprintf("%s is not in %.*s, where the program ran, or cannot be read: only "
				 "line numbers", relative + 3, (int)max_of(relative - path, (ptrdiff_t)1), path);
	if (!s)
		return xasprintf("%s is not on this machine, or cannot be read: only line numbers",
				 file);
	if ((uint64_t)s->changed > recorded_s)
		return xasprintf("%s is newer than the recording: lines may not match", file);
	if (relative)
		return xasprintf("%s relative to %.*s, where the program ran when it was first seen",
				 relative + 3, (int)max_of(relative - path, (ptrdiff_t)1), path);
	return NULL;
}

static struct sources_item *find_item(struct sources *s, const char *path)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i]->path, path) == 0)
			return s->v[i];
	return NULL;
}

/* ---- folders that are elsewhere here ---- */

/* What is behind folder `from` in a path, or NULL: it is not in there. */
static const char *path_in(const char *path, const char *from)
{
	size_t len = strlen(from);

	while (len > 1 && from[len - 1] == '/')
		len--;
	if (len == 1)
		return path;
	return strncmp(path, from, len) == 0 && path[len] == '/' ? path + len : NULL;
}

/* The longest folder that it is in wins, as it says most. */
static char *mapped_path(const struct sources *s, const char *path)
{
	const struct source_map *best = NULL;

	for (size_t i = 0; i < s->n_maps; i++)
		if (path_in(path, s->maps[i].from) &&
		    (!best || strlen(s->maps[i].from) > strlen(best->from)))
			best = &s->maps[i];
	return best ? xasprintf("%s%s", best->to, path_in(path, best->from)) : NULL;
}

static bool read_mapped(const struct sources *s, struct sources_item *item)
{
	_cleanup_(freep) char *path = mapped_path(s, item->path);
	struct source found;
	struct error err;

	if (!path || source_read(path, &found, &err) < 0)
		return false;
	source_deinit(&item->source);
	item->source = found;
	item->read = true;
	return true;
}

char *sources_place(const struct sources *s, const char *path)
{
	_cleanup_(freep) char *mapped = mapped_path(s, path);
	struct stat st;

	if (mapped && stat(mapped, &st) == 0 && S_ISREG(st.st_mode))
		return steal(mapped);
	return *path == '/' && stat(path, &st) == 0 && S_ISREG(st.st_mode) ? xstrdup(path) : NULL;
}

bool sources_map(struct sources *s, const char *from, const char *to)
{
	size_t i = 0;

	while (i < s->n_maps && strcmp(s->maps[i].from, from) != 0)
		i++;
	if (i == SOURCE_MAPS)
		return false;
	free(s->maps[i].from);
	free(s->maps[i].to);
	s->maps[i] = (struct source_map){ xstrdup(from), xstrdup(to) };
	s->n_maps = max_of(s->n_maps, i + 1);
	for (size_t k = 0; k < s->n; k++)
		if (path_in(s->v[k]->path, from))
			read_mapped(s, s->v[k]);
	s->n_put++;
	return true;
}

/* ---- files ---- */

static void read_item(struct sources_item *item)
{
	struct error err;

	item->read = *item->path == '/' && source_read(item->path, &item->source, &err) == 0;
}

const struct source *sources_find(struct sources *s, const char *path)
{
	struct sources_item *item = find_item(s, path);

	if (!item) {
		array_reserve(s->v, s->n + 1, s->cap);
		item = s->v[s->n++] = xcalloc(1, sizeof(*item));
		item->path = xstrdup(path);
		if (!read_mapped(s, item) &&
		    (*path != '/' || !s->ask || !s->ask(s->ctx, path)))
			read_item(item);
	}
	return item->read ? &item->source : NULL;
}

void sources_put(struct sources *s, const char *path, int fd)
{
	struct sources_item *item = find_item(s, path);
	struct error err;
	struct stat st;

	if (!item || item->read)
		return;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		item->read = read_lines(fd, st.st_mtime, &item->source, &err) == 0;
	if (!item->read)
		read_item(item);
	s->n_put++;
}

void sources_deinit(struct sources *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i]->path);
		source_deinit(&s->v[i]->source);
		free(s->v[i]);
	}
	for (size_t i = 0; i < s->n_maps; i++) {
		free(s->maps[i].from);
		free(s->maps[i].to);
	}
	free(s->v);
	*s = (struct sources){ 0 };
}
