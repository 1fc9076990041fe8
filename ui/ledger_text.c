// SPDX-License-Identifier: Apache-2.0
#include "ui/ledger_text.h"

#include "base/util.h"
#include "ui/text.h"

static const char *row_name(const struct ledger_row *row)
{
	switch (row->kind) {
	case LEDGER_OUTCOME:
		return record_outcome_name(row->outcome);
	case LEDGER_LOST:
		return "lost";
	case LEDGER_THROTTLED:
		return "throttled by the kernel";
	case LEDGER_HIDDEN:
		return "in the kernel, not visible";
	case LEDGER_UNSAMPLED:
		return "between two samples";
	}
	return "unknown";
}

char *ledger_left_out(const struct ledger *l)
{
	char low[TEXT_NUMBER], high[TEXT_NUMBER];

	if (!l->left_out_max)
		return NULL;
	text_count(low, l->left_out_min);
	text_count(high, l->left_out_max);
	if (l->left_out_min == l->left_out_max)
		return xasprintf("%s %s", high, l->left_out_max == 1 ? "frame" : "frames");
	return xasprintf("%s to %s frames", low, high);
}

char *ledger_row_text(const struct ledger *l, const struct ledger_row *row)
{
	_cleanup_(freep) char *frames = ledger_left_out(l);

	if (row->kind == LEDGER_OUTCOME && row->outcome == OUTCOME_LEFT_OUT && frames)
		return xasprintf("%s: %s", row_name(row), frames);
	return xstrdup(row_name(row));
}

double ledger_share(const struct ledger *l, uint64_t ns)
{
	return l->whole_ns ? (double)ns / (double)l->whole_ns : 0;
}

char *ledger_edges(const struct ledger *l)
{
	static const char *const what[EDGE_KINDS] = {
		[EDGE_PROVEN] = "proven by the call in the code",
		[EDGE_POINTER] = "through a pointer",
		[EDGE_ELSEWHERE] = "with a tail call between",
		[EDGE_GAP] = "with a tail call or missing frames between",
		[EDGE_NO_CALL] = "without a call in the code",
		[EDGE_UNKNOWN] = "not known",
	};
	char *text = NULL;

	if (l->edges.all.n && l->edges.of[EDGE_UNKNOWN].n == l->edges.all.n)
		return xstrdup("none was compared with the code: that is done while recording, with "
			       "files of x86-64");
	for (enum edge i = 0; i < EDGE_KINDS; i++) {
		double pct = edges_share(&l->edges, i) * 100;
		char *longer;

		if (!l->edges.of[i].n)
			continue;
		longer = xasprintf("%s%s%s%.1f%% %s", text ? text : "", text ? ", " : "",
				   pct < .05 ? "under " : "", pct < .05 ? .1 : pct, what[i]);
		free(text);
		text = longer;
	}
	return text;
}

char *ledger_detour(const struct profile *p, const struct ledger *l, uint32_t caller,
		    uint32_t callee)
{
	const struct edge_detour *d = edges_detour(&l->edges, caller, callee);

	return d ? xasprintf("by a tail call%s: the code calls %s",
			     d->kind == EDGE_GAP ? ", or frames are missing" : "",
			     profile_string(p, p->functions[d->by].name)) : NULL;
}

bool ledger_fix_matters(const struct ledger_row *row, double share)
{
	/* There is always a little that no sample stands for. */
	return row->kind != LEDGER_UNSAMPLED || share >= .01;
}
