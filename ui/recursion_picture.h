// SPDX-License-Identifier: Apache-2.0
/*
 * ui/recursion_picture.h - in how deep calls of itself the selected function spends its time.
 *
 *	self by depth   1 ▁▂▅█▇▃▁ 14  most at 4: 31%
 */
#ifndef CPROFD_UI_RECURSION_PICTURE_H
#define CPROFD_UI_RECURSION_PICTURE_H

#include "ui/app.h"
#include "ui/pen.h"

/* A row of it; nothing if the function was never seen to call itself. */
void recursion_picture_put(struct app *a, struct pen *pen);

void app_depths_deinit(struct app_depths *d);

#endif
