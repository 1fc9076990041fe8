// SPDX-License-Identifier: Apache-2.0
/*
 * ui/terminfo.h - what $TERM names.  A file of its own, because <term.h> defines
 * words such as `lines` and `columns` as macros.
 */
#ifndef CPROFD_UI_TERMINFO_H
#define CPROFD_UI_TERMINFO_H

enum terminfo {
	TERMINFO_UNKNOWN,	/* there is no description of it */
	TERMINFO_PLAIN,		/* it cannot place its cursor */
	TERMINFO_SCREEN,
};

enum terminfo terminfo_check(void);

#endif
