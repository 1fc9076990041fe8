// SPDX-License-Identifier: Apache-2.0
/*
 * Profiles to test the model with: that of the fixture, and tiny ones of functions
 * "a" to "z" in which every sample is told by hand.
 *
 *	tiny_begin(&t, NULL);
 *	tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "main"), 0, 5, 0);
 *	load = tiny_load(&t);
 */
#ifndef CPROFD_TESTS_UNIT_PROFILE_MAKER_H
#define CPROFD_TESTS_UNIT_PROFILE_MAKER_H

#include "tests/unit/test.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "profile/profile_load.h"
#include "profile/summary.h"
#include "record/writer.h"
#include "tests/unit/fixture.h"
#include "tests/unit/nodes.h"

#define S NS_PER_S
#define START FIXTURE_START_NS

static const struct fixture_options plain = { 0 };
static const struct selection everything = { 0 };

static inline uint32_t function(const struct profile *p, const char *name)
{
	for (uint32_t i = 0; i < p->n_functions; i++)
		if (strcmp(profile_string(p, p->functions[i].name), name) == 0)
			return i;
	fail_msg("no function %s", name);
	return 0;
}

/* ---- recordings made for one test ---- */

struct tiny {
	struct record_writer *w;
	int fd;
	uint32_t functions[26];		/* named "a" to "z" */
	uint32_t frames[26];
	struct nodes nodes;
};

static inline void tiny_begin(struct tiny *t, const char *kernel)
{
	struct error err;

	t->fd = memfd_create("tiny", MFD_CLOEXEC);
	assert_int_equal(record_writer_open(dup(t->fd), START, 0, &t->w, &err), 0);
	if (kernel)
		record_put_meta(t->w, "kernel", kernel);
	uint32_t exe = record_put_string(t->w, "/bin/tiny", 9);
	record_put_process(t->w, &(struct record_process){ .pid = 7, .exe = exe });
	for (uint32_t i = 0; i < 2; i++)
		record_put_thread(t->w, &(struct record_thread){ .tid = 7 + i, .time_ns = START });
	record_put_module(t->w, &(struct record_module){ .path = exe });
	for (uint32_t i = 0; i < 26; i++) {
		char name = (char)('a' + i);

		t->functions[i] = record_put_function(t->w, &(struct record_function){
			.name = record_put_string(t->w, &name, 1), .vaddr = 0x1000 * i,
			.source = SYMBOL_SYMTAB });
		t->frames[i] = record_put_frame(t->w, &(struct record_frame){
			.vaddr = 0x1000 * i + 4 });
		record_put_symbol(t->w, t->frames[i],
				  &(struct record_level){ t->functions[i], i + 1 }, 1);
	}
}

/* A stack of functions, the outermost first: "main" is m, a, i, n. */
static inline uint32_t tiny_stack(struct tiny *t, uint32_t root, const char *path)
{
	for (; *path; path++)
		root = nodes_push(&t->nodes, t->w, root, t->frames[*path - 'a']);
	return root;
}

static inline void tiny_samples(struct tiny *t, uint32_t stack, uint32_t thread, uint32_t n,
				uint64_t from_ns)
{
	for (uint32_t i = 0; i < n; i++)
		record_put_sample(t->w, &(struct record_sample){ .time_ns = START + from_ns + i * NS_PER_MS,
			.stack = stack, .thread = thread, .weight_ns = 1000000 });
}

static inline struct profile_load *tiny_load(struct tiny *t)
{
	struct profile_load *load;
	struct error err;

	assert_int_equal(record_writer_close(t->w, &err), 0);
	assert_int_equal(profile_load_open(t->fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), 1);
	close(t->fd);
	return load;
}

#endif
