// SPDX-License-Identifier: Apache-2.0
/*
 * ui/ground.h - what a terminal answers when it is asked for the colour of its ground.
 *
 * The answer comes among the keys: at once, late, in pieces, or never.  What may belong to
 * it is held back; what turns out not to comes out again, as the keys that it was.  The
 * question ends with a second one that every terminal knows, what kind it is (DA1): once
 * that is answered there is nothing to wait for.
 *
 * No terminal and no clock: keys as ui/key.h has them, times are given.
 */
#ifndef CPROFD_UI_GROUND_H
#define CPROFD_UI_GROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/palette.h"

#define GROUND_QUESTION "\033]11;?\033\\\033[c"

#define GROUND_KEYS 64		/* an answer is never as long */

struct ground {
	bool asked;			/* and not answered by all that is to come */
	bool heard;			/* what it said of its ground */
	bool listens;			/* an answer may come in spite of that */
	enum theme told;		/* THEME_SAFE: nothing, or a ground between the themes */
	uint32_t keys[GROUND_KEYS];	/* those that are free, then those that are held */
	unsigned int n_keys, n_free;
	uint64_t until_ns;		/* these are held */
};

/* The question was put. */
void ground_ask(struct ground *g);

/*
 * What was typed, by a person or by the terminal; only while it listens.  It listens on
 * where only the second question was answered: between us and the terminal may be one
 * that answers this one itself and passes the other one on, as GNU screen does.
 */
void ground_take(struct ground *g, uint32_t key, uint64_t now_ns);

/* The next key that is none of the answer; false: there is none yet. */
bool ground_next(struct ground *g, uint32_t *key);

/*
 * When ground_expire() is to be called, or UINT64_MAX: the rest of what is held did not come
 * by then.
 */
uint64_t ground_until_ns(const struct ground *g);
void ground_expire(struct ground *g);

#endif
