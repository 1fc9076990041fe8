// SPDX-License-Identifier: Apache-2.0
#include "ui/ground.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "ui/key.h"

#define ESCAPE KEY_OF_ESCAPE
#define BELL 7

/* A person's Escape is a key soon; what a terminal began to say it says to its end. */
#define DOUBT_NS (100 * NS_PER_MS)
#define CERTAIN_NS (2 * NS_PER_S)

/* What the held keys are. */
enum match {
	TYPED,		/* by a person: at least the first one */
	MAYBE,		/* either */
	ANSWERING,	/* the beginning of what only terminals say */
	BROKEN,		/* that, and the last key does not go on with it */
	GROUND,		/* the answer to the first question */
	KIND,		/* to the second */
	OTHER,		/* an answer to what nobody asked */
};

static const uint32_t ground_begins[] = { ESCAPE, ']', '1', '1', ';' };
static const uint32_t kind_begins[] = { ESCAPE, '[', '?' };

static bool is_between(uint32_t key, uint32_t first, uint32_t last)
{
	return key >= first && key <= last;
}

/* "\033]11;" text, then a bell or "\033\\". */
static enum match match_ground(const uint32_t *key, unsigned int n)
{
	for (unsigned int i = array_len(ground_begins); i < n; i++) {
		if (key[i] == BELL)
			return GROUND;
		if (key[i] == ESCAPE)
			return i + 1 == n ? ANSWERING : key[i + 1] == '\\' ? GROUND : BROKEN;
		if (!is_between(key[i], ' ', '~'))
			return BROKEN;
	}
	return ANSWERING;
}

/* "\033[?" numbers, then a letter. */
static enum match match_kind(const uint32_t *key, unsigned int n)
{
	for (unsigned int i = array_len(kind_begins); i < n; i++) {
		if (is_between(key[i], '@', '~'))
			return key[i] == 'c' ? KIND : OTHER;
		if (!is_between(key[i], ' ', '?'))
			return BROKEN;
	}
	return ANSWERING;
}

static bool begins(const uint32_t *key, unsigned int n, const uint32_t *with, unsigned int n_with)
{
	return memcmp(key, with, min_of(n, n_with) * sizeof(*key)) == 0;
}

static enum match match(const uint32_t *key, unsigned int n)
{
	if (begins(key, n, ground_begins, array_len(ground_begins)))
		return n < array_len(ground_begins) ? MAYBE : match_ground(key, n);
	if (begins(key, n, kind_begins, array_len(kind_begins)))
		return n < array_len(kind_begins) ? MAYBE : match_kind(key, n);
	return TYPED;
}

/* ---- the colour ---- */

/* One to four hexadecimal digits, the most of which is 1; -1: it is none. */
static double parse_part(const char **text)
{
	static const char digits[] = "0123456789abcdef";
	unsigned int value = 0, most = 0;

	for (const char *d; most < 0xffff && **text && (d = strchr(digits, tolower(**text))); (*text)++) {
		value = value << 4 | (unsigned int)(d - digits);
		most = most << 4 | 15;
	}
	return most ? (double)value / most : -1;
}

/*
 * "rgb:RRRR/GGGG/BBBB", and of those who have one a fourth part.  Where words of neither theme
 * would have a contrast of 3:1 the ground is between them.
 */
static enum theme theme_of(const char *text)
{
	static const double weight[] = { .2126, .7152, .0722 };
	double part, light = 0;

	if (strncmp(text, "rgb:", 4) != 0 && strncmp(text, "rgba:", 5) != 0)
		return THEME_SAFE;
	text = strchr(text, ':');
	for (size_t i = 0; i < array_len(weight); i++) {
		if (*text++ != (i ? '/' : ':'))
			return THEME_SAFE;
		part = parse_part(&text);
		if (part < 0)
			return THEME_SAFE;
		light += weight[i] * part * part;
	}
	if (*text && *text != '/')
		return THEME_SAFE;
	return light <= .08 ? THEME_DARK : light >= .4 ? THEME_LIGHT : THEME_SAFE;
}

/* ---- what is held ---- */

static uint32_t *held(struct ground *g)
{
	return g->keys + g->n_free;
}

static unsigned int n_held(const struct ground *g)
{
	return g->n_keys - g->n_free;
}

/* The first of what is held are gone. */
static void drop(struct ground *g, unsigned int n)
{
	memmove(held(g), held(g) + n, (n_held(g) - n) * sizeof(*g->keys));
	g->n_keys -= n;
}

static void learn(struct ground *g)
{
	char text[GROUND_KEYS + 1];
	unsigned int n = 0;

	for (unsigned int i = array_len(ground_begins); i < n_held(g); i++)
		if (is_between(held(g)[i], ' ', '~'))
			text[n++] = (char)held(g)[i];
	text[n] = '\0';
	if (held(g)[n_held(g) - 1] == '\\')	/* of its end */
		text[n - 1] = '\0';
	g->told = theme_of(text);
	g->heard = true;
	g->listens = g->asked;
}

/* Broken off by the last key, which may begin another one, as may an Escape before it. */
static void drop_broken(struct ground *g)
{
	const uint32_t *last = held(g) + n_held(g) - 2;

	drop(g, n_held(g) - (last[0] == ESCAPE && last[1] != ESCAPE ? 2 : 1));
}

/* Until it is clear that what is held has to be. */
static void sort_out(struct ground *g)
{
	while (n_held(g))
		switch (match(held(g), n_held(g))) {
		case TYPED:
			g->n_free++;
			break;
		case BROKEN:
			drop_broken(g);
			break;
		case GROUND:
			learn(g);
			drop(g, n_held(g));
			break;
		case KIND:
			g->asked = false;
			g->listens = !g->heard;
			drop(g, n_held(g));
			break;
		case OTHER:
			drop(g, n_held(g));
			break;
		case MAYBE:
		case ANSWERING:
			return;
		}
}

void ground_ask(struct ground *g)
{
	*g = (struct ground){ .asked = true, .listens = true, .told = THEME_SAFE };
}

void ground_take(struct ground *g, uint32_t key, uint64_t now_ns)
{
	if (g->n_keys == GROUND_KEYS)	/* no answer is as long: what comes until its end is none */
		g->n_keys -= n_held(g) - min_of(n_held(g), array_len(ground_begins));
	if (g->n_keys == GROUND_KEYS)	/* nobody takes what is free */
		return;
	g->keys[g->n_keys++] = key;
	sort_out(g);
	if (n_held(g) && match(held(g), n_held(g)) == MAYBE)
		g->until_ns = now_ns + (g->asked ? DOUBT_NS : 0);
	else
		g->until_ns = now_ns + CERTAIN_NS;
}

bool ground_next(struct ground *g, uint32_t *key)
{
	if (!g->n_free)
		return false;
	*key = g->keys[0];
	memmove(g->keys, g->keys + 1, --g->n_keys * sizeof(*g->keys));
	g->n_free--;
	return true;
}

uint64_t ground_until_ns(const struct ground *g)
{
	return n_held(g) ? g->until_ns : UINT64_MAX;
}

void ground_expire(struct ground *g)
{
	if (n_held(g) && match(held(g), n_held(g)) == MAYBE)
		g->n_free = g->n_keys;
	else
		drop(g, n_held(g));
}
