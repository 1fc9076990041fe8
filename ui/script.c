// SPDX-License-Identifier: Apache-2.0
#include "ui/script.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/utf8.h"
#include "base/util.h"
#include "ui/app.h"
#include "ui/key.h"
#include "ui/text.h"

/* ---- taking it apart ---- */

static struct script_item *add(struct script *s, unsigned int line)
{
	array_reserve(s->items, s->n_items + 1, s->cap_items);
	s->items[s->n_items] = (struct script_item){ .line = line };
	return &s->items[s->n_items++];
}

static void add_key(struct script *s, unsigned int line, uint32_t key)
{
	struct script_item *item = add(s, line);

	item->what = SCRIPT_KEY;
	item->n = key;
}

static int fail(const struct script *s, unsigned int line, struct error *err, const char *why)
{
	return error_set(err, EBADMSG, "%.100s:%u: %s", s->name, line, why);
}

/* Characters [text, end), of which each is a key. */
static int add_characters(struct script *s, unsigned int line, const char *text, const char *end,
			  struct error *err)
{
	while (text < end) {
		uint32_t cp;
		size_t n = utf8_decode(text, end, &cp);

		if (!n || cp < ' ' || cp == 0x7f)
			return fail(s, line, err, "between quotes is only text, in UTF-8");
		add_key(s, line, cp);
		text += n;
	}
	return 0;
}

/* One word: a key, or some text in quotes; where it ends, or NULL. */
static const char *take_word(struct script *s, unsigned int line, const char *word,
			     const char *end, struct error *err)
{
	const char *to = *word == '"' ? memchr(word + 1, '"', (size_t)(end - word - 1)) : NULL;
	_cleanup_(freep) char *why = NULL;
	uint32_t key;

	if (to)
		return add_characters(s, line, word + 1, to, err) < 0 ? NULL : to + 1;
	for (to = word; to < end && *to != ' ' && *to != '\t';)
		to++;
	key = key_called(word, (size_t)(to - word));
	if (!key) {
		why = xasprintf("\"%.*s\" is no key; a text is put in quotes",
				(int)min_of(to - word, (ptrdiff_t)60), word);
		fail(s, line, err, why);
		return NULL;
	}
	add_key(s, line, key);
	return to;
}

static const char *skip_blanks(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	return s;
}

/* What is behind the word that a line begins with, or NULL: it begins otherwise. */
static const char *behind(const char *word, const char *line, const char *end)
{
	size_t len = strlen(word);

	if ((size_t)(end - line) <= len || memcmp(line, word, len) != 0 ||
	    (line[len] != ' ' && line[len] != '\t'))
		return NULL;
	return skip_blanks(line + len, end);
}

static int take_wait(struct script *s, unsigned int line, const char *number, struct error *err)
{
	struct script_item *item = add(s, line);
	char *end;

	item->what = SCRIPT_WAIT;
	item->n = strtoull(number, &end, 10);
	return *number >= '0' && *number <= '9' && !*end
		? 0 : fail(s, line, err, "wait for how many samples?  A number is needed");
}

static int take_line(struct script *s, unsigned int line, const char *from, const char *end,
		     struct error *err)
{
	struct script_item *item;
	const char *rest;

	from = skip_blanks(from, end);
	while (end > from && strchr(" \t\r", end[-1]))
		end--;
	if (from == end || *from == '#')
		return 0;
	if (end - from > 1 && strchr(":/\\", *from)) {
		item = add(s, line);
		item->what = SCRIPT_TYPE;
		item->text = xasprintf("%.*s", (int)(end - from), from);
		return 0;
	}
	if ((rest = behind("wait", from, end))) {
		_cleanup_(freep) char *number = xasprintf("%.*s", (int)(end - rest), rest);

		return take_wait(s, line, number, err);
	}
	if ((rest = behind("expect", from, end))) {
		item = add(s, line);
		item->what = SCRIPT_EXPECT;
		item->text = xasprintf("%.*s", (int)(end - rest), rest);
		return 0;
	}
	while ((from = skip_blanks(from, end)) < end) {
		from = take_word(s, line, from, end, err);
		if (!from)
			return -1;
	}
	return 0;
}

int script_parse(struct script *s, const char *name, const char *text, size_t len,
		 struct error *err)
{
	const char *end = text + len;

	*s = (struct script){ .name = xstrdup(name) };
	if (memchr(text ? text : "", '\0', len))
		return error_set(err, EBADMSG, "%.200s is no text", name);
	for (unsigned int line = 1; text < end; line++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		if (take_line(s, line, text, newline ? newline : end, err) < 0)
			return -1;
		text = newline ? newline + 1 : end;
	}
	return 0;
}

void script_deinit(struct script *s)
{
	for (size_t i = 0; i < s->n_items; i++)
		free(s->items[i].text);
	free(s->items);
	free(s->name);
	*s = (struct script){ 0 };
}

/* ---- doing it ---- */

/* What the app says may be bytes of the target. */
static enum script_event refuse(const struct script *s, unsigned int line, struct error *err,
				const char *why)
{
	struct buf clean = { 0 };

	text_clean(&clean, why, strlen(why), true);
	fail(s, line, err, (const char *)clean.data);
	buf_deinit(&clean);
	return SCRIPT_FAILED;
}

/* A prompt, what is typed into it, and Enter; or why it does not open. */
static const char *type(struct app *a, const char *text)
{
	const char *end = text + strlen(text);

	if (a->dialog.open || a->prompt.mark)
		return "something is asked already: Esc closes it";
	for (bool first = true; text < end; first = false) {
		uint32_t cp = 0;
		size_t n = utf8_decode(text, end, &cp);

		app_key(a, n ? cp : '?');
		if (first && !a->prompt.mark)
			return a->message ? a->message : "nothing can be typed here";
		text += n ? n : 1;
	}
	app_key(a, KEY_OF_ENTER);
	return NULL;
}

static bool is_on_screen(const struct grid *g, const char *text)
{
	bool found = false;

	for (unsigned int y = 0; y < g->height && !found; y++) {
		struct buf row = { 0 };

		grid_row_text(g, y, &row);
		buf_put_u8(&row, '\0');
		found = strstr((const char *)row.data, text);
		buf_deinit(&row);
	}
	return found;
}

/* Are there so many samples?  If not now, can they still come? */
static enum script_event wait_for(struct script *s, const struct app *a, uint64_t n,
				  unsigned int line, struct error *err)
{
	const struct profile *p = a->model->p;
	_cleanup_(freep) char *why = NULL;
	char count[TEXT_NUMBER];

	if (p->samples.n >= n)
		return SCRIPT_STEPPED;
	if (a->session.state != APP_FILE && a->session.state != APP_ENDED && !a->session.paused)
		return SCRIPT_WAITS;
	why = xasprintf("there are %s samples, and no more will come",
			text_count(count, p->samples.n));
	return refuse(s, line, err, why);
}

enum script_event script_step(struct script *s, struct app *a, const struct grid *g,
			      struct error *err)
{
	const struct script_item *item;
	const char *why = NULL;
	enum script_event event;

	if (s->at == s->n_items)
		return SCRIPT_OVER;
	item = &s->items[s->at];
	a->refused = false;
	if (item->what == SCRIPT_WAIT) {
		event = wait_for(s, a, item->n, item->line, err);
		s->at += event == SCRIPT_STEPPED;
		return event;
	}
	s->at++;
	if (item->what == SCRIPT_EXPECT) {
		_cleanup_(freep) char *no = xasprintf("\"%.150s\" is not on the screen", item->text);

		return is_on_screen(g, item->text) ? SCRIPT_STEPPED : refuse(s, item->line, err, no);
	}
	if (item->what == SCRIPT_KEY)
		app_key(a, (uint32_t)item->n);
	else
		why = type(a, item->text);
	if (!why && a->refused)
		why = a->message;
	return why ? refuse(s, item->line, err, why) : SCRIPT_STEPPED;
}
