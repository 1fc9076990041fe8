// SPDX-License-Identifier: Apache-2.0
#include "ui/dialog.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "ui/key.h"
#include "ui/text.h"

#define MARGIN 2		/* columns between the screen's edge and the box */
#define FRAME 6			/* columns of a row that are not text: border and mark */
#define FIELD_WIDTH 40
#define MIN_WIDTH 20		/* of a screen on which it is drawn */
#define MIN_HEIGHT 10

static void clear(struct dialog *d)
{
	for (uint32_t i = 0; i < d->n_said; i++)
		free(d->said[i]);
	for (uint32_t i = 0; i < d->n_choices; i++)
		free(d->choices[i].text);
	free(d->title);
	free(d->hint);
	d->n_said = d->n_choices = 0;
}

void dialog_deinit(struct dialog *d)
{
	clear(d);
	prompt_deinit(&d->field);
	free(d->said);
	free(d->choices);
	*d = (struct dialog){ 0 };
}

void dialog_open(struct dialog *d, const char *title, const char *hint)
{
	clear(d);
	d->open = true;
	d->title = xstrdup(title);
	d->hint = xstrdup(hint);
	d->field.mark = 0;
	d->list = (struct list){ 0 };
}

static char *format(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	return text;
}

void dialog_say(struct dialog *d, const char *fmt, ...)
{
	va_list ap;

	array_reserve(d->said, d->n_said + 1, d->cap_said);
	va_start(ap, fmt);
	d->said[d->n_said++] = format(fmt, ap);
	va_end(ap);
}

void dialog_offer(struct dialog *d, uint32_t key, enum dialog_kind kind, const char *fmt, ...)
{
	va_list ap;

	array_reserve(d->choices, d->n_choices + 1, d->cap_choices);
	va_start(ap, fmt);
	d->choices[d->n_choices++] = (struct dialog_choice){
		.kind = kind, .key = key, .text = format(fmt, ap) };
	va_end(ap);
	d->list.n = d->n_choices;
}

/* ---- keys ---- */

static enum dialog_event close_with(struct dialog *d, enum dialog_event event)
{
	d->open = false;
	return event;
}

static struct dialog_choice *at_hand(struct dialog *d)
{
	return d->list.cursor < d->n_choices ? &d->choices[d->list.cursor] : NULL;
}

/* A key that a choice has for itself. */
static enum dialog_event hot_key(struct dialog *d, uint32_t key, bool *is_one)
{
	for (uint32_t i = 0; i < d->n_choices; i++) {
		struct dialog_choice *c = &d->choices[i];

		if (!c->key || c->key != key)
			continue;
		*is_one = true;
		list_choose(&d->list, i);
		if (c->kind == DIALOG_PICK)
			return close_with(d, DIALOG_CHOSEN);
		c->on = !c->on;
		return DIALOG_NOTHING;
	}
	return DIALOG_NOTHING;
}

/* Keys of a line to edit: those that it does not need move among the choices. */
static enum dialog_event field_key(struct dialog *d, uint32_t key)
{
	switch (key) {
	case KEY_OF_UP:
	case KEY_OF_DOWN:
		list_act(&d->list, key == KEY_OF_UP ? ACTION_UP : ACTION_DOWN);
		return DIALOG_NOTHING;
	case KEY_OF_BACKSPACE:	/* which ends a prompt, but not a dialog */
		if (!d->field.text.len)
			return DIALOG_NOTHING;
		break;
	}
	switch (prompt_key(&d->field, key)) {
	case PROMPT_ENTERED:
		return close_with(d, DIALOG_CHOSEN);
	case PROMPT_CANCELLED:
		return close_with(d, DIALOG_CANCELLED);
	default:
		return DIALOG_NOTHING;
	}
}

enum dialog_event dialog_key(struct dialog *d, uint32_t key)
{
	enum dialog_event event;
	bool is_hot = false;

	if (key == KEY_OF_ESCAPE)
		return close_with(d, DIALOG_CANCELLED);
	if (d->field.mark)
		return field_key(d, key);
	event = hot_key(d, key, &is_hot);
	if (is_hot)
		return event;
	if (key == KEY_OF_ENTER)
		return close_with(d, d->n_choices ? DIALOG_CHOSEN : DIALOG_CANCELLED);
	if (key == 'q')
		return close_with(d, DIALOG_CANCELLED);
	if (key == ' ' && at_hand(d) && at_hand(d)->kind == DIALOG_CHECK)
		at_hand(d)->on = !at_hand(d)->on;
	else
		list_act(&d->list, action_of_key(key));
	return DIALOG_NOTHING;
}

/* ---- drawing ---- */

/* Where it is drawn. */
struct box {
	struct grid *g;
	unsigned int top, left, width, height;
};

static unsigned int clean_width(const char *s, bool utf8)
{
	struct buf clean = { 0 };
	unsigned int width;

	text_clean(&clean, s, strlen(s), utf8);
	width = text_width((const char *)clean.data);
	buf_deinit(&clean);
	return width;
}

static unsigned int widest_text(const struct dialog *d, bool utf8)
{
	unsigned int width = d->field.mark ? FIELD_WIDTH : 0, one;

	one = clean_width(d->title, utf8) + 2;
	width = max_of(width, one);
	one = clean_width(d->hint, utf8);
	width = max_of(width, one);
	for (uint32_t i = 0; i < d->n_said; i++) {
		one = clean_width(d->said[i], utf8);
		width = max_of(width, one);
	}
	for (uint32_t i = 0; i < d->n_choices; i++) {
		one = clean_width(d->choices[i].text, utf8) + 6;
		width = max_of(width, one);
	}
	return width;
}

/* A pen inside the frame in row `y` of the box. */
static struct pen inside(const struct box *b, unsigned int y)
{
	return pen_make(b->g, y < b->height ? b->top + y : b->g->height, b->left + 2,
			b->left + b->width - 2);
}

/*
 * The piece of clean text that goes into one line: to the last blank that fits,
 * or, of a name without any, as much as there is room for.
 */
static size_t piece(const char *s, unsigned int width, const char **next)
{
	size_t len = text_line(s, width, next);
	_cleanup_(freep) char *line = xasprintf("%.*s", (int)len, s);
	struct buf cut = { 0 };

	if (text_width(line) <= width)
		return len;
	buf_put(&cut, line, len);
	buf_put_u8(&cut, '\0');
	cut.len--;
	text_clip(&cut, width + 1, false);	/* one column of it is its mark */
	len = cut.len - 1;
	*next = s + len;
	buf_deinit(&cut);
	return len;
}

/* Draw what is said from line `skip` on into rows [from, to); returns all its lines. */
static uint32_t put_said(const struct dialog *d, const struct box *b, uint32_t skip,
			 unsigned int from, unsigned int to)
{
	struct buf clean = { 0 };
	uint32_t line = 0;

	for (uint32_t i = 0; i < d->n_said; i++) {
		const char *s, *next;

		clean.len = 0;
		text_clean(&clean, d->said[i], strlen(d->said[i]), b->g->utf8);
		s = (const char *)clean.data;
		do {
			int len = (int)piece(s, b->width - 4, &next);

			if (line >= skip && from + line - skip < to) {
				struct pen pen = inside(b, from + line - skip);

				pen_put(&pen, STYLE_TEXT, "%.*s", len, s);
			}
			line++;
			s = next;
		} while (*s);
	}
	buf_deinit(&clean);
	return line;
}

static void put_choice(const struct dialog *d, const struct box *b, unsigned int y, uint32_t i)
{
	const struct dialog_choice *c = &d->choices[i];
	struct pen pen = inside(b, y);

	if (i == d->list.cursor) {
		grid_tint(b->g, pen.y, b->left + 1, b->width - 2, (struct style){ .bg = INK_TINT });
		pen_put(&pen, STYLE_TEXT, ">");
	}
	pen_to(&pen, 2);
	if (c->kind == DIALOG_CHECK)
		pen_put(&pen, STYLE_STRONG, "[%c] ", c->on ? 'x' : ' ');
	else if (c->key)
		pen_put(&pen, STYLE_STRONG, "%c ", (int)c->key);
	pen_name(&pen, STYLE_TEXT, pen_left(&pen), c->text);
	grid_spot(b->g, pen.y, b->left + 1, b->width - 2, SPOT_CHOICE, i);
}

static void put_frame(const struct dialog *d, const struct box *b)
{
	bool utf8 = b->g->utf8;
	const char *corners[2][2] = { { utf8 ? "┌" : "+", utf8 ? "┐" : "+" },
				      { utf8 ? "└" : "+", utf8 ? "┘" : "+" } };

	for (unsigned int y = 0; y < b->height; y++) {
		struct pen pen = pen_make(b->g, b->top + y, b->left, b->left + b->width);
		bool edge = y == 0 || y + 1 == b->height;

		pen_put(&pen, STYLE_RULE, "%s", edge ? corners[y > 0][0] : utf8 ? "│" : "|");
		while (pen_left(&pen) > 1)
			pen_put(&pen, edge ? STYLE_RULE : STYLE_TEXT, "%s",
				!edge ? " " : utf8 ? "─" : "-");
		pen_put(&pen, STYLE_RULE, "%s", edge ? corners[y > 0][1] : utf8 ? "│" : "|");
	}
	struct pen pen = inside(b, 0);
	pen_put(&pen, STYLE_TEXT, " ");
	pen_name(&pen, STYLE_STRONG, pen_left(&pen) - 1, d->title);
	pen_put(&pen, STYLE_TEXT, " ");
}

/* A box is not seen through; nor does half of a wide character stay beside it. */
static void blank(const struct box *b)
{
	for (unsigned int y = b->top; y < b->top + b->height; y++) {
		struct cell *right = grid_at(b->g, y, b->left + b->width);

		for (unsigned int x = b->left; x < b->left + b->width; x++)
			*grid_at(b->g, y, x) = (struct cell){ .text = " " };
		if (!*right->text)
			strcpy(right->text, " ");
	}
}

/* Rows of the parts of a box, the blank ones between them not counted. */
struct parts {
	unsigned int said, field, choices, hint;
};

/* What is said makes room for choices, but keeps half of it. */
static struct parts share_room(const struct dialog *d, unsigned int said, unsigned int height)
{
	struct parts parts = { .field = d->field.mark ? 1 : 0, .hint = *d->hint ? 1 : 0 };
	unsigned int room = height - 2 - 2 * parts.field - 2 * parts.hint, left;

	if (!d->n_choices) {
		parts.said = min_of(said, room);
		return parts;
	}
	left = said + 1 < room ? room - said - 1 : 1;
	left = max_of(left, room / 2);
	parts.choices = min_of(d->n_choices, left);
	parts.said = min_of(said, room - parts.choices - 1);
	return parts;
}

void dialog_draw(struct dialog *d, struct grid *g)
{
	struct box b = { .g = g };
	unsigned int widest = widest_text(d, g->utf8) + FRAME, y = 1;
	struct parts parts;
	uint32_t said;

	if (g->width < MIN_WIDTH || g->height < MIN_HEIGHT)
		return;
	b.width = min_of(widest, g->width - 2 * MARGIN);
	said = put_said(d, &b, 0, 0, 0);
	parts = share_room(d, said, g->height - 2);
	b.height = 2 + parts.said + (parts.said && parts.choices) + parts.choices +
		   2 * parts.field + 2 * parts.hint;
	b.top = (g->height - b.height) / 2;
	b.left = (g->width - b.width) / 2;
	blank(&b);
	put_frame(d, &b);
	list_fit(&d->list, d->n_choices ? d->n_choices : said - parts.said + 1,
		 max_of(parts.choices, 1u));
	put_said(d, &b, d->n_choices ? 0 : d->list.cursor, y, y + parts.said);
	y += parts.said + (parts.said && parts.choices);
	if (parts.field) {
		struct pen pen = inside(&b, y);

		prompt_draw(&d->field, &pen, b.width - 4);
		y += 2;
	}
	for (unsigned int i = 0; i < parts.choices; i++)
		put_choice(d, &b, y + i, d->list.top + i);
	if (parts.hint) {
		struct pen pen = inside(&b, b.height - 2);

		pen_name(&pen, STYLE_DIM, pen_left(&pen), d->hint);
	}
}
