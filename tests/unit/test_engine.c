// SPDX-License-Identifier: Apache-2.0
/* Records of perf rings, the rings themselves, and periods. */
#include "tests/unit/perf_maker.h"

#include <sys/sysmacros.h>

#include "engine/bpf/bpf_sample.h"
#include "engine/perf_record.h"
#include "engine/perf_ring.h"
#include "engine/period.h"
#include "unwind/arch.h"

#define N_REGS 17

static const struct perf_layout plain = { .regs_mask = 0x1ffff, .n_regs = N_REGS };
static const struct perf_layout with_kernel = {
	.regs_mask = 0x1ffff, .n_regs = N_REGS, .callchain = true };

static bool parse(const struct buf *b, const struct perf_layout *layout, struct perf_record *r)
{
	return perf_record_parse((const struct perf_event_header *)b->data, layout, r);
}

/* ---- records ---- */

TEST(a_sample_is_taken_apart)
{
	static const uint64_t ips[] = { PERF_CONTEXT_KERNEL, 0xffffffff81000010,
					0xffffffff81000020, PERF_CONTEXT_USER, 0x401000 };
	struct buf b = made_sample(&(struct made_sample){
		.id = 5, .stream_id = 6, .time_ns = 1000, .period = 2000000, .pid = 10, .tid = 11,
		.cpu = 3, .misc = PERF_RECORD_MISC_KERNEL, .ips = ips, .n_ips = array_len(ips),
		.abi = PERF_SAMPLE_REGS_ABI_64, .regs_mask_bits = N_REGS,
		.stack_asked = 128, .stack_copied = 120 });
	struct perf_record r;

	assert_true(parse(&b, &with_kernel, &r));
	assert_int_equal(r.kind, PERF_SAMPLE);
	assert_int_equal(r.time_ns, 1000);
	assert_int_equal(r.sample.id, 5);
	assert_int_equal(r.sample.stream_id, 6);
	assert_int_equal(r.sample.pid, 10);
	assert_int_equal(r.sample.tid, 11);
	assert_int_equal(r.sample.cpu, 3);
	assert_int_equal(r.sample.time_ns, 1000);
	assert_int_equal(r.sample.period, 2000000);
	assert_true(r.sample.in_kernel);
	/* the kernel's addresses only, without the markers */
	assert_int_equal(r.sample.n_ips, 2);
	assert_memory_equal(r.sample.ips, ips + 1, 16);
	assert_true(r.sample.has_regs && !r.sample.is_32bit);
	for (uint64_t i = 0; i < N_REGS; i++)
		assert_int_equal(r.sample.regs[i], 0x1000 + i);
	assert_int_equal(r.sample.stack_len, 120);
	assert_false(r.sample.stack_full);
	for (uint8_t i = 0; i < 120; i++)
		assert_int_equal(r.sample.stack[i], i);
	buf_deinit(&b);
}

TEST(a_sample_of_any_shape_is_taken_apart)
{
	static const uint64_t none[1], user[] = { PERF_CONTEXT_USER, 0x401000 };
	static const struct {
		struct made_sample s;
		bool has_regs, is_32bit, full;
		size_t n_ips;
	} cases[] = {
		{ { .abi = 2, .regs_mask_bits = N_REGS, .stack_asked = 64, .stack_copied = 64 },
		  true, false, true, 0 },
		{ { .abi = 1, .regs_mask_bits = N_REGS, .stack_asked = 64 }, true, true, false, 0 },
		{ { .abi = 0 }, false, false, false, 0 },	/* a kernel thread */
		{ { .abi = 2, .regs_mask_bits = N_REGS }, true, false, false, 0 },
		{ { .ips = none, .abi = 0 }, false, false, false, 0 },
		{ { .ips = user, .n_ips = 2, .abi = 0 }, false, false, false, 0 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct buf b = made_sample(&cases[i].s);
		struct perf_record r;

		assert_true(parse(&b, cases[i].s.ips ? &with_kernel : &plain, &r));
		assert_int_equal(r.sample.has_regs, cases[i].has_regs);
		assert_int_equal(r.sample.is_32bit, cases[i].is_32bit);
		assert_int_equal(r.sample.stack_len, cases[i].s.stack_copied);
		assert_int_equal(r.sample.stack_full, cases[i].full);
		assert_int_equal(r.sample.n_ips, cases[i].n_ips);
		buf_deinit(&b);
	}
}

static struct buf make_mmap(const char *path, uint32_t prot)
{
	struct buf b = made_record(PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER);

	buf_put_u32(&b, 10);
	buf_put_u32(&b, 11);
	buf_put_u64(&b, 0x7f0000001000);
	buf_put_u64(&b, 0x2000);
	buf_put_u64(&b, 0x3000);
	buf_put_u32(&b, 8);		/* major, minor, inode, its generation */
	buf_put_u32(&b, 0x10001);
	buf_put_u64(&b, 1ull << 40);
	buf_put_u64(&b, 9);
	buf_put_u32(&b, prot);
	buf_put_u32(&b, 2);
	made_text(&b, path);
	made_sample_id(&b, 10, 11, 2000, 1);
	return b;
}

static struct buf make_task(uint32_t type)
{
	struct buf b = made_record(type, 0);

	buf_put_u32(&b, 10);
	buf_put_u32(&b, 9);
	buf_put_u32(&b, 11);
	buf_put_u32(&b, 8);
	buf_put_u64(&b, 1990);
	made_sample_id(&b, 10, 11, 2000, 1);
	return b;
}

static struct buf make_comm(uint16_t misc)
{
	struct buf b = made_record(PERF_RECORD_COMM, misc);

	buf_put_u32(&b, 10);
	buf_put_u32(&b, 11);
	made_text(&b, "a name");
	made_sample_id(&b, 10, 11, 2000, 1);
	return b;
}

static struct buf make_lost(void)
{
	struct buf b = made_record(PERF_RECORD_LOST, 0);

	buf_put_u64(&b, 5);
	buf_put_u64(&b, 123);
	made_sample_id(&b, 10, 11, 2000, 1);
	return b;
}

static struct buf make_throttle(uint32_t type)
{
	struct buf b = made_record(type, 0);

	buf_put_u64(&b, 1995);
	buf_put_u64(&b, 5);
	buf_put_u64(&b, 6);
	made_sample_id(&b, 10, 11, 2000, 1);
	return b;
}

static struct buf make_other(void)
{
	struct buf b = made_record(PERF_RECORD_AUX, 0);

	made_sample_id(&b, 10, 11, 2000, 1);
	return b;
}

static struct buf make_any_sample(void)
{
	static const uint64_t ips[] = { PERF_CONTEXT_KERNEL, 0xffffffff81000010 };

	return made_sample(&(struct made_sample){
		.time_ns = 2000, .ips = ips, .n_ips = 2, .abi = 2, .regs_mask_bits = N_REGS,
		.stack_asked = 64, .stack_copied = 64 });
}

TEST(every_other_record_is_taken_apart)
{
	struct perf_record r;
	struct buf b = make_mmap("/usr/bin/a b", PROT_READ | PROT_EXEC);

	assert_true(parse(&b, &plain, &r));
	assert_int_equal(r.kind, PERF_MMAP);
	assert_int_equal(r.mmap.pid, 10);
	assert_int_equal(r.mmap.tid, 11);
	assert_int_equal(r.mmap.addr, 0x7f0000001000);
	assert_int_equal(r.mmap.len, 0x2000);
	assert_int_equal(r.mmap.off, 0x3000);
	assert_int_equal(r.mmap.dev, makedev(8, 0x10001));
	assert_int_equal(r.mmap.ino, 1ull << 40);
	assert_true(r.mmap.exec);
	assert_string_equal(r.mmap.path, "/usr/bin/a b");
	buf_deinit(&b);
	b = make_mmap("/x", PROT_READ | PROT_WRITE);
	assert_true(parse(&b, &plain, &r));
	assert_false(r.mmap.exec);
	buf_deinit(&b);

	static const struct { uint32_t type; enum perf_kind kind; } tasks[] = {
		{ PERF_RECORD_FORK, PERF_FORK }, { PERF_RECORD_EXIT, PERF_EXIT } };
	for (size_t i = 0; i < array_len(tasks); i++) {
		b = make_task(tasks[i].type);
		assert_true(parse(&b, &plain, &r));
		assert_int_equal(r.kind, tasks[i].kind);
		assert_int_equal(r.task.pid, 10);
		assert_int_equal(r.task.ppid, 9);
		assert_int_equal(r.task.tid, 11);
		assert_int_equal(r.task.ptid, 8);
		assert_int_equal(r.task.time_ns, 1990);
		buf_deinit(&b);
	}

	for (int exec = 0; exec < 2; exec++) {
		b = make_comm(exec ? PERF_RECORD_MISC_COMM_EXEC : 0);
		assert_true(parse(&b, &plain, &r));
		assert_int_equal(r.kind, PERF_COMM);
		assert_int_equal(r.comm.pid, 10);
		assert_int_equal(r.comm.tid, 11);
		assert_string_equal(r.comm.name, "a name");
		assert_int_equal(r.comm.exec, exec);
		buf_deinit(&b);
	}

	b = make_lost();
	assert_true(parse(&b, &plain, &r));
	assert_int_equal(r.kind, PERF_LOST);
	assert_int_equal(r.lost.id, 5);
	assert_int_equal(r.lost.count, 123);
	buf_deinit(&b);

	for (int on = 0; on < 2; on++) {
		b = make_throttle(on ? PERF_RECORD_THROTTLE : PERF_RECORD_UNTHROTTLE);
		assert_true(parse(&b, &plain, &r));
		assert_int_equal(r.kind, PERF_THROTTLE);
		assert_int_equal(r.throttle.on, on);
		assert_int_equal(r.throttle.time_ns, 1995);
		assert_int_equal(r.throttle.id, 5);
		assert_int_equal(r.throttle.stream_id, 6);
		buf_deinit(&b);
	}

	b = make_other();
	assert_true(parse(&b, &plain, &r));
	assert_int_equal(r.kind, PERF_OTHER);
	buf_deinit(&b);
}

TEST(every_record_has_its_time)
{
	struct buf all[] = { make_mmap("/x", PROT_READ), make_task(PERF_RECORD_FORK), make_comm(0),
			     make_lost(), make_throttle(PERF_RECORD_THROTTLE), make_other(),
			     make_any_sample() };

	for (size_t i = 0; i < array_len(all); i++) {
		struct perf_record r;

		assert_int_equal(perf_record_time((struct perf_event_header *)all[i].data), 2000);
		assert_true(parse(&all[i], &with_kernel, &r));
		assert_int_equal(r.time_ns, 2000);
		buf_deinit(&all[i]);
	}
}

/* A record cut short says so in its size and ends with its memory. */
/* What a program wrote is taken as it is, and believed only as far as it goes. */
TEST(what_a_program_wrote_is_taken_apart)
{
	const struct perf_layout layout = { .output = true };
	struct {
		struct bpf_sample head;
		uint64_t addr[3];
	} raw = { .head = { .magic = BPF_SAMPLE_MAGIC, .has_stack = 1, .n_kernel = 1, .n_user = 2,
			    .period = 5 },
		  .addr = { 7, 8, 9 } };
	const struct made_sample s = { .id = 3, .stream_id = 3, .time_ns = 11, .pid = 1, .tid = 2 };
	struct bpf_sample head;
	struct perf_record r;

	for (size_t len = 0; len <= sizeof(raw); len++) {
		struct buf b = made_output(&s, &raw, len);

		assert_int_equal(perf_record_sample_id((void *)b.data), 3);
		assert_true(perf_record_parse((void *)b.data, &layout, &r));
		assert_int_equal(r.sample.raw_len, len);
		assert_int_equal(r.sample.tid, 2);
		assert_int_equal(bpf_sample_head(r.sample.raw, r.sample.raw_len, &head),
				 len == sizeof(raw));
		if (len == sizeof(raw))
			assert_int_equal(bpf_sample_addr(r.sample.raw, 2), 9);
		buf_deinit(&b);
	}
	raw.head.end = BPF_END_GO_ON;
	assert_false(bpf_sample_head(&raw, sizeof(raw), &head));
	raw.head.end = 0;
	raw.head.n_user = UINT32_MAX;
	assert_false(bpf_sample_head(&raw, sizeof(raw), &head));
	raw.head.n_user = 2;
	raw.head.n_beyond = 3;		/* three in the ring, of two addresses */
	assert_false(bpf_sample_head(&raw, sizeof(raw), &head));
	raw.head.n_beyond = 0;
	raw.head.magic++;
	assert_false(bpf_sample_head(&raw, sizeof(raw), &head));
}

/* Beyond the limit, places are those of a ring. */
TEST(frames_of_a_program_are_found_by_number)
{
	static const struct { uint32_t n_user, n_beyond, limit, frame, place; } cases[] = {
		{ 10, 0, 10, 9, 1 + 9 },
		{ 11, 1, 10, 10, 1 + 10 },
		{ 74, 64, 10, 9, 1 + 9 }, { 74, 64, 10, 73, 1 + 73 },
		{ 74, 65, 10, 11, 1 + 11 }, { 74, 65, 10, 74, 1 + 10 },
		{ 74, 4000, 10, 4009, 1 + 10 + 3999 % 64 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct bpf_sample head = { .n_kernel = 1, .n_user = cases[i].n_user,
					   .n_beyond = cases[i].n_beyond };

		assert_int_equal(bpf_sample_limit(&head), cases[i].limit);
		assert_int_equal(bpf_sample_place(&head, cases[i].frame), cases[i].place);
	}
}

TEST(a_record_that_lacks_a_field_is_refused)
{
	struct { struct buf b; size_t needed; } all[] = {
		{ make_mmap("/usr/bin/a b", PROT_READ), 8 + 64 + 13 },
		{ make_task(PERF_RECORD_FORK), 8 + 24 },
		{ make_comm(0), 8 + 8 + 7 }, { make_lost(), 8 + 16 },
		{ make_throttle(PERF_RECORD_THROTTLE), 8 + 24 }, { make_other(), 8 },
		{ make_any_sample(), 0 },
	};

	for (size_t i = 0; i < array_len(all); i++) {
		size_t needed = all[i].needed ? all[i].needed : all[i].b.len;

		for (size_t len = sizeof(struct perf_event_header); len <= all[i].b.len; len++) {
			struct perf_event_header *h = xmemdup(all[i].b.data, len);
			struct perf_record r;

			h->size = (uint16_t)len;
			bool taken = perf_record_parse(h, &with_kernel, &r);
			if (taken != (len >= needed))
				fail_msg("record type %u: %zu of %zu bytes", h->type, len,
					 all[i].b.len);
			perf_record_time(h);
			free(h);
		}
		buf_deinit(&all[i].b);
	}
}

TEST(a_size_below_that_of_a_header_is_refused)
{
	struct perf_record r;

	for (uint16_t size = 0; size < sizeof(struct perf_event_header); size++) {
		struct perf_event_header h = { .type = PERF_RECORD_COMM, .size = size };

		assert_false(perf_record_parse(&h, &plain, &r));
		assert_int_equal(perf_record_time(&h), 0);
	}
}

TEST(counts_that_lie_are_refused)
{
	enum { CHAIN = 8 + 48, STACK = CHAIN + 8 + 16 + 8 + N_REGS * 8, COPIED = STACK + 8 + 64 };
	static const struct { size_t at; uint64_t value; } cases[] = {
		{ CHAIN, 1000 }, { CHAIN, 1ull << 32 }, { CHAIN, 1ull << 61 }, { CHAIN, UINT64_MAX },
		{ STACK, 65 }, { STACK, 72 }, { STACK, 1ull << 32 }, { STACK, UINT64_MAX },
		{ STACK, UINT64_MAX - 7 },
		{ COPIED, 65 }, { COPIED, 1ull << 32 }, { COPIED, UINT64_MAX },	/* more than asked */
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct buf b = make_any_sample();
		struct perf_record r;

		memcpy(b.data + cases[i].at, &cases[i].value, 8);
		assert_false(parse(&b, &with_kernel, &r));
		buf_deinit(&b);
	}
}

/* ---- the ring ---- */

/* A record whose every byte says which one it is. */
static size_t numbered(uint8_t *to, uint32_t number)
{
	struct perf_event_header h = { .type = number };
	size_t len = 8 + 8 * (number * 7919 % 120);

	h.size = (uint16_t)len;
	memset(to, (int)(number & 0xff), len);
	memcpy(to, &h, sizeof(h));
	return len;
}

TEST(records_come_in_one_piece_wherever_they_lie)
{
	const struct perf_event_header *h;
	uint32_t n_put = 0, n_got = 0, n_wrapped = 0;
	struct made_ring made;
	struct perf_ring ring;
	uint8_t record[1024];
	struct error err;

	made_ring_init(&made, PAGE_BYTES);
	assert_int_equal(perf_ring_map(&ring, made.fd, PAGE_BYTES, &err), 0);
	while (n_got < 20000) {
		while (made_ring_put(&made, record, numbered(record, n_put)))
			n_put++;
		perf_ring_update(&ring);
		/* Now and then only a part is read. */
		while ((h = perf_ring_peek(&ring)) && n_got % 11 != 10) {
			size_t len = numbered(record, n_got);

			assert_int_equal(h->size, len);
			assert_memory_equal(h, record, len);
			n_wrapped += (const uint8_t *)h == ring.wrapped;
			perf_ring_pop(&ring);
			n_got++;
		}
		if (h) {
			perf_ring_pop(&ring);
			n_got++;
		}
		assert_int_equal(made.page->data_tail, ring.tail);
	}
	assert_true(n_wrapped > 500);
	perf_ring_unmap(&ring);
	made_ring_deinit(&made);
	close(made.fd);
}

TEST(the_largest_record_may_lie_across_the_end)
{
	const size_t bytes = 128 * 1024, len = 65528;
	uint8_t *record = xcalloc(1, len);
	const struct perf_event_header *h;
	struct made_ring made;
	struct perf_ring ring;
	struct error err;

	memcpy(record, &(struct perf_event_header){ .type = 1, .size = (uint16_t)len }, 8);
	record[len - 1] = 99;
	made_ring_init(&made, bytes);
	assert_int_equal(perf_ring_map(&ring, made.fd, bytes, &err), 0);
	for (int i = 0; i < 40; i++) {
		assert_true(made_ring_put(&made, record, len));
		perf_ring_update(&ring);
		h = perf_ring_peek(&ring);
		assert_non_null(h);
		assert_memory_equal(h, record, len);
		perf_ring_pop(&ring);
	}
	free(record);
	perf_ring_unmap(&ring);
	made_ring_deinit(&made);
	close(made.fd);
}

TEST(only_what_was_there_at_the_update_is_read)
{
	struct made_ring made;
	struct perf_ring ring;
	uint8_t record[1024];
	struct error err;

	made_ring_init(&made, PAGE_BYTES);
	assert_int_equal(perf_ring_map(&ring, made.fd, PAGE_BYTES, &err), 0);
	assert_null(perf_ring_peek(&ring));
	assert_true(made_ring_put(&made, record, numbered(record, 1)));
	assert_null(perf_ring_peek(&ring));
	perf_ring_update(&ring);
	assert_true(made_ring_put(&made, record, numbered(record, 2)));
	assert_int_equal(perf_ring_peek(&ring)->type, 1);
	assert_int_equal(perf_ring_peek(&ring)->type, 1);	/* not taken yet */
	perf_ring_pop(&ring);
	assert_null(perf_ring_peek(&ring));
	perf_ring_update(&ring);
	assert_int_equal(perf_ring_peek(&ring)->type, 2);
	perf_ring_unmap(&ring);
	made_ring_deinit(&made);
	close(made.fd);
}

TEST(a_ring_that_makes_no_sense_is_left_behind)
{
	static const uint16_t sizes[] = { 0, 7, 4000 };

	for (size_t i = 0; i < array_len(sizes); i++) {
		struct perf_event_header bad = { .type = 1, .size = sizes[i] };
		struct made_ring made;
		struct perf_ring ring;
		uint8_t record[1024];
		struct error err;

		made_ring_init(&made, PAGE_BYTES);
		assert_int_equal(perf_ring_map(&ring, made.fd, PAGE_BYTES, &err), 0);
		assert_true(made_ring_put(&made, &bad, sizeof(bad)));
		perf_ring_update(&ring);
		assert_null(perf_ring_peek(&ring));
		assert_true(made_ring_put(&made, record, numbered(record, 5)));
		perf_ring_update(&ring);
		assert_int_equal(perf_ring_peek(&ring)->type, 5);
		perf_ring_unmap(&ring);
		made_ring_deinit(&made);
		close(made.fd);
	}
}

/* ---- periods ---- */

#define MEAN_NS 2004008u	/* 499 Hz */
#define N_DRAWN 100000

TEST(periods_spread_evenly_around_the_mean)
{
	struct period_random random = { .state = 1 };
	uint32_t bins[10] = { 0 };
	double sum = 0, chi2 = 0;

	for (int i = 0; i < N_DRAWN; i++) {
		uint64_t p = period_draw(&random, MEAN_NS);
		double at = ((double)p / MEAN_NS - (1 - PERIOD_SPREAD)) / (2 * PERIOD_SPREAD);

		assert_true(at > -1e-6 && at < 1);
		bins[(size_t)(max_of(at, 0.0) * 10)]++;
		sum += (double)p;
	}
	/* The mean of so many is within 5 standard errors: 0.15 / sqrt(3 n). */
	assert_true(sum / N_DRAWN / MEAN_NS > 1 - 5 * 0.000274);
	assert_true(sum / N_DRAWN / MEAN_NS < 1 + 5 * 0.000274);
	for (size_t i = 0; i < 10; i++) {
		double off = bins[i] - N_DRAWN / 10.0;

		chi2 += off * off / (N_DRAWN / 10.0);
	}
	assert_true(chi2 < 33.7);	/* 9 degrees of freedom: 1 in 10,000 */
}

TEST(a_period_is_kept_for_some_samples)
{
	struct period_random random = { .state = 1 };
	bool least = false, most = false;

	for (int i = 0; i < N_DRAWN; i++) {
		uint32_t n = period_draw_kept(&random);

		assert_true(n >= PERIOD_MIN_KEPT && n <= PERIOD_MAX_KEPT);
		least |= n == PERIOD_MIN_KEPT;
		most |= n == PERIOD_MAX_KEPT;
	}
	assert_true(least && most);
}

TEST(a_seed_decides_everything_and_none_is_the_same)
{
	struct period_random a = { .state = 42 }, b = { .state = 42 }, c = { .state = 43 };
	struct period_random d = { 0 }, e = { 0 };
	int n_same_c = 0, n_same_e = 0;

	for (int i = 0; i < 100; i++) {
		uint64_t p = period_draw(&a, MEAN_NS);

		assert_int_equal(p, period_draw(&b, MEAN_NS));
		n_same_c += p == period_draw(&c, MEAN_NS);
		n_same_e += period_draw(&d, MEAN_NS) == period_draw(&e, MEAN_NS);
	}
	assert_true(n_same_c < 3);
	assert_true(n_same_e < 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_is_taken_apart),
		cmocka_unit_test(a_sample_of_any_shape_is_taken_apart),
		cmocka_unit_test(every_other_record_is_taken_apart),
		cmocka_unit_test(every_record_has_its_time),
		cmocka_unit_test(what_a_program_wrote_is_taken_apart),
		cmocka_unit_test(frames_of_a_program_are_found_by_number),
		cmocka_unit_test(a_record_that_lacks_a_field_is_refused),
		cmocka_unit_test(a_size_below_that_of_a_header_is_refused),
		cmocka_unit_test(counts_that_lie_are_refused),
		cmocka_unit_test(records_come_in_one_piece_wherever_they_lie),
		cmocka_unit_test(the_largest_record_may_lie_across_the_end),
		cmocka_unit_test(only_what_was_there_at_the_update_is_read),
		cmocka_unit_test(a_ring_that_makes_no_sense_is_left_behind),
		cmocka_unit_test(periods_spread_evenly_around_the_mean),
		cmocka_unit_test(a_period_is_kept_for_some_samples),
		cmocka_unit_test(a_seed_decides_everything_and_none_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
