// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include "tests/unit/lab.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include "symbol/demangle.h"

TEST(names_are_demangled)
{
	static const struct { const char *mangled; const char *shown; } cases[] = {
		{ "_ZN3app5totalEi", "app::total(int)" },
		{ "_ZN3app5totalEi.constprop.0", "app::total(int) [clone .constprop.0]" },
		{ "_ZZ4mainENKUliE_clEi", "main::{lambda(int)#1}::operator()(int) const" },
		{ "_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE", "core::fmt::Formatter::write_str" },
		{ "_RNvCs1234_7mycrate3foo", "mycrate::foo" },
		{ "_D3std5stdio12__ModuleInfoZ", "ModuleInfo for std.stdio" },
		{ "_D4main3fooFiZv", "main.foo(int)" },
		{ "main", NULL }, { "", NULL }, { "_", NULL }, { "_Z", NULL }, { "_R", NULL },
		{ "_D", NULL }, { "_Zgarbage$", NULL },
	};

#ifndef HAVE_IBERTY
	need(false, "built without libiberty (Debian: libiberty-dev)");
#endif
	for (size_t i = 0; i < array_len(cases); i++) {
		_cleanup_(freep) char *shown = demangle(cases[i].mangled);

		if (cases[i].shown) {
			assert_non_null(shown);
			assert_string_equal(shown, cases[i].shown);
		} else {
			assert_null(shown);
		}
	}
}

/* "_Z1f" and pair types, each holding the one before it twice: 2^depth in text. */
static char *exploding_cplusplus(unsigned int depth)
{
	struct buf b = { 0 };

	buf_put(&b, "_Z1f1pIiiE", 10);
	for (unsigned int i = 0; i < depth; i++) {
		char step[32];
		int len = i == 0 ? sprintf(step, "S_IS0_S0_E") :
				   sprintf(step, "S_IS%X_S%X_E", i, i);
		buf_put(&b, step, (size_t)len);
	}
	buf_put_u8(&b, '\0');
	return (char *)b.data;
}

TEST(a_name_made_to_explode_is_left_alone)
{
	_cleanup_(freep) char *long_name = xmalloc(DEMANGLE_MAX_INPUT + 2);
	struct rlimit no_core = { 0, 0 };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		alarm(20);
		for (unsigned int depth = 1; depth < 36; depth++) {
			_cleanup_(freep) char *name = exploding_cplusplus(depth);
			_cleanup_(freep) char *shown = demangle(name);

			if (shown && strlen(shown) > DEMANGLE_MAX_OUTPUT)
				_exit(1);
		}
		/* deep nesting, in each of the languages */
		static const char *const bits[] = { "P", "N", "I", "T", "Q", "NCNv", "A1_" };
		static const char *const starts[] = { "_Z1f", "_R", "_D1aF" };
		for (size_t i = 0; i < array_len(bits) * array_len(starts); i++) {
			const char *bit = bits[i % array_len(bits)];
			size_t len = (size_t)sprintf(long_name, "%s", starts[i / array_len(bits)]);

			while (len + strlen(bit) < DEMANGLE_MAX_INPUT)
				len += (size_t)sprintf(long_name + len, "%s", bit);
			free(demangle(long_name));
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	memset(long_name, 'P', DEMANGLE_MAX_INPUT + 1);
	memcpy(long_name, "_Z1f", 4);
	long_name[DEMANGLE_MAX_INPUT + 1] = '\0';
	assert_null(demangle(long_name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_demangled),
		cmocka_unit_test(a_name_made_to_explode_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
