// SPDX-License-Identifier: Apache-2.0
/*
 * ui/lesson.h - a lesson: text for the panel beside a view, see cprofd-lesson(5).
 *
 *	if (!lesson_parse(text, len, &lesson, &faults))
 *		... faults.v[0].line, faults.v[0].reason ...
 *	lesson_deinit(&lesson);
 *	lesson_faults_deinit(&faults);
 *
 * Teachers write lessons, so everything that is wrong with one is found at once.
 */
#ifndef CPROFD_UI_LESSON_H
#define CPROFD_UI_LESSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LESSON_MAX_BYTES (64u << 10)
#define LESSON_MAX_PAGES 3
#define LESSON_MAX_WORDS 90	/* of a page */
#define LESSON_MAX_TITLE 20	/* columns: it stands beside "LESSON" and "1/3" */
#define LESSON_MAX_COLUMNS 100	/* of a line in the file */
#define LESSON_FIXED_COLUMNS 31	/* of a line that is not broken: the panel's */
#define LESSON_MAX_TRY 3

enum lesson_part {
	LESSON_READ, LESSON_PROGRAM, LESSON_TRY, LESSON_CHECK, LESSON_ANSWER, LESSON_PARTS
};

struct lesson_line {
	unsigned int page;	/* from 0 */
	enum lesson_part part;
	char *text;		/* empty: between paragraphs */
};

struct lesson {
	char *title;
	struct lesson_line *lines;
	size_t n_lines, cap_lines;
	unsigned int n_pages;
	unsigned int n_words;	/* of all pages */
};

struct lesson_faults {
	struct lesson_fault {
		unsigned int line;	/* from 1 */
		char *reason;
	} *v;
	size_t n, cap;
};

/* True if nothing is wrong with it; else `out` is to be shown to nobody. */
bool lesson_parse(const char *text, size_t len, struct lesson *out, struct lesson_faults *faults);
void lesson_deinit(struct lesson *l);
void lesson_faults_deinit(struct lesson_faults *f);

/* Starts with two blanks: not broken into lines. */
bool lesson_is_fixed(const char *text);

/* Where the text of a [try] line begins, behind its key and blanks; NULL: it has none. */
const char *lesson_try_text(const char *text, size_t *key_len);

/*
 * The first slot in `s`, its name in [*name, *name + *len): returns where its "{{"
 * is and sets *rest behind its "}}"; NULL if there is none.  An open one has len 0 and
 * the rest empty.
 */
const char *lesson_find_slot(const char *s, const char **name, size_t *len, const char **rest);

#endif
