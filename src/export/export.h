// SPDX-License-Identifier: Apache-2.0
/*
 * export/export.h - formats of other tools, behind one table.
 *
 * To add a format: write export_NAME.c with a `const struct export_format
 * export_NAME`, declare it below, enter it in the table in export.c, list the
 * file in Makefile.am, describe it in man/cprofd.1, and add a test to
 * tests/unit/test_export.c that reads the result with the other tool or against
 * its definition and finds the report's totals in it.
 *
 * What every format keeps to: 100 % are the samples received and the kernel time
 * that is not visible, as in reports; a stack that does not reach its outermost
 * frame says so by a frame at its root; what is lost is beside the 100 %, so it
 * is no sample, but a comment where the format has comments.
 */
#ifndef CPROFD_EXPORT_EXPORT_H
#define CPROFD_EXPORT_EXPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "profile/summary.h"

struct error;

struct export_job {
	const struct profile *p;
	const struct selection *selection;
	bool threads;		/* keep the samples of each thread apart */
	bool raw_addresses;	/* leave code without a name without one */
};

struct export_format {
	const char *name;
	const char *suffix;	/* of file names, such as ".folded" */
	char key;		/* that chooses it in a list */
	const char *note;	/* what to say of a file made of samples, or NULL */
	bool binary;		/* not for a terminal */
	bool measured;		/* also of a recording without samples */
	/* Fails only with what the format cannot hold; write errors are the stream's. */
	int (*write)(const struct export_job *job, FILE *out, struct error *err);
};

extern const struct export_format export_folded;
extern const struct export_format export_html;
extern const struct export_format export_pprof;
extern const struct export_format export_pstats;
extern const struct export_format export_svg;

/* All formats that were built in, ended by NULL. */
extern const struct export_format *const export_formats[];

/*
 * Write a profile in a format.  Fails with ENODATA if there is nothing that it could say,
 * or like its write().
 */
int export_write(const struct export_format *format, const struct export_job *job, FILE *out,
		 struct error *err);

/* What to say of the file that was written, or NULL. */
const char *export_note(const struct export_format *format, const struct profile *p);

/* The format of this name, or NULL. */
const struct export_format *export_find(const char *name);

#define EXPORT_HIDDEN "[kernel, not visible]"	/* name of that share's frame */

/* Samples of one thread (or of all, RECORD_NONE) in one leaf. */
struct export_sum {
	uint32_t leaf, thread;
	struct sum sum;
};

/* The selection of a job by leaf, and by thread if it asks for that; freed by the caller. */
struct export_sum *export_sums(const struct export_job *job, size_t *n_out);

#endif
