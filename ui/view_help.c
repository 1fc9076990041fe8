// SPDX-License-Identifier: Apache-2.0
/* Keys, from the table of actions. */
#include "base/util.h"
#include "ui/scroll.h"

#define KEY_AT 3
#define TEXT_AT 18
#define COLUMN 46		/* the second one begins here, if there is room */

/* A group's rows in a column that begins at `left`; returns how many there are. */
static uint32_t put_group(struct scroll *s, uint32_t row, unsigned int left,
			  enum action_group group)
{
	uint32_t n = 0;
	struct pen pen = scroll_at(s, row + n++, left);

	pen_to(&pen, 1);
	pen_put(&pen, STYLE_STRONG, "%s", action_group_name(group));
	for (size_t i = 0; i < n_action_rows; i++) {
		const struct action_row *r = &action_rows[i];

		if (r->group != group || !r->text)
			continue;
		pen = scroll_at(s, row + n++, left);
		pen_to(&pen, KEY_AT);
		pen_put(&pen, STYLE_STRONG, "%s", r->label);
		pen_to(&pen, TEXT_AT);
		pen_put(&pen, STYLE_TEXT, "%s", r->text);
	}
	return n + 1;
}

/* What is not there yet: its keys say so, too. */
static uint32_t put_coming(struct scroll *s, uint32_t row, unsigned int left)
{
	uint32_t n = 0;
	struct pen pen = scroll_at(s, row + n++, left);

	pen_to(&pen, 1);
	pen_put(&pen, STYLE_STRONG, "COMING WITH A LATER VERSION");
	for (size_t i = 0; views[i]; i++) {
		if (!views[i]->coming)
			continue;
		pen = scroll_at(s, row + n++, left);
		pen_to(&pen, KEY_AT);
		pen_put(&pen, STYLE_DIM, "%c", views[i]->key);
		pen_to(&pen, TEXT_AT);
		pen_put(&pen, STYLE_DIM, "%s", views[i]->coming);
	}
	return n;
}

static void put_page(struct scroll *s)
{
	bool two = s->area.width >= 2 * COLUMN;
	uint32_t row = put_group(s, 0, 0, ACTIONS_MOVE), right;

	row += put_group(s, row, 0, ACTIONS_SESSION);
	right = two ? 0 : row;
	right += put_group(s, right, two ? COLUMN : 0, ACTIONS_VIEWS);
	right += put_group(s, right, two ? COLUMN : 0, ACTIONS_SHOW);
	right += put_coming(s, right, two ? COLUMN : 0);
	s->row = max_of(row, right);
}

static void draw(struct app *a, struct grid *g, struct area area)
{
	struct scroll s;

	do {
		s = scroll_begin(a, g, area);
		put_page(&s);
	} while (!scroll_end(&s));
}

const struct view view_help = {
	.action = ACTION_HELP, .name = "Help", .short_name = "Help",
	.keys = "j/k scroll  q close",
	.draw = draw, .act = scroll_act,
};
