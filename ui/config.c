// SPDX-License-Identifier: Apache-2.0
#include "ui/config.h"

#include <string.h>

#include "base/util.h"
#include "ui/app.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A line with its words one blank apart, for the caller to free; NULL: it says nothing. */
static char *tidy(const char *s, const char *end)
{
	struct buf out = { 0 };

	while (s < end && is_blank(*s))
		s++;
	while (end > s && is_blank(end[-1]))
		end--;
	if (s == end || *s == '#')
		return NULL;
	for (; s < end; s++)
		if (!is_blank(*s))
			buf_put_u8(&out, *s ? (uint8_t)*s : '?');
		else if (!is_blank(s[1]))
			buf_put_u8(&out, ' ');
	buf_put_u8(&out, '\0');
	return (char *)out.data;
}

void config_apply(struct app *a, const char *text, size_t len,
		  void (*wrong)(void *ctx, unsigned int line, const char *why), void *ctx)
{
	const char *end = text + len;

	for (unsigned int n = 1; text < end; n++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		_cleanup_(freep) char *line = tidy(text, newline ? newline : end);

		a->refused = false;
		if (line)
			command_set_up(a, line);
		if (a->refused)
			wrong(ctx, n, a->message);
		free(steal(a->message));
		text = newline ? newline + 1 : end;
	}
}
