// SPDX-License-Identifier: Apache-2.0
/*
 * The cache of unwind tables and symbols: files of the user's, opened here by
 * the 128-bit key that the session makes, so that the session needs no right to
 * any folder.  What is in them is the session's business, which checks it.
 */
#include "opener/opener_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"

#define CACHE_MAX_FILE (64u << 20)
#define CACHE_MAX_BYTES (256ull << 20)
#define CACHE_MAX_FILES 2000

/* $XDG_CACHE_HOME/cprofd, made with its parents' rights left alone. */
int cache_open_dir(void)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char path[PATH_MAX];

	if (base && base[0] == '/')
		snprintf(path, sizeof(path), "%s", base);
	else if (home && home[0] == '/')
		snprintf(path, sizeof(path), "%s/.cache", home);
	else
		return -1;
	mkdir(path, 0700);
	size_t len = strlen(path);
	snprintf(path + len, sizeof(path) - len, "/cprofd");
	mkdir(path, 0700);
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* ---- the limit: every rebuild of a program leaves files that nobody asks for ---- */

struct cached {
	char name[64];		/* longer ones are none of ours */
	uint64_t used_ns;	/* last used */
	uint64_t bytes;
};

struct listing {
	struct cached *files;
	size_t n, cap;
	uint64_t bytes;
};

/* By the time of writing, as many systems do not keep that of reading. */
void cache_touch(int fd)
{
	futimens(fd, NULL);
}

static void list_files(int dir, struct listing *l)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	struct stat st;

	while (d && (entry = readdir(d))) {
		struct cached file;
		size_t len = strlen(entry->d_name);

		if (len >= sizeof(file.name) ||
		    fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		memcpy(file.name, entry->d_name, len + 1);
		file.used_ns = (uint64_t)st.st_mtim.tv_sec * NS_PER_S + (uint64_t)st.st_mtim.tv_nsec;
		file.bytes = (uint64_t)st.st_size;
		array_reserve(l->files, l->n + 1, l->cap);
		l->files[l->n++] = file;
		l->bytes += file.bytes;
	}
	if (d)
		closedir(d);
}

static int compare_used(const void *pa, const void *pb)
{
	const struct cached *a = pa, *b = pb;

	return a->used_ns < b->used_ns ? -1 : a->used_ns > b->used_ns;
}

void cache_trim(int dir, uint64_t max_bytes, size_t max_files)
{
	struct listing l = { 0 };

	list_files(dir, &l);
	if (l.bytes > max_bytes || l.n > max_files) {
		qsort(l.files, l.n, sizeof(*l.files), compare_used);
		max_bytes -= max_bytes / 4;
		max_files -= max_files / 4;
		for (size_t i = 0; l.bytes > max_bytes || l.n - i > max_files; i++) {
			unlinkat(dir, l.files[i].name, 0);
			l.bytes -= l.files[i].bytes;
		}
	}
	free(l.files);
}

/* ---- files by their keys ---- */

static void key_name(const uint8_t key[16], char name[64], const char *suffix)
{
	for (int i = 0; i < 16; i++)
		snprintf(name + 2 * i, 3, "%02x", key[i]);
	snprintf(name + 32, 32, "%s", suffix);
}

void cache_get(struct opener *o, const struct s_cache *ask)
{
	struct o_file answer = { .type = O_FILE, .request = ask->request };
	_cleanup_(closep) int fd = -1;
	struct stat st;
	char name[64];

	key_name(ask->key, name, "");
	if (o->cache_dir >= 0)
		fd = openat(o->cache_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())) {
		close(fd);
		fd = -1;
	}
	if (fd >= 0)
		cache_touch(fd);
	answer.origin = fd >= 0 ? FILE_BY_PATH : FILE_NONE;
	opener_send(o, &answer, sizeof(answer), &fd, fd >= 0);
}

/* Copy all of `from`; false if it is too large or does not fit on the disk. */
static bool copy_file(int to, int from)
{
	struct stat st;
	off_t off = 0;

	if (fstat(from, &st) < 0 || st.st_size > CACHE_MAX_FILE)
		return false;
	while (off < st.st_size)
		if (sendfile(to, from, &off, (size_t)(st.st_size - off)) <= 0)
			return false;
	return true;
}

void cache_put(struct opener *o, const struct s_cache *ask, int contents)
{
	_cleanup_(closep) int fd = -1;
	char name[64], tmp[64], suffix[32];

	if (o->cache_dir < 0 || contents < 0)
		return;
	snprintf(suffix, sizeof(suffix), ".%d", (int)getpid());
	key_name(ask->key, name, "");
	key_name(ask->key, tmp, suffix);
	fd = openat(o->cache_dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (!copy_file(fd, contents) || renameat(o->cache_dir, tmp, o->cache_dir, name) < 0)
		unlinkat(o->cache_dir, tmp, 0);
	if (!o->cache_trimmed)	/* once is enough: a run adds little */
		cache_trim(o->cache_dir, CACHE_MAX_BYTES, CACHE_MAX_FILES);
	o->cache_trimmed = true;
}
