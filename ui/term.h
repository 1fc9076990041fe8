// SPDX-License-Identifier: Apache-2.0
/*
 * ui/term.h - a terminal that shows grids and gives keys, by ncursesw.
 *
 * There is one terminal, and one thread uses it.  Whatever ends the program
 * leaves it as it was: term_close(), a signal that kills, or a suspend.
 */
#ifndef CPROFD_UI_TERM_H
#define CPROFD_UI_TERM_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "ui/grid.h"
#include "ui/palette.h"

struct error;

/* What a terminal can do, and how it is to be used. */
struct term_caps {
	bool utf8;
	int colours;		/* 256, 16, 8 or 0 */
	enum theme theme;	/* of 256 colours */
};

enum term_color { TERM_COLOR_AUTO, TERM_COLOR_ALWAYS, TERM_COLOR_NEVER };

/*
 * Take the terminal of stdin and stdout; LC_CTYPE has to be set.  `ascii` draws
 * ASCII even where UTF-8 could be.  Fails with ENOTTY if there is none, with
 * ENOTSUP if it cannot place its cursor (or $TERM is not known).
 */
int term_open(bool ascii, enum term_color color, struct term_caps *caps, struct error *err);
void term_close(void);

/*
 * Use it in another way from now on; -1 leaves what is: `ascii` and the numbers
 * of enum term_color, a theme of the usual hues, and enum hues for it.
 */
void term_set(int ascii, int color, int ground, int hues, struct term_caps *caps);

/*
 * Ask the terminal for the colour of its ground (OSC 11).  Returns what it is good for within
 * a twentieth of a second, sooner when it answered or a key was typed; THEME_SAFE: it did not
 * tell.  What it tells later, among the keys, is returned by term_told_ground(), once.
 */
enum theme term_ask_ground(void);
enum theme term_told_ground(void);

/* Take clicks and the wheel, or leave the mouse to the terminal. */
void term_set_mouse(bool on);

/* The cell that the last KEY_OF_CLICK was on. */
void term_clicked(unsigned int *x, unsigned int *y);

/* Put clean text into the terminal's clipboard, if it lets us (OSC 52). */
void term_copy(const char *text);

void term_size(unsigned int *width, unsigned int *height);

/* Show a grid of the terminal's size; only what changed is sent. */
void term_show(const struct grid *g);

/* Send everything with the next term_show(): somebody else wrote on the screen. */
void term_redraw(void);

/*
 * The next key, as ui/key.h has them.  Never waits.  To be called until it
 * returns KEY_OF_NONE after every wake-up of poll(2) on stdin: ncurses
 * keeps keys that poll does not see.
 */
uint32_t term_take_key(void);

/* How long to poll(2) when `ms`, or -1, is the limit: a key may have been held back. */
int term_wait_ms(int ms);

/* Give the terminal back to somebody, and take it again. */
void term_give(void);
void term_take(void);

/* ^Z: give the terminal back, stop, and take it again when continued. */
void term_suspend(void);

#endif
