// SPDX-License-Identifier: Apache-2.0
#include "ui/key.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "base/util.h"

static const struct {
	const char *name;
	uint32_t key;
} keys[] = {
	{ "Up", KEY_OF_UP }, { "Down", KEY_OF_DOWN },
	{ "Left", KEY_OF_LEFT }, { "Right", KEY_OF_RIGHT },
	{ "Home", KEY_OF_HOME }, { "End", KEY_OF_END },
	{ "PgUp", KEY_OF_PAGE_UP }, { "PgDn", KEY_OF_PAGE_DOWN },
	{ "Enter", KEY_OF_ENTER }, { "Esc", KEY_OF_ESCAPE }, { "Space", ' ' },
	{ "Tab", KEY_OF_TAB }, { "S-Tab", KEY_OF_BACK_TAB },
	{ "Backspace", KEY_OF_BACKSPACE }, { "Del", KEY_OF_DELETE },
	{ "F1", KEY_OF_F1 }, { "F2", KEY_OF_F2 }, { "F3", KEY_OF_F3 }, { "F4", KEY_OF_F4 },
	{ "F5", KEY_OF_F5 }, { "F6", KEY_OF_F6 }, { "F7", KEY_OF_F7 }, { "F8", KEY_OF_F8 },
	{ "F9", KEY_OF_F9 }, { "F10", KEY_OF_F10 },
};

uint32_t key_called(const char *name, size_t len)
{
	uint32_t cp;

	if (!len)
		return 0;
	if (utf8_decode(name, name + len, &cp) == len)
		return cp > ' ' && cp != 0x7f ? cp : 0;
	if (len == 2 && *name == '^' && name[1] >= 'A' && name[1] <= 'Z')
		return KEY_OF_CTRL((uint32_t)name[1]);
	for (size_t i = 0; i < array_len(keys); i++)
		if (strlen(keys[i].name) == len && memcmp(keys[i].name, name, len) == 0)
			return keys[i].key;
	return 0;
}

size_t key_spell(uint32_t key, char name[KEY_NAME])
{
	size_t len = 0;

	for (size_t i = 0; i < array_len(keys); i++)
		if (keys[i].key == key)
			return (size_t)snprintf(name, KEY_NAME, "%s", keys[i].name);
	if (key >= KEY_OF_CTRL('A') && key <= KEY_OF_CTRL('Z'))
		return (size_t)snprintf(name, KEY_NAME, "^%c", (int)key + '@');
	if (key > ' ' && key != 0x7f)
		len = utf8_encode(key, name);
	name[len] = '\0';
	return len;
}
