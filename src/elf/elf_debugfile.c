// SPDX-License-Identifier: Apache-2.0
#include "elf/elf_debugfile.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/io.h"
#include "base/util.h"
#include "elf/elf_file.h"

#define DEBUG_ROOT "/usr/lib/debug"
#define READ_STEP 65536

/* The length of the folder's name in `path`, without the slash after it. */
static int folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash - path) : 0;
}

static bool fits(int len, size_t cap)
{
	return len >= 0 && (size_t)len < cap;
}

static bool build_id_path(const struct elf_debugfile *f, char *path, size_t cap)
{
	char hex[2 * ELF_MAX_BUILD_ID + 1];

	if (f->build_id_len < 2 || f->build_id_len > ELF_MAX_BUILD_ID)
		return false;
	for (size_t i = 0; i < f->build_id_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", f->build_id[i]);
	return fits(snprintf(path, cap, DEBUG_ROOT "/.build-id/%.2s/%s.debug", hex, hex + 2), cap);
}

static bool debuglink_path(const struct elf_debugfile *f, size_t which, char *path, size_t cap)
{
	int dir = folder_len(f->path);
	int len = -1;

	if (!f->link || f->path[0] != '/')
		return false;
	switch (which) {
	case 0:
		len = snprintf(path, cap, "%.*s/%s", dir, f->path, f->link);
		return fits(len, cap) && strcmp(path, f->path) != 0;
	case 1:
		len = snprintf(path, cap, "%.*s/.debug/%s", dir, f->path, f->link);
		break;
	case 2:
		len = snprintf(path, cap, DEBUG_ROOT "%.*s/%s", dir, f->path, f->link);
		break;
	}
	return fits(len, cap);
}

static bool altlink_path(const struct elf_debugfile *f, char *path, size_t cap)
{
	if (!f->link)
		return false;
	if (f->link[0] == '/')
		return fits(snprintf(path, cap, "%s", f->link), cap);
	return f->path[0] == '/' &&
	       fits(snprintf(path, cap, "%.*s/%s", folder_len(f->path), f->path, f->link), cap);
}

int elf_debugfile_path(const struct elf_debugfile *f, size_t i, char *path, size_t cap)
{
	for (size_t which = 0; which < 4; which++) {
		bool is_one = which == 0 ? build_id_path(f, path, cap) :
					   debuglink_path(f, which - 1, path, cap);

		if (is_one && i-- == 0)
			return 1;
	}
	return 0;
}

int elf_altfile_path(const struct elf_debugfile *f, size_t i, char *path, size_t cap)
{
	for (size_t which = 0; which < 2; which++) {
		bool is_one = which == 0 ? build_id_path(f, path, cap) :
					   altlink_path(f, path, cap);

		if (is_one && i-- == 0)
			return 1;
	}
	return 0;
}

static void elf_closep(struct elf_file **file)
{
	elf_file_close(*file);
}

/* The checksum that .gnu_debuglink holds is that of gzip. */
static int checksum(int fd, uint32_t *out, struct error *err)
{
	_cleanup_(freep) uint8_t *buf = xmalloc(READ_STEP);
	uLong crc = crc32(0, NULL, 0);
	uint64_t off = 0;
	ssize_t n;

	while ((n = io_pread_full(fd, buf, READ_STEP, off)) > 0) {
		crc = crc32(crc, buf, (uInt)n);
		off += (uint64_t)n;
	}
	if (n < 0)
		return error_sys(err, "cannot read");
	*out = (uint32_t)crc;
	return 0;
}

int elf_debugfile_matches(int fd, const struct elf_debugfile *f, struct error *err)
{
	_cleanup_(elf_closep) struct elf_file *file = NULL;
	uint8_t id[ELF_MAX_BUILD_ID];
	uint32_t crc = 0;

	if (elf_file_open(fd, &file, err) < 0)
		return -1;
	if (f->build_id_len > 0) {
		size_t len = elf_file_build_id(file, id, sizeof(id));

		return len == f->build_id_len && memcmp(id, f->build_id, len) == 0;
	}
	if (!f->link)
		return 0;
	if (checksum(fd, &crc, err) < 0)
		return -1;
	return crc == f->crc;
}
