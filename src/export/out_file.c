// SPDX-License-Identifier: Apache-2.0
#include "export/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"

struct out_file {
	char *path;
	char *temporary;	/* name while it is written; NULL: there is none */
	bool force;
	FILE *stream;
};

void out_file_abort(struct out_file *f)
{
	if (!f)
		return;
	if (f->stream)
		fclose(f->stream);
	if (f->temporary)
		unlink(f->temporary);
	free(f->temporary);
	free(f->path);
	free(f);
}

static void out_file_abortp(struct out_file **f)
{
	out_file_abort(*f);
}

static int check_free(const char *path, bool force, struct error *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : error_sys(err, "%s", path);
	if (S_ISLNK(st.st_mode))
		return error_set(err, EINVAL, "%s: is a symbolic link; name the file itself", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, EINVAL, "%s: is no regular file; name another one", path);
	if (!force)
		return error_set(err, EEXIST, "%s: exists; --force replaces it", path);
	return 0;
}

int out_file_open(const char *path, bool force, struct out_file **out, struct error *err)
{
	_cleanup_(out_file_abortp) struct out_file *f = NULL;
	mode_t mask;
	int fd;

	if (check_free(path, force, err) < 0)
		return -1;
	f = xcalloc(1, sizeof(*f));
	f->force = force;
	f->path = xstrdup(path);
	f->temporary = xasprintf("%s.XXXXXX", path);
	fd = mkostemp(f->temporary, O_CLOEXEC);
	if (fd < 0) {
		free(steal(f->temporary));
		return error_sys(err, "%s", path);
	}
	mask = umask(0);
	umask(mask);
	fchmod(fd, 0666 & ~mask);
	f->stream = fdopen(fd, "w");
	if (!f->stream) {
		close(fd);
		return error_sys(err, "%s", path);
	}
	*out = steal(f);
	return 0;
}

FILE *out_file_stream(struct out_file *f)
{
	return f->stream;
}

/* Without force the name has to be free still: link(2) does not replace. */
static int give_name(struct out_file *f, struct error *err)
{
	if (f->force) {
		if (check_free(f->path, true, err) < 0)
			return -1;
		if (rename(f->temporary, f->path) < 0)
			return error_sys(err, "%s", f->path);
		free(steal(f->temporary));
		return 0;
	}
	if (link(f->temporary, f->path) == 0)
		return 0;
	if (errno == EEXIST)
		return error_set(err, EEXIST, "%s: appeared meanwhile; --force replaces it", f->path);
	/* A file system without links. */
	if (check_free(f->path, false, err) < 0)
		return -1;
	if (rename(f->temporary, f->path) < 0)
		return error_sys(err, "%s", f->path);
	free(steal(f->temporary));
	return 0;
}

int out_file_commit(struct out_file *file, struct error *err)
{
	_cleanup_(out_file_abortp) struct out_file *f = file;
	FILE *stream = f->stream;

	if (fflush(stream) != 0 || ferror(stream) || fsync(fileno(stream)) < 0)
		return error_sys(err, "%s: cannot be written", f->path);
	f->stream = NULL;
	if (fclose(stream) != 0)
		return error_sys(err, "%s: cannot be written", f->path);
	return give_name(f, err);
}
