// SPDX-License-Identifier: Apache-2.0
#include "base/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"

struct out_file {
	char *path;
	char *unfinished;	/* what to remove when it fails; NULL: nothing */
	unsigned int flags;
	int fd;
	FILE *stream;		/* NULL until asked for; owns fd then */
};

static int close_file(struct out_file *f)
{
	int ret = f->stream ? fclose(f->stream) : 0;

	if (!f->stream)
		closep(&f->fd);
	f->stream = NULL;
	f->fd = -1;
	return ret;
}

void out_file_abort(struct out_file *f)
{
	if (!f)
		return;
	close_file(f);
	if (f->unfinished)
		unlink(f->unfinished);
	free(f->unfinished);
	free(f->path);
	free(f);
}

static void out_file_abortp(struct out_file **f)
{
	out_file_abort(*f);
}

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
		return "no regular file";
	}
}

/* Is nothing in the way? */
static int check_free(const char *path, unsigned int flags, struct error *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : error_sys(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, EINVAL, "%s: is %s; name another file with -o", path,
				 kind_of(st.st_mode));
	if (!(flags & OUT_FILE_FORCE))
		return error_set(err, EEXIST, "%s: exists; --force replaces it, -o names another file",
				 path);
	return 0;
}

static mode_t mode_of(unsigned int flags)
{
	mode_t mask = umask(0);

	umask(mask);
	return flags & OUT_FILE_PRIVATE ? 0600 : 0666 & ~mask;
}

/* Under its own name, if nothing has that. */
static bool create_named(struct out_file *f)
{
	f->fd = open(f->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		     mode_of(f->flags));
	if (f->fd >= 0)
		f->unfinished = xstrdup(f->path);
	return f->fd >= 0;
}

static int create_beside(struct out_file *f, struct error *err)
{
	char *name = xasprintf("%s.XXXXXX", f->path);

	f->fd = mkostemp(name, O_CLOEXEC);
	if (f->fd < 0) {
		error_sys(err, "%s", f->path);
		free(name);
		return -1;
	}
	f->unfinished = name;
	fchmod(f->fd, mode_of(f->flags));
	return 0;
}

int out_file_open(const char *path, unsigned int flags, struct out_file **out,
		  struct error *err)
{
	_cleanup_(out_file_abortp) struct out_file *f = NULL;

	if (check_free(path, flags, err) < 0)
		return -1;
	f = xcalloc(1, sizeof(*f));
	f->path = xstrdup(path);
	f->flags = flags;
	if (!(flags & OUT_FILE_LIVE && create_named(f)) && create_beside(f, err) < 0)
		return -1;
	*out = steal(f);
	return 0;
}

FILE *out_file_stream(struct out_file *f)
{
	if (!f->stream)
		f->stream = fdopen(f->fd, "w");
	if (!f->stream)
		abort();	/* no memory: as everywhere */
	return f->stream;
}

int out_file_fd(const struct out_file *f)
{
	return f->fd;
}

/* Without force the name has to be free still: link(2) does not replace. */
static int give_name(struct out_file *f, struct error *err)
{
	if (strcmp(f->unfinished, f->path) == 0) {
		free(steal(f->unfinished));
		return 0;
	}
	if (!(f->flags & OUT_FILE_FORCE)) {
		if (link(f->unfinished, f->path) == 0)
			return 0;
		if (errno == EEXIST)
			return error_set(err, EEXIST, "%s: appeared meanwhile; --force replaces it",
					 f->path);
		/* A file system without links. */
	}
	if (check_free(f->path, f->flags, err) < 0)
		return -1;
	if (rename(f->unfinished, f->path) < 0)
		return error_sys(err, "%s", f->path);
	free(steal(f->unfinished));
	return 0;
}

int out_file_commit(struct out_file *file, struct error *err)
{
	_cleanup_(out_file_abortp) struct out_file *f = file;

	if (f->stream && (fflush(f->stream) != 0 || ferror(f->stream) || fsync(f->fd) < 0))
		return error_sys(err, "%s: cannot be written", f->path);
	if (close_file(f) != 0)
		return error_sys(err, "%s: cannot be written", f->path);
	return give_name(f, err);
}
