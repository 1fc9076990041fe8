// SPDX-License-Identifier: Apache-2.0
/*
 * ui/script.h - keys and commands from a file, in place of somebody who types.
 *
 *	# a comment
 *	2 j j Enter		keys, by the names of the help page
 *	"shop"			each character is a key
 *	/membership		typed, with Enter behind it; the same with \ and :
 *	wait 100		until there are so many samples
 *	expect callers		ends the script unless this is on the screen
 *
 *	while (script_step(&s, &app, &grid, &err) == SCRIPT_STEPPED)
 *		... draw, until the app has settled
 *
 * A script does one thing at a time, on the screen that came of the one before.  It ends
 * where the app refuses something, with the number of that line.
 */
#ifndef CPROFD_UI_SCRIPT_H
#define CPROFD_UI_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

struct app;
struct error;
struct grid;

#define SCRIPT_MAX_BYTES (1u << 20)

struct script {
	struct script_item {
		enum { SCRIPT_KEY, SCRIPT_TYPE, SCRIPT_WAIT, SCRIPT_EXPECT } what;
		unsigned int line;
		uint64_t n;		/* the key, or how many samples */
		char *text;		/* what is typed or expected */
	} *items;
	size_t n_items, cap_items, at;	/* the next one */
	char *name;
};

/*
 * Take a text apart; `name` is what errors call it.  The caller ends with script_deinit(),
 * also on failure: EBADMSG, "NAME:LINE: ...".
 */
int script_parse(struct script *s, const char *name, const char *text, size_t len,
		 struct error *err);
void script_deinit(struct script *s);

enum script_event {
	SCRIPT_STEPPED,		/* something was done */
	SCRIPT_WAITS,		/* for more samples */
	SCRIPT_OVER,
	SCRIPT_FAILED,		/* *err says in which line and why */
};

/* Do what is next; `g` shows the app as it is. */
enum script_event script_step(struct script *s, struct app *a, const struct grid *g,
			      struct error *err);

#endif
