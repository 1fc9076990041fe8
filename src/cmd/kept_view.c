// SPDX-License-Identifier: Apache-2.0
#include "cmd/kept_view.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/io.h"
#include "base/util.h"
#include "cmd/own_files.h"

#define MAX_BYTES (64u << 10)
#define NAME_MAX_BYTES 32

/* A name may be any bytes: the file is called by a hash of it (64 bits of FNV-1a). */
static void file_of(const char *program, char name[NAME_MAX_BYTES])
{
	uint64_t hash = 0xcbf29ce484222325;

	for (const char *c = program; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 0x100000001b3;
	snprintf(name, NAME_MAX_BYTES, "%016" PRIx64 ".view", hash);
}

static int open_folder(void)
{
	char path[PATH_MAX];
	struct error err;

	return own_path(OWN_STATE, "views", path, &err) < 0 ? -1 : own_open_folder(path, &err);
}

void kept_view_read(const char *program, struct buf *out)
{
	_cleanup_(closep) int folder = open_folder(), fd = -1;
	char name[NAME_MAX_BYTES];
	struct error err;

	file_of(program, name);
	if (folder >= 0)
		fd = own_open(folder, name, &err);
	if (fd >= 0 && io_read_all(fd, MAX_BYTES, out, &err) < 0)
		out->len = 0;
}

/* ---- the oldest go ---- */

struct kept {
	char name[NAME_MAX_BYTES];
	struct timespec used;
};

static int by_time(const void *a, const void *b)
{
	const struct timespec x = ((const struct kept *)a)->used, y = ((const struct kept *)b)->used;

	if (x.tv_sec != y.tv_sec)
		return x.tv_sec < y.tv_sec ? 1 : -1;
	return x.tv_nsec == y.tv_nsec ? 0 : x.tv_nsec < y.tv_nsec ? 1 : -1;
}

static void trim(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	_cleanup_(freep) struct kept *all = NULL;
	size_t n = 0, cap = 0;
	struct dirent *d;
	struct stat st;

	while (dir && (d = readdir(dir))) {
		if (strlen(d->d_name) >= NAME_MAX_BYTES || !strstr(d->d_name, ".view") ||
		    fstatat(folder, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		array_reserve(all, n + 1, cap);
		strcpy(all[n].name, d->d_name);
		all[n++].used = st.st_mtim;
	}
	if (dir)
		closedir(dir);
	if (n > KEPT_VIEWS)
		qsort(all, n, sizeof(*all), by_time);
	for (size_t i = KEPT_VIEWS; i < n; i++)
		unlinkat(folder, all[i].name, 0);
}

void kept_view_write(const char *program, const struct buf *text)
{
	_cleanup_(closep) int folder = open_folder(), fd = -1;
	char name[NAME_MAX_BYTES], new_name[NAME_MAX_BYTES];

	if (folder < 0 || text->len > MAX_BYTES)
		return;
	file_of(program, name);
	snprintf(new_name, sizeof(new_name), "%d.view.new", (int)getpid());
	fd = openat(folder, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	if (io_write_full(fd, text->data, text->len) < 0 ||
	    renameat(folder, new_name, folder, name) < 0)
		unlinkat(folder, new_name, 0);
	trim(folder);
}
