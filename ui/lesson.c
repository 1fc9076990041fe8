// SPDX-License-Identifier: Apache-2.0
#include "ui/lesson.h"

#include <stdarg.h>
#include <string.h>

#include "base/utf8.h"
#include "base/util.h"
#include "ui/action.h"
#include "ui/lesson_slots.h"
#include "ui/text.h"

/* In a file. */
static const char *const part_names[LESSON_PARTS] = {
	[LESSON_READ] = "read", [LESSON_PROGRAM] = "in your program", [LESSON_TRY] = "try",
	[LESSON_CHECK] = "check", [LESSON_ANSWER] = "answer",
};

struct parser {
	struct lesson *l;
	struct lesson_faults *faults;
	unsigned int line;	/* at hand */
	enum lesson_part part;	/* LESSON_PARTS: none yet */
	bool unknown;		/* below a heading that is none; */
	unsigned int n_unknown;	/* so many there were */
	unsigned int part_line;	/* where it began */
	unsigned int page_line, page_words, part_lines;
	unsigned int seen[LESSON_PARTS];	/* how many there were */
	unsigned int check_page, check_line;	/* of the last question */
};

static void fault(struct parser *p, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void fault(struct parser *p, unsigned int line, const char *fmt, ...)
{
	struct lesson_faults *f = p->faults;
	char *reason;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&reason, fmt, ap) < 0)
		abort();
	va_end(ap);
	array_reserve(f->v, f->n + 1, f->cap);
	f->v[f->n++] = (struct lesson_fault){ line, reason };
}

/* ---- lines of text ---- */

bool lesson_is_fixed(const char *text)
{
	return strncmp(text, "  ", 2) == 0;
}

const char *lesson_try_text(const char *text, size_t *key_len)
{
	const char *gap = strstr(text, "  ");

	*key_len = gap ? (size_t)(gap - text) : 0;
	return gap && gap > text ? gap + strspn(gap, " ") : NULL;
}

const char *lesson_find_slot(const char *s, const char **name, size_t *len, const char **rest)
{
	const char *open = strstr(s, "{{"), *close = open ? strstr(open, "}}") : NULL;

	if (!open)
		return NULL;
	*name = open + 2;
	*len = close ? (size_t)(close - *name) : 0;
	*rest = close ? close + 2 : open + strlen(open);
	return open;
}

/* Columns it takes with the examples in its slots. */
static unsigned int filled_width(const char *text)
{
	const char *name, *rest, *at;
	unsigned int width = text_width(text);
	size_t len;

	for (; (at = lesson_find_slot(text, &name, &len, &rest)); text = rest) {
		enum lesson_slot slot = lesson_slot_find(name, len);

		width -= (unsigned int)(rest - at);
		width += slot < SLOT_COUNT ? text_width(lesson_slots[slot].example) : 0;
	}
	return width;
}

static void check_slots(struct parser *p, const char *text)
{
	const char *name, *rest;
	size_t len;

	for (; lesson_find_slot(text, &name, &len, &rest); text = rest) {
		if (!*rest && !len)
			fault(p, p->line, "a slot begins with {{ and has no }}");
		else if (lesson_slot_find(name, len) == SLOT_COUNT)
			fault(p, p->line, "there is no slot {{%.*s}}", (int)len, name);
	}
}

/* Words, each slot being one. */
static unsigned int count_words(const char *text)
{
	unsigned int n = 0;

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		n++;
		text += strcspn(text, " ");
	}
	return n;
}

/* Is it what a key is called: a character, or a word of the table? */
static bool is_key(const char *name, size_t len)
{
	for (size_t i = 0; i < n_action_rows; i++) {
		const char *label = action_rows[i].label;

		for (; *label; label += strspn(label, " ")) {
			size_t n = strcspn(label, " ");

			if (n == len && strncmp(label, name, len) == 0)
				return true;
			label += n;
		}
	}
	return false;
}

static void check_try(struct parser *p, const char *text)
{
	size_t len;

	if (!lesson_try_text(text, &len))
		fault(p, p->line, "not a key, two blanks and what it does");
	else if (!is_key(text, len))
		fault(p, p->line, "%.*s is no key of cprofd", (int)len, text);
	if (p->part_lines == LESSON_MAX_TRY)
		fault(p, p->line, "more than %d keys to try", LESSON_MAX_TRY);
}

static void add_line(struct parser *p, const char *text)
{
	struct lesson *l = p->l;
	unsigned int stars = 0;

	if (p->part == LESSON_PARTS) {
		if (*text && !p->unknown)
			fault(p, p->line, "text before the first part");
		return;
	}
	if (*text) {
		for (const char *s = text; (s = strchr(s, '*')); s++)
			stars++;
		if (stars % 2)
			fault(p, p->line, "a * that opens or closes nothing");
		check_slots(p, text);
		if (p->part == LESSON_TRY)
			check_try(p, text);
		if (lesson_is_fixed(text) && filled_width(text) - stars > LESSON_FIXED_COLUMNS)
			fault(p, p->line, "too wide for a line that is not broken: %u columns, at most %d",
			      filled_width(text) - stars, LESSON_FIXED_COLUMNS);
		p->part_lines++;
		p->page_words += count_words(text);
	}
	array_reserve(l->lines, l->n_lines + 1, l->cap_lines);
	l->lines[l->n_lines++] = (struct lesson_line){ l->n_pages - 1, p->part, xstrdup(text) };
}

/* ---- parts and pages ---- */

static void end_part(struct parser *p)
{
	if (p->part != LESSON_PARTS && !p->part_lines)
		fault(p, p->part_line, "[%s] is empty", part_names[p->part]);
	p->part_lines = 0;
}

static void end_page(struct parser *p)
{
	end_part(p);
	p->part = LESSON_PARTS;
	if (!p->page_words)
		fault(p, p->page_line, "page %u is empty", p->l->n_pages);
	if (p->page_words > LESSON_MAX_WORDS)
		fault(p, p->page_line, "page %u has %u words, at most %d", p->l->n_pages,
		      p->page_words, LESSON_MAX_WORDS);
	p->l->n_words += p->page_words;
	p->page_words = 0;
}

static void begin_page(struct parser *p)
{
	end_page(p);
	if (p->l->n_pages++ == LESSON_MAX_PAGES)
		fault(p, p->line, "more than %d pages", LESSON_MAX_PAGES);
	p->page_line = p->line;
}

static void begin_part(struct parser *p, enum lesson_part part)
{
	end_part(p);
	p->part = part;
	p->part_line = p->line;
	p->seen[part]++;
	if (part == LESSON_CHECK) {
		p->check_page = p->l->n_pages;
		p->check_line = p->line;
	} else if (part == LESSON_ANSWER && p->check_page == p->l->n_pages) {
		fault(p, p->line, "the answer is on the page of its question");
	}
}

/* "[name]" */
static void take_heading(struct parser *p, const char *text)
{
	size_t len = strlen(text);

	p->unknown = false;
	for (enum lesson_part i = 0; i < LESSON_PARTS; i++)
		if (len == strlen(part_names[i]) + 2 && text[len - 1] == ']' &&
		    strncmp(text + 1, part_names[i], len - 2) == 0) {
			begin_part(p, i);
			return;
		}
	if (strcmp(text, "[page]") == 0) {
		begin_page(p);
		return;
	}
	fault(p, p->line, "%s is no part of a lesson", text);
	end_part(p);
	p->part = LESSON_PARTS;
	p->unknown = true;
	p->n_unknown++;
}

static void take_title(struct parser *p, const char *title)
{
	title += strspn(title, " ");
	if (p->l->title)
		fault(p, p->line, "a second title");
	else if (text_width(title) > LESSON_MAX_TITLE)
		fault(p, p->line, "the title has %u columns, at most %d", text_width(title),
		      LESSON_MAX_TITLE);
	free(p->l->title);
	p->l->title = xstrdup(title);
}

/* UTF-8 without control characters. */
static bool is_text(const char *s, size_t len)
{
	const char *end = s + len;

	while (s < end) {
		uint32_t cp;
		size_t n = utf8_decode(s, end, &cp);

		if (!n || cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			return false;
		s += n;
	}
	return true;
}

static void take_line(struct parser *p, const char *text, size_t len)
{
	_cleanup_(freep) char *line = NULL;

	p->line++;
	if (!is_text(text, len)) {
		fault(p, p->line, "a byte that is no text in UTF-8");
		return;
	}
	while (len && text[len - 1] == ' ')
		len--;
	line = xasprintf("%.*s", (int)len, text);
	if (text_width(line) > LESSON_MAX_COLUMNS)
		fault(p, p->line, "%u columns, at most %d", text_width(line), LESSON_MAX_COLUMNS);
	if (*line == '#')
		return;
	if (*line == '[')
		take_heading(p, line);
	else if (strncmp(line, "title:", 6) == 0)
		take_title(p, line + 6);
	else
		add_line(p, line);
}

static void check_whole(struct parser *p)
{
	if (!p->l->title || !*p->l->title)
		fault(p, 1, "no title: the first line is \"title: ...\"");
	for (enum lesson_part i = 0; i < LESSON_PARTS; i++)
		if (!p->seen[i] && !p->n_unknown)	/* else that may be it */
			fault(p, max_of(p->line, 1u), "no [%s]", part_names[i]);
	if (p->seen[LESSON_ANSWER] && p->seen[LESSON_CHECK] > p->seen[LESSON_ANSWER])
		fault(p, p->check_line, "the question has no answer");
}

bool lesson_parse(const char *text, size_t len, struct lesson *out, struct lesson_faults *faults)
{
	struct parser p = { .l = out, .faults = faults, .part = LESSON_PARTS, .page_line = 1 };
	const char *end = text + len;

	*out = (struct lesson){ .n_pages = 1 };
	*faults = (struct lesson_faults){ 0 };
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		stop = stop ? stop : end;
		take_line(&p, text, (size_t)(stop - text));
		text = stop + 1;
	}
	end_page(&p);
	check_whole(&p);
	return !faults->n;
}

void lesson_deinit(struct lesson *l)
{
	for (size_t i = 0; i < l->n_lines; i++)
		free(l->lines[i].text);
	free(l->lines);
	free(l->title);
	*l = (struct lesson){ 0 };
}

void lesson_faults_deinit(struct lesson_faults *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].reason);
	free(f->v);
	*f = (struct lesson_faults){ 0 };
}
