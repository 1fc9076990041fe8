// SPDX-License-Identifier: Apache-2.0
#include "ui/tree_guides.h"

#include "base/util.h"

void tree_guides_init(struct tree_guides *g, uint32_t max_depth)
{
	*g = (struct tree_guides){
		.more = xcalloc(max_depth + 3, sizeof(*g->more)),
		.indent = xcalloc(max_depth + 3, sizeof(*g->indent)) };
}

void tree_guides_deinit(struct tree_guides *g)
{
	free(g->more);
	free(g->indent);
}

void tree_guides_next(struct tree_guides *g, const struct tree_rows *rows, uint32_t i)
{
	const struct tree_row *row = &rows->v[i];
	bool first = i && row->depth == rows->v[i - 1].depth + 1;
	bool alone = row->depth == 0 || (first && row->last);

	g->indent[row->depth] = row->depth == 0 ? 0
		: g->indent[row->depth - 1] + (alone ? 0 : 1);
	if (!alone)
		g->more[g->indent[row->depth]] = !row->last;
	g->branches = !alone;
	g->depth = row->depth;
}

void tree_guides_put(const struct tree_guides *g, struct pen *pen, unsigned int width)
{
	uint32_t indent = g->indent[g->depth], max = width / 5;
	uint32_t skip = indent > max ? indent - max : 0;
	bool utf8 = pen->grid->utf8;

	if (skip)
		pen_put(pen, STYLE_RULE, utf8 ? "… " : "~ ");
	for (uint32_t i = skip + 1; i <= indent; i++) {
		const char *guide;

		if (i == indent && g->branches)
			guide = g->more[i] ? (utf8 ? "├─ " : "|- ") : (utf8 ? "└─ " : "`- ");
		else
			guide = g->more[i] ? (utf8 ? "│  " : "|  ") : "   ";
		pen_put(pen, STYLE_RULE, "%s", guide);
	}
}
