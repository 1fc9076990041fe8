// SPDX-License-Identifier: Apache-2.0
/*
 * base/error.h - how a function of cprofd says why it failed.
 *
 * What can fail returns int and takes `struct error *err` as its last
 * parameter, never NULL.  -1 means that *err is set, and complete enough to be
 * shown to a person as it stands; any other value leaves *err alone.  The
 * struct lives on the caller's stack, so nothing has to be freed.
 *
 *	if (thing_open(path, &thing, err) < 0)
 *		return error_prefix(err, "session %d", id);
 */
#ifndef CPROFD_BASE_ERROR_H
#define CPROFD_BASE_ERROR_H

struct error {
	int code;	/* errno value, never 0; EBADMSG: malformed input */
	char msg[256];	/* one line, names the object, no newline */
};

/* Set *err.  Returns -1, so that a caller can return the call itself. */
int error_set(struct error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Set *err from errno and append errno's text.  Returns -1. */
int error_sys(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Put "FMT: " in front of the message, keep the code.  Returns -1. */
int error_prefix(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
