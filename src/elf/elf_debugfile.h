// SPDX-License-Identifier: Apache-2.0
/*
 * elf/elf_debugfile.h - where the debug information of a module may be.
 *
 * Distributions put it into a file of its own.  A module says which one by its
 * build-id, or by a file name with a checksum (.gnu_debuglink); what several
 * debug files have in common, dwz moves to yet another one (.gnu_debugaltlink).
 *
 * This gives names and judges what was opened.  It opens nothing: the names come
 * out of a target's files, so somebody with the target's rights opens them.
 *
 *	for (size_t i = 0; elf_debugfile_path(&hints, i, path, sizeof(path)) > 0; i++)
 *		...		// open; take the first that matches
 *	elf_debugfile_matches(fd, &hints, err);
 */
#ifndef CPROFD_ELF_ELF_DEBUGFILE_H
#define CPROFD_ELF_ELF_DEBUGFILE_H

#include <stddef.h>
#include <stdint.h>

struct error;

/* What is known about the file that is looked for.  Everything is the caller's. */
struct elf_debugfile {
	const char *path;	/* of the module (for an alt file: of the debug file) */
	const uint8_t *build_id;	/* of the file looked for */
	size_t build_id_len;	/* 0: not known */
	const char *link;	/* .gnu_debuglink or .gnu_debugaltlink; NULL: none */
	uint32_t crc;		/* of a file found by debuglink without a build-id */
};

/*
 * Candidate `i`, counted from 0, the most likely first, as a terminated path.
 * Returns 1, or 0 if there are no more.  Candidates that do not fit into `cap`
 * bytes are left out.
 *
 * For /opt/bin/x with debuglink x.debug these are
 *	/usr/lib/debug/.build-id/ab/cdef.debug
 *	/opt/bin/x.debug
 *	/opt/bin/.debug/x.debug
 *	/usr/lib/debug/opt/bin/x.debug
 * where the second is left out if it is the module itself.
 */
int elf_debugfile_path(const struct elf_debugfile *f, size_t i, char *path, size_t cap);

/*
 * Likewise for the file named by .gnu_debugaltlink, whose path may be relative to the
 * folder of the file that has the link.
 */
int elf_altfile_path(const struct elf_debugfile *f, size_t i, char *path, size_t cap);

/*
 * Is this the file?  The build-ids have to be equal or, if the module has none,
 * the checksum of the whole file, which is then read.  Returns 1 or 0, or -1 with
 * EBADMSG if `fd` is no ELF file that we read, or with what read(2) says.
 */
int elf_debugfile_matches(int fd, const struct elf_debugfile *f, struct error *err);

#endif
