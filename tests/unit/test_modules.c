// SPDX-License-Identifier: Apache-2.0
/* How a file gets its unwind table: by opener, cache and worker, none of which is trusted. */
#include "tests/unit/cfi_maker.h"
#include "tests/unit/session_maker.h"

#include "base/io.h"

#define BASE 0x7f0000000000ull	/* where the file is mapped from its first byte on */
#define BIAS (BASE - 0x400000)

static struct made_session t;
static struct made_table made;
static struct module *module;
static struct proc *proc;

/* One file with one function, mapped; its file was asked for. */
static int setup(void **state)
{
	static const struct made_fde fdes[] = { { .at = 0x100, .bytes = 0x40 } };

	(void)state;
	made_session_init(&t);
	made_table_init(&made, unwind_arch_host()->machine, fdes, 1, NULL);
	on_mmap(&t, MAIN_PID, BASE, 0x3000, 0, "/bin/a", 1);
	proc = procs_find(&t.s, MAIN_PID);
	module = proc->maps[0].module;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	made_table_deinit(&made);
	return 0;
}

static void end_session(void)
{
	made_records_deinit(made_session_end(&t));
}

static struct unwind_place resolve(uint64_t pc, uint32_t flags)
{
	struct unwind_place place = { 0 };

	proc->space.resolve(proc->space.ctx, pc, flags, &place);
	return place;
}

/* The descriptor is a file of its own each time. */
static void give_file(enum file_origin origin, int fd)
{
	modules_on_file(&t.s, module, &(struct o_file){ .type = O_FILE, .origin = origin }, fd);
}

static struct r_table good_answer(void)
{
	return (struct r_table){ .type = R_TABLE, .module = module->number,
		.machine = unwind_arch_host()->machine, .n_segments = 1, .has_table = 1,
		.segment = { { .vaddr = MADE_TEXT, .off = 0x1000, .bytes = MADE_BYTES } },
		.build_id_len = 2, .build_id = { 0xab, 0xcd } };
}

/* The worker's answer; `len` bytes of the image, SIZE_MAX: all, 0: no file. */
static void give_table(const struct r_table *r, size_t len)
{
	struct error err;

	memcpy(t.m->data, r, sizeof(*r));
	t.m->len = sizeof(*r);
	t.m->n_fds = 0;
	if (len)
		t.m->fds[t.m->n_fds++] = io_memfd("table", made.image.data,
						  min_of(len, made.image.len), &err);
	modules_on_table(&t.s, t.m);
	msg_close_fds(t.m);
}

/* As far as to wait for the worker. */
static void until_table(void)
{
	struct error err;

	give_file(FILE_MAPPED, io_memfd("file", made.file.data, made.file.len, &err));
	assert_int_equal(module->state, MODULE_ASKED_CACHE);
	modules_on_cache(&t.s, module, -1);
	assert_int_equal(module->state, MODULE_ASKED_TABLE);
	made_session_count_asked(&t, 0);
}

TEST(a_module_is_pending_until_its_table_is_there)
{
	struct error err;
	struct unwind_place place;
	struct r_table answer;
	uint32_t generation;

	assert_int_equal(made_session_count_asked(&t, S_FILE), 1);
	assert_int_equal(resolve(BIAS + MADE_TEXT + 0x100, 0).where, WHERE_PENDING);
	give_file(FILE_MAPPED, io_memfd("file", made.file.data, made.file.len, &err));
	assert_int_equal(made_session_count_asked(&t, S_CACHE_GET), 1);
	assert_int_equal(resolve(BIAS + MADE_TEXT + 0x100, 0).where, WHERE_PENDING);
	modules_on_cache(&t.s, module, -1);
	assert_int_equal(made_session_count_asked(&t, S_WORKER), 1);
	generation = proc->space.generation;
	answer = good_answer();
	give_table(&answer, SIZE_MAX);

	assert_int_equal(module->state, MODULE_READY);
	assert_true(proc->space.generation != generation);
	assert_true(t.s.need_retry);
	place = resolve(BIAS + MADE_TEXT + 0x100, 0);
	assert_int_equal(place.where, WHERE_FILE);
	assert_int_equal(place.rule, unwind_table_find(&made.table, MADE_TEXT + 0x100));
	assert_int_equal(resolve(BIAS + MADE_TEXT + 0x800, 0).rule, RULE_UNCOVERED);
	/* a return address: the rule of the byte before, which is in the function */
	assert_int_equal(resolve(BIAS + MADE_TEXT + 0x140, UNWIND_RETURN).rule, place.rule);
	/* outside of any mapping */
	assert_int_equal(resolve(BASE - 1, 0).where, WHERE_NOWHERE);
	assert_int_equal(resolve(BASE, UNWIND_RETURN).where, WHERE_NOWHERE);

	struct made_records *r = made_session_end(&t);
	assert_int_equal(r->n_infos, 1);
	assert_true(r->info[0].flags & MODULE_HAS_UNWIND);
	assert_int_equal(r->info[0].text_vaddr, MADE_TEXT);
	assert_int_equal(r->info[0].build_id_len, 2);
	made_records_deinit(r);
}

/* A stack through it ends there, and not as through generated code. */
static void assert_no_rule(void)
{
	struct unwind_place place = resolve(BASE + 0x1100, 0);

	assert_int_equal(place.where, WHERE_FILE);
	assert_int_equal(place.rule, RULE_UNCOVERED);
}

TEST(a_file_that_nobody_can_open_is_unreadable)
{
	give_file(FILE_NONE, -1);
	assert_int_equal(module->state, MODULE_READY);
	assert_true(module->flags & MODULE_UNREADABLE);
	assert_string_equal(module->note, "cannot be read: deleted or not permitted");
	assert_no_rule();
	end_session();
}

/* It is under the path, but it is not what runs. */
TEST(a_file_that_replaced_the_one_mapped_is_not_used)
{
	struct error err;
	int fd = io_memfd("other", made.file.data, made.file.len, &err);

	give_file(FILE_OTHER, fd);
	assert_int_equal(module->fd, -1);
	assert_int_equal(fcntl(fd, F_GETFD), -1);	/* closed */
	assert_true(module->flags & MODULE_UNREADABLE && module->flags & MODULE_DELETED);
	end_session();
}

TEST(answers_of_a_worker_are_not_believed)
{
	static const struct {
		const char *what;
		uint32_t machine, n_segments, names_len;
		size_t image_len;
	} cases[] = {
		{ "nothing", 0, 0, 0, 0 },
		{ "another machine", EM_386, 1, 0, SIZE_MAX },
		{ "many segments", 0, WORKER_MAX_SEGMENTS + 1, 0, SIZE_MAX },
		{ "all segments", 0, UINT32_MAX, 0, SIZE_MAX },
		{ "many names", 0, 1, WORKER_MAX_NAMES + 1, SIZE_MAX },
		{ "half an image", 0, 1, 0, 300 },
		{ "less than a header", 0, 1, 0, 63 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct r_table r;

		if (i)
			setup(NULL);
		until_table();
		r = good_answer();
		r.n_segments = cases[i].n_segments;
		r.names_len = cases[i].names_len;
		if (cases[i].machine)
			r.machine = cases[i].machine;
		memset(r.error, 'x', sizeof(r.error));		/* not terminated */
		give_table(&r, cases[i].image_len);
		if (module->state != MODULE_READY || !(module->flags & MODULE_UNREADABLE))
			fail_msg("believed: %s", cases[i].what);
		assert_no_rule();
		end_session();
		if (i + 1 < array_len(cases))
			teardown(NULL);
	}
}

TEST(answers_that_nobody_waits_for_are_dropped)
{
	struct r_table r = good_answer();

	give_table(&r, SIZE_MAX);		/* the file is still being opened */
	assert_int_equal(module->state, MODULE_ASKED_FILE);
	until_table();
	r.module = 77;
	give_table(&r, SIZE_MAX);
	r.module = UINT32_MAX;
	give_table(&r, SIZE_MAX);
	assert_int_equal(module->state, MODULE_ASKED_TABLE);
	memcpy(t.m->data, &r, sizeof(r));
	t.m->len = sizeof(r) - 1;		/* cut short */
	t.m->n_fds = 0;
	modules_on_table(&t.s, t.m);
	assert_int_equal(module->state, MODULE_ASKED_TABLE);
	r.module = module->number;
	give_table(&r, SIZE_MAX);
	assert_int_equal(module->state, MODULE_READY);
	give_table(&r, SIZE_MAX);		/* and once more */
	end_session();
}

/* ---- the cache ---- */

/* What was given to the cache, as a descriptor. */
static int take_cached(void)
{
	while (made_session_asked(&t)) {
		int fd = *(uint32_t *)t.m->data == S_CACHE_PUT ? msg_take_fd(t.m, 0) : -1;

		msg_close_fds(t.m);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

/* The same module again, waiting for its cached table. */
static void ask_again(void)
{
	module->state = MODULE_ASKED_CACHE;
	module->has_table = false;
	if (module->image)
		munmap(module->image, module->image_len);
	module->image = NULL;
	module->facts = NULL;
}

TEST(a_cached_table_serves_and_a_damaged_one_does_not)
{
	struct r_table r = good_answer();
	struct buf b = { 0 };
	struct error err;

	until_table();
	give_table(&r, SIZE_MAX);
	_cleanup_(closep) int cached = take_cached();
	assert_true(cached >= 0);
	lseek(cached, 0, SEEK_SET);
	assert_int_equal(io_read_all(cached, 1 << 20, &b, &err), 0);

	ask_again();
	modules_on_cache(&t.s, module, cached);
	assert_int_equal(module->state, MODULE_READY);
	assert_int_equal(resolve(BIAS + MADE_TEXT + 0x100, 0).where, WHERE_FILE);

	for (size_t i = 0; i < b.len; i += i < 64 ? 1 : 97) {
		b.data[i] ^= 0x10;
		_cleanup_(closep) int bad = io_memfd("bad", b.data, b.len, &err);
		b.data[i] ^= 0x10;
		ask_again();
		modules_on_cache(&t.s, module, bad);
		assert_int_equal(module->state, MODULE_ASKED_TABLE);
	}
	for (size_t len = 0; len < b.len; len += len < 64 ? 1 : 97) {
		_cleanup_(closep) int cut = io_memfd("cut", b.data, len, &err);

		ask_again();
		modules_on_cache(&t.s, module, cut);
		assert_int_equal(module->state, MODULE_ASKED_TABLE);
	}
	buf_deinit(&b);
	end_session();
}

TEST(what_was_read_from_memory_is_not_cached)
{
	struct r_table r = good_answer();

	until_table();
	module->flags |= MODULE_DELETED;
	give_table(&r, SIZE_MAX);
	assert_int_equal(take_cached(), -1);
	end_session();
}

/* ---- a worker that does not come back ---- */

TEST(a_worker_that_dies_is_tried_once_more)
{
	until_table();
	modules_worker_died(&t.s);
	assert_int_equal(module->state, MODULE_ASKED_TABLE);
	modules_worker_died(&t.s);
	assert_int_equal(module->state, MODULE_READY);
	assert_string_equal(module->note,
			    "cannot be read: the parser crashed or reached its limits");
	end_session();
}

TEST(of_several_requests_the_oldest_was_the_one)
{
	struct module *other;
	struct error err;

	until_table();
	on_mmap(&t, MAIN_PID, BASE + 0x100000, 0x3000, 0, "/bin/b", 2);
	other = procs_find_mapping(proc, BASE + 0x100000)->module;
	t.s.now_ns++;
	modules_on_file(&t.s, other, &(struct o_file){ .type = O_FILE, .origin = FILE_MAPPED },
			io_memfd("file", made.file.data, made.file.len, &err));
	modules_on_cache(&t.s, other, -1);
	modules_worker_died(&t.s);
	modules_worker_died(&t.s);
	assert_true(module->flags & MODULE_UNREADABLE);
	assert_int_equal(other->state, MODULE_ASKED_TABLE);
	end_session();
}

TEST(a_worker_that_never_answers_is_replaced)
{
	until_table();
	modules_tick(&t.s, t.s.now_ns + 9 * NS_PER_S);
	assert_int_equal(module->state, MODULE_ASKED_TABLE);
	modules_tick(&t.s, t.s.now_ns + 11 * NS_PER_S);
	assert_int_equal(module->state, MODULE_READY);
	assert_true(module->flags & MODULE_UNREADABLE);
	end_session();
}

/* ---- addresses in the file's own terms ---- */

TEST(an_address_belongs_to_the_segment_that_it_is_in)
{
	static const struct r_segment segments[] = {
		{ .vaddr = 0x401000, .off = 0x1000, .bytes = 0x1000 },
		/* right behind in the file, elsewhere in memory */
		{ .vaddr = 0x803000, .off = 0x2000, .bytes = 0x800 },
		/* begins and ends inside of pages */
		{ .vaddr = 0xa05234, .off = 0x4234, .bytes = 0x100 },
	};
	static const struct { uint64_t off, vaddr; } cases[] = {
		{ 0x1000, 0x401000 }, { 0x1fff, 0x401fff }, { 0x2000, 0x803000 },
		{ 0x27ff, 0x8037ff }, { 0x4234, 0xa05234 }, { 0x4333, 0xa05333 },
		/* in the pages around, as mappings have them */
		{ 0x2fff, 0x803fff }, { 0x4000, 0xa05000 }, { 0x4fff, 0xa05fff },
		/* in none */
		{ 0x9000, 0x9000 },
	};
	struct r_table r = good_answer();
	struct mapping map = { .start = BASE, .end = BASE + 0x10000, .off = 0, .module = module };

	assert_int_equal(module_vaddr(&map, BASE + 0x123), 0x123);	/* nothing known yet */
	until_table();
	memcpy(r.segment, segments, sizeof(segments));
	r.n_segments = array_len(segments);
	give_table(&r, SIZE_MAX);
	for (size_t i = 0; i < array_len(cases); i++) {
		uint64_t vaddr = module_vaddr(&map, BASE + cases[i].off);

		if (vaddr != cases[i].vaddr)
			fail_msg("offset %#llx: %#llx", (unsigned long long)cases[i].off,
				 (unsigned long long)vaddr);
		map.off = 0x1000;	/* of a mapping that begins later in the file */
		map.start = BASE + 0x1000;
		assert_int_equal(module_vaddr(&map, BASE + cases[i].off), cases[i].vaddr);
		map.off = 0;
		map.start = BASE;
	}
	end_session();
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_module_is_pending_until_its_table_is_there),
		CASE(a_file_that_nobody_can_open_is_unreadable),
		CASE(a_file_that_replaced_the_one_mapped_is_not_used),
		CASE(answers_of_a_worker_are_not_believed),
		CASE(answers_that_nobody_waits_for_are_dropped),
		CASE(a_cached_table_serves_and_a_damaged_one_does_not),
		CASE(what_was_read_from_memory_is_not_cached),
		CASE(a_worker_that_dies_is_tried_once_more),
		CASE(of_several_requests_the_oldest_was_the_one),
		CASE(a_worker_that_never_answers_is_replaced),
		CASE(an_address_belongs_to_the_segment_that_it_is_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
