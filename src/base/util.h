// SPDX-License-Identifier: Apache-2.0
/*
 * base/util.h - scope guards, growing arrays, allocation that cannot fail.
 *
 * The x* functions abort when there is no memory.  A length that comes from
 * outside (a file, a target, a socket) is checked against a named limit before
 * it gets here.
 */
#ifndef CPROFD_BASE_UTIL_H
#define CPROFD_BASE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Call `fn(&variable)` when the variable goes out of scope. */
#define _cleanup_(fn) __attribute__((cleanup(fn)))

/* The value of pointer `p`, which becomes NULL: hands an object on. */
#define steal(p) ({ __typeof__(p) steal_ = (p); (p) = NULL; steal_; })

/* The same for a descriptor, which becomes -1. */
#define steal_fd(fd) ({ int steal_ = (fd); (fd) = -1; steal_; })

#define array_len(a) (sizeof(a) / sizeof((a)[0]))

#define min_of(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max_of(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xreallocarray(void *p, size_t n, size_t size);
void *xmemdup(const void *p, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Make room for `need` elements in the heap array `arr`, whose capacity is the
 * lvalue `cap`.  Grows by half, so that pushing one at a time stays linear.
 */
#define array_reserve(arr, need, cap)                                          \
	do {                                                                   \
		size_t need_ = (need);                                         \
		if (unlikely(need_ > (cap))) {                                 \
			size_t cap_ = (size_t)(cap) + (cap) / 2 + 8;           \
			if (cap_ < need_)                                      \
				cap_ = need_;                                  \
			(arr) = xreallocarray((arr), cap_, sizeof(*(arr)));    \
			(cap) = (__typeof__(cap))cap_;                         \
		}                                                              \
	} while (0)

/* For _cleanup_(): they accept what was never filled in (NULL, -1). */
static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

#endif
