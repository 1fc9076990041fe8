// SPDX-License-Identifier: Apache-2.0
/*
 * profile/profile_internal.h - what profile.c and profile_add.c share.
 */
#ifndef CPROFD_PROFILE_PROFILE_INTERNAL_H
#define CPROFD_PROFILE_PROFILE_INTERNAL_H

#include "profile/profile.h"

/* One more element at the end of table `name`, as an lvalue. */
#define PUSH(p, name)                                                          \
	(*({                                                                   \
		array_reserve((p)->name, (p)->n_##name + 1, (p)->cap.name);    \
		&(p)->name[(p)->n_##name++];                                   \
	}))

/* Enter a stack that is new; returns its number. */
uint32_t profile_push_stack(struct profile *p, struct profile_stack stack);

/* Room for one more in a table that should hold `max` at most: EFBIG. */
int profile_check_room(struct error *err, const char *kind, size_t n, size_t max);

#endif
