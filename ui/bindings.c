// SPDX-License-Identifier: Apache-2.0
#include "ui/bindings.h"

#include <string.h>

#include "base/util.h"
#include "ui/key.h"

void bindings_deinit(struct bindings *b)
{
	free(b->v);
	*b = (struct bindings){ 0 };
}

static struct binding *find(const struct bindings *b, uint32_t key)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].key == key)
			return &b->v[i];
	return NULL;
}

bool bindings_set(struct bindings *b, uint32_t key, enum action action)
{
	struct binding *there = find(b, key);

	if (key >= '0' && key <= '9')
		return false;
	if (!there) {
		array_reserve(b->v, b->n + 1, b->cap);
		there = &b->v[b->n++];
	}
	*there = (struct binding){ key, action };
	return true;
}

enum action bindings_find(const struct bindings *b, uint32_t key)
{
	const struct binding *bound = find(b, key);

	return bound ? bound->action : action_of_key(key);
}

uint32_t bindings_key_for(const struct bindings *b, uint32_t key)
{
	enum action action = action_of_key(key);

	if (bindings_find(b, key) == action)
		return key;
	for (size_t i = 0; i < b->n && action; i++)
		if (b->v[i].action == action)
			return b->v[i].key;
	for (size_t i = 0; i < n_action_rows; i++)
		for (int k = 0; k < ACTION_KEYS && action_rows[i].keys[k]; k++)
			if (action && action_rows[i].action == action &&
			    !find(b, action_rows[i].keys[k]))
				return action_rows[i].keys[k];
	return 0;
}

static void add(struct buf *out, const char *name, size_t len)
{
	if (out->len)
		buf_put_u8(out, ' ');
	buf_put(out, name, len);
}

void bindings_label(const struct bindings *b, const struct action_row *row, struct buf *out)
{
	const char *word = row->label;

	for (size_t len; *word; word += len + (word[len] == ' ')) {
		uint32_t key;

		len = strcspn(word, " ");
		key = key_called(word, len);
		if (!row->action || bindings_find(b, key) == row->action)
			add(out, word, len);
	}
	for (size_t i = 0; i < b->n && row->action; i++) {
		char name[KEY_NAME];

		if (b->v[i].action == row->action && action_of_key(b->v[i].key) != row->action)
			add(out, name, key_spell(b->v[i].key, name));
	}
	if (!out->len)
		add(out, "-", 1);
	buf_put_u8(out, '\0');
	out->len--;
}
