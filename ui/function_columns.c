// SPDX-License-Identifier: Apache-2.0
#include "ui/function_columns.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "ui/cells.h"

#define SECONDS_FROM 90		/* width from which on the usual ones have seconds, */
#define TREND_FROM 100		/* and how it went */
#define NAME_MIN 16
#define PLACE_MIN 8		/* of a place, or a module */

#define FLEXIBLE UINT8_MAX	/* what the others leave */

/* Gap: blanks before it; a mark of search is in that of names. */
static const struct {
	const char *name;
	uint8_t gap, width;
	uint8_t weight;		/* what matters least is left out first */
} columns[COLUMN_COUNT] = {
	[COLUMN_SELF] = { "self", 1, 5, 11 },
	[COLUMN_ERROR] = { "error", 1, 6, 10 },
	[COLUMN_BAR] = { "bar", 1, 0, 4 },
	[COLUMN_TOTAL] = { "total", 2, 5, 8 },
	[COLUMN_CALLS] = { "calls", 1, 0, 7 },
	[COLUMN_SECONDS] = { "seconds", 1, 7, 2 },
	[COLUMN_KIND] = { "kind", 2, 1, 9 },
	[COLUMN_FUNCTION] = { "function", 1, FLEXIBLE, 12 },
	[COLUMN_WHERE] = { "where", 1, FLEXIBLE, 6 },
	[COLUMN_TREND] = { "trend", 1, COLUMNS_TREND, 1 },
	[COLUMN_SAMPLES] = { "samples", 1, 9, 3 },
	[COLUMN_MODULE] = { "module", 1, FLEXIBLE, 5 },
};

static const struct column_choice usual = {
	{ COLUMN_SELF, COLUMN_ERROR, COLUMN_BAR, COLUMN_TOTAL, COLUMN_CALLS, COLUMN_SECONDS,
	  COLUMN_KIND, COLUMN_FUNCTION, COLUMN_WHERE, COLUMN_TREND }, 10 };

const char *function_column_name(enum function_column column)
{
	return columns[column].name;
}

/* ---- text ---- */

static bool is_among(const uint8_t *v, unsigned int n, enum function_column column)
{
	return memchr(v, column, n);
}

static int find_name(const char *name, size_t len)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		if (strlen(columns[i].name) == len && memcmp(columns[i].name, name, len) == 0)
			return i;
	return -1;
}

static int no_column(const char *name, size_t len, struct error *err)
{
	struct buf all = { 0 };

	for (int i = 0; i < COLUMN_COUNT; i++) {
		buf_put(&all, columns[i].name, strlen(columns[i].name));
		buf_put_u8(&all, ' ');
	}
	buf_put_u8(&all, '\0');
	error_set(err, EINVAL, "\"%.*s\" is no column; there are: %susual", (int)len, name,
		  (const char *)all.data);
	buf_deinit(&all);
	return -1;
}

int function_columns_parse(const char *text, struct column_choice *out, struct error *err)
{
	struct column_choice choice = { 0 };

	if (strcmp(text, "usual") == 0) {
		*out = choice;
		return 0;
	}
	for (text += strspn(text, ", "); *text; text += strspn(text, ", ")) {
		size_t len = strcspn(text, ", ");
		int column = find_name(text, len);

		if (column < 0)
			return no_column(text, len, err);
		if (is_among(choice.v, choice.n, (enum function_column)column))
			return error_set(err, EINVAL, "\"%s\" is there twice", columns[column].name);
		choice.v[choice.n++] = (uint8_t)column;
		text += len;
	}
	if (!choice.n)
		return no_column("", 0, err);
	if (!is_among(choice.v, choice.n, COLUMN_FUNCTION))
		choice.v[choice.n++] = COLUMN_FUNCTION;
	*out = choice;
	return 0;
}

void function_columns_write(const struct column_choice *choice, struct buf *out)
{
	if (!choice->n)
		buf_put(out, "usual", strlen("usual"));
	for (unsigned int i = 0; i < choice->n; i++) {
		const char *name = columns[choice->v[i]].name;

		if (i)
			buf_put_u8(out, ',');
		buf_put(out, name, strlen(name));
	}
}

/* ---- in a width ---- */

/* Or will have: what grows keeps its columns in their places. */
static bool has_trend(const struct profile *p, const struct summary *sum)
{
	return !sum->measured && (sum->stats.n_blocks >= COLUMNS_TREND || !p->ended);
}

/* Those of the choice that this profile can fill. */
static void take_known(const struct column_choice *choice, unsigned int counted, bool measured,
		       bool trend, struct function_columns *out)
{
	for (unsigned int i = 0; i < choice->n; i++) {
		enum function_column c = choice->v[i];

		if ((c == COLUMN_CALLS && !counted) || (c == COLUMN_TREND && !trend) ||
		    (c == COLUMN_SAMPLES && measured))
			continue;
		out->v[out->n++] = (uint8_t)c;
	}
}

static void leave_out(struct function_columns *c, enum function_column column)
{
	uint8_t *at = memchr(c->v, column, c->n);

	if (at)
		memmove(at, at + 1, (size_t)(c->v + c->n-- - at - 1));
}

static unsigned int fixed_width(enum function_column c, unsigned int bar, unsigned int counted)
{
	return c == COLUMN_BAR ? bar : c == COLUMN_CALLS ? counted - 1 : columns[c].width;
}

static bool shows(const struct function_columns *c, enum function_column column)
{
	return is_among(c->v, c->n, column);
}

/* What is left for those without a width of their own; below 0: there is no room. */
static int room_left(const struct function_columns *c, unsigned int width, unsigned int bar,
		     unsigned int counted)
{
	int left = (int)width - 1;	/* the last column stays empty */

	for (unsigned int i = 0; i < c->n; i++) {
		left -= i ? columns[c->v[i]].gap : 1;
		if (columns[c->v[i]].width != FLEXIBLE)
			left -= (int)fixed_width(c->v[i], bar, counted);
		else if (!i && c->v[i] == COLUMN_FUNCTION)
			left--;		/* for its mark */
	}
	return left;
}

static enum function_column least(const struct function_columns *c)
{
	enum function_column found = c->v[0];

	for (unsigned int i = 1; i < c->n; i++)
		if (columns[c->v[i]].weight < columns[found].weight)
			found = c->v[i];
	return found;
}

/* Share it among names, places and modules. */
static void share_room(struct function_columns *c, unsigned int left)
{
	unsigned int where = shows(c, COLUMN_WHERE) ? min_of(left * 2 / 5, 44u) : 0;
	unsigned int module = shows(c, COLUMN_MODULE) ? min_of(left / 4, 24u) : 0;

	c->place[COLUMN_WHERE].width = where;
	c->place[COLUMN_MODULE].width = module;
	c->place[COLUMN_FUNCTION].width = left - where - module;
}

void function_columns_lay(const struct column_choice *choice, const struct profile *p,
			  const struct summary *sum, unsigned int width,
			  struct function_columns *out)
{
	unsigned int counted = cells_counted_width(p, sum, width), at = 1;
	unsigned int bar = cells_columns(width, 0).bar;
	int left;

	*out = (struct function_columns){ 0 };
	take_known(choice->n ? choice : &usual, counted, sum->measured, has_trend(p, sum), out);
	if (!choice->n && width < SECONDS_FROM)
		leave_out(out, COLUMN_SECONDS);
	if (!choice->n && width < TREND_FROM + counted)
		leave_out(out, COLUMN_TREND);
	for (;;) {
		int others = shows(out, COLUMN_WHERE) + shows(out, COLUMN_MODULE);

		left = room_left(out, width, bar, counted);
		if (left >= NAME_MIN + PLACE_MIN * others || out->n == 1)
			break;
		leave_out(out, least(out));
	}
	share_room(out, (unsigned int)(left < 1 ? 1 : left));
	for (unsigned int i = 0; i < out->n; i++) {
		enum function_column c = out->v[i];
		struct column_place *place = &out->place[c];

		if (columns[c].width != FLEXIBLE)
			place->width = fixed_width(c, bar, counted);
		if (i)
			at += columns[c].gap;
		else if (c == COLUMN_FUNCTION)
			at++;
		place->at = at;
		at += place->width;
	}
}
