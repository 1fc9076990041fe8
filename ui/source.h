// SPDX-License-Identifier: Apache-2.0
/*
 * ui/source.h - the lines of a source file, read with the user's own rights or, of
 * a live session, opened with those of its target.
 *
 * The path comes from a recording, so only a regular file is opened, and never
 * in a way that could block or have an effect.
 */
#ifndef CPROFD_UI_SOURCE_H
#define CPROFD_UI_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"

#define SOURCE_MAX_BYTES (16u << 20)
#define SOURCE_MAPS 64		/* folders that can be mapped */

struct source {
	struct buf text;
	size_t *starts;		/* n_lines + 1 offsets into text */
	uint32_t n_lines;
	time_t changed;		/* when the file was */
};

/* The files of a report, each read once. */
struct sources {
	struct sources_item {
		char *path;
		struct source source;
		bool read;	/* it could be */
	} **v;			/* each stays where it is */
	size_t n, cap;
	/*
	 * Have somebody else open the file, who calls sources_put() later; false if
	 * nobody can: then it is opened here.  May be NULL.
	 */
	bool (*ask)(void *ctx, const char *path);
	void *ctx;
	unsigned int n_put;	/* how often that was done */
	struct source_map {
		char *from, *to;	/* folders */
	} maps[SOURCE_MAPS];		/* files of one are looked for in the other first */
	size_t n_maps;
};

/*
 * The text of a file, or NULL if the path is relative or it cannot be read.  Valid until
 * sources_deinit().
 */
const struct source *sources_find(struct sources *s, const char *path);

/*
 * Files of folder `from` are in folder `to` here: both are absolute.  What was read before
 * is read anew.  false: there are SOURCE_MAPS already.
 */
bool sources_map(struct sources *s, const char *from, const char *to);
void sources_deinit(struct sources *s);

/* Where that file is for whoever sits here, by the maps; NULL: it is not.  The caller frees it. */
char *sources_place(const struct sources *s, const char *path);

/*
 * The file of this path was opened, or (-1) could not be: then it is tried with our
 * own rights.  `fd` stays the caller's.
 */
void sources_put(struct sources *s, const char *path, int fd);

/* Line `n`, counted from 1, without its end and with tabs as blanks, not clean; or NULL. */
char *source_line_text(const struct source *s, uint32_t n);

/*
 * Why lines of `path` cannot be trusted, or shown: a sentence, not clean, or NULL
 * if they can.  `recorded_s` is when the recording began, in seconds since 1970.  A path
 * of Python that was relative has "/./" behind the folder of the program.
 */
char *source_trouble(const char *path, bool is_python, const struct source *s,
		     uint64_t recorded_s);

#endif
