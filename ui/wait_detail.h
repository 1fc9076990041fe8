// SPDX-License-Identifier: Apache-2.0
/*
 * ui/wait_detail.h - what is known of one row of waits: what its reason means, who waited
 * so, and at which stacks.
 */
#ifndef CPROFD_UI_WAIT_DETAIL_H
#define CPROFD_UI_WAIT_DETAIL_H

#include "profile/waits.h"
#include "ui/view.h"

/* As many stacks as there are rows for, then how many more there are. */
void wait_detail_put(const struct profile *p, struct grid *g, struct area area,
		     const struct wait_row *row, const struct wait_parts *parts);

#endif
