// SPDX-License-Identifier: Apache-2.0
/* ui/report_compare.h - a comparison as text, and as JSON. */
#ifndef CPROFD_UI_REPORT_COMPARE_H
#define CPROFD_UI_REPORT_COMPARE_H

#include "profile/compare.h"
#include "ui/page.h"

struct report_compare {
	struct page *page;
	const struct compare_side *sides;
	const char *files[2];		/* as the user gave them */
	const struct compare *c;
	uint32_t limit;			/* rows; 0: as many as the report likes */
	bool only_evidence;		/* no other rows */
};

void report_compare(const struct report_compare *r);

/* All of it for programs: cprofd-report-json(5).  Uses only the page's `out`. */
void report_compare_json(const struct report_compare *r);

#endif
