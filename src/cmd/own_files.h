// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/own_files.h - the user's folders for cprofd, and which files in them are believed.
 */
#ifndef CPROFD_CMD_OWN_FILES_H
#define CPROFD_CMD_OWN_FILES_H

#include <limits.h>
#include <stdbool.h>

struct error;

enum own_folder {
	OWN_CONFIG,		/* $XDG_CONFIG_HOME/cprofd, else ~/.config/cprofd */
	OWN_STATE,		/* $XDG_STATE_HOME/cprofd, else ~/.local/state/cprofd */
};

/*
 * The path of something in one of them.  Fails with ENOENT if neither the variable nor HOME
 * is set, with ENAMETOOLONG.
 */
int own_path(enum own_folder folder, const char *name, char path[PATH_MAX], struct error *err);

/*
 * Open a folder, made with those above it if it is missing (mode 0700): its descriptor.  Fails
 * as open(2).
 */
int own_open_folder(const char *path, struct error *err);

/*
 * Open a file for reading that says what is to be done, or was: a regular one of the user's
 * or of root's that nobody else may write.  Fails with ENOENT if there is none, with EPERM if
 * it is not to be believed, or as open(2); the message does not name it.
 */
int own_open(int folder, const char *path, struct error *err);

#endif
