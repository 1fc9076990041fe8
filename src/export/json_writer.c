// SPDX-License-Identifier: Apache-2.0
#include "export/json_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"

struct json json_start(FILE *out)
{
	return (struct json){ .out = out };
}

void json_finish(struct json *j)
{
	assert(j->depth == 0);
	fputc('\n', j->out);
}

static void quote(FILE *out, const char *text, size_t len)
{
	const char *s = text, *end = text + len;
	uint32_t cp = 0;

	fputc('"', out);
	while (s < end) {
		size_t n = utf8_decode(s, end, &cp);

		if (n == 0)
			fputs("\\ufffd", out);
		else if (cp == '"' || cp == '\\')
			fprintf(out, "\\%c", *s);
		else if (cp < 0x20 || cp == 0x7f)
			fprintf(out, "\\u%04x", cp);
		else
			fwrite(s, 1, n, out);
		s += n ? n : 1;
	}
	fputc('"', out);
}

/* What comes before a value: comma, line, key. */
static void begin(struct json *j, const char *key)
{
	if (j->any[j->depth])
		fputc(',', j->out);
	if (j->depth)
		fprintf(j->out, "\n%*s", (int)j->depth, "");
	j->any[j->depth] = true;
	if (key) {
		quote(j->out, key, strlen(key));
		fputc(':', j->out);
	}
}

static void open_level(struct json *j, const char *key, char opening, char closing)
{
	begin(j, key);
	fputc(opening, j->out);
	j->depth++;
	assert(j->depth < JSON_MAX_DEPTH);
	j->any[j->depth] = false;
	j->closing[j->depth] = closing;
}

void json_object(struct json *j, const char *key)
{
	open_level(j, key, '{', '}');
}

void json_array(struct json *j, const char *key)
{
	open_level(j, key, '[', ']');
}

void json_end(struct json *j)
{
	assert(j->depth > 0);
	fputc(j->closing[j->depth--], j->out);
}

void json_string(struct json *j, const char *key, const char *s, size_t len)
{
	begin(j, key);
	quote(j->out, s, len);
}

void json_text(struct json *j, const char *key, const char *s)
{
	if (s)
		json_string(j, key, s, strlen(s));
	else
		json_null(j, key);
}

void json_u64(struct json *j, const char *key, uint64_t n)
{
	begin(j, key);
	fprintf(j->out, "%" PRIu64, n);
}

/* The locale of numbers is "C" in all of cprofd: only LC_CTYPE is set. */
void json_double(struct json *j, const char *key, double v)
{
	begin(j, key);
	if (isfinite(v))
		fprintf(j->out, "%.9g", v);
	else
		fputs("null", j->out);
}

void json_bool(struct json *j, const char *key, bool v)
{
	begin(j, key);
	fputs(v ? "true" : "false", j->out);
}

void json_null(struct json *j, const char *key)
{
	begin(j, key);
	fputs("null", j->out);
}
