// SPDX-License-Identifier: Apache-2.0
#include "profile/filter.h"

#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"

struct filter {
	char *pattern;
	bool any_case;
	bool is_regex;
	regex_t regex;
};

void filter_close(struct filter *f)
{
	if (!f)
		return;
	if (f->is_regex)
		regfree(&f->regex);
	free(f->pattern);
	free(f);
}

static bool has_capital(const char *s)
{
	for (; *s; s++)
		if (isupper((unsigned char)*s))
			return true;
	return false;
}

int filter_open(const char *pattern, enum filter_kind kind, struct filter **out,
		struct error *err)
{
	struct filter *f = xcalloc(1, sizeof(*f));
	char why[128];

	f->pattern = xstrdup(pattern);
	f->any_case = !has_capital(pattern);
	if (kind == FILTER_REGEX) {
		int code = regcomp(&f->regex, pattern, REG_EXTENDED | REG_NOSUB |
				   (f->any_case ? REG_ICASE : 0));

		if (code) {
			regerror(code, &f->regex, why, sizeof(why));
			filter_close(f);
			return error_set(err, EINVAL, "\"%s\" is no regular expression: %s",
					 pattern, why);
		}
		f->is_regex = true;
	}
	*out = f;
	return 0;
}

int filter_parse(const char *typed, struct filter **out, struct error *err)
{
	_cleanup_(freep) char *inner = NULL;
	size_t len = strlen(typed);

	if (*typed != '/' || len < 2)
		return filter_open(typed, FILTER_TEXT, out, err);
	inner = xstrdup(typed + 1);
	if (len > 2 && typed[len - 1] == '/')
		inner[len - 2] = '\0';
	return filter_open(inner, FILTER_REGEX, out, err);
}

bool filter_match(const struct filter *f, const char *name)
{
	if (f->is_regex)
		return regexec(&f->regex, name, 0, NULL, 0) == 0;
	return (f->any_case ? strcasestr(name, f->pattern)
			    : strstr(name, f->pattern)) != NULL;
}

const char *filter_pattern(const struct filter *f)
{
	return f->pattern;
}
