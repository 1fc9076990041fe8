// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel makes the text of /proc/kallsyms anew for every reader, which takes
 * longer than everything else at the start of a session.  It changes only with
 * the boot and the modules loaded: so a copy is kept in the cache folder under
 * a name made of those.
 */
#include "opener/opener_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/io.h"
#include "base/util.h"
#include "proc/kallsyms.h"

#define PREFIX "kallsyms-"

static void add_file(struct buf *b, const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct error err;

	if (fd >= 0)
		io_read_all(fd, KALLSYMS_MAX_BYTES, b, &err);
}

/* Which kernel runs, with which modules. */
static void cache_name(char *name, size_t cap)
{
	struct buf identity = { 0 };

	add_file(&identity, "/proc/sys/kernel/random/boot_id");
	add_file(&identity, "/proc/modules");
	snprintf(name, cap, PREFIX "%016llx",
		 (unsigned long long)XXH3_64bits(identity.data, identity.len));
	buf_deinit(&identity);
}

/* Copies of earlier boots are of no use. */
static void remove_old(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0)
			unlinkat(dir, entry->d_name, 0);
	if (d)
		closedir(d);
}

/* Write `text` under `name`; a descriptor to read it, or -1. */
static int store(int dir, const char *name, const struct buf *text)
{
	_cleanup_(closep) int fd = -1;
	char tmp[80];

	remove_old(dir);
	snprintf(tmp, sizeof(tmp), "%s.%d", name, (int)getpid());
	fd = openat(dir, tmp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (io_write_full(fd, text->data, text->len) < 0 || renameat(dir, tmp, dir, name) < 0) {
		unlinkat(dir, tmp, 0);
		return -1;
	}
	return steal_fd(fd);
}

int kallsyms_open(struct opener *o, bool *hidden)
{
	struct buf text = { 0 };
	struct error err;
	char name[48];
	int fd;

	*hidden = false;
	cache_name(name, sizeof(name));
	if (o->cache_dir >= 0) {
		fd = openat(o->cache_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0) {
			cache_touch(fd);
			return fd;
		}
	}
	add_file(&text, "/proc/kallsyms");
	if (!kallsyms_shows_addresses(text.data, text.len)) {
		*hidden = text.len > 0;
		fd = -1;
	} else {
		fd = o->cache_dir >= 0 ? store(o->cache_dir, name, &text) : -1;
		if (fd < 0)
			fd = io_memfd(name, text.data, text.len, &err);
	}
	buf_deinit(&text);
	return fd;
}
