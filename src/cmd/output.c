// SPDX-License-Identifier: Apache-2.0
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/util.h"

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFLNK:
		return "a symbolic link";
	case S_IFIFO:
		return "a FIFO";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "not a regular file";
	}
}

/* Open a file that must not be there. */
static int create(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int output_open(struct output *out, const char *path, bool force, struct error *err)
{
	struct stat st;

	*out = (struct output){ .path = xstrdup(path), .fd = create(path) };
	if (out->fd >= 0)
		return 0;
	if (errno != EEXIST)
		error_sys(err, "%s", path);
	else if (lstat(path, &st) < 0)
		error_sys(err, "%s", path);
	else if (!S_ISREG(st.st_mode))
		error_set(err, EEXIST, "%s is %s; choose another name with -o", path,
			  kind_of(st.st_mode));
	else if (!force)
		error_set(err, EEXIST, "%s exists; --force replaces it, -o chooses another name",
			  path);
	else {
		out->tmp = xasprintf("%s.new", path);
		out->fd = create(out->tmp);
		if (out->fd >= 0)
			return 0;
		error_sys(err, "%s", out->tmp);
	}
	output_close(out, true);
	return -1;
}

int output_commit(struct output *out, struct error *err)
{
	if (!out->tmp)
		return 0;
	if (rename(out->tmp, out->path) < 0)
		return error_sys(err, "%s", out->path);
	free(steal(out->tmp));
	return 0;
}

void output_close(struct output *out, bool keep)
{
	if (!keep && out->fd >= 0)
		unlink(out->tmp ? out->tmp : out->path);
	closep(&out->fd);
	free(out->path);
	free(out->tmp);
	*out = (struct output){ .fd = -1 };
}
