// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "profile/profile_load.h"
#include "record/writer.h"
#include "tests/unit/nodes.h"
#include "verify/verify.h"

#define START 1000000000ull

/* ---- what the program says ---- */

TEST(truth_is_read)
{
	struct truth t;
	struct error err;

	assert_int_equal(truth_parse("total a 1.5\nself b 0.5\nkernel 0.25\nthread c 42 1\n"
				     "depth a b 20\ninside b a\nrusage 1 0.5\ncpu 2\n", &t, &err), 0);
	assert_int_equal(t.n, 6);
	assert_true(t.cpu_s > 1.99 && t.cpu_s < 2.01 && t.rusage_kernel_s > 0.49);
	assert_int_equal(t.lines[0].kind, TRUTH_TOTAL);
	assert_string_equal(t.lines[1].name, "b");
	assert_int_equal(t.lines[1].kind, TRUTH_SELF);
	assert_int_equal(t.lines[2].kind, TRUTH_KERNEL);
	assert_int_equal(t.lines[3].n, 42);
	assert_int_equal(t.lines[4].n, 20);
	assert_string_equal(t.lines[5].other, "a");
}

TEST(nonsense_is_no_truth)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "did not say what CPU time" },
		{ "total a 1\n", "used 0 s, 1 of them in a" },
		{ "cpu 0\n", "did not say what CPU time" },
		{ "cpu nan\n", "did not say what CPU time" },
		{ "cpu 1\ntotal a\n", "line 2 of what the program said: total a" },
		{ "cpu 1 s\n", "line 1" },
		{ "nothing a 1\n", "line 1" },
		{ "depth a b 0\n", "line 1" },
		{ "cpu 1\n\n", "line 2" },
		{ "cpu 1\ntotal a 2\n", "used 1 s, 2 of them in a" },
		{ "cpu 1\ntotal a -1\n", "used 1 s, -1 of them in a" },
		{ "total a 1\ntotal a 1\ntotal a 1\ntotal a 1\ntotal a 1\ntotal a 1\ntotal a 1\n"
		  "total a 1\ntotal a 1\ntotal a 1\ntotal a 1\ntotal a 1\ntotal a 1\ntotal a 1\n"
		  "total a 1\ntotal a 1\ntotal a 1\ncpu 1\n", "line 17" },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct truth t;
		struct error err;

		assert_int_equal(truth_parse(cases[i].text, &t, &err), -1);
		assert_int_equal(err.code, EBADMSG);
		if (!strstr(err.msg, cases[i].message))
			fail_msg("\"%s\" says: %s", cases[i].text, err.msg);
	}
}

/* ---- made-up recordings ---- */

#define WEIGHT_NS 2000000u

struct made {
	struct record_writer *w;
	int fd;
	uint32_t frames[26];	/* of the functions "a" to "z" */
	struct nodes nodes;
	uint32_t left_out;	/* the frame "_" that stands for others */
	uint64_t n;
};

static void made_begin(struct made *m)
{
	struct error err;

	memset(m, 0, sizeof(*m));
	m->fd = memfd_create("verify", MFD_CLOEXEC);
	assert_int_equal(record_writer_open(dup(m->fd), START, 0, &m->w, &err), 0);
	uint32_t exe = record_put_string(m->w, "/bin/made", 9);
	record_put_process(m->w, &(struct record_process){ .pid = 7, .exe = exe });
	for (uint32_t i = 0; i < 2; i++)
		record_put_thread(m->w, &(struct record_thread){ .tid = 7 + i, .time_ns = START });
	record_put_module(m->w, &(struct record_module){ .path = exe });
	for (uint32_t i = 0; i < 26; i++) {
		char name = (char)('a' + i);
		uint32_t function = record_put_function(m->w, &(struct record_function){
			.name = record_put_string(m->w, &name, 1), .vaddr = 0x1000 * i,
			.source = SYMBOL_SYMTAB });

		m->frames[i] = record_put_frame(m->w, &(struct record_frame){
			.vaddr = 0x1000 * i + 4 });
		record_put_symbol(m->w, m->frames[i], &(struct record_level){ function, i + 1 }, 1);
	}
	m->left_out = record_put_frame(m->w, &(struct record_frame){ .flags = FRAME_LEFT_OUT });
}

/*
 * `n` samples of a stack: its end, then functions, the outermost first, and "_" for
 * `gap` others.
 */
static void made_deep(struct made *m, enum record_outcome end, const char *path,
		      uint32_t thread, unsigned int n, uint64_t gap)
{
	uint32_t stack = end;

	for (; *path; path++)
		stack = nodes_push(&m->nodes, m->w, stack,
				   *path == '_' ? m->left_out : m->frames[*path - 'a']);
	for (unsigned int i = 0; i < n; i++)
		record_put_sample(m->w, &(struct record_sample){
			.time_ns = START + ++m->n * WEIGHT_NS, .stack = stack, .thread = thread,
			.weight_ns = WEIGHT_NS, .gap = gap });
}

static void made_samples(struct made *m, enum record_outcome end, const char *path,
			 uint32_t thread, unsigned int n)
{
	made_deep(m, end, path, thread, n, 0);
}

/* What verify says of it; ends the recording. */
static struct verdict verdict(struct made *m, const char *says)
{
	static struct truth truth;
	struct profile_load *load;
	struct verdict v;
	struct error err;

	if (truth_parse(says, &truth, &err) < 0)
		fail_msg("%s", err.msg);
	record_put_end(m->w, &(struct record_end){ .time_ns = START + (m->n + 1) * WEIGHT_NS });
	assert_int_equal(record_writer_close(m->w, &err), 0);
	assert_int_equal(profile_load_open(m->fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), 1);
	verdict_make(profile_load_profile(load), &truth, true, &v);
	profile_load_close(load);
	close(m->fd);
	return v;
}

/* 1,000 samples, 2 s: a 50 %, b 30 %, and the rest in m. */
static void made_shares(struct made *m)
{
	made_begin(m);
	made_samples(m, OUTCOME_COMPLETE, "ma", 0, 500);
	made_samples(m, OUTCOME_COMPLETE, "mb", 1, 300);
	made_samples(m, OUTCOME_COMPLETE, "m", 0, 200);
}

/* Half a width of a 95 % interval is 3.1 points here: allowed is 7.5 for a, 6.9 for b. */
TEST(shares_are_right_or_off)
{
	static const struct {
		const char *says, *why;	/* NULL: right */
		unsigned int n_covered;
	} cases[] = {
		{ "total a 1\ntotal b 0.6\ncpu 2\n", NULL, 2 },
		{ "total a 0.95\ntotal b 0.65\ncpu 2\n", NULL, 2 },
		/* one in twenty misses: no verdict */
		{ "total a 0.92\ntotal b 0.6\ncpu 2\n", NULL, 1 },
		{ "total a 0.88\ntotal b 0.6\ncpu 2\n", NULL, 1 },
		{ "total a 0.84\ntotal b 0.6\ncpu 2\n", "a in all: 50.0 % shown, 42.0 % true", 1 },
		{ "total a 1\ntotal b 0.75\ncpu 2\n", "b in all: 30.0 % shown, 37.5 % true", 1 },
		{ "total a 1\nself m 0.8\ncpu 2\n", "m itself: 20.0 % shown, 40.0 % true", 1 },
		{ "total m 2\nself m 0.4\ncpu 2\n", NULL, 2 },
		{ "thread first 7 1.4\nthread second 8 0.6\ncpu 2\n", NULL, 2 },
		{ "thread first 8 1.4\ncpu 2\n", "first (thread): 30.0 % shown, 70.0 % true", 0 },
		/* a function that nobody saw */
		{ "total nowhere 0.4\ncpu 2\n", "nowhere in all: 0.0 % shown, 20.0 % true", 0 },
		{ "kernel 1\ncpu 2\n", "the kernel: 0.0 % shown, 50.0 % true", 0 },
		{ "cpu 2.08\n", NULL, 0 },
		{ "cpu 2.2\n", "90.9 % of the CPU time is accounted for", 0 },
		{ "cpu 1.8\n", "111.1 % of the CPU time is accounted for", 0 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		_cleanup_(freep) struct made *m = xmalloc(sizeof(*m));
		struct verdict v;

		made_shares(m);
		v = verdict(m, cases[i].says);
		if (v.ok != !cases[i].why || v.n_covered != cases[i].n_covered ||
		    (cases[i].why && !strstr(v.why, cases[i].why)))
			fail_msg("%s: %zu covered, %s", cases[i].says, v.n_covered, v.why);
	}
}

TEST(error_and_bias_are_those_of_the_shares)
{
	_cleanup_(freep) struct made *m = xmalloc(sizeof(*m));
	struct verdict v;

	made_shares(m);
	v = verdict(m, "total a 0.92\ntotal b 0.64\ncpu 2\n");
	assert_true(v.error > .0399 && v.error < .0401);	/* of a, +4 */
	assert_true(v.bias > .0099 && v.bias < .0101);		/* +4 and -2 */
	assert_true(v.error_half > .030 && v.error_half < .032);
	assert_true(v.seen > .999 && v.seen < 1.001);
	assert_int_equal(v.n_samples, 1000);
}

/* A sampler in lockstep sees one function only. */
TEST(lockstep_is_off)
{
	_cleanup_(freep) struct made *m = xmalloc(sizeof(*m));

	made_begin(m);
	made_samples(m, OUTCOME_COMPLETE, "mu", 0, 200);
	assert_false(verdict(m, "total g 0.08\ncpu 0.4\n").ok);
}

TEST(stacks_are_right_or_off)
{
	static const char shallow[] = "mrrrl", deep[] = "mrrrrl";
	static const struct {
		const char *says;
		struct {
			enum record_outcome end;
			const char *path;
			unsigned int n;
		} samples[3];
		const char *why;	/* NULL: right */
	} cases[] = {
		{ "cpu 1\n", { { OUTCOME_COMPLETE, "ma", 495 }, { OUTCOME_COPY, "a", 5 } }, NULL },
		{ "cpu 1\n", { { OUTCOME_COMPLETE, "ma", 480 }, { OUTCOME_COPY, "a", 20 } },
		  "4.0 % of the stacks are wrong, 2 are allowed; most of them: copy too small" },
		{ "cpu 1\n", { { OUTCOME_COMPLETE, "ma", 450 }, { OUTCOME_PENDING, "a", 50 } }, NULL },
		{ "cpu 1\n", { { OUTCOME_COMPLETE, "ma", 350 }, { OUTCOME_PENDING, "a", 150 } },
		  "30.0 % of the stacks came before their unwind table" },
		{ "cpu 1\n", { { OUTCOME_COMPLETE, "ma", 400 }, { OUTCOME_NO_USER, "", 100 } }, NULL },
		{ "depth l r 4\ncpu 1\n", { { OUTCOME_COMPLETE, deep, 500 } }, NULL },
		{ "depth l r 4\ncpu 1\n", { { OUTCOME_COMPLETE, shallow, 500 } }, "not what is called there" },
		{ "depth l r 4\ncpu 1\n", { { OUTCOME_LIMIT, deep, 500 } }, "most of them: frame limit" },
		{ "inside l m\ncpu 1\n", { { OUTCOME_COMPLETE, deep, 500 } }, NULL },
		{ "inside m l\ncpu 1\n", { { OUTCOME_COMPLETE, deep, 500 } }, "not what is called there" },
		{ "inside l x\ncpu 1\n", { { OUTCOME_COMPLETE, deep, 500 } }, "not what is called there" },
		/* so deep a stack may be cut, but not pretend to be whole, nor be empty */
		{ "depth l r 5000\ncpu 1\n", { { OUTCOME_COMPLETE, deep, 500 } }, "not what is called there" },
		{ "depth l r 5000\ncpu 1\n", { { OUTCOME_LIMIT, deep, 500 } }, "most of them: frame limit" },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		_cleanup_(freep) struct made *m = xmalloc(sizeof(*m));
		struct verdict v;

		made_begin(m);
		for (size_t k = 0; k < 3; k++)
			if (cases[i].samples[k].n)
				made_samples(m, cases[i].samples[k].end, cases[i].samples[k].path, 0,
					     cases[i].samples[k].n);
		v = verdict(m, cases[i].says);
		if (v.ok != !cases[i].why || (cases[i].why && !strstr(v.why, cases[i].why)))
			fail_msg("case %zu: %s", i, v.why);
	}
}

TEST(a_deep_stack_may_be_cut)
{
	_cleanup_(freep) struct made *m = xmalloc(sizeof(*m));
	char path[1025];

	memset(path, 'r', 1023);
	path[1023] = 'l';
	path[1024] = '\0';
	made_begin(m);
	made_samples(m, OUTCOME_LIMIT, path, 0, 500);
	assert_true(verdict(m, "depth l r 5000\ninside l m\ncpu 1\n").ok);
}

TEST(frames_left_out_are_counted)
{
	static const char says[] = "depth l r 5000\ninside l m\ncpu 1\n";
	static const struct {
		const char *path;
		uint64_t gap[2];	/* of a half each */
		bool right;
	} cases[] = {
		{ "mr_rrl", { 4997, 4997 }, true },
		{ "mr_rrl", { 4996, 4996 }, false },
		{ "mr_rrl", { 4997, 4996 }, false },
		{ "r_rrl", { 4997, 4997 }, false },	/* not inside m */
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		_cleanup_(freep) struct made *m = xmalloc(sizeof(*m));

		made_begin(m);
		for (size_t k = 0; k < 2; k++)
			made_deep(m, OUTCOME_LEFT_OUT, cases[i].path, 0, 250, cases[i].gap[k]);
		assert_int_equal(verdict(m, says).ok, cases[i].right);
	}
}

TEST(few_samples_show_nothing)
{
	_cleanup_(freep) struct made *m = xmalloc(sizeof(*m));
	struct verdict v;

	made_begin(m);
	made_samples(m, OUTCOME_COMPLETE, "ma", 0, 10);
	v = verdict(m, "total a 0.02\ncpu 0.02\n");
	assert_false(v.ok);
	assert_non_null(strstr(v.why, "only 10 samples"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truth_is_read),
		cmocka_unit_test(nonsense_is_no_truth),
		cmocka_unit_test(shares_are_right_or_off),
		cmocka_unit_test(error_and_bias_are_those_of_the_shares),
		cmocka_unit_test(lockstep_is_off),
		cmocka_unit_test(stacks_are_right_or_off),
		cmocka_unit_test(a_deep_stack_may_be_cut),
		cmocka_unit_test(frames_left_out_are_counted),
		cmocka_unit_test(few_samples_show_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
