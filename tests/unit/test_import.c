// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/util.h"
#include "import/import.h"
#include "import/marshal.h"
#include "profile/butterfly.h"
#include "profile/profile_load.h"

static int read_text(const char *bytes, size_t len, struct error *err)
{
	struct marshal m;
	int ret = marshal_read(bytes, len, &m, err);

	if (ret == 0)
		marshal_deinit(&m);
	return ret;
}

#define BYTES(s) s, sizeof(s) - 1

TEST(values_are_what_python_meant)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum marshal_kind kind;
		int64_t integer;
		double real;
	} cases[] = {
		{ BYTES("i\x2a\0\0\0"), MARSHAL_INT, 42, 0 },
		{ BYTES("i\xff\xff\xff\xff"), MARSHAL_INT, -1, 0 },
		{ BYTES("I\0\0\0\0\1\0\0\0"), MARSHAL_INT, 1ll << 32, 0 },
		{ BYTES("l\2\0\0\0\1\0\2\0"), MARSHAL_INT, 1 + (2 << 15), 0 },
		{ BYTES("l\xfe\xff\xff\xff\1\0\2\0"), MARSHAL_INT, -1 - (2 << 15), 0 },
		{ BYTES("l\5\0\0\0\xff\x7f\xff\x7f\xff\x7f\xff\x7f\7\0"), MARSHAL_INT, INT64_MAX, 0 },
		{ BYTES("l\5\0\0\0\0\0\0\0\0\0\0\0\x08\0"), MARSHAL_INT, INT64_MAX, 0 },
		{ BYTES("l\6\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0"), MARSHAL_INT, INT64_MAX, 0 },
		{ BYTES("T"), MARSHAL_INT, 1, 0 },
		{ BYTES("N"), MARSHAL_NONE, 0, 0 },
		{ BYTES("g\0\0\0\0\0\0\xf8\x3f"), MARSHAL_FLOAT, 0, 1.5 },
		{ BYTES("f\4-2e1"), MARSHAL_FLOAT, 0, -20 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct marshal m;
		struct error err;

		assert_int_equal(marshal_read(cases[i].bytes, cases[i].len, &m, &err), 0);
		const struct marshal_value *v = &m.values[m.root];
		assert_int_equal(v->kind, cases[i].kind);
		if (v->kind == MARSHAL_INT)
			assert_true(v->integer == cases[i].integer);
		if (v->kind == MARSHAL_FLOAT)
			assert_true(v->real == cases[i].real);
		marshal_deinit(&m);
	}
}

TEST(what_is_no_data_is_refused)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *why;
	} cases[] = {
		{ BYTES(""), "cut short" },
		{ BYTES("0"), "no value" },
		{ BYTES("c\0\0\0\0"), "holds code" },
		{ BYTES("<\0\0\0\0"), "type 60" },
		{ BYTES("i\0\0\0"), "cut short" },
		{ BYTES("u\xff\xff\xff\xff" "a"), "cut short" },
		{ BYTES("(\xff\xff\xff\x7f" "N"), "cut short" },
		{ BYTES("(\1\0\0\0" "0"), "missing" },
		{ BYTES("{N0"), "missing" },
		{ BYTES("r\0\0\0\0"), "reference" },
		{ BYTES("\xdb\1\0\0\0r\0\0\0\0"), "reference" },	/* a list in itself */
		{ BYTES("l\xff\xff\xff\x7f\1\0"), "cut short" },
		{ BYTES("f\3abc"), "cut short" },
		{ BYTES(")\1)\1)\1)\1)\1)\1)\1)\1)\1)\1)\1)\1)\1)\1)\1)\1)\1N"), "deeper" },
	};
	struct error err;

	for (size_t i = 0; i < array_len(cases); i++) {
		assert_int_equal(read_text(cases[i].bytes, cases[i].len, &err), -1);
		assert_int_equal(err.code, EBADMSG);
		if (!strstr(err.msg, cases[i].why))
			fail_msg("case %zu: %s", i, err.msg);
	}
}

/* ---- profiles ---- */

#define KEY(name) ")\3z\4a.pyi\7\0\0\0z\1" name
#define SECOND "g\0\0\0\0\0\0\xf0\x3f"
#define TWO_S "g\0\0\0\0\0\0\0\x40"
#define INT(n) "i" n "\0\0\0"
/* f, called 6 times, 2 of them not by itself: 4 by f, 2 by m; m, called once. */
#define PROFILE "{" KEY("f") ")\5" INT("\2") INT("\6") SECOND SECOND \
		"{" KEY("f") ")\4" INT("\4") INT("\1") SECOND SECOND \
		KEY("m") ")\4" INT("\2") INT("\2") "g\0\0\0\0\0\0\0\0" SECOND "0" \
		KEY("m") ")\5" INT("\1") INT("\1") SECOND TWO_S "{00"

static struct profile_load *import(const char *bytes, size_t len, int *fd)
{
	struct profile_load *load;
	struct error err;

	*fd = memfd_create("import", MFD_CLOEXEC);
	assert_int_equal(import_pstats(bytes, len, 5000000000ull, *fd, &err), 0);
	assert_int_equal(profile_load_open(*fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), 1);
	return load;
}

static uint32_t find(const struct profile *p, const struct summary *sum, const char *name)
{
	uint32_t n, function = summary_find(p, sum, name, &n);

	assert_int_equal(n, 1);
	return function;
}

TEST(calls_and_times_are_those_of_the_file)
{
	const struct selection all = { 0 };
	_cleanup_(closep) int fd = -1;
	struct profile_load *load = import(BYTES(PROFILE), &fd);
	const struct profile *p = profile_load_profile(load);
	struct summary sum;
	struct butterfly b;
	uint32_t f, m;

	summary_make(p, &all, &sum);
	f = find(p, &sum, "f");
	m = find(p, &sum, "m");
	assert_true(sum.measured);
	assert_true(p->ended);
	assert_int_equal(p->start_real_ns, 5000000000ull);
	assert_string_equal(profile_meta(p, "imported"), "pstats");
	assert_int_equal(sum.base_ns, 2000000000);
	assert_int_equal(sum.functions[f].total.count, 6);
	assert_int_equal(sum.functions[f].self.weight_ns, 1000000000);
	assert_int_equal(sum.functions[m].total.weight_ns, 2000000000);
	struct interval iv = summary_self(&sum, f);
	assert_true(iv.low == .5 && iv.share == .5 && iv.high == .5 && !iv.rough);

	butterfly_make(p, &sum, f, 3, &b);
	assert_int_equal(b.callers.n_rows, 2);
	assert_int_equal(b.outermost.count, 0);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(b.callers.rows[i].sum.count, b.callers.rows[i].function == f ? 4 : 2);
	butterfly_deinit(&b);
	butterfly_make(p, &sum, m, 3, &b);
	assert_int_equal(b.callees.n_rows, 1);
	assert_int_equal(b.callees.rows[0].sum.weight_ns, 1000000000);
	assert_int_equal(b.outermost.count, 1);
	butterfly_deinit(&b);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(every_beginning_of_a_file_is_refused)
{
	const char whole[] = PROFILE;
	struct error err;

	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		_cleanup_(closep) int fd = memfd_create("import", MFD_CLOEXEC);

		assert_int_equal(import_pstats(whole, len, 0, fd, &err), -1);
		assert_int_equal(err.code, EBADMSG);
	}
}

TEST(data_that_is_no_profile_is_refused)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *why;
	} cases[] = {
		{ BYTES("{0"), "no functions" },
		{ BYTES("i\0\0\0\0"), "no functions" },
		{ BYTES("{NN0"), "a key" },
		{ BYTES("{)\3NNNN0"), "a key" },
		{ BYTES("{" KEY("f") "N0"), "a value" },
		{ BYTES("{" KEY("f") ")\5" INT("\1") INT("\1") SECOND SECOND "N0"), "a value" },
		{ BYTES("{" KEY("f") ")\5" INT("\1") "N" SECOND SECOND "{00"), "no number" },
		{ BYTES("{" KEY("f") ")\5" INT("\1") "i\xff\xff\xff\xff" SECOND SECOND "{00"), "no number" },
		{ BYTES("{" KEY("f") ")\5" INT("\1") INT("\1") SECOND "f\3nan{00"), "a time" },
		{ BYTES("{" KEY("f") ")\5" INT("\1") INT("\1") "f\3inf" SECOND "{00"), "a time" },
		{ BYTES("{" KEY("f") ")\5" INT("\1") INT("\1") SECOND "f\0031e9{00"), "a time" },
		{ BYTES("{" KEY("f") ")\5" INT("\1") INT("\1") SECOND SECOND "{NN00"), "a key" },
		{ BYTES("{" KEY("f") ")\5" INT("\1") INT("\1") SECOND SECOND "{" KEY("f") "N00"), "a caller" },
	};
	struct error err;

	for (size_t i = 0; i < array_len(cases); i++) {
		_cleanup_(closep) int fd = memfd_create("import", MFD_CLOEXEC);

		assert_int_equal(import_pstats(cases[i].bytes, cases[i].len, 0, fd, &err), -1);
		assert_int_equal(err.code, EBADMSG);
		if (!strstr(err.msg, cases[i].why))
			fail_msg("case %zu: %s", i, err.msg);
	}
}

TEST(a_clock_that_was_set_back_counts_as_no_time)
{
	static const char bytes[] = "{" KEY("f") ")\5" INT("\1") INT("\1") "f\4-1.5" SECOND "{00";
	const struct selection all = { 0 };
	_cleanup_(closep) int fd = -1;
	struct profile_load *load = import(bytes, sizeof(bytes) - 1, &fd);
	struct summary sum;

	summary_make(profile_load_profile(load), &all, &sum);
	assert_int_equal(sum.base_ns, 0);
	assert_int_equal(sum.received.count, 1);
	summary_deinit(&sum);
	profile_load_close(load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_what_python_meant),
		cmocka_unit_test(what_is_no_data_is_refused),
		cmocka_unit_test(calls_and_times_are_those_of_the_file),
		cmocka_unit_test(every_beginning_of_a_file_is_refused),
		cmocka_unit_test(data_that_is_no_profile_is_refused),
		cmocka_unit_test(a_clock_that_was_set_back_counts_as_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
