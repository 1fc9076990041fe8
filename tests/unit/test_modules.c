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
static int worker;		/* the other side of its channel; -1: there is none */

/* One file with one function, mapped; its file was asked for. */
static int setup(void **state)
{
	static const struct made_fde fdes[] = { { .at = 0x100, .bytes = 0x40 } };

	(void)state;
	worker = -1;
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
	closep(&worker);
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

/* A worker that does nothing by itself. */
static void give_worker(enum worker_which which)
{
	struct error err;
	int ends[2];

	assert_int_equal(msg_pair(ends, &err), 0);
	closep(&worker);
	worker = ends[1];
	t.s.workers[which] = ends[0];
	t.s.worker_starts[which] = false;
	if (which == WORKER_UNWIND)
		modules_worker_ready(&t.s);
	else
		symbols_worker_new(&t.s);
}

/* As far as to wait for the worker. */
static void until_table(void)
{
	struct error err;

	give_file(FILE_MAPPED, io_memfd("file", made.file.data, made.file.len, &err));
	assert_int_equal(module->state, MODULE_ASKED_CACHE);
	modules_on_cache(&t.s, module, -1);
	assert_int_equal(module->state, MODULE_WANTS_TABLE);
	made_session_count_asked(&t, 0);
	give_worker(WORKER_UNWIND);
	assert_int_equal(module->state, MODULE_ASKED_TABLE);
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
	give_worker(WORKER_UNWIND);
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
	closep(&t.s.workers[WORKER_UNWIND]);
	t.s.workers[WORKER_UNWIND] = -1;	/* which could be asked each time */

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
		assert_int_equal(module->state, MODULE_WANTS_TABLE);
	}
	for (size_t len = 0; len < b.len; len += len < 64 ? 1 : 97) {
		_cleanup_(closep) int cut = io_memfd("cut", b.data, len, &err);

		ask_again();
		modules_on_cache(&t.s, module, cut);
		assert_int_equal(module->state, MODULE_WANTS_TABLE);
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

static void die(void)
{
	closep(&worker);
	worker = -1;
	assert_false(session_take_worker_message(&t.s, WORKER_UNWIND));
}

TEST(a_worker_that_dies_is_tried_once_more)
{
	until_table();
	die();
	assert_int_equal(module->state, MODULE_WANTS_TABLE);
	give_worker(WORKER_UNWIND);
	die();
	assert_int_equal(module->state, MODULE_READY);
	assert_string_equal(module->note,
			    "cannot be read: the parser crashed or reached its limits");
	end_session();
}

/* One more file that waits for its table. */
static struct module *another(uint64_t ino)
{
	uint64_t at = BASE + ino * 0x100000;
	struct module *m;
	struct error err;

	on_mmap(&t, MAIN_PID, at, 0x3000, 0, "/bin/b", ino);
	m = mappings_find(proc, at)->module;
	modules_on_file(&t.s, m, &(struct o_file){ .type = O_FILE, .origin = FILE_MAPPED },
			io_memfd("file", made.file.data, made.file.len, &err));
	modules_on_cache(&t.s, m, -1);
	return m;
}

TEST(of_several_requests_the_oldest_was_the_one)
{
	struct module *other;

	until_table();
	other = another(2);
	die();
	give_worker(WORKER_UNWIND);
	die();
	assert_true(module->flags & MODULE_UNREADABLE);
	assert_int_equal(other->state, MODULE_WANTS_TABLE);
	assert_int_equal(other->n_crashes, 0);
	end_session();
}

TEST(a_worker_that_never_answers_is_replaced)
{
	struct module *other;

	until_table();
	other = another(2);
	modules_tick(&t.s, t.s.now_ns + 9 * NS_PER_S);
	assert_int_equal(module->state, MODULE_ASKED_TABLE);
	modules_tick(&t.s, t.s.now_ns + 11 * NS_PER_S);
	assert_int_equal(module->state, MODULE_READY);
	assert_true(module->flags & MODULE_UNREADABLE);
	assert_int_equal(other->state, MODULE_WANTS_TABLE);
	assert_int_equal(t.s.workers[WORKER_UNWIND], -1);
	end_session();
}

/* What waits behind others has its own time only once it is the first. */
TEST(the_limit_counts_from_the_last_answer)
{
	struct r_table r;
	struct module *other, *third;

	until_table();
	other = another(2);
	third = another(3);
	t.s.now_ns += 9 * NS_PER_S;
	r = good_answer();
	give_table(&r, SIZE_MAX);
	modules_tick(&t.s, t.s.now_ns + 9 * NS_PER_S);
	assert_int_equal(other->state, MODULE_ASKED_TABLE);
	t.s.now_ns += 11 * NS_PER_S;
	modules_tick(&t.s, t.s.now_ns);
	assert_int_equal(other->state, MODULE_READY);
	modules_tick(&t.s, t.s.now_ns);
	assert_int_equal(third->state, MODULE_WANTS_TABLE);	/* and not the next one too */
	end_session();
}

TEST(without_any_worker_nobody_waits_for_ever)
{
	module->fd = memfd_create("file", MFD_CLOEXEC);
	modules_on_cache(&t.s, module, -1);
	modules_tick(&t.s, t.s.now_ns + 11 * NS_PER_S);
	assert_int_equal(module->state, MODULE_READY);
	assert_string_equal(module->note, "cannot be read: no parser could be started");
	end_session();
}

/* ---- rare steps ---- */

static bool step(struct unwind_regs *regs)
{
	static const uint8_t bytes[64];
	const struct unwind_stack stack = { .start = 0x1000, .bytes = bytes, .len = sizeof(bytes) };

	*regs = (struct unwind_regs){ 0 };
	regs->value[unwind_arch_host()->sp] = 0x1000;
	return modules_rare_step(&t.s, module, &proc->maps[0], BASE + 0x1100, &stack, regs);
}

static void answer_step(uint32_t number, uint64_t pc)
{
	struct r_step r = { .type = R_STEP, .module = module->number, .ok = 1, .number = number };
	struct error err;

	r.regs.value[unwind_arch_host()->pc] = pc;
	assert_int_equal(msg_try_send(worker, &r, sizeof(r), NULL, 0, &err), 0);
}

TEST(an_answer_that_comes_late_is_not_the_next_steps)
{
	struct unwind_regs regs;
	struct r_table r;

	until_table();
	r = good_answer();
	give_table(&r, SIZE_MAX);
	assert_false(step(&regs));
	answer_step(t.s.last_step, 111);
	answer_step(t.s.last_step + 1, 222);
	assert_true(step(&regs));
	assert_int_equal(regs.value[unwind_arch_host()->pc], 222);
	assert_false(step(&regs));
	answer_step(t.s.last_step, 333);
	assert_false(step(&regs));	/* there is only the late one */
	end_session();
}

TEST(a_crash_in_a_rare_step_is_not_blamed_on_a_table)
{
	struct unwind_regs regs;
	struct module *other;
	struct r_table r;

	until_table();
	r = good_answer();
	give_table(&r, SIZE_MAX);
	assert_false(step(&regs));
	other = another(2);
	assert_int_equal(other->state, MODULE_ASKED_TABLE);
	die();
	assert_int_equal(other->n_crashes, 0);
	assert_int_equal(other->state, MODULE_WANTS_TABLE);
	assert_false(module->flags & MODULE_UNREADABLE);
	give_worker(WORKER_UNWIND);
	answer_step(t.s.last_step + 1, 222);
	assert_false(step(&regs));	/* never again in this module */
	end_session();
}

/* ---- channels that are full ---- */

#define MANY 600u

static void nap_of_the_opener(struct module **m)
{
	uint64_t last = 1;
	size_t n = 0;

	made_session_count_asked(&t, 0);
	for (uint64_t ino = 2; ino < 2 + MANY; ino++) {
		uint64_t at = BASE + ino * 0x100000;

		on_mmap(&t, MAIN_PID, at, 0x3000, 0, "/bin/b", ino);
		m[ino - 2] = mappings_find(proc, at)->module;
	}
	assert_true(msg_queue_waits(&t.s.to_opener));
	while (made_session_asked(&t)) {
		const struct s_file *ask = (const struct s_file *)t.m->data;

		assert_int_equal(ask->type, S_FILE);
		assert_int_equal(ask->ino, last + 1);	/* in order */
		last = ask->ino;
		n++;
	}
	assert_int_equal(n, MANY);
	assert_false(msg_queue_waits(&t.s.to_opener));
}

/* The worker reads all there is and answers it, and only then the session reads. */
static size_t turn_of_the_worker(enum worker_which which)
{
	struct r_table table = { .type = R_TABLE };
	struct r_open_symbols open = { .type = R_OPEN_SYMBOLS, .ok = 1 };
	struct error err;
	size_t n = 0;

	fcntl(worker, F_SETFL, O_NONBLOCK);
	while (msg_recv(worker, t.m, &err) == 1) {
		table.module = open.module = ((const struct w_table *)t.m->data)->module;
		msg_close_fds(t.m);
		assert_int_equal(which == WORKER_UNWIND
				 ? msg_send(worker, &table, sizeof(table), NULL, 0, &err)
				 : msg_send(worker, &open, sizeof(open), NULL, 0, &err), 0);
		n++;
	}
	for (size_t i = 0; i < n; i++)
		assert_true(session_take_worker_message(&t.s, which));
	return n;
}

TEST(the_session_waits_neither_for_opener_nor_for_workers)
{
	struct module *m[MANY];
	size_t n, asked = 0;

	alarm(120);		/* waiting would be for ever */
	nap_of_the_opener(m);
	for (size_t i = 0; i < MANY; i++) {
		m[i]->fd = memfd_create("file", MFD_CLOEXEC);
		assert_true(m[i]->fd >= 0);
		modules_on_cache(&t.s, m[i], -1);
	}
	give_worker(WORKER_UNWIND);
	assert_int_equal(t.s.asked[WORKER_UNWIND].n, MAX_ASKED);
	while ((n = turn_of_the_worker(WORKER_UNWIND)) > 0) {
		assert_true(n <= MAX_ASKED);
		asked += n;
	}
	assert_int_equal(asked, MANY);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(m[i]->state, MODULE_READY);
		m[i]->naming = NAMING_READY;	/* open in a worker that is gone */
	}

	give_worker(WORKER_SYMBOL);
	assert_int_equal(t.s.asked[WORKER_SYMBOL].n, MAX_ASKED);
	for (asked = 0; (n = turn_of_the_worker(WORKER_SYMBOL)) > 0; asked += n)
		assert_true(n <= MAX_ASKED);
	assert_int_equal(asked, MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(m[i]->naming, NAMING_READY);
	alarm(0);
	end_session();
}

/* Of a slow file only that file's names are given up. */
TEST(a_slow_file_costs_nobody_else_its_names)
{
	struct module *m[3];

	until_table();
	for (uint64_t i = 0; i < 3; i++) {
		m[i] = another(2 + i);
		m[i]->state = MODULE_READY;
		m[i]->naming = NAMING_READY;
		symbols_want(m[i], 0x100, 0, false);
	}
	give_worker(WORKER_SYMBOL);
	t.s.now_ns += 61 * NS_PER_S;
	for (int i = 0; i < 3; i++)
		symbols_tick(&t.s, t.s.now_ns, true);
	assert_int_equal(m[0]->naming, NAMING_FAILED);
	assert_int_equal(m[1]->naming, NAMING_OPEN);
	assert_int_equal(m[2]->naming, NAMING_OPEN);
	t.s.now_ns += 61 * NS_PER_S;		/* and no other worker came */
	symbols_tick(&t.s, t.s.now_ns, true);
	assert_false(symbols_busy(&t.s));
	end_session();
}

/* ---- names from the cache ---- */

/* The key of the names that are asked for once the opener told of `debug_fd`. */
static void names_key(int debug_fd, uint8_t key[16])
{
	struct s_cache *ask = (struct s_cache *)t.m->data;
	bool asked = false;

	module->naming = NAMING_DEBUG_FILE;
	closep(&module->debug_fd);
	symbols_on_file(&t.s, module, &(struct o_file){ .type = O_FILE }, debug_fd);
	assert_int_equal(module->naming, NAMING_CACHE);
	while (made_session_asked(&t))
		if (ask->type == S_CACHE_GET) {
			memcpy(key, ask->key, 16);
			asked = true;
		}
	assert_true(asked);
}

TEST(names_from_before_a_debug_file_came_are_not_used)
{
	uint8_t without[16], with[16], again[16], other[16];

	until_table();
	names_key(-1, without);
	int debug = memfd_create("debug", MFD_CLOEXEC), newer = memfd_create("newer", MFD_CLOEXEC);
	int same = dup(debug);
	names_key(debug, with);
	names_key(same, again);
	names_key(newer, other);
	assert_memory_not_equal(without, with, 16);
	assert_memory_equal(with, again, 16);
	assert_memory_not_equal(with, other, 16);
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
		CASE(the_limit_counts_from_the_last_answer),
		CASE(without_any_worker_nobody_waits_for_ever),
		CASE(an_answer_that_comes_late_is_not_the_next_steps),
		CASE(a_crash_in_a_rare_step_is_not_blamed_on_a_table),
		CASE(the_session_waits_neither_for_opener_nor_for_workers),
		CASE(a_slow_file_costs_nobody_else_its_names),
		CASE(names_from_before_a_debug_file_came_are_not_used),
		CASE(an_address_belongs_to_the_segment_that_it_is_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
