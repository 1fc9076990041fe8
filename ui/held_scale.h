// SPDX-License-Identifier: Apache-2.0
/*
 * ui/held_scale.h - a scale of bars that does not jump while somebody looks.
 *
 * It grows as soon as a bar needs it, and shrinks once a smaller one has done for ten
 * seconds.  What a key changes is another picture, which begins with its own.
 */
#ifndef CPROFD_UI_HELD_SCALE_H
#define CPROFD_UI_HELD_SCALE_H

#include <stdint.h>

struct app;

/* A zeroed one holds nothing yet. */
struct held_scale {
	double scale;
	uint64_t spare_ns;	/* since when less would do; 0: less does not do */
	uint32_t scope, what;	/* of which scope, and picture in it */
};

/* The scale to draw with where `needed` would do, a number that is not 0. */
double held_scale(const struct app *a, struct held_scale *h, double needed, uint32_t what);

#endif
