// SPDX-License-Identifier: Apache-2.0
/*
 * What the program in the kernel is told, and what it is not: where there is no room, or
 * where it may soon be wrong.  The test is the kernel: it has the maps.
 */
#include "tests/unit/session_maker.h"

#include "base/io.h"
#include "engine/bpf/bpf_maps.h"
#include "engine/bpf/bpf_shared.h"
#include "engine/bpf/bpf_unwind.h"

#define MAX_PID 64
#define PAGE 0x1000ull

static struct made_session t;
static struct bpf_mapping *mappings;
static uint32_t *tables;
static struct bpf_proc told[MAX_PID];	/* n 0: nothing */
static bool no_more_processes;

/* ---- the kernel ---- */

int __wrap_bpf_maps_put(int fd, const void *key, const void *value);
int __wrap_bpf_maps_delete(int fd, const void *key);
void *__wrap_bpf_maps_map(int fd, size_t bytes);

int __wrap_bpf_maps_put(int fd, const void *key, const void *value)
{
	uint32_t pid = *(const uint32_t *)key;

	(void)fd;
	assert_in_range(pid, 1, MAX_PID - 1);
	if (no_more_processes && !told[pid].n) {
		errno = E2BIG;
		return -1;
	}
	memcpy(&told[pid], value, sizeof(told[pid]));
	return 0;
}

int __wrap_bpf_maps_delete(int fd, const void *key)
{
	(void)fd;
	told[*(const uint32_t *)key] = (struct bpf_proc){ 0 };
	return 0;
}

/* The tables are asked for first. */
void *__wrap_bpf_maps_map(int fd, size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)fd;
	assert_ptr_not_equal(p, MAP_FAILED);
	if (!tables)
		tables = p;
	else
		mappings = p;
	return p;
}

/* What the kernel knows of `addr` in a process, or NULL. */
static const struct bpf_mapping *known(uint32_t pid, uint64_t addr)
{
	for (uint32_t i = 0; i < told[pid].n; i++) {
		const struct bpf_mapping *m = &mappings[told[pid].first + i];

		if (i)
			assert_true(m->start >= m[-1].end);
		if (m->start <= addr && addr < m->end)
			return m;
	}
	return NULL;
}

/* ---- files ---- */

/* Their tables are filled with their number in the recording. */
#define MAX_WORDS 4096
static struct file {
	struct r_table facts;
	union {
		struct unwind_table_header header;
		uint32_t words[MAX_WORDS];
	} image;
} files[4];

static void make_ready(struct module *m, struct file *f, uint32_t n_words)
{
	f->facts = (struct r_table){ .n_segments = 1, .has_table = 1,
				     .segment = { { .bytes = 1u << 30 } } };
	for (size_t i = 0; i < MAX_WORDS; i++)
		f->image.words[i] = m->number;
	f->image.header = (struct unwind_table_header){ .n_words = n_words };
	m->facts = &f->facts;
	m->table = (struct unwind_table){ .header = &f->image.header, .words = f->image.words };
	m->has_table = true;
	m->state = MODULE_READY;
	procs_new_generation(&t.s);
}

static void map_file(uint32_t pid, uint64_t addr, uint64_t len, uint64_t ino)
{
	char path[32];

	snprintf(path, sizeof(path), "/lib/%d", (int)ino);
	on_mmap(&t, pid, addr, len, 0, path, ino);
}

static struct module *module_at(uint32_t pid, uint64_t addr)
{
	return mappings_find(procs_find(&t.s, pid), addr)->module;
}

/* ---- the session ---- */

static void begin(uint32_t table_bytes)
{
	struct o_bpf msg = { .type = O_BPF, .table_bytes = table_bytes };

	made_session_init(&t);
	t.s.is_started = true;
	tables = NULL;
	memset(told, 0, sizeof(told));
	no_more_processes = false;
	t.s.spec->pid = 1;
	memcpy(t.m->data, &msg, sizeof(msg));
	t.m->len = sizeof(msg);
	t.m->n_fds = BPF_MAP_COUNT;
	for (int i = 0; i < BPF_MAP_COUNT; i++)
		t.m->fds[i] = memfd_create("map", MFD_CLOEXEC);
	kernel_side_on_maps(&t.s, t.m);
	assert_non_null(t.s.kernel_side);
}

static void pass(uint64_t ns)
{
	t.s.now_ns += ns;
	kernel_side_second(&t.s);
	kernel_side_update(&t.s);
}

/* Returns how many notes there were. */
static uint32_t end(void)
{
	struct made_records *r;
	uint32_t n;

	for (size_t i = 0; i < t.s.n_modules; i++)
		t.s.modules[i]->facts = NULL;	/* they are ours */
	kernel_side_free(&t.s);
	r = made_session_end(&t);
	n = r->n_notes;
	made_records_deinit(r);
	return n;
}

TEST(a_file_is_told_of_once_its_table_is_there)
{
	begin(1 << 16);
	map_file(1, 0x10000, 4 * PAGE, 1);
	kernel_side_update(&t.s);
	assert_null(known(1, 0x10000));
	make_ready(module_at(1, 0x10000), &files[0], 100);
	kernel_side_update(&t.s);
	assert_non_null(known(1, 0x10000));
	assert_false(told[1].partial);
	assert_int_equal(tables[known(1, 0x10000)->table + 99], module_at(1, 0x10000)->number);
	assert_int_equal(end(), 0);
}

TEST(of_what_is_not_told_it_is_told_that_there_is_more)
{
	begin(1 << 16);
	map_file(1, 0x10000, PAGE, 1);
	map_file(1, 0x20000, PAGE, 2);
	make_ready(module_at(1, 0x10000), &files[0], 100);
	kernel_side_update(&t.s);
	assert_int_equal(told[1].n, 1);
	assert_true(told[1].partial);
	assert_int_equal(end(), 0);
}

/* Two of 600 words do not fit into 1,024. */
TEST(tables_that_nobody_maps_any_more_make_room)
{
	begin(4096);
	map_file(1, 0x10000, PAGE, 1);
	on_fork(&t, 2, 1);
	map_file(1, 0x20000, PAGE, 2);
	make_ready(module_at(1, 0x10000), &files[0], 600);
	kernel_side_update(&t.s);
	make_ready(module_at(1, 0x20000), &files[1], 600);
	for (int i = 0; i < 5; i++)
		pass(NS_PER_S);
	assert_non_null(known(1, 0x10000));
	assert_null(known(1, 0x20000));		/* it is refused, and both processes go on */
	assert_true(told[1].partial);
	assert_non_null(known(2, 0x10000));

	/* The first one's place is taken in the one process: the other still has it. */
	map_file(1, 0x10000, PAGE, 3);
	pass(5 * NS_PER_S);
	pass(NS_PER_S);
	assert_non_null(known(2, 0x10000));
	assert_null(known(1, 0x20000));
	on_exit_of(&t, 2, 2);
	procs_collect(&t.s);
	pass(NS_PER_S);		/* now it is taken away, */
	assert_null(known(1, 0x20000));
	pass(NS_PER_S);		/* and now there is room */
	assert_non_null(known(1, 0x20000));
	assert_int_equal(tables[known(1, 0x20000)->table + 599], module_at(1, 0x20000)->number);
	assert_int_equal(end(), 1);
}

/* Files first, wherever they lie. */
TEST(of_too_many_mappings_those_of_files_are_told)
{
	begin(1 << 16);
	for (uint64_t i = 0; i < BPF_MAX_MAPPINGS + 10; i++)
		on_mmap(&t, 1, 0x100000 + i * 2 * PAGE, PAGE, 0, "//anon", 0);
	map_file(1, 0x7f0000000000, PAGE, 1);
	make_ready(module_at(1, 0x7f0000000000), &files[0], 100);
	kernel_side_update(&t.s);
	assert_non_null(known(1, 0x7f0000000000));
	assert_null(known(1, 0x100000));
	assert_true(told[1].partial);
	assert_int_equal(end(), 1);
}

/* What it had been told may be wrong from then on. */
TEST(a_process_that_finds_no_room_is_not_left_with_what_it_had)
{
	const uint32_t n = BPF_MAX_BLOCKS / BPF_MAX_MAPPINGS;

	begin(1 << 16);
	for (uint64_t i = 0; i < BPF_MAX_MAPPINGS - 1; i++)
		on_mmap(&t, 1, 0x100000 + i * 2 * PAGE, PAGE, 0, "//anon", 0);
	for (uint32_t pid = 2; pid <= n; pid++)
		on_fork(&t, pid, 1);
	pass(0);
	assert_non_null(known(1, 0x100000));
	pass(NS_PER_S);
	on_mmap(&t, 1, 0x50, PAGE, 0, "//anon", 0);
	on_mmap(&t, 2, 0x50, PAGE, 0, "//anon", 0);
	kernel_side_update(&t.s);
	assert_int_equal(told[1].n, 0);
	assert_int_equal(told[2].n, 0);
	assert_non_null(known(3, 0x100000));
	on_exit_of(&t, 2, 2);
	pass(NS_PER_S);		/* the old blocks are free, */
	assert_non_null(known(1, 0x50));	/* and it is tried again */
	assert_int_equal(end(), 1);
}

TEST(a_process_too_many_is_told_of_when_there_is_room)
{
	begin(1 << 16);
	on_mmap(&t, 1, 0x1000, PAGE, 0, "//anon", 0);
	no_more_processes = true;
	kernel_side_update(&t.s);
	assert_int_equal(told[1].n, 0);
	no_more_processes = false;
	pass(NS_PER_S);
	assert_int_equal(told[1].n, 1);
	assert_int_equal(end(), 1);
}

/* As in a storm of dlopen() and dlclose(): the kernel would hear of the next one too late. */
TEST(a_place_that_has_changed_hands_is_left_out_for_a_while)
{
	uint32_t before;

	begin(1 << 16);
	map_file(1, 0x10000, PAGE, 1);
	map_file(1, 0x20000, PAGE, 2);
	make_ready(module_at(1, 0x10000), &files[0], 100);
	make_ready(module_at(1, 0x20000), &files[1], 100);
	kernel_side_update(&t.s);
	assert_int_equal(told[1].n, 2);
	map_file(1, 0x20000, PAGE, 3);
	make_ready(module_at(1, 0x20000), &files[2], 100);
	kernel_side_update(&t.s);
	assert_null(known(1, 0x20000));
	assert_non_null(known(1, 0x10000));
	assert_true(told[1].partial);
	before = told[1].generation;	/* the next one changes nothing for it */
	map_file(1, 0x20000, PAGE, 2);
	kernel_side_update(&t.s);
	assert_int_equal(told[1].generation, before);
	map_file(1, 0x20000, PAGE, 3);
	pass(NS_PER_S);
	assert_null(known(1, 0x20000));
	pass(2 * NS_PER_S);
	assert_non_null(known(1, 0x20000));
	assert_false(told[1].partial);
	assert_int_equal(end(), 0);
}

/* A mapping that goes on, as by mprotect(), and one that was there already change nothing. */
TEST(a_place_that_stays_is_told_of)
{
	begin(1 << 16);
	map_file(1, 0x10000, 4 * PAGE, 1);
	make_ready(module_at(1, 0x10000), &files[0], 100);
	on_mmap(&t, 1, 0x11000, PAGE, PAGE, "/lib/1", 1);
	map_file(1, 0x10000, 4 * PAGE, 1);
	on_mmap(&t, 1, 0x100000, 4 * PAGE, 0, "//anon", 0);
	on_mmap(&t, 1, 0x101000, PAGE, 0x101000, "//anon", 0);
	kernel_side_update(&t.s);
	assert_false(told[1].partial);
	for (uint64_t i = 0; i < 4; i++) {
		assert_non_null(known(1, 0x10000 + i * PAGE));
		assert_non_null(known(1, 0x100000 + i * PAGE));
	}
	assert_int_equal(end(), 0);
}

/* The kernel drops a process with its first thread; others may go on. */
TEST(a_process_that_has_lost_its_first_thread_is_told_of_again)
{
	begin(1 << 16);
	on_comm(&t, 1, 1, "program", true);
	on_mmap(&t, 1, 0x1000, PAGE, 0, "//anon", 0);
	procs_get_thread(&t.s, 1, 2, NOW_NS);
	kernel_side_update(&t.s);
	assert_int_equal(told[1].n_execs, 1);
	told[1] = (struct bpf_proc){ 0 };
	on_exit_of(&t, 1, 1);
	kernel_side_update(&t.s);
	assert_non_null(known(1, 0x1000));
	assert_int_equal(told[1].n_execs, 0);	/* that count is gone, too */
	assert_int_equal(end(), 0);
}

/* ---- samples by what the kernel was told ---- */

/* A sample at `addr` by what it knew in that generation; the stack with it if `whole`. */
static void give_sample(uint64_t addr, uint32_t generation, uint64_t hash, bool whole)
{
	struct {
		struct bpf_sample head;
		uint64_t addr;
	} raw = { { .magic = BPF_SAMPLE_MAGIC, .end = BPF_END_COMPLETE, .has_stack = whole,
		    .hash = { hash, hash }, .n_user = 1, .generation = generation }, addr };

	bpf_on_sample(&t.s, &(struct perf_sample){ .pid = 1, .tid = 1, .time_ns = t.s.now_ns,
		.raw = &raw, .raw_len = sizeof(raw) }, NS_PER_MS);
}

/* Samples of the recording in each outcome that is no stack, and in stacks. */
static void count_outcomes(size_t *pending, size_t *stacks)
{
	struct record_reader *reader;
	struct record_sample sample;
	struct record rec;
	struct error err;
	int fd = dup(t.recording);

	*pending = *stacks = 0;
	end();
	assert_int_equal(record_reader_open(fd, &reader, &err), 0);
	while (record_reader_next(reader, &rec, &err) > 0)
		while (rec.type == RECORD_SAMPLES && record_next_sample(&rec, &sample) > 0) {
			*pending += sample.stack == OUTCOME_PENDING;
			*stacks += sample.stack >= RECORD_STACK_FIRST;
		}
	record_reader_close(reader);
}

TEST(a_stack_by_a_mapping_that_had_ended_is_not_taken)
{
	uint32_t before;
	size_t pending, stacks;

	begin(1 << 16);
	map_file(1, 0x10000, PAGE, 1);
	map_file(1, 0x20000, PAGE, 2);
	make_ready(module_at(1, 0x10000), &files[0], 100);
	make_ready(module_at(1, 0x20000), &files[1], 100);
	kernel_side_update(&t.s);
	before = told[1].generation;
	give_sample(0x20010, before, 1, true);
	give_sample(0x20010, before, 1, false);
	map_file(1, 0x20000, PAGE, 3);
	make_ready(module_at(1, 0x20000), &files[2], 100);
	give_sample(0x10010, before, 2, true);		/* that one stayed */
	give_sample(0x20010, before, 1, false);		/* was in the file before */
	give_sample(0x20020, before, 3, true);		/* unwound by the file before */
	kernel_side_update(&t.s);
	give_sample(0x20010, told[1].generation, 4, true);
	count_outcomes(&pending, &stacks);
	assert_int_equal(pending, 2);
	assert_int_equal(stacks, 4);
}

/* The kernel forgets, too: as many are kept as it can know, and those in use for longer. */
TEST(stacks_that_are_not_seen_any_more_are_forgotten)
{
	size_t pending, stacks;
	uint32_t generation;

	begin(1 << 16);
	map_file(1, 0x10000, PAGE, 1);
	make_ready(module_at(1, 0x10000), &files[0], 100);
	kernel_side_update(&t.s);
	generation = procs_find(&t.s, 1)->space.generation;
	give_sample(0x10010, generation, 1, true);
	give_sample(0x10010, generation, 2, true);
	for (uint64_t i = 0; i < 200000; i++) {
		give_sample(0x10010, generation, 1000 + i, true);
		if (i % 1000 == 0)
			give_sample(0x10010, generation, 1, false);
	}
	assert_true(t.s.kernel_stacks.cap + t.s.old_kernel_stacks.cap < 300000);
	give_sample(0x10010, generation, 1, false);
	kernel_side_update(&t.s);
	assert_int_equal(told[1].generation, generation);
	give_sample(0x10010, generation, 2, false);
	kernel_side_update(&t.s);
	assert_true(told[1].generation != generation);	/* it is to be sent again */
	count_outcomes(&pending, &stacks);
	assert_int_equal(pending, 1);
	assert_int_equal(stacks, 200204 - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_told_of_once_its_table_is_there),
		cmocka_unit_test(of_what_is_not_told_it_is_told_that_there_is_more),
		cmocka_unit_test(tables_that_nobody_maps_any_more_make_room),
		cmocka_unit_test(of_too_many_mappings_those_of_files_are_told),
		cmocka_unit_test(a_process_that_finds_no_room_is_not_left_with_what_it_had),
		cmocka_unit_test(a_process_too_many_is_told_of_when_there_is_room),
		cmocka_unit_test(a_place_that_has_changed_hands_is_left_out_for_a_while),
		cmocka_unit_test(a_place_that_stays_is_told_of),
		cmocka_unit_test(a_process_that_has_lost_its_first_thread_is_told_of_again),
		cmocka_unit_test(a_stack_by_a_mapping_that_had_ended_is_not_taken),
		cmocka_unit_test(stacks_that_are_not_seen_any_more_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
