// SPDX-License-Identifier: Apache-2.0
/*
 * Attributes of an object are in a dictionary, or, of most, only in an array of values, for
 * which its class has the keys:
 *
 *	to 3.10	a dictionary, whose place the class says; with others it may share its keys
 *	3.11	before the object: pointers to the array and to the dictionary
 *	3.12	one pointer to either; it is odd if it is that to the array
 *	3.13	the array is in the object itself, until it is marked as not valid
 */
#include "python/thread_name.h"

#include "base/util.h"
#include "python/code_object.h"

#define MAX_ATTRIBUTES 512	/* of a Thread, of a class derived from it, too */
#define MAX_LOG2_SIZE 32	/* of the index of a dictionary */

#define TYPE_INLINE_VALUES (1ull << 2)	/* flags of a class */
#define TYPE_MANAGED_DICT (1ull << 4)

#define V(major, minor) ((major) << 8 | (minor))

struct reader {
	const struct layout *l;
	const struct python_memory *m;
};

static bool get(const struct reader *r, uint64_t base, uint32_t off, uint64_t *out)
{
	return off != LAYOUT_NONE && memory_read_u64(r->m, base + off, out);
}

static bool get_byte(const struct reader *r, uint64_t base, uint32_t off, uint8_t *out)
{
	return off != LAYOUT_NONE && memory_read(r->m, base + off, out, 1);
}

static bool is_text(const struct reader *r, uint64_t str, const char *text)
{
	_cleanup_(freep) char *found = python_str_read(r->l, r->m, str);

	return found && strcmp(found, text) == 0;
}

/* ---- the Thread ---- */

#define OWNER_NO_PYTHON 3

/* The frame that was begun first; 0: there is none, or it is not to be had. */
static uint64_t outermost_frame(const struct reader *r, const struct python_thread *thread)
{
	const struct layout *l = r->l;
	bool objects = l->version <= V(3, 10), cframes = l->version <= V(3, 12) && !objects;
	uint32_t back = objects ? l->frame_back : l->iframe_previous;
	uint64_t at, outermost = 0;
	uint8_t owner = 0;

	if (cframes && (!get(r, thread->tstate, l->tstate_cframe, &at) ||
			!get(r, at, l->cframe_current_frame, &at)))
		return 0;
	if (!cframes && !get(r, thread->tstate, objects ? l->tstate_frame : l->tstate_current_frame,
			     &at))
		return 0;
	for (uint32_t n = 0; at; n++) {
		if (n == 2 * PYTHON_MAX_FRAMES)
			return 0;
		if (!objects && !get_byte(r, at, l->iframe_owner, &owner))
			return 0;
		if (owner < OWNER_NO_PYTHON)
			outermost = at;
		if (!get(r, at, back, &at))
			return 0;
	}
	return outermost;
}

static bool is_bootstrap(const struct reader *r, uint64_t code)
{
	static const char file[] = "threading.py";
	_cleanup_(freep) char *path = NULL;
	uint64_t name, path_at;
	size_t len;

	if (!get(r, code, r->l->code_name, &name) || !is_text(r, name, "_bootstrap") ||
	    !get(r, code, r->l->code_filename, &path_at))
		return false;
	path = python_str_read(r->l, r->m, path_at);
	len = path ? strlen(path) : 0;
	return len >= strlen(file) && strcmp(path + len - strlen(file), file) == 0;
}

/* From 3.14 on the lowest bits of such a word are not of the address. */
static uint64_t untagged(const struct reader *r, uint64_t word)
{
	return r->l->version >= V(3, 14) ? word & ~(uint64_t)3 : word;
}

uint64_t python_thread_object(const struct python_runtime *runtime,
			      const struct python_memory *memory,
			      const struct python_thread *thread)
{
	const struct reader r = { &runtime->layout, memory };
	bool objects = r.l->version <= V(3, 10);
	uint64_t frame = outermost_frame(&r, thread), code, object;

	if (!frame || !get(&r, frame, objects ? r.l->frame_code : r.l->iframe_code, &code) ||
	    !is_bootstrap(&r, untagged(&r, code)) ||
	    !get(&r, frame, objects ? r.l->frame_localsplus : r.l->iframe_localsplus, &object))
		return 0;
	return untagged(&r, object);
}

/* ---- an attribute ---- */

/* The entries of a dictionary's keys: hash, if they have it, key, value, a word each. */
struct keys {
	uint64_t first;
	uint64_t n;
	uint32_t bytes;		/* of an entry, */
	uint32_t key;		/* and where in it the key is; its value is behind it */
};

/* To 3.10 the index has as many bytes in a place as its size takes. */
static bool get_old_keys(const struct reader *r, uint64_t at, struct keys *out)
{
	uint64_t size;

	if (!get(r, at, r->l->dictkeys_size, &size) || size > 1ull << MAX_LOG2_SIZE)
		return false;
	out->first = at + r->l->dictkeys_indices +
		     size * (size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= 0xffffffff ? 4 : 8);
	out->bytes = 24;
	out->key = 8;
	return true;
}

static bool get_new_keys(const struct reader *r, uint64_t at, struct keys *out)
{
	uint8_t log2_bytes, kind;

	if (!get_byte(r, at, r->l->dictkeys_log2_index_bytes, &log2_bytes) ||
	    log2_bytes > MAX_LOG2_SIZE + 3 || !get_byte(r, at, r->l->dictkeys_kind, &kind))
		return false;
	out->first = at + r->l->dictkeys_indices + (1ull << log2_bytes);
	/* Kind 0 has keys that are no str, and so the hash of each. */
	out->bytes = kind ? 16 : 24;
	out->key = kind ? 0 : 8;
	return true;
}

static bool get_keys(const struct reader *r, uint64_t at, struct keys *out)
{
	if (r->l->dictkeys_indices == LAYOUT_NONE || !get(r, at, r->l->dictkeys_nentries, &out->n))
		return false;
	out->n = min_of(out->n, (uint64_t)MAX_ATTRIBUTES);
	return r->l->dictkeys_size != LAYOUT_NONE ? get_old_keys(r, at, out)
						   : get_new_keys(r, at, out);
}

/*
 * What belongs to the key `name`: in the array of values at `values`, or, if that is 0,
 * beside the key.  0: there is none.
 */
static uint64_t find_value(const struct reader *r, uint64_t keys_at, uint64_t values,
			   const char *name, uint64_t *key)
{
	struct keys keys;
	uint64_t value;

	if (!get_keys(r, keys_at, &keys))
		return 0;
	for (uint64_t i = 0; i < keys.n; i++) {
		uint64_t entry = keys.first + i * keys.bytes + keys.key;

		if (!memory_read_u64(r->m, entry, key))
			return 0;
		if (!*key || !is_text(r, *key, name))
			continue;
		return memory_read_u64(r->m, values ? values + i * 8 : entry + 8, &value) ? value : 0;
	}
	return 0;
}

/* Where the first of an array of values is. */
static uint64_t first_value(const struct reader *r, uint64_t values)
{
	return values + (r->l->dictvalues_values == LAYOUT_NONE ? 0 : r->l->dictvalues_values);
}

static uint64_t find_in_dict(const struct reader *r, uint64_t dict, const char *name,
			     uint64_t *key)
{
	uint64_t keys, values;

	if (!dict || !get(r, dict, r->l->dict_keys, &keys) ||
	    !get(r, dict, r->l->dict_values, &values))
		return 0;
	return find_value(r, keys, values ? first_value(r, values) : 0, name, key);
}

/* The array of values of an object without a dictionary; 0: it has one, in *dict. */
static uint64_t find_values(const struct reader *r, uint64_t object, uint64_t type,
			    uint64_t flags, uint64_t *dict)
{
	uint64_t word, size;
	uint8_t valid;

	*dict = 0;
	if (r->l->object_values_before != LAYOUT_NONE) {	/* 3.11 */
		if (!get(r, object - r->l->object_dict_before, 0, dict) || *dict ||
		    !get(r, object - r->l->object_values_before, 0, &word))
			return 0;
		return word;
	}
	if (r->l->dictvalues_valid == LAYOUT_NONE) {		/* 3.12 */
		if (!get(r, object - r->l->object_dict_before, 0, &word))
			return 0;
		if (word & 1)
			return word + 1;
		*dict = word;
		return 0;
	}
	if (flags & TYPE_INLINE_VALUES && get(r, type, r->l->type_basicsize, &size) &&
	    get_byte(r, object + size, r->l->dictvalues_valid, &valid) && valid)
		return object + size;
	get(r, object - r->l->object_dict_before, 0, dict);
	return 0;
}

static uint64_t find_attribute(const struct reader *r, uint64_t object, const char *name,
			       uint64_t *key)
{
	uint64_t type, flags = 0, offset, dict, keys, values;

	if (!get(r, object, r->l->object_type, &type))
		return 0;
	if (r->l->object_dict_before != LAYOUT_NONE && !get(r, type, r->l->type_flags, &flags))
		return 0;
	if (!(flags & TYPE_MANAGED_DICT)) {
		if (!get(r, type, r->l->type_dictoffset, &offset) || (int64_t)offset <= 0 ||
		    !memory_read_u64(r->m, object + offset, &dict))
			return 0;
		return find_in_dict(r, dict, name, key);
	}
	values = find_values(r, object, type, flags, &dict);
	if (!values)
		return find_in_dict(r, dict, name, key);
	if (!get(r, type, r->l->type_cached_keys, &keys))
		return 0;
	return find_value(r, keys, first_value(r, values), name, key);
}

char *python_thread_name(const struct python_runtime *runtime, const struct python_memory *memory,
			 uint64_t object)
{
	const struct reader r = { &runtime->layout, memory };
	uint64_t key, name = find_attribute(&r, object, "_name", &key), type, str;

	/* It is a str, as its key is. */
	if (!name || !get(&r, name, r.l->object_type, &type) ||
	    !get(&r, key, r.l->object_type, &str) || type != str)
		return NULL;
	return python_str_read(r.l, r.m, name);
}
