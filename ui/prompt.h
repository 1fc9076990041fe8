// SPDX-License-Identifier: Apache-2.0
/*
 * ui/prompt.h - one line that somebody types, behind a mark such as '/' or ':'.
 *
 *	prompt_open(&p, '/', "");
 *	switch (prompt_key(&p, key)) ...
 *	prompt_draw(&p, &pen);
 *	prompt_deinit(&p);
 *
 * A zeroed prompt is closed.  Each mark has a history of its own.
 */
#ifndef CPROFD_UI_PROMPT_H
#define CPROFD_UI_PROMPT_H

#include <stdbool.h>

#include "base/buf.h"
#include "ui/pen.h"

#define PROMPT_MAX_BYTES 4096
#define PROMPT_HISTORY 50	/* lines of all marks together */

struct prompt {
	char mark;		/* 0: closed */
	struct buf text;	/* UTF-8, terminated; len does not count that */
	size_t at;		/* byte that the cursor is on */
	struct prompt_line {
		char mark;
		char *text;
	} history[PROMPT_HISTORY];	/* the oldest first */
	unsigned int n_history, recalled;	/* recalled == n_history: none */
	char *typed;		/* before something was recalled, or NULL */
};

enum prompt_event {
	PROMPT_NOTHING,
	PROMPT_CHANGED,		/* the text is another one */
	PROMPT_ENTERED,		/* closed; prompt_text() is what was entered */
	PROMPT_CANCELLED,	/* closed */
	PROMPT_TAB,		/* for whoever completes */
};

void prompt_open(struct prompt *p, char mark, const char *text);
void prompt_deinit(struct prompt *p);

/*
 * Take a key: every printable character goes into the text, Backspace on an empty
 * line cancels.  What is entered goes into the history.
 */
enum prompt_event prompt_key(struct prompt *p, uint32_t key);

/* Put other text in its place, the cursor behind it. */
void prompt_set(struct prompt *p, const char *text);

/* Valid until the next call. */
const char *prompt_text(const struct prompt *p);

/* "/text", at most as much as fits `width` columns, with the cursor in view. */
void prompt_draw(const struct prompt *p, struct pen *pen, unsigned int width);

#endif
