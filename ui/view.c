// SPDX-License-Identifier: Apache-2.0
#include "ui/view.h"

#define COMING(k, act, n, s, why) \
	(&(const struct view){ .key = (k), .action = (act), .name = (n), .short_name = (s), \
			       .coming = (why) })

const struct view *const views[] = {
	COMING('1', ACTION_OVERVIEW, "Overview", "Over", "the overview"),
	&view_functions,
	&view_tree,
	&view_callers,
	&view_flame,
	&view_source,
	COMING('7', ACTION_THREADS, "Threads", "Thr", "threads over time"),
	COMING('8', ACTION_OFF_CPU, "Off-CPU", "Off", "time off the CPU"),
	COMING('9', ACTION_MEMORY, "Mem", "Mem", "memory"),
	COMING('0', ACTION_COMPARE, "Diff", "Diff", "the comparison of two recordings"),
	&view_quality,
	&view_help,
	NULL,
};

bool view_lacks_function(const struct app *a, struct grid *g, struct area area)
{
	struct pen pen = area_pen(g, area, 2);

	if (a->function != RECORD_NONE)
		return false;
	pen_to(&pen, 1);
	pen_put(&pen, STYLE_TEXT, "No function is selected: there are no samples.");
	return true;
}
