// SPDX-License-Identifier: Apache-2.0
/*
 * import/marshal.h - read what Python's module marshal wrote, versions 0 to 5.
 *
 *	struct marshal m;
 *
 *	if (marshal_read(data, len, &m, err) < 0)
 *		return -1;
 *	v = marshal_get(&m, m.root);
 *	marshal_deinit(&m);
 *
 * Only what data consists of: None, booleans, numbers, text, tuples, lists, dicts.  The
 * input is not trusted: nesting, number of values and every length are bounded, and
 * a value that refers to one further out, which may be itself, is refused.
 */
#ifndef CPROFD_IMPORT_MARSHAL_H
#define CPROFD_IMPORT_MARSHAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

struct error;

#define MARSHAL_MAX_VALUES (1u << 23)
#define MARSHAL_MAX_DEPTH 16

enum marshal_kind {
	MARSHAL_OPEN,		/* not read to its end: never the kind of a value that one gets */
	MARSHAL_NONE,		/* and what ends a dict */
	MARSHAL_INT,		/* booleans too */
	MARSHAL_FLOAT,
	MARSHAL_TEXT,		/* str or bytes */
	MARSHAL_LIST,		/* tuple or list */
	MARSHAL_DICT,		/* key, value, key, value ... */
};

struct marshal_value {
	enum marshal_kind kind;
	uint32_t n;		/* LIST, DICT: items; TEXT: bytes */
	union {
		int64_t integer;	/* cut to what an int64_t can hold */
		double real;
		const char *text;	/* in the input; not terminated */
		uint32_t first;		/* of the items: see marshal_item() */
	};
};

struct marshal {
	uint32_t root;
	struct marshal_value *values;
	uint32_t *items;	/* numbers of values */
	uint32_t *refs;		/* values that others can refer to, in their order, */
	uint32_t *interned;	/* and those of Python 2 */
	size_t n_values, n_items, n_refs, n_interned;
	size_t cap_values, cap_items, cap_refs, cap_interned;
	struct cursor in;
};

/* Texts stay in `data`.  Fails with EBADMSG, and with EFBIG beyond a limit. */
int marshal_read(const void *data, size_t len, struct marshal *out, struct error *err);
void marshal_deinit(struct marshal *m);

/* Item `i`, which there is, of a LIST or DICT. */
static inline const struct marshal_value *marshal_item(const struct marshal *m,
						       const struct marshal_value *v, uint32_t i)
{
	return &m->values[m->items[v->first + i]];
}

#endif
