// SPDX-License-Identifier: Apache-2.0
#include "ui/beside.h"

#include "base/util.h"
#include "ui/prose.h"
#include "ui/side_pane.h"
#include "ui/source_foot.h"
#include "ui/source_pane.h"
#include "ui/source_rows.h"

#define BESIDE_FROM 156		/* width with something at the right, */
#define TABLE_WIDTH 100		/* which leaves the table so much, or more */
#define WHY_ROWS 2		/* for what is to be said of a text */

struct area beside_take(const struct app *a, struct area *area)
{
	struct area pane = *area;
	unsigned int table = max_of(area->width * 11 / 20, (unsigned int)TABLE_WIDTH);

	pane.width = 0;
	if (area->width >= BESIDE_FROM && a->function != RECORD_NONE) {
		pane.left = table + 2;
		pane.width = area->width - pane.left;
		area->width = table;
	}
	return pane;
}

static void put_edge(struct grid *g, struct area pane)
{
	for (unsigned int y = 0; y < pane.height; y++) {
		struct pen pen = pen_make(g, pane.top + y, pane.left - 2, pane.left);

		pen_put(&pen, STYLE_RULE, g->utf8 ? "│" : "|");
	}
}

void beside_put_callers(struct app *a, struct grid *g, struct area pane)
{
	put_edge(g, pane);
	pane.height -= side_pane_put(a, g, pane);
	if (!app_puts_off(a))
		view_callers_put_beside(a, g, pane);
}

/* ---- its source ---- */

/* A sentence from row `y` of the pane on. */
static void put_sentence(struct grid *g, struct area pane, unsigned int y, enum prose_tone tone,
			 const char *text)
{
	struct rows rows = { .g = g, .top = pane.top + y, .height = pane.height - y,
			     .left = pane.left, .right = pane.left + pane.width - 1 };
	struct prose prose = { .utf8 = g->utf8 };

	prose_add_name(&prose, tone, pane.width * 3, text);
	prose_put(&rows, &prose, NULL, 0);
	prose_deinit(&prose);
}

static void put_why(struct grid *g, struct area pane, const char *why)
{
	struct pen pen = area_pen(g, pane, 0);

	pen_put(&pen, STYLE_STRONG, "SOURCE");
	put_sentence(g, pane, 1, PROSE_DIM, why ? why : "no line of it has samples");
}

/* If there is something to be said of the text, that is below it. */
static void put_lines(struct app *a, struct grid *g, struct area pane, const char *trouble)
{
	const struct app_source *s = &a->source;
	struct list shown = { .n = s->n_rows, .height = pane.height - 1 - (trouble ? WHY_ROWS : 0) };
	uint32_t hottest = source_hottest(s);

	source_show(s, &shown, hottest);
	shown.cursor = UINT32_MAX;	/* keys move elsewhere */
	source_pane_draw(&(struct source_pane){
		.a = a, .g = g, .list = &shown, .top = pane.top, .rows = shown.height + 1,
		.left = pane.left, .room = pane.width, .beside = true },
		hottest == UINT32_MAX ? 0 : source_place(s, hottest));
	if (trouble)
		put_sentence(g, pane, shown.height + 1, PROSE_STRONG, trouble);
}

void beside_put_source(struct app *a, struct grid *g, struct area pane,
		       void (*instead)(struct app *a, struct grid *g, struct area pane))
{
	const struct app_source *s = &a->source;
	char *trouble;

	if (app_puts_off(a)) {
		put_edge(g, pane);
		return;
	}
	source_rows_make(a);
	if ((!s->n_rows || !s->text) && instead) {
		instead(a, g, pane);
		return;
	}
	put_edge(g, pane);
	pane.height -= side_pane_put(a, g, pane);
	grid_tint(g, pane.top, pane.left, pane.width, (struct style){ .attrs = ATTR_UNDERLINE });
	trouble = source_foot_trouble(a);
	if (s->n_rows && s->first)
		put_lines(a, g, pane, trouble);
	else
		put_why(g, pane, trouble);
	free(trouble);
}
