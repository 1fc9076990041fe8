// SPDX-License-Identifier: Apache-2.0
#include "ui/terminfo.h"

#include <unistd.h>

#include <ncurses.h>
#include <term.h>

enum terminfo terminfo_check(void)
{
	enum terminfo found = TERMINFO_PLAIN;
	int status;

	if (setupterm(NULL, STDOUT_FILENO, &status) == ERR)
		return TERMINFO_UNKNOWN;
	if (tigetstr("cup") && tigetstr("clear"))
		found = TERMINFO_SCREEN;
	del_curterm(set_curterm(NULL));
	return found;
}
