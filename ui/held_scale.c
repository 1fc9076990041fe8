// SPDX-License-Identifier: Apache-2.0
#include "ui/held_scale.h"

#include "base/clock.h"
#include "ui/app.h"

#define HOLD_NS (10 * NS_PER_S)

double held_scale(const struct app *a, struct held_scale *h, double needed, uint32_t what)
{
	uint64_t now = a->session.now_ns;

	if (a->session.state == APP_FILE || needed >= h->scale || h->scope != a->scope.n_set ||
	    h->what != what || (h->spare_ns && now - h->spare_ns >= HOLD_NS))
		*h = (struct held_scale){ .scale = needed, .scope = a->scope.n_set, .what = what };
	else if (!h->spare_ns)
		h->spare_ns = now;
	return h->scale;
}
