// SPDX-License-Identifier: Apache-2.0
#include "ui/term.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define NCURSES_WIDECHAR 1
#include <ncurses.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"
#include "base/utf8.h"
#include "base/util.h"
#include "ui/ground.h"
#include "ui/key.h"
#include "ui/terminfo.h"

/* The colour pairs in use, each made when a cell first needs it. */
#define MAX_PAIRS 256

#define FIRST_ANSWER_MS 50	/* the first screen waits for the colour of the ground */
#define LAST_ANSWER_MS 1000	/* a shell that takes the terminal would read it as a command */
#define NO_ANSWER_MS 5000	/* this terminal answers nothing: Escape is no beginning of it */

static struct {
	SCREEN *screen;
	struct term_caps caps;
	enum term_color color;	/* that was asked for */
	struct termios saved;
	struct pair { short fg, bg; } pairs[MAX_PAIRS];
	int n_pairs, max_pairs;
	MEVENT mouse;		/* the last */
	uint32_t still[4];	/* keys that it still stands for, the last one first */
	unsigned int n_still;
	bool dragging;		/* the mouse is ours */
	struct ground ground;
	uint64_t asked_ns;	/* for it */
} term;

/* ---- leaving it as it was ---- */

static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTERM, SIGINT, SIGHUP, SIGQUIT };
static struct sigaction before[array_len(fatal)];	/* what was to be done about them */

/* Main screen, cursor, no mouse, no attributes; only what a handler may call. */
static void on_fatal(int sig)
{
	static const char reset[] = "\033[?1049l\033[?25h\033[?1000l\033[?1002l\033[?1006l\033[0m";
	ssize_t n = write(STDOUT_FILENO, reset, sizeof(reset) - 1);

	(void)n;
	if (term.ground.asked)
		tcflush(STDIN_FILENO, TCIFLUSH);
	tcsetattr(STDIN_FILENO, TCSANOW, &term.saved);
	for (size_t i = 0; i < array_len(fatal); i++)
		if (fatal[i] == sig)
			sigaction(sig, &before[i], NULL);
	raise(sig);
}

/* What was to be done before curses puts its own, which ends with a status of nobody's. */
static void remember_fatal(void)
{
	for (size_t i = 0; i < array_len(fatal); i++)
		sigaction(fatal[i], NULL, &before[i]);
}

static void catch_fatal(void)
{
	struct sigaction act = { .sa_handler = on_fatal, .sa_flags = SA_NODEFER };

	for (size_t i = 0; i < array_len(fatal); i++)	/* ignored, as under nohup: that stays */
		sigaction(fatal[i], before[i].sa_handler == SIG_IGN ? &before[i] : &act, NULL);
}

static void release_fatal(void)
{
	for (size_t i = 0; i < array_len(fatal); i++)
		sigaction(fatal[i], &before[i], NULL);
}

/* ---- opening ---- */

static bool knows_escape_delay(void)
{
	const char *delay = getenv("ESCDELAY");

	return delay && *delay;
}

/* The background that a terminal tells by COLORFGBG, as rxvt and Konsole do. */
static enum theme theme_of_environment(void)
{
	const char *value = getenv("COLORFGBG"), *bg = value ? strrchr(value, ';') : NULL;
	char *end;
	long n;

	if (!bg)
		return THEME_SAFE;
	n = strtol(bg + 1, &end, 10);
	if (end == bg + 1 || *end)
		return THEME_SAFE;
	return n == 7 || n == 15 ? THEME_LIGHT : THEME_DARK;
}

static void choose_colours(enum term_color color)
{
	const char *no = getenv("NO_COLOR");

	term.color = color;
	term.caps.colours = 0;
	term.max_pairs = 0;
	if (color == TERM_COLOR_NEVER || (color == TERM_COLOR_AUTO && no && *no) || !has_colors())
		return;
	start_color();
	use_default_colors();
	term.caps.colours = COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
	term.max_pairs = min_of(COLOR_PAIRS, MAX_PAIRS);
	term.n_pairs = 1;	/* number 0 is the terminal's own */
}

static bool takes_utf8(void)
{
	return wcwidth(0x2588) == 1 && MB_CUR_MAX > 1;
}

int term_open(bool ascii, enum term_color color, struct term_caps *caps, struct error *err)
{
	const char *name = getenv("TERM");
	enum terminfo what = terminfo_check();

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(err, ENOTTY, "no terminal");
	if (what == TERMINFO_UNKNOWN)
		return error_set(err, ENOTSUP, "the terminal \"%s\" is not known",
				 name ? name : "");
	tcgetattr(STDIN_FILENO, &term.saved);
	remember_fatal();
	term.screen = what == TERMINFO_SCREEN ? newterm(NULL, stdout, stdin) : NULL;
	if (!term.screen)
		return error_set(err, ENOTSUP, "the terminal \"%s\" cannot place its cursor", name);
	raw();		/* ^C and ^Z are keys */
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	if (!knows_escape_delay())
		set_escdelay(25);
	term.caps.utf8 = !ascii && takes_utf8();
	term.caps.theme = theme_of_environment();
	choose_colours(color);
	catch_fatal();
	*caps = term.caps;
	return 0;
}

/* Where the mouse is while a button is held, which curses does not ask for. */
static void report_drags(bool on)
{
	fputs(on ? "\033[?1002h" : "\033[?1002l", stdout);
	fflush(stdout);
}

/* ---- the colour of its ground ---- */

/* The next key; KEY_OF_NONE: the question is answered, or was not in `ms`. */
static uint32_t wait_for_answer(unsigned int ms)
{
	uint64_t end = term.asked_ns + ms * NS_PER_MS, now;
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	uint32_t key;

	for (;;) {
		key = term.ground.asked ? term_take_key() : KEY_OF_NONE;
		now = clock_mono_ns();
		if (key != KEY_OF_NONE || !term.ground.asked || now >= end)
			return key;
		poll(&fd, 1, (int)((end - now) / NS_PER_MS + 1));
	}
}

/* GNU screen passes the question on, and says nothing of when it will be answered. */
static bool is_in_screen(void)
{
	const char *name = getenv("TERM");

	return getenv("STY") || (strncmp(name, "screen", 6) == 0 && !getenv("TMUX"));
}

enum theme term_ask_ground(void)
{
	uint32_t key;

	if (is_in_screen())
		return THEME_SAFE;

	fputs(GROUND_QUESTION, stdout);
	fflush(stdout);
	ground_ask(&term.ground);
	term.asked_ns = clock_mono_ns();
	key = wait_for_answer(FIRST_ANSWER_MS);
	if (key != KEY_OF_NONE)
		term.still[term.n_still++] = key;
	return term_told_ground();
}

enum theme term_told_ground(void)
{
	enum theme told = term.ground.told;

	term.ground.told = THEME_SAFE;
	return told;
}

/* Where the screen stays, as on a console, who comes next begins on a row of its own. */
static void end_window(void)
{
	uint32_t key;

	do
		key = wait_for_answer(LAST_ANSWER_MS);
	while (key != KEY_OF_NONE && key != KEY_OF_GONE);
	if (term.ground.asked)
		tcflush(STDIN_FILENO, TCIFLUSH);
	if (term.dragging)
		report_drags(false);
	move(LINES - 1, 0);
	clrtoeol();
	refresh();
	endwin();
}

void term_close(void)
{
	if (!term.screen)
		return;
	end_window();
	delscreen(term.screen);
	release_fatal();
	memset(&term, 0, sizeof(term));
}

void term_set(int ascii, int color, int ground, int hues, struct term_caps *caps)
{
	if (ascii >= 0)
		term.caps.utf8 = !ascii && takes_utf8();
	if (color >= 0 && (enum term_color)color != term.color) {
		choose_colours((enum term_color)color);
		term_redraw();
	}
	if (ground >= 0)
		term.caps.theme = palette_theme((enum theme)ground, hues >= 0 ? (enum hues)hues : HUES_USUAL);
	*caps = term.caps;
}

/*
 * All events are asked for, and none waits to become a double click: a release that
 * nobody asked for, or half a click, makes get_wch() wait in spite of nodelay().
 */
void term_set_mouse(bool on)
{
	mouseinterval(0);
	mousemask(on ? ALL_MOUSE_EVENTS | REPORT_MOUSE_POSITION : 0, NULL);
	if (on || term.dragging)
		report_drags(on);
	term.dragging = on;
}

void term_clicked(unsigned int *x, unsigned int *y)
{
	*x = (unsigned int)term.mouse.x;
	*y = (unsigned int)term.mouse.y;
}

/* Three bytes become four letters. */
static void put_base64(struct buf *out, const char *text)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (i + k < len ? (uint8_t)text[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_put_u8(out, i + k > len ? '=' : (uint8_t)letters[bits >> (18 - 6 * k) & 63]);
	}
}

void term_copy(const char *text)
{
	static const char begin[] = "\033]52;c;", end[] = "\a";
	struct buf out = { 0 };

	buf_put(&out, begin, sizeof(begin) - 1);
	put_base64(&out, text);
	buf_put(&out, end, sizeof(end) - 1);
	fflush(stdout);
	io_write_full(STDOUT_FILENO, out.data, out.len);
	buf_deinit(&out);
}

void term_size(unsigned int *width, unsigned int *height)
{
	*width = (unsigned int)COLS;
	*height = (unsigned int)LINES;
}

void term_redraw(void)
{
	clearok(curscr, TRUE);
}

/* ---- showing ---- */

/* With 8 or 16 colours words keep the terminal's own: only blocks are coloured. */
static short colour_of_few(uint8_t ink)
{
	switch (ink) {
	case INK_PYTHON:
	case INK_PYTHON_WORD:
		return COLOR_CYAN;
	case INK_NATIVE:
	case INK_NATIVE_WORD:
		return COLOR_YELLOW;
	case INK_LIBRARY:
	case INK_LIBRARY_WORD:
		return COLOR_GREEN;
	case INK_KERNEL:
	case INK_KERNEL_WORD:
		return COLOR_MAGENTA;
	case INK_BLACK:
		return COLOR_BLACK;
	default:
		return -1;
	}
}

static bool is_block(const char *text)
{
	return (unsigned char)*text >= 0x80 || *text == '#';
}

/* The letter of a kind of code, one cell. */
static bool is_kind(const struct cell *c)
{
	return isalpha((unsigned char)*c->text) && !c->text[1] && colour_of_few(c->style.fg) > COLOR_BLACK;
}

static struct pair pair_of(const struct cell *c)
{
	struct style s = c->style;

	if (term.caps.colours == 256)
		return (struct pair){ (short)palette_text(term.caps.theme, s),
				      (short)palette_ground(term.caps.theme, s) };
	if (is_kind(c))
		return (struct pair){ COLOR_BLACK, colour_of_few(s.fg) };
	if (s.bg == INK_DEFAULT && !is_block(c->text))
		return (struct pair){ -1, -1 };
	if (s.bg == INK_DIM)	/* a grey box of a flame graph */
		return (struct pair){ COLOR_BLACK, COLOR_WHITE };
	if (s.bg == INK_LESS || s.bg == INK_MORE)
		return (struct pair){ COLOR_BLACK, s.bg == INK_LESS ? COLOR_CYAN : COLOR_YELLOW };
	return (struct pair){ colour_of_few(s.fg), colour_of_few(s.bg) };
}

static short pair_number(struct pair pair)
{
	if (!term.max_pairs || (pair.fg < 0 && pair.bg < 0))
		return 0;
	for (int i = 1; i < term.n_pairs; i++)
		if (term.pairs[i].fg == pair.fg && term.pairs[i].bg == pair.bg)
			return (short)i;
	if (term.n_pairs == term.max_pairs)
		return 0;
	term.pairs[term.n_pairs] = pair;
	init_pair((short)term.n_pairs, pair.fg, pair.bg);
	return (short)term.n_pairs++;
}

/* U+2500 to U+259F: blocks, and the line of its soft end, are what a bar is made of. */
static bool is_of_a_bar(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;

	return c[0] == 0xe2 && c[1] >= 0x94 && (c[1] < 0x96 || (c[1] == 0x96 && c[2] < 0xa0));
}

/* Text on a fill that this terminal or theme does not have: black on black, as it would be. */
static bool lacks_fill(const struct cell *c, struct pair pair)
{
	return term.caps.colours && c->style.fg == INK_BLACK && c->style.bg && pair.bg < 0;
}

/*
 * Where there are no tints, what should stand out is reversed.  What has a colour of its own
 * stays as it is: a bar would be turned inside out.
 */
static bool needs_reverse(const struct cell *c, struct pair pair)
{
	bool marked = c->style.bg == INK_TINT || c->style.bg == INK_CHIP || lacks_fill(c, pair);
	bool tinted = term.caps.colours == 256 &&
		      palette_colour(term.caps.theme, c->style.bg) != PALETTE_DEFAULT;
	bool coloured = pair.bg >= 0 || (pair.fg >= 0 && is_of_a_bar(c->text));

	return marked && !tinted && !(term.caps.colours && coloured);
}

static void put_cell(const struct cell *c)
{
	wchar_t text[CCHARW_MAX + 1] = { 0 };
	const char *s = c->text, *end = s + strlen(s);
	struct pair pair = pair_of(c);
	bool reverse = needs_reverse(c, pair);
	attr_t attrs = (c->style.attrs & ATTR_BOLD ? A_BOLD : 0) |
		       (c->style.attrs & ATTR_UNDERLINE ? A_UNDERLINE : 0) |
		       (c->style.attrs & ATTR_REVERSE || reverse ? A_REVERSE : 0);
	cchar_t cell;

	if (reverse && c->style.fg < INK_PYTHON)	/* dim words would be dim ground */
		pair.fg = -1;

	for (int i = 0; s < end && i < CCHARW_MAX; i++) {
		uint32_t cp = '?';
		size_t n = utf8_decode(s, end, &cp);

		text[i] = (wchar_t)cp;
		s += n ? n : 1;
	}
	setcchar(&cell, text, attrs, pair_number(pair), NULL);
	add_wch(&cell);		/* fails in the last cell, which it has drawn then */
}

void term_show(const struct grid *g)
{
	erase();
	for (unsigned int y = 0; y < g->height && y < (unsigned int)LINES; y++) {
		move((int)y, 0);
		for (unsigned int x = 0; x < g->width && x < (unsigned int)COLS; x++)
			if (*grid_at(g, y, x)->text)
				put_cell(grid_at(g, y, x));
	}
	wnoutrefresh(stdscr);
	doupdate();
}

/* ---- keys ---- */

/* Press and release that come together are made into one event. */
static uint32_t click_at_once(bool twice)
{
	if (twice) {
		term.still[term.n_still++] = KEY_OF_RELEASE;
		term.still[term.n_still++] = KEY_OF_CLICK;
	}
	term.still[term.n_still++] = KEY_OF_RELEASE;
	return KEY_OF_CLICK;
}

static uint32_t key_of_mouse(void)
{
	const mmask_t twice = BUTTON1_DOUBLE_CLICKED | BUTTON1_TRIPLE_CLICKED;
	mmask_t state;

	if (getmouse(&term.mouse) != OK)
		return KEY_OF_NONE;
	state = term.mouse.bstate;
	if (state & (BUTTON1_CLICKED | twice))
		return click_at_once(state & twice);
	if (state & BUTTON1_PRESSED)
		return KEY_OF_CLICK;
	if (state & BUTTON1_RELEASED)
		return KEY_OF_RELEASE;
	if (state & BUTTON4_PRESSED)
		return KEY_OF_WHEEL_UP;
	if (state & BUTTON5_PRESSED)
		return KEY_OF_WHEEL_DOWN;
	return state & REPORT_MOUSE_POSITION ? KEY_OF_DRAG : KEY_OF_NONE;
}

static uint32_t key_of(wint_t key)
{
	switch (key) {
	case KEY_MOUSE:
		return key_of_mouse();
	case KEY_RESIZE:
		return KEY_OF_RESIZE;
	case KEY_UP:
		return KEY_OF_UP;
	case KEY_DOWN:
		return KEY_OF_DOWN;
	case KEY_LEFT:
		return KEY_OF_LEFT;
	case KEY_RIGHT:
		return KEY_OF_RIGHT;
	case KEY_HOME:
		return KEY_OF_HOME;
	case KEY_END:
		return KEY_OF_END;
	case KEY_PPAGE:
		return KEY_OF_PAGE_UP;
	case KEY_NPAGE:
		return KEY_OF_PAGE_DOWN;
	case KEY_BACKSPACE:
		return KEY_OF_BACKSPACE;
	case KEY_ENTER:
		return KEY_OF_ENTER;
	case KEY_BTAB:
		return KEY_OF_BACK_TAB;
	case KEY_DC:
		return KEY_OF_DELETE;
	default:
		if (key >= (wint_t)KEY_F(1) && key <= (wint_t)KEY_F(10))
			return KEY_OF_F1 + (key - (wint_t)KEY_F(1));
		return KEY_OF_NONE;
	}
}

static bool is_gone(void)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&fd, 1, 0) > 0 && fd.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static uint32_t next_key(void)
{
	uint32_t known;
	wint_t key;

	for (;;) {
		switch (get_wch(&key)) {
		case ERR:
			return is_gone() ? KEY_OF_GONE : KEY_OF_NONE;
		case KEY_CODE_YES:
			known = key_of(key);
			if (known != KEY_OF_NONE)
				return known;
			break;	/* one that nobody uses */
		default:
			if (key == '\r' || key == '\n')
				return KEY_OF_ENTER;
			if (key == 127 || key == 8)
				return KEY_OF_BACKSPACE;
			return key == 27 ? KEY_OF_ESCAPE : key == '\t' ? KEY_OF_TAB : key;
		}
	}
}

uint32_t term_take_key(void)
{
	uint32_t key;

	if (term.n_still)
		return term.still[--term.n_still];
	if (clock_mono_ns() > term.asked_ns + NO_ANSWER_MS * NS_PER_MS)
		term.ground.asked = false;
	while (!ground_next(&term.ground, &key)) {
		key = next_key();
		if (!term.ground.listens || key == KEY_OF_RESIZE || key == KEY_OF_GONE)
			return key;
		if (key != KEY_OF_NONE)
			ground_take(&term.ground, key, clock_mono_ns());
		else if (ground_until_ns(&term.ground) > clock_mono_ns())
			return key;
		else
			ground_expire(&term.ground);
	}
	return key;
}

int term_wait_ms(int ms)
{
	uint64_t until = ground_until_ns(&term.ground), now = clock_mono_ns();
	int held = until == UINT64_MAX ? -1 : until > now ? (int)((until - now) / NS_PER_MS) + 1 : 0;

	return held < 0 || (ms >= 0 && ms < held) ? ms : held;
}

void term_give(void)
{
	end_window();
}

void term_take(void)
{
	term_redraw();
	refresh();
	if (term.dragging)
		report_drags(true);
}

void term_suspend(void)
{
	term_give();
	raise(SIGTSTP);
	term_take();
}
