// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd_page.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/cmd_recording.h"
#include "ui/page.h"

#define WIDTH_PIPE 100	/* where nobody says how wide a line may be */
#define WIDTH_MIN 60
#define WIDTH_MAX 500

bool cmd_page_option(const struct cmd *cmd, struct cmd_page *o, const char *name,
		     const char *value, int *code)
{
	if (strcmp(name, "width") == 0) {
		if (!cmd_parse_number(value, WIDTH_MIN, WIDTH_MAX, &o->width))
			*code = cmd_usage(cmd, "--width %s: not from %d to %d", value, WIDTH_MIN,
					  WIDTH_MAX);
	} else if (strcmp(name, "color") == 0) {
		if (strcmp(value, "auto") && strcmp(value, "always") && strcmp(value, "never"))
			*code = cmd_usage(cmd, "--color %s: not auto, always or never", value);
		o->color = value;
	} else {
		return false;
	}
	return true;
}

static bool want_color(const char *color)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	if (color && strcmp(color, "auto") != 0)
		return strcmp(color, "always") == 0;
	return isatty(STDOUT_FILENO) && !(no && *no) && term && strstr(term, "256color");
}

static unsigned int page_width(const struct cmd_page *o)
{
	struct winsize size;

	if (o->width)
		return (unsigned int)o->width;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col < WIDTH_MIN ? WIDTH_MIN : min_of(size.ws_col, WIDTH_MAX);
	return WIDTH_PIPE;
}

void cmd_page_init(const struct cmd_page *o, struct page *page)
{
	page_init(page, stdout, page_width(o), strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
		  want_color(o->color));
}
