// SPDX-License-Identifier: Apache-2.0
/*
 * ui/ranks.h - which places in a list by own time are more than chance.
 */
#ifndef CPROFD_UI_RANKS_H
#define CPROFD_UI_RANKS_H

#include "profile/summary.h"

/*
 * "ranks 1-3 are distinct at 95%; the order of 4-7 may be chance",
 * of the first `n` functions in `order`.  The caller frees it.
 */
char *ranks_certainty(const struct summary *sum, const uint32_t *order, uint32_t n);

#endif
