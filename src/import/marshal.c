// SPDX-License-Identifier: Apache-2.0
/*
 * A value is a letter, and what that says:
 *
 *	N T F .		None, True, False, ...
 *	i I l		32 bits, 64 bits, digits of 15 bits (the sign is that of their number)
 *	g f		8 bytes, text behind its length
 *	s t u a A	4 bytes of length and text; t and A are interned
 *	z Z		1 byte of length and ASCII
 *	( [ ) 		4 bytes, or 1, of length, and so many values
 *	{		keys and values up to the letter 0
 *	r		4 bytes: the value of that number among those with bit 7 of the letter
 *	R		4 bytes, Python 2: the text of that number among those of letter t
 *
 * Items of a list are read one after the other, each with what is in it, so their numbers
 * wait on the stack of the ones that are open until all of them are known.
 */
#include "import/marshal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/util.h"

#define FLAG_REF 0x80

/* Numbers of items of all lists that are open. */
struct waiting {
	uint32_t *v;
	size_t n, cap;
};

static int read_value(struct marshal *m, struct waiting *w, unsigned int depth, uint32_t *out,
		      bool *end, struct error *err);

void marshal_deinit(struct marshal *m)
{
	free(m->values);
	free(m->items);
	free(m->refs);
	free(m->interned);
	*m = (struct marshal){ 0 };
}

static int cut_short(struct error *err)
{
	return error_set(err, EBADMSG, "cut short");
}

static uint32_t add_value(struct marshal *m)
{
	array_reserve(m->values, m->n_values + 1, m->cap_values);
	m->values[m->n_values] = (struct marshal_value){ .kind = MARSHAL_OPEN };
	return (uint32_t)m->n_values++;
}

static void set_text(struct marshal *m, uint32_t number, size_t len)
{
	const char *text = (const char *)cursor_bytes(&m->in, len);

	m->values[number] = (struct marshal_value){
		.kind = MARSHAL_TEXT, .n = text ? (uint32_t)len : 0, .text = text ? text : "" };
}

/* Digits of 15 bits, the lowest first; what does not fit becomes the largest there is. */
static int64_t read_long(struct marshal *m)
{
	int32_t n = (int32_t)cursor_u32(&m->in);
	uint64_t v = 0;

	for (int64_t i = 0; i < llabs((int64_t)n) && !m->in.bad; i++) {
		uint64_t digit = cursor_u16(&m->in);

		if (digit && (i > 4 || digit > (uint64_t)INT64_MAX >> (15 * i)))
			v = INT64_MAX;
		else if (v != INT64_MAX)
			v |= i > 4 ? 0 : digit << (15 * i);
	}
	v = min_of(v, (uint64_t)INT64_MAX);
	return n < 0 ? -(int64_t)v : (int64_t)v;
}

/* A float as text, which old versions have. */
static double read_decimal(struct marshal *m)
{
	char text[256] = "", *end;
	size_t len = cursor_u8(&m->in);
	const uint8_t *bytes = cursor_bytes(&m->in, len);
	double v;

	for (size_t i = 0; bytes && i < len; i++)
		text[i] = (char)bytes[i];
	v = strtod(text, &end);
	m->in.bad |= !len || *end || end != text + len;
	return v;
}

static double read_real(struct marshal *m)
{
	uint64_t bits = cursor_u64(&m->in);
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static int read_items(struct marshal *m, struct waiting *w, unsigned int depth,
		      uint32_t number, enum marshal_kind kind, uint32_t n, struct error *err)
{
	size_t from = w->n;
	bool end = false;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t item;

		if (read_value(m, w, depth + 1, &item, &end, err) < 0)
			return -1;
		if (end && (kind != MARSHAL_DICT || (w->n - from) % 2))
			return error_set(err, EBADMSG, "a value is missing");
		if (end)
			break;
		array_reserve(w->v, w->n + 1, w->cap);
		w->v[w->n++] = item;
	}
	array_reserve(m->items, m->n_items + (w->n - from), m->cap_items);
	m->values[number] = (struct marshal_value){ .kind = kind, .n = (uint32_t)(w->n - from),
						    .first = (uint32_t)m->n_items };
	for (size_t i = from; i < w->n; i++)
		m->items[m->n_items++] = w->v[i];
	w->n = from;
	return 0;
}

static int refer(const uint32_t *list, size_t n, uint32_t which, const struct marshal *m,
		 uint32_t *out, struct error *err)
{
	if (which >= n || m->values[list[which]].kind == MARSHAL_OPEN)
		return error_set(err, EBADMSG, "a reference to what was not read");
	*out = list[which];
	return 0;
}

/* A value that refers to no other: false if the letter is none of these. */
static bool read_plain(struct marshal *m, int letter, uint32_t number)
{
	struct marshal_value *v = &m->values[number];

	switch (letter) {
	case 'N':
	case '.':
		v->kind = MARSHAL_NONE;
		break;
	case 'T':
	case 'F':
		*v = (struct marshal_value){ .kind = MARSHAL_INT, .integer = letter == 'T' };
		break;
	case 'i':
		*v = (struct marshal_value){ .kind = MARSHAL_INT, .integer = (int32_t)cursor_u32(&m->in) };
		break;
	case 'I':
		*v = (struct marshal_value){ .kind = MARSHAL_INT, .integer = (int64_t)cursor_u64(&m->in) };
		break;
	case 'l':
		*v = (struct marshal_value){ .kind = MARSHAL_INT, .integer = read_long(m) };
		break;
	case 'g':
		*v = (struct marshal_value){ .kind = MARSHAL_FLOAT, .real = read_real(m) };
		break;
	case 'f':
		*v = (struct marshal_value){ .kind = MARSHAL_FLOAT, .real = read_decimal(m) };
		break;
	case 's':
	case 't':
	case 'u':
	case 'a':
	case 'A':
		set_text(m, number, cursor_u32(&m->in));
		break;
	case 'z':
	case 'Z':
		set_text(m, number, cursor_u8(&m->in));
		break;
	default:
		return false;
	}
	return true;
}

static int read_one(struct marshal *m, struct waiting *w, unsigned int depth, int letter,
		    uint32_t number, struct error *err)
{
	uint32_t n;

	if (letter == '{')
		return read_items(m, w, depth, number, MARSHAL_DICT, UINT32_MAX, err);
	if (letter == '(' || letter == '[' || letter == ')') {
		n = letter == ')' ? cursor_u8(&m->in) : cursor_u32(&m->in);
		if (n > cursor_left(&m->in))	/* each has a letter at least */
			return cut_short(err);
		return read_items(m, w, depth, number, MARSHAL_LIST, n, err);
	}
	if (letter == 'c')
		return error_set(err, EBADMSG, "it holds code, as files of `python3 -m profile` do; take cProfile");
	if (!read_plain(m, letter, number))
		return error_set(err, EBADMSG, "a value of type %d, which no profile has", letter);
	return m->in.bad ? cut_short(err) : 0;
}

/* The number of the next value; *end instead if that is the end of a dict. */
static int read_value(struct marshal *m, struct waiting *w, unsigned int depth, uint32_t *out,
		      bool *end, struct error *err)
{
	int byte = cursor_u8(&m->in), letter = byte & ~FLAG_REF;
	uint32_t number;

	if (m->in.bad)
		return cut_short(err);
	if (depth > MARSHAL_MAX_DEPTH)
		return error_set(err, EBADMSG, "nested deeper than %d", MARSHAL_MAX_DEPTH);
	*end = byte == '0';
	if (*end)
		return 0;
	if (letter == 'r')
		return refer(m->refs, m->n_refs, cursor_u32(&m->in), m, out, err);
	if (letter == 'R')
		return refer(m->interned, m->n_interned, cursor_u32(&m->in), m, out, err);
	if (m->n_values >= MARSHAL_MAX_VALUES)
		return error_set(err, EFBIG, "more than %u values", MARSHAL_MAX_VALUES);
	*out = number = add_value(m);
	if (byte & FLAG_REF) {
		array_reserve(m->refs, m->n_refs + 1, m->cap_refs);
		m->refs[m->n_refs++] = number;
	}
	if (byte == 't') {
		array_reserve(m->interned, m->n_interned + 1, m->cap_interned);
		m->interned[m->n_interned++] = number;
	}
	return read_one(m, w, depth, letter, number, err);
}

int marshal_read(const void *data, size_t len, struct marshal *out, struct error *err)
{
	struct waiting w = { 0 };
	bool end = false;
	int ret;

	*out = (struct marshal){ .in = cursor_make(data, len) };
	ret = read_value(out, &w, 0, &out->root, &end, err);
	if (ret == 0 && end)
		ret = error_set(err, EBADMSG, "it has no value");
	if (ret < 0) {
		error_prefix(err, "byte %zu", len - cursor_left(&out->in));
		marshal_deinit(out);
	}
	free(w.v);
	return ret;
}
