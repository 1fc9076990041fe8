// SPDX-License-Identifier: Apache-2.0
/* Keys and commands, from their tables. */
#include "base/util.h"
#include "ui/scroll.h"

#define KEY_AT 3
#define TEXT_AT 16
#define COMMAND_TEXT_AT 24
#define COLUMN 46		/* the second one begins here, if there is room, */
#define WIDE_COLUMN 56		/* or these, if there is more */
#define COLUMNS 3u

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
		struct buf label = { 0 };

		if (r->group != group || !r->text)
			continue;
		bindings_label(&s->a->bindings, r, &label);
		pen = scroll_at(s, row + n++, left);
		pen_to(&pen, KEY_AT);
		pen_put(&pen, STYLE_STRONG, "%s", (const char *)label.data);
		buf_deinit(&label);
		pen_to(&pen, TEXT_AT);
		pen_put(&pen, STYLE_TEXT, "%s", r->text);
	}
	return n + 1;
}

static void put_heading(struct scroll *s, const char *text)
{
	struct pen pen = scroll_row(s);

	pen_to(&pen, 1);
	pen_put(&pen, STYLE_STRONG, "%s", text);
}

static void put_commands(struct scroll *s)
{
	scroll_row(s);
	put_heading(s, "COMMANDS, BEHIND :");
	for (size_t i = 0; i < n_commands; i++) {
		_cleanup_(freep) char *what = xasprintf("%s %s", commands[i].name,
							commands[i].arguments);
		struct pen pen;

		if (!command_is_there(s->a, &commands[i]))
			continue;
		pen = scroll_row(s);
		pen_to(&pen, KEY_AT);
		pen_put(&pen, STYLE_STRONG, "%s", what);
		pen_to(&pen, COMMAND_TEXT_AT);
		pen_put(&pen, STYLE_TEXT, "%s", commands[i].help);
	}
}

/* What a key cannot say of itself. */
static void put_notes(struct scroll *s)
{
	static const char *const notes[] = {
		("A filter keeps the samples that have a function of such a name anywhere on their "
		 "stack, as cprofd report --filter does.  The functions that match are listed; the "
		 "rest is the row [filtered out], so that all is still 100%."),
		("Names are searched and filtered in any case, unless there is a capital; "
		 "/re/ is a regular expression."),
		"A function that is folded is as if it had been part of what calls it.",
	};

	scroll_row(s);
	put_heading(s, "NOTES");
	for (size_t i = 0; i < array_len(notes); i++)
		scroll_wrap(s, STYLE_TEXT, KEY_AT, notes[i]);
}

static void put_page(struct scroll *s)
{
	static const struct {
		enum action_group group;
		unsigned int column[COLUMNS];	/* of one, two, three */
	} groups[] = {
		{ ACTIONS_MOVE, { 0, 0, 0 } }, { ACTIONS_FIND, { 0, 0, 0 } },
		{ ACTIONS_SESSION, { 0, 0, 0 } }, { ACTIONS_VIEWS, { 0, 1, 1 } },
		{ ACTIONS_SCOPE, { 0, 1, 1 } }, { ACTIONS_SHOW, { 0, 1, 2 } },
	};
	unsigned int n = s->area.width >= COLUMNS * WIDE_COLUMN ? COLUMNS : s->area.width >= 2 * COLUMN ? 2 : 1;
	unsigned int wide = n == COLUMNS ? WIDE_COLUMN : COLUMN;
	uint32_t rows[COLUMNS] = { 0 };

	for (size_t i = 0; i < array_len(groups); i++) {
		unsigned int column = groups[i].column[n - 1];

		rows[column] += put_group(s, rows[column], column * wide, groups[i].group);
	}
	for (size_t i = 0; i < COLUMNS; i++)
		s->row = max_of(s->row, rows[i]);
	put_commands(s);
	put_notes(s);
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
