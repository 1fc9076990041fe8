// SPDX-License-Identifier: Apache-2.0
#include "cmd/own_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"

int own_path(enum own_folder folder, const char *name, char path[PATH_MAX], struct error *err)
{
	static const struct {
		const char *variable, *at_home;
	} folders[] = {
		[OWN_CONFIG] = { "XDG_CONFIG_HOME", ".config" },
		[OWN_STATE] = { "XDG_STATE_HOME", ".local/state" },
	};
	const char *base = getenv(folders[folder].variable), *home = getenv("HOME");
	int n;

	if (base && base[0] == '/')
		n = snprintf(path, PATH_MAX, "%s/cprofd/%s", base, name);
	else if (home && home[0] == '/')
		n = snprintf(path, PATH_MAX, "%s/%s/cprofd/%s", home, folders[folder].at_home, name);
	else
		return error_set(err, ENOENT, "neither %s nor HOME is set", folders[folder].variable);
	return n < PATH_MAX ? 0 : error_set(err, ENAMETOOLONG, "the path of %s is too long", name);
}

/* Make `path` and the folders above it that are missing. */
static void make_folders(const char *path)
{
	_cleanup_(freep) char *part = xstrdup(path);

	for (char *p = part + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(part, 0700);
		*p = '/';
	}
	mkdir(part, 0700);
}

int own_open_folder(const char *path, struct error *err)
{
	int fd;

	make_folders(path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? error_sys(err, "%s", path) : fd;
}

int own_open(int folder, const char *path, struct error *err)
{
	_cleanup_(closep) int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, "cannot open");
	if (!S_ISREG(st.st_mode))
		return error_set(err, EPERM, "is no regular file");
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return error_set(err, EPERM, "belongs to another user (%u): it is not read",
				 (unsigned int)st.st_uid);
	if (st.st_mode & S_IWOTH)
		return error_set(err, EPERM, "can be written by everybody: it is not read");
	return steal_fd(fd);
}
