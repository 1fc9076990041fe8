// SPDX-License-Identifier: Apache-2.0
/*
 * ui/key.h - keys: a character is its own number, others lie beyond Unicode.
 */
#ifndef CPROFD_UI_KEY_H
#define CPROFD_UI_KEY_H

#include <stddef.h>
#include <stdint.h>

#define KEY_OF_CTRL(letter) ((letter) & 0x1f)

enum key {
	KEY_OF_NONE = 0x200000,	/* nothing waits */
	KEY_OF_GONE,		/* the terminal is not there any more */
	KEY_OF_RESIZE,		/* it has another size */
	KEY_OF_UP, KEY_OF_DOWN, KEY_OF_LEFT, KEY_OF_RIGHT, KEY_OF_HOME, KEY_OF_END,
	KEY_OF_PAGE_UP, KEY_OF_PAGE_DOWN, KEY_OF_BACKSPACE, KEY_OF_ENTER, KEY_OF_ESCAPE,
	KEY_OF_TAB, KEY_OF_BACK_TAB, KEY_OF_DELETE,
	KEY_OF_F1, KEY_OF_F2, KEY_OF_F3, KEY_OF_F4, KEY_OF_F5, KEY_OF_F6, KEY_OF_F7,
	KEY_OF_F8, KEY_OF_F9, KEY_OF_F10,
	KEY_OF_CLICK,		/* with the mouse: term_clicked() says where */
	KEY_OF_DRAG,		/* moved since, with the button held: to term_clicked() */
	KEY_OF_RELEASE,		/* of the button */
	KEY_OF_WHEEL_UP, KEY_OF_WHEEL_DOWN,
};

/*
 * The key of this name, as the help page writes it: "q", "Enter", "PgDn", "^D".  0: it is
 * the name of none, or of more than one.
 */
uint32_t key_called(const char *name, size_t len);

/* The name of a key, terminated; returns its length, 0 if it has none. */
#define KEY_NAME 16
size_t key_spell(uint32_t key, char name[KEY_NAME]);

#endif
