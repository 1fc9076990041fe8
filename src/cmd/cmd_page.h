// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/cmd_page.h - the page that a report in text is printed on: how wide, and whether in
 * colour, by options or by where it goes.
 */
#ifndef CPROFD_CMD_CMD_PAGE_H
#define CPROFD_CMD_CMD_PAGE_H

#include <stdbool.h>
#include <stdint.h>

struct cmd;
struct page;

struct cmd_page {
	const char *color;	/* NULL: auto */
	uint64_t width;		/* 0: as wide as the terminal */
};

#define CMD_PAGE_OPTIONS \
	"  --width COLUMNS     of the page; else as wide as the terminal\n" \
	"  --color WHEN        auto, always or never\n"

/*
 * Take one of these options: true if `name` is one.  *code becomes EXIT_USAGE, and the
 * reason is said, if its value is none.
 */
bool cmd_page_option(const struct cmd *cmd, struct cmd_page *o, const char *name,
		     const char *value, int *code);

/* Begin the page on stdout; the caller ends it with page_deinit(). */
void cmd_page_init(const struct cmd_page *o, struct page *page);

#endif
