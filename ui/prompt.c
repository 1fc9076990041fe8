// SPDX-License-Identifier: Apache-2.0
#include "ui/prompt.h"

#include <string.h>

#include "base/utf8.h"
#include "base/util.h"
#include "ui/key.h"
#include "ui/text.h"

const char *prompt_text(const struct prompt *p)
{
	return p->text.data ? (const char *)p->text.data : "";
}

void prompt_set(struct prompt *p, const char *text)
{
	p->text.len = 0;
	buf_put(&p->text, text, strlen(text));
	p->at = p->text.len;
	buf_put_u8(&p->text, '\0');
	p->text.len--;
}

void prompt_open(struct prompt *p, char mark, const char *text)
{
	p->mark = mark;
	p->recalled = p->n_history;
	prompt_set(p, text);
}

void prompt_deinit(struct prompt *p)
{
	for (unsigned int i = 0; i < p->n_history; i++)
		free(p->history[i].text);
	free(p->typed);
	buf_deinit(&p->text);
	*p = (struct prompt){ 0 };
}

/* ---- editing ---- */

static bool is_inside(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;	/* of a character that began before */
}

static size_t before(const struct prompt *p, size_t at)
{
	while (at && is_inside(p->text.data[--at]))
		;
	return at;
}

static size_t after(const struct prompt *p, size_t at)
{
	if (at < p->text.len)
		at++;
	while (at < p->text.len && is_inside(p->text.data[at]))
		at++;
	return at;
}

/* Take bytes [from, to) out. */
static enum prompt_event cut(struct prompt *p, size_t from, size_t to)
{
	if (from == to)
		return PROMPT_NOTHING;
	memmove(p->text.data + from, p->text.data + to, p->text.len - to + 1);
	p->text.len -= to - from;
	p->at = from;
	return PROMPT_CHANGED;
}

/* Where the word before the cursor begins. */
static size_t word_start(const struct prompt *p)
{
	size_t at = p->at;

	while (at && p->text.data[at - 1] == ' ')
		at--;
	while (at && p->text.data[at - 1] != ' ')
		at--;
	return at;
}

static enum prompt_event insert(struct prompt *p, uint32_t cp)
{
	char bytes[4];
	size_t n = utf8_encode(cp, bytes);

	if (!n || p->text.len + n > PROMPT_MAX_BYTES)
		return PROMPT_NOTHING;
	buf_add(&p->text, n + 1);
	p->text.len--;
	memmove(p->text.data + p->at + n, p->text.data + p->at, p->text.len - n - p->at);
	memcpy(p->text.data + p->at, bytes, n);
	p->text.data[p->text.len] = '\0';
	p->at += n;
	return PROMPT_CHANGED;
}

/* ---- history ---- */

/* The same line again moves to the end. */
static void remember(struct prompt *p)
{
	unsigned int n = 0;

	if (!p->text.len)
		return;
	for (unsigned int i = 0; i < p->n_history; i++) {
		struct prompt_line line = p->history[i];
		bool same = line.mark == p->mark && strcmp(line.text, prompt_text(p)) == 0;

		if (same || (i == 0 && p->n_history == PROMPT_HISTORY))
			free(line.text);
		else
			p->history[n++] = line;
	}
	p->history[n++] = (struct prompt_line){ p->mark, xstrdup(prompt_text(p)) };
	p->n_history = n;
}

/* Recall the line of this mark before or after the one at hand. */
static enum prompt_event recall(struct prompt *p, int by)
{
	unsigned int i = p->recalled;

	do {
		if (by < 0 ? i == 0 : i == p->n_history)
			return PROMPT_NOTHING;
		i += (unsigned int)by;
	} while (i < p->n_history && p->history[i].mark != p->mark);
	if (p->recalled == p->n_history) {
		free(p->typed);
		p->typed = xstrdup(prompt_text(p));
	}
	p->recalled = i;
	prompt_set(p, i == p->n_history ? p->typed : p->history[i].text);
	return PROMPT_CHANGED;
}

/* ---- keys ---- */

static enum prompt_event close_with(struct prompt *p, enum prompt_event event)
{
	p->mark = 0;
	free(steal(p->typed));
	return event;
}

enum prompt_event prompt_key(struct prompt *p, uint32_t key)
{
	switch (key) {
	case KEY_OF_ENTER:
		remember(p);
		return close_with(p, PROMPT_ENTERED);
	case KEY_OF_ESCAPE:
		return close_with(p, PROMPT_CANCELLED);
	case KEY_OF_BACKSPACE:
		return p->text.len ? cut(p, before(p, p->at), p->at)
				   : close_with(p, PROMPT_CANCELLED);
	case KEY_OF_DELETE:
		return cut(p, p->at, after(p, p->at));
	case KEY_OF_CTRL('W'):
		return cut(p, word_start(p), p->at);
	case KEY_OF_CTRL('U'):
		return cut(p, 0, p->at);
	case KEY_OF_LEFT:
		p->at = before(p, p->at);
		return PROMPT_NOTHING;
	case KEY_OF_RIGHT:
		p->at = after(p, p->at);
		return PROMPT_NOTHING;
	case KEY_OF_HOME:
	case KEY_OF_CTRL('A'):
		p->at = 0;
		return PROMPT_NOTHING;
	case KEY_OF_END:
	case KEY_OF_CTRL('E'):
		p->at = p->text.len;
		return PROMPT_NOTHING;
	case KEY_OF_UP:
		return recall(p, -1);
	case KEY_OF_DOWN:
		return recall(p, 1);
	case KEY_OF_TAB:
		return PROMPT_TAB;
	default:
		return key < ' ' || key == 0x7f ? PROMPT_NOTHING : insert(p, key);
	}
}

/* ---- drawing ---- */

/* Clean text of bytes [from, to), and its width. */
static unsigned int clean_part(const struct prompt *p, size_t from, size_t to, bool utf8,
			       struct buf *out)
{
	out->len = 0;
	text_clean(out, prompt_text(p) + from, to - from, utf8);
	return text_width((const char *)out->data);
}

void prompt_draw(const struct prompt *p, struct pen *pen, unsigned int width)
{
	bool utf8 = pen->grid->utf8;
	size_t from = 0, next = after(p, p->at);
	struct buf text = { 0 };

	/* What is left of the cursor goes first when there is no room. */
	while (from < p->at && clean_part(p, from, p->at, utf8, &text) + 2 > width)
		from = after(p, from);
	pen_put(pen, STYLE_STRONG, "%c", p->mark);
	clean_part(p, from, p->at, utf8, &text);
	pen_put(pen, STYLE_TEXT, "%s", (const char *)text.data);
	clean_part(p, p->at, next, utf8, &text);
	pen_put(pen, STYLE_ALARM, "%s", text.len ? (const char *)text.data : " ");
	clean_part(p, next, p->text.len, utf8, &text);
	if (text.len && pen->column < width) {
		text_clip(&text, width - pen->column, utf8);
		pen_put(pen, STYLE_TEXT, "%s", (const char *)text.data);
	}
	buf_deinit(&text);
}
