// SPDX-License-Identifier: Apache-2.0
/*
 * proc/maps.h - the memory map of a process, as /proc/PID/maps tells it.
 */
#ifndef CPROFD_PROC_MAPS_H
#define CPROFD_PROC_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line of the file. */
struct proc_map {
	uint64_t start, end;	/* end exclusive */
	uint64_t off;		/* in the file */
	uint64_t dev;		/* as makedev(3) */
	uint64_t ino;		/* 0: no file */
	bool read, write, exec;
	const char *path;	/* "", a path or a name such as "[vdso]" */
	size_t path_len;	/* without the " (deleted)" behind a path */
	bool deleted;
};

/*
 * Take the next line from *text, which moves behind it.  `path` points into the
 * text and is not terminated.  Lines of another form are skipped.  Returns
 * false at the end.
 */
bool proc_maps_next(const char **text, const char *text_end, struct proc_map *out);

/*
 * Copy the path, with line ends for the \012 that the kernel writes here (and
 * nowhere else).  Returns its length, which is `cap` at most.
 */
size_t proc_map_path(const struct proc_map *map, char *buf, size_t cap);

#endif
