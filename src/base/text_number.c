// SPDX-License-Identifier: Apache-2.0
#include "base/text_number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

char *text_tid(char buf[TEXT_NUMBER], uint32_t tid)
{
	if (tid == UINT32_MAX)
		strcpy(buf, "-");
	else
		snprintf(buf, TEXT_NUMBER, "%" PRIu32, tid);
	return buf;
}

char *text_count(char buf[TEXT_NUMBER], uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	char *to = buf;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return buf;
}

/* Three digits that count, of a number of at least 1. */
static int decimals(double v)
{
	return v < 9.995 ? 2 : v < 99.95 ? 1 : 0;
}

char *text_count_short(char buf[TEXT_NUMBER], uint64_t n)
{
	static const char units[] = "kMGTPE";
	double v = (double)n;
	size_t unit = 0;

	if (n < 100000) {
		snprintf(buf, TEXT_NUMBER, "%" PRIu64, n);
		return buf;
	}
	for (v /= 1e3; v >= 999.5 && units[unit + 1]; unit++)
		v /= 1e3;
	snprintf(buf, TEXT_NUMBER, "%.*f%c", decimals(v), v, units[unit]);
	return buf;
}

char *text_percent(char buf[TEXT_NUMBER], double fraction, bool whole)
{
	snprintf(buf, TEXT_NUMBER, "%.*f", whole ? 0 : 1, fraction * 100);
	return buf;
}

static char *with_unit(char buf[TEXT_NUMBER], double v, const char *unit)
{
	char number[TEXT_NUMBER - 8];

	if (v >= 999.5)
		text_count(buf, (uint64_t)llround(v));
	else
		snprintf(buf, TEXT_NUMBER, "%.*f", decimals(v), v);
	snprintf(number, sizeof(number), "%s", buf);
	snprintf(buf, TEXT_NUMBER, "%s %s", number, unit);
	return buf;
}

char *text_time(char buf[TEXT_NUMBER], uint64_t ns)
{
	double v = (double)ns;

	if (ns < 1000)
		snprintf(buf, TEXT_NUMBER, "%" PRIu64 " ns", ns);
	else if (v < 999.5e3)
		with_unit(buf, v / 1e3, "us");
	else if (v < 999.5e6)
		with_unit(buf, v / 1e6, "ms");
	else
		with_unit(buf, v / 1e9, "s");
	return buf;
}

char *text_seconds(char buf[TEXT_NUMBER], uint64_t ns)
{
	double s = (double)ns / 1e9;

	if (s >= 999.995)
		return text_count(buf, (uint64_t)llround(s));
	snprintf(buf, TEXT_NUMBER, "%.2f", s);
	return buf;
}

char *text_bytes(char buf[TEXT_NUMBER], uint64_t n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double v = (double)n;
	size_t unit = 0;

	while (v >= 1023.5 && unit + 1 < array_len(units)) {
		v /= 1024;
		unit++;
	}
	if (unit == 0 || v == floor(v)) {
		snprintf(buf, TEXT_NUMBER, "%.0f %s", v, units[unit]);
		return buf;
	}
	return with_unit(buf, v, units[unit]);
}
