// SPDX-License-Identifier: Apache-2.0
#include "ui/ranks.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "ui/cells.h"

/* Append "4-7" and such for ranks [first, last], counted from 0. */
static void add_range(struct buf *out, uint32_t first, uint32_t last)
{
	char text[32];
	int n = first == last ? snprintf(text, sizeof(text), "%u", first + 1)
			      : snprintf(text, sizeof(text), "%u-%u", first + 1, last + 1);

	if (out->len)
		buf_put(out, ", ", 2);
	buf_put(out, text, (size_t)n);
}

/* Runs of neighbours whose order may be chance, and those that stand alone. */
static void find_ties(const struct summary *sum, const uint32_t *order,
		      uint32_t n, struct buf *distinct, struct buf *tied)
{
	uint32_t alone = UINT32_MAX, end;

	while (n && !sum->functions[order[n - 1]].self.weight_ns)
		n--;	/* own time 0: no rank */
	for (uint32_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (summary_differ(sum, order[end - 1], order[end]))
				break;
		if (end - i == 1) {
			alone = alone == UINT32_MAX ? i : alone;
			continue;
		}
		if (alone != UINT32_MAX)
			add_range(distinct, alone, i - 1);
		alone = UINT32_MAX;
		add_range(tied, i, end - 1);
	}
	if (alone != UINT32_MAX)
		add_range(distinct, alone, n - 1);
	buf_put_u8(distinct, '\0');
	buf_put_u8(tied, '\0');
}

/* "ranks 1-3 are" or "rank 1 is" of a list of ranges; the caller frees it. */
static char *ranks_are(const struct buf *ranges)
{
	const char *text = (const char *)ranges->data;

	return text[strspn(text, "0123456789")] ? xasprintf("ranks %s are", text)
						: xasprintf("rank %s is", text);
}

char *ranks_certainty(const struct summary *sum, const uint32_t *order, uint32_t n)
{
	struct buf distinct = { 0 }, tied = { 0 };
	const char *roughly = sum->stats.n_used < STATS_MIN_BLOCKS ? ", roughly" : "";
	_cleanup_(freep) char *are = NULL;
	char *text;

	if (sum->measured)
		return xstrdup("counted and measured, not sampled: no intervals; what that cost is in it");
	if (sum->received.count && sum->received.count < CELLS_FEW_SAMPLES)
		return xstrdup("so few samples rank nothing");
	find_ties(sum, order, n, &distinct, &tied);
	are = ranks_are(&distinct);
	if (tied.len > 1 && distinct.len > 1)
		text = xasprintf("%s distinct at 95%%%s; the order of %s may be chance",
				 are, roughly, (char *)tied.data);
	else if (tied.len > 1)
		text = xasprintf("the order of ranks %s may be chance", (char *)tied.data);
	else if (distinct.len > 1)
		text = xasprintf("%s distinct at 95%%%s", are, roughly);
	else
		text = xstrdup("no function has time of its own");
	buf_deinit(&distinct);
	buf_deinit(&tied);
	return text;
}
