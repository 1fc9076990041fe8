// SPDX-License-Identifier: Apache-2.0
/*
 * ui/report.h - a profile as text, and as JSON.
 *
 * Each report prints the answer to one question on a page.  They read the
 * profile and a summary of the selection, print, and keep nothing.
 *
 * To add one: write ui/report_NAME.c, declare it here, list it in Makefile.am,
 * give it an option in src/cmd/cmd_report.c and a golden text in
 * tests/unit/test_report.c; what it says has to be in report_json.c, too.
 */
#ifndef CPROFD_UI_REPORT_H
#define CPROFD_UI_REPORT_H

#include "profile/groups.h"
#include "profile/ledger.h"
#include "profile/summary.h"
#include "ui/cells.h"
#include "ui/page.h"

struct sources;

struct report {
	struct page *page;
	struct cells cells;	/* of the page */
	const struct profile *p;
	const struct selection *selection;
	const struct summary *sum;
	const struct ledger *ledger;
	const char *file;	/* of the recording, as the user gave it; NULL: not kept */
	uint32_t limit;		/* rows of a table; 0: as many as the report likes */
};

/* What was recorded, when, how, and what is missing in it. */
void report_header(const struct report *r);

/* Functions by own time. */
void report_flat(const struct report *r);

/* Who used the time: processes, programs, control groups or threads. */
void report_groups(const struct report *r, enum group_by by);

/* What each thread did, and for what it waited. */
void report_threads(const struct report *r);

/* Who called whom, from the top. */
void report_tree(const struct report *r);

/* Who calls one function, and where its time goes. */
void report_callers(const struct report *r, uint32_t function);

/* One function by source line, with the text of those lines as far as it is there. */
void report_lines(const struct report *r, uint32_t function, struct sources *sources);

/* What became of every sample. */
void report_ledger(const struct report *r);

/* What report_json() puts into its document beside the functions. */
struct report_json_parts {
	bool tree, threads;
	uint32_t callers;	/* a function, or RECORD_NONE */
	uint32_t lines;		/* a function, or RECORD_NONE */
	enum group_by by;	/* groups, or GROUP_BY_COUNT */
};

/* All of it for programs: cprofd-report-json(5).  Uses only the page's `out`. */
void report_json(const struct report *r, const struct report_json_parts *parts);

#endif
