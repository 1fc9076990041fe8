// SPDX-License-Identifier: Apache-2.0
/*
 * The reader of many rings and events: order, weights, what was lost.  The test
 * is the kernel: rings lie in memory files, and ioctl(2), the clock and random
 * numbers are the test's own (linked with --wrap).
 */
#include "tests/unit/perf_maker.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/clock.h"
#include "engine/bpf/bpf_sample.h"
#include "engine/perf_reader.h"
#include "engine/period.h"

#define PERIOD_NS 2000000u
#define MAX_RECORDS 40000

/* ---- the kernel ---- */

static struct kernel {
	bool real;		/* hand through to the real one */
	uint64_t now_ns;
	uint64_t seed;
	int event;		/* the event whose period may change */
	uint64_t period_ns;	/* in effect */
	uint64_t last_ns;	/* its last sample */
	uint64_t cut_ns;	/* time that was cut off by changes */
	uint32_t n_changes, n_enabled, n_disabled;
	int last_disabled;
} kernel;

int __real_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	if (kernel.real)
		return __real_ioctl(fd, request, arg);
	kernel.n_enabled += request == PERF_EVENT_IOC_ENABLE;
	kernel.n_disabled += request == PERF_EVENT_IOC_DISABLE;
	if (request == PERF_EVENT_IOC_DISABLE)
		kernel.last_disabled = fd;
	if (request == PERF_EVENT_IOC_PERIOD) {
		assert_int_equal(fd, kernel.event);
		kernel.n_changes++;
		kernel.cut_ns += kernel.now_ns - kernel.last_ns;
		kernel.last_ns = kernel.now_ns;
		memcpy(&kernel.period_ns, arg, sizeof(kernel.period_ns));
	}
	return 0;
}

int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	if (kernel.real)
		return __real_clock_gettime(id, ts);
	*ts = (struct timespec){ .tv_sec = (time_t)(kernel.now_ns / NS_PER_S),
				 .tv_nsec = (long)(kernel.now_ns % NS_PER_S) };
	return 0;
}

ssize_t __wrap_getrandom(void *buf, size_t len, unsigned int flags);
ssize_t __wrap_getrandom(void *buf, size_t len, unsigned int flags)
{
	(void)flags;
	assert_int_equal(len, sizeof(kernel.seed));
	memcpy(buf, &kernel.seed, len);
	return (ssize_t)len;
}

/* A descriptor that is read like an event: once for each count given. */
static int event_fd(int *our_end)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	*our_end = ends[0];
	return ends[1];
}

static void give_count(int our_end, uint64_t value, uint64_t id, uint64_t n_lost)
{
	const uint64_t count[] = { value, id, n_lost };

	assert_int_equal(write(our_end, count, sizeof(count)), sizeof(count));
}

static void begin(void)
{
	kernel = (struct kernel){ .now_ns = 1000 * NS_PER_S, .seed = 42, .event = -1 };
}

/* ---- what comes out ---- */

static struct out {
	uint64_t time_ns[MAX_RECORDS], weight_ns[MAX_RECORDS];
	enum perf_kind kind[MAX_RECORDS];
	uint32_t tag[MAX_RECORDS];	/* tid of a sample */
	size_t n;
} out;

static void collect(void *ctx, const struct perf_record *r, uint64_t weight_ns)
{
	(void)ctx;
	assert_true(out.n < MAX_RECORDS);
	out.time_ns[out.n] = r->time_ns;
	out.weight_ns[out.n] = weight_ns;
	out.kind[out.n] = r->kind;
	out.tag[out.n++] = r->kind == PERF_SAMPLE ? r->sample.tid : 0;
}

static struct buf sample_at(uint64_t time_ns, uint64_t id, uint64_t stream_id, uint32_t tid)
{
	return made_sample(&(struct made_sample){ .id = id, .stream_id = stream_id,
		.time_ns = time_ns, .tid = tid, .pid = 1, .period = 1234567 });
}

/* What our program writes about the same: on CPU 0, and not for which event. */
static struct buf output_at(uint64_t time_ns, uint64_t id, uint32_t tid, uint64_t period_ns)
{
	const struct bpf_sample head = { .magic = BPF_SAMPLE_MAGIC, .period = period_ns };

	return made_output(&(struct made_sample){ .id = id, .stream_id = id, .time_ns = time_ns,
		.tid = tid, .pid = 1, .period = 1 }, &head, sizeof(head));
}

static struct buf sideband_at(uint32_t type, uint64_t time_ns)
{
	struct buf b = made_record(type, 0);

	for (int i = 0; i < 3; i++)
		buf_put_u64(&b, time_ns);
	made_sample_id(&b, 1, 1, time_ns, 0);
	return b;
}

/* Thread `tid` of process 1 is born. */
static struct buf birth_at(uint64_t time_ns, uint32_t tid)
{
	struct buf b = made_record(PERF_RECORD_FORK, 0);

	buf_put_u32(&b, 1);
	buf_put_u32(&b, 1);
	buf_put_u32(&b, tid);
	buf_put_u32(&b, 1);
	buf_put_u64(&b, time_ns);
	made_sample_id(&b, 1, 1, time_ns, 0);
	return b;
}

static struct perf_reader *reader_of(struct made_ring *rings, size_t n, size_t bytes,
				     size_t n_sideband)
{
	struct perf_reader *r = perf_reader_new(0);
	struct error err;

	out.n = 0;
	for (size_t i = 0; i < n; i++) {
		made_ring_init(&rings[i], bytes);
		assert_int_equal(perf_reader_add_ring(r, rings[i].fd, bytes, i < n_sideband, &err), 0);
	}
	return r;
}

/* ---- order ---- */

#define N_RINGS 5

TEST(records_of_all_rings_come_in_the_order_of_time)
{
	struct made_ring rings[N_RINGS];
	uint64_t times[N_RINGS] = { 0 };
	size_t n_put = 0;

	begin();
	struct perf_reader *r = reader_of(rings, N_RINGS, 16384, 1);
	srand(1);
	for (int pass = 0; pass < 100; pass++) {
		size_t from = out.n;

		/* Each CPU goes on for itself; many of their times are equal. */
		for (int k = 0; k < 150; k++) {
			size_t cpu = (size_t)rand() % N_RINGS;
			uint64_t t = times[cpu] = max_of(times[cpu], 1000ull * (uint64_t)pass) +
						  (uint64_t)(rand() % 8);

			made_ring_take(&rings[cpu], cpu ? sample_at(t, 1, 1, (uint32_t)cpu)
							: sideband_at(PERF_RECORD_EXIT, t));
			n_put++;
		}
		perf_reader_drain(r, collect, NULL);
		for (size_t i = from + 1; i < out.n; i++)
			assert_true(out.time_ns[i - 1] <= out.time_ns[i]);
		assert_int_equal(out.n, n_put);
	}
	perf_reader_free(r);
	for (size_t i = 0; i < N_RINGS; i++)
		made_ring_deinit(&rings[i]);
}

TEST(a_mapping_comes_before_the_sample_that_needs_it)
{
	struct made_ring rings[3];

	begin();
	struct perf_reader *r = reader_of(rings, 3, 4096, 1);
	made_ring_take(&rings[1], sample_at(500, 1, 1, 7));
	made_ring_take(&rings[2], sample_at(400, 1, 1, 8));
	made_ring_take(&rings[0], sideband_at(PERF_RECORD_FORK, 450));
	perf_reader_drain(r, collect, NULL);
	assert_int_equal(out.n, 3);
	assert_int_equal(out.tag[0], 8);
	assert_int_equal(out.kind[1], PERF_FORK);
	assert_int_equal(out.tag[2], 7);
	perf_reader_free(r);
	for (size_t i = 0; i < 3; i++)
		made_ring_deinit(&rings[i]);
}

TEST(all_rings_wake_the_session_those_with_samples_first)
{
	struct made_ring rings[3];
	struct pollfd fds[4];

	begin();
	struct perf_reader *r = reader_of(rings, 3, 4096, 1);
	assert_int_equal(perf_reader_poll(r, fds, 4), 3);
	assert_int_equal(fds[0].fd, rings[1].fd);
	assert_int_equal(fds[1].fd, rings[2].fd);
	assert_int_equal(fds[2].fd, rings[0].fd);
	assert_int_equal(perf_reader_poll(r, fds, 1), 1);
	perf_reader_free(r);
	for (size_t i = 0; i < 3; i++)
		made_ring_deinit(&rings[i]);
}

TEST(a_ring_that_cannot_be_mapped_is_said)
{
	int fd = memfd_create("empty", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct perf_reader *r = perf_reader_new(0);
	struct error err;

	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	assert_int_equal(perf_reader_add_ring(r, fd, 4096, false, &err), -1);
	assert_non_null(strstr(err.msg, "cannot map a ring of 4 KiB"));
	perf_reader_free(r);
}

/* ---- weights ---- */

/*
 * One thread that always runs.  It is sampled by its period, which changes when
 * the reader says so, and the reader looks every `look_ns`.
 */
static void simulate(uint64_t look_ns, uint64_t total_ns, bool by_program)
{
	struct made_ring ring;
	struct perf_totals totals;
	uint64_t sum = 0, start;
	static uint64_t truth[MAX_RECORDS];
	size_t n = 0;
	int ours;

	begin();
	struct perf_reader *r = reader_of(&ring, 1, 1 << 20, 0);
	kernel.event = event_fd(&ours);
	kernel.period_ns = period_draw(&(struct period_random){ .state = 7 }, PERIOD_NS);
	perf_reader_add_event(r, kernel.event, 5, 1, 0, kernel.period_ns);
	perf_reader_add_event(r, memfd_create("output", MFD_CLOEXEC), 9, 0, 0, 0);
	perf_reader_start(r, &(struct perf_start){ .period_ns = PERIOD_NS });
	start = kernel.last_ns = kernel.now_ns;
	for (uint64_t look = start + look_ns; look <= start + total_ns; look += look_ns) {
		for (; kernel.last_ns + kernel.period_ns <= look; n++) {
			kernel.last_ns += kernel.period_ns;
			truth[n] = kernel.period_ns;
			made_ring_take(&ring, by_program ? output_at(kernel.last_ns, 9, 1, 77)
							 : sample_at(kernel.last_ns, 5, 5, 1));
		}
		kernel.now_ns = look;
		perf_reader_drain(r, collect, NULL);
	}
	assert_int_equal(out.n, n);
	for (size_t i = 0; i < n; i++) {
		if (out.weight_ns[i] != truth[i])
			fail_msg("sample %zu stands for %llu ns, not for %llu", i,
				 (unsigned long long)truth[i], (unsigned long long)out.weight_ns[i]);
		sum += out.weight_ns[i];
	}
	give_count(ours, kernel.now_ns - start, 5, 0);
	perf_reader_totals(r, &totals);
	assert_int_equal(totals.cpu_ns, kernel.now_ns - start);
	assert_int_equal(totals.period_ns, PERIOD_NS);
	/* A change cuts off anything up to a period: half of one, 0.29 around it. */
	double rest = (double)totals.cpu_ns - (double)sum - (double)totals.unsampled_ns;
	double limit = 5 * 0.29 * PERIOD_NS * __builtin_sqrt(kernel.n_changes) + 2 * PERIOD_NS;
	print_message("%zu samples, %u changes: %.3f ms of %.0f ms unaccounted for, limit %.3f\n", n,
		      kernel.n_changes, rest / 1e6, (double)totals.cpu_ns / 1e6, limit / 1e6);
	assert_true(kernel.n_changes > 5);
	assert_true(rest < limit && -rest < limit);
	perf_reader_free(r);
	close(ours);
	made_ring_deinit(&ring);
}

TEST(weights_and_what_was_cut_off_are_the_cpu_time)
{
	simulate(50 * NS_PER_MS, 60 * NS_PER_S, false);
	simulate(50 * NS_PER_MS, 60 * NS_PER_S, true);
}

/* A session that was held up finds hundreds of samples of one event. */
TEST(weights_are_right_when_many_samples_waited)
{
	simulate(2 * NS_PER_S, 60 * NS_PER_S, false);
	simulate(2 * NS_PER_S, 60 * NS_PER_S, true);
}

/* What a program wrote of a thread without events of its own has the period it says. */
TEST(output_of_an_inherited_event_has_the_period_that_it_says)
{
	struct made_ring ring;
	int ours[2];

	begin();
	struct perf_reader *r = reader_of(&ring, 1, 4096, 0);
	perf_reader_add_event(r, event_fd(&ours[0]), 5, 1, 0, PERIOD_NS + 7);
	perf_reader_add_event(r, event_fd(&ours[1]), 9, 0, 0, 0);
	perf_reader_start(r, &(struct perf_start){ .period_ns = PERIOD_NS });
	made_ring_take(&ring, output_at(1, 9, 1, 77));
	made_ring_take(&ring, output_at(2, 9, 3, 78));
	perf_reader_drain(r, collect, NULL);
	assert_int_equal(out.n, 2);
	assert_int_equal(out.weight_ns[0], PERIOD_NS + 7);
	assert_int_equal(out.weight_ns[1], 78);
	perf_reader_free(r);
	close(ours[0]);
	close(ours[1]);
	made_ring_deinit(&ring);
}

/* A thread that the kernel tells the birth of has inherited events. */
TEST(events_of_a_thread_that_inherits_some_are_dropped)
{
	struct made_ring ring;
	int ours[2], fd;

	begin();
	struct perf_reader *r = reader_of(&ring, 1, 4096, 0);
	perf_reader_add_event(r, event_fd(&ours[0]), 5, 1, 0, PERIOD_NS);
	fd = event_fd(&ours[1]);
	perf_reader_add_event(r, fd, 6, 2, 0, PERIOD_NS);
	perf_reader_start(r, &(struct perf_start){ .period_ns = PERIOD_NS });
	made_ring_take(&ring, birth_at(1, 3));	/* of one without events of its own */
	perf_reader_drain(r, collect, NULL);
	assert_int_equal(kernel.n_disabled, 0);
	made_ring_take(&ring, birth_at(2, 2));
	perf_reader_drain(r, collect, NULL);
	assert_int_equal(kernel.n_disabled, 1);
	assert_int_equal(kernel.last_disabled, fd);
	/* Also when sampling is switched off and on again. */
	perf_reader_stop(r);
	kernel.n_enabled = 0;
	perf_reader_enable(r);
	assert_int_equal(kernel.n_enabled, 1);
	perf_reader_free(r);
	close(ours[0]);
	close(ours[1]);
	made_ring_deinit(&ring);
}

TEST(an_inherited_event_has_the_period_that_the_kernel_reports)
{
	struct made_ring ring;
	int ours[3], fds[3];

	begin();
	struct perf_reader *r = reader_of(&ring, 1, 4096, 0);
	for (size_t i = 0; i < 3; i++) {
		fds[i] = event_fd(&ours[i]);
		/* thread 1 on two CPUs, thread 2 on one */
		perf_reader_add_event(r, fds[i], 5 + i, i < 2 ? 1 : 2, 0, PERIOD_NS + i);
	}
	perf_reader_start(r, &(struct perf_start){ .period_ns = PERIOD_NS });
	made_ring_take(&ring, sample_at(1, 6, 6, 1));	/* its own */
	made_ring_take(&ring, sample_at(2, 5, 99, 3));	/* of a child of thread 1 */
	made_ring_take(&ring, sample_at(3, 44, 44, 1));	/* of an event that is not known */
	perf_reader_drain(r, collect, NULL);
	assert_int_equal(out.weight_ns[0], PERIOD_NS + 1);
	assert_int_equal(out.weight_ns[1], 1234567);
	assert_int_equal(out.weight_ns[2], PERIOD_NS);
	assert_int_equal(kernel.n_disabled, 0);

	/* Thread 2 turns out to be sampled twice: by its own event and as a child. */
	made_ring_take(&ring, sample_at(4, 5, 98, 2));
	made_ring_take(&ring, sample_at(5, 5, 98, 2));
	perf_reader_drain(r, collect, NULL);
	assert_int_equal(kernel.n_disabled, 1);
	assert_int_equal(kernel.last_disabled, fds[2]);
	perf_reader_free(r);
	for (size_t i = 0; i < 3; i++)
		close(ours[i]);
	made_ring_deinit(&ring);
}

/* ---- starting, losing, ending ---- */

TEST(a_new_opening_replaces_the_old_events)
{
	struct made_ring ring;
	struct perf_totals totals;
	int ours[4], probe;
	char byte;

	begin();
	struct perf_reader *r = reader_of(&ring, 1, 4096, 0);
	perf_reader_add_event(r, event_fd(&ours[0]), 0, 0, 0, 0);	/* only kept open */
	perf_reader_add_event(r, event_fd(&ours[1]), 5, 1, 0, PERIOD_NS);
	perf_reader_start(r, &(struct perf_start){ .period_ns = PERIOD_NS, .on_exec = true });
	assert_int_equal(kernel.n_enabled, 0);		/* they start by themselves */
	give_count(ours[1], 100, 5, 3);
	perf_reader_add_event(r, event_fd(&ours[2]), 6, 1, 0, PERIOD_NS);
	perf_reader_start(r, &(struct perf_start){ .period_ns = 2 * PERIOD_NS });
	assert_int_equal(kernel.n_enabled, 1);
	/* the old one is closed, the one without an id is not */
	assert_int_equal(read(ours[1], &byte, 1), 0);
	probe = (int)recv(ours[0], &byte, 1, MSG_DONTWAIT);
	assert_int_equal(probe, -1);
	/* counts of both openings are added */
	give_count(ours[2], 40, 6, 2);
	perf_reader_totals(r, &totals);
	assert_int_equal(totals.cpu_ns, 140);
	assert_int_equal(totals.n_lost, 5);
	assert_int_equal(totals.period_ns, 2 * PERIOD_NS);
	/* a late sample of a closed event weighs what is usual now */
	made_ring_take(&ring, sample_at(1, 5, 5, 1));
	perf_reader_drain(r, collect, NULL);
	assert_int_equal(out.weight_ns[0], 2 * PERIOD_NS);
	perf_reader_stop(r);
	assert_int_equal(kernel.n_disabled, 2);
	perf_reader_free(r);
	for (size_t i = 0; i < 3; i++)
		close(ours[i]);
	made_ring_deinit(&ring);
}

TEST(larger_rings_take_the_place_of_those_before)
{
	struct made_ring rings[2], larger, last;
	struct pollfd fds[4];
	struct error err;

	begin();
	struct perf_reader *r = reader_of(rings, 2, 4096, 1);
	perf_reader_start(r, &(struct perf_start){ .period_ns = PERIOD_NS });
	perf_reader_start(r, &(struct perf_start){ .period_ns = PERIOD_NS });	/* the same ones */
	perf_reader_drain(r, collect, NULL);
	assert_int_equal(perf_reader_poll(r, fds, 4), 2);
	for (int i = 0; i < 2; i++) {
		struct made_ring *ring = i ? &last : &larger, *old = i ? &larger : &rings[1];

		made_ring_init(ring, 8192);
		assert_int_equal(perf_reader_add_ring(r, ring->fd, 8192, false, &err), 0);
		made_ring_take(old, sample_at(500, 1, 1, 7));
		perf_reader_start(r, &(struct perf_start){ .period_ns = PERIOD_NS });
		made_ring_take(old, sample_at(600, 1, 1, 8));	/* was on its way */
		made_ring_take(ring, sample_at(550, 2, 2, 9));
		made_ring_take(&rings[0], sideband_at(PERF_RECORD_EXIT, 700));
		out.n = 0;
		perf_reader_drain(r, collect, NULL);
		assert_int_equal(out.n, 4);
		assert_int_equal(out.tag[0], 7);
		assert_int_equal(out.tag[1], 9);
		assert_int_equal(out.tag[2], 8);
		assert_int_equal(out.kind[3], PERF_EXIT);
		assert_int_equal(perf_reader_poll(r, fds, 4), 2);
		assert_int_equal(fds[0].fd, ring->fd);
	}
	perf_reader_free(r);
	for (size_t i = 0; i < 2; i++)
		made_ring_deinit(&rings[i]);
	made_ring_deinit(&larger);
	made_ring_deinit(&last);
}

static struct buf lost(uint64_t count)
{
	struct buf b = made_record(PERF_RECORD_LOST, 0);

	buf_put_u64(&b, 5);
	buf_put_u64(&b, count);
	made_sample_id(&b, 1, 1, 10, 0);
	return b;
}

TEST(lost_samples_are_counted_with_and_without_the_kernels_help)
{
	static const struct { bool old_kernel; uint64_t n_lost; uint64_t expected; } cases[] = {
		{ false, 30, 30 }, { false, 3, 12 }, { true, 30, 12 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		const uint64_t count[] = { 100, 5, cases[i].n_lost };
		struct made_ring rings[2];
		struct perf_totals totals;
		int ours;

		begin();
		struct perf_reader *r = reader_of(rings, 2, 4096, 1);
		perf_reader_add_event(r, event_fd(&ours), 5, 1, 0, PERIOD_NS);
		perf_reader_start(r, &(struct perf_start){ .period_ns = PERIOD_NS });
		made_ring_take(&rings[0], lost(1000));	/* sideband: no samples */
		made_ring_take(&rings[1], lost(5));
		made_ring_take(&rings[1], lost(7));
		perf_reader_drain(r, collect, NULL);
		/* before PERF_FORMAT_LOST the count is shorter */
		assert_true(write(ours, count, cases[i].old_kernel ? 16 : 24) > 0);
		perf_reader_totals(r, &totals);
		assert_int_equal(totals.n_lost, cases[i].expected);
		assert_int_equal(totals.cpu_ns, 100);
		perf_reader_free(r);
		close(ours);
		for (size_t k = 0; k < 2; k++)
			made_ring_deinit(&rings[k]);
	}
}

static struct buf throttle(bool on, uint64_t time_ns, uint64_t id)
{
	struct buf b = made_record(on ? PERF_RECORD_THROTTLE : PERF_RECORD_UNTHROTTLE, 0);

	buf_put_u64(&b, time_ns);
	buf_put_u64(&b, id);
	buf_put_u64(&b, id);
	made_sample_id(&b, 1, 1, time_ns, 0);
	return b;
}

TEST(time_that_was_throttled_is_counted)
{
	static const struct { bool on; uint64_t at_ns, id; } all[] = {
		{ false, 50, 5 },			/* an end without a beginning */
		{ true, 100, 5 }, { false, 130, 5 },	/* 30 */
		{ true, 200, 5 }, { true, 210, 6 },	/* two events at once: 50 and 60 */
		{ false, 250, 5 }, { false, 270, 6 },
		{ true, 300, 99 }, { false, 400, 99 },	/* not ours */
		{ true, 500, 5 },			/* not over yet */
	};
	struct made_ring ring;
	struct perf_totals totals;
	int ours[2];

	begin();
	struct perf_reader *r = reader_of(&ring, 1, 4096, 0);
	for (size_t i = 0; i < 2; i++)
		perf_reader_add_event(r, event_fd(&ours[i]), 5 + i, 1, 0, PERIOD_NS);
	perf_reader_start(r, &(struct perf_start){ .period_ns = PERIOD_NS });
	for (size_t i = 0; i < array_len(all); i++)
		made_ring_take(&ring, throttle(all[i].on, all[i].at_ns, all[i].id));
	perf_reader_drain(r, collect, NULL);
	for (size_t i = 0; i < 2; i++)
		give_count(ours[i], 0, 5 + i, 0);
	perf_reader_totals(r, &totals);
	assert_int_equal(totals.throttled_ns, 30 + 50 + 60);
	perf_reader_free(r);
	for (size_t i = 0; i < 2; i++)
		close(ours[i]);
	made_ring_deinit(&ring);
}

TEST(all_have_ended_when_the_last_has)
{
	struct perf_reader *r = perf_reader_new(0);
	int ours[3];

	begin();
	for (size_t i = 0; i < 3; i++)
		perf_reader_add_event(r, event_fd(&ours[i]), i, 1, 0, PERIOD_NS);
	perf_reader_start(r, &(struct perf_start){ .period_ns = PERIOD_NS });
	assert_false(perf_reader_all_ended(r));
	close(ours[1]);
	assert_false(perf_reader_all_ended(r));
	close(ours[2]);
	assert_true(perf_reader_all_ended(r));	/* the one that is only open does not count */
	close(ours[0]);
	perf_reader_free(r);
}

/* ---- the real kernel ---- */

static uint64_t thread_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* As the opener opens one, but for any CPU and without a copy of the stack. */
static int open_real(uint64_t *id, uint64_t period_ns)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK, .sample_period = period_ns,
		.sample_type = PERF_SAMPLE_TYPE, .sample_regs_user = 1,
		.read_format = PERF_FORMAT_ID, .disabled = 1, .exclude_kernel = 1,
		.sample_id_all = 1, .use_clockid = 1, .clockid = CLOCK_MONOTONIC };
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd >= 0 && __real_ioctl(fd, PERF_EVENT_IOC_ID, id) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

TEST(weights_of_a_real_event_are_the_cpu_time)
{
	struct perf_reader *r = perf_reader_new(1);
	struct perf_totals totals;
	volatile uint64_t work = 0;
	uint64_t id, sum = 0, cpu_ns;
	struct error err;

	begin();
	kernel.real = true;
	int fd = open_real(&id, NS_PER_MS);
	if (fd < 0) {
		print_message("skipped: the kernel gives no perf events here\n");
		perf_reader_free(r);
		skip();
	}
	out.n = 0;
	assert_int_equal(perf_reader_add_ring(r, dup(fd), 256 << 10, false, &err), 0);
	perf_reader_add_event(r, fd, id, (uint32_t)gettid(), 0, NS_PER_MS);
	perf_reader_start(r, &(struct perf_start){ .period_ns = NS_PER_MS });
	cpu_ns = thread_cpu_ns();
	while (thread_cpu_ns() - cpu_ns < 600 * NS_PER_MS) {
		uint64_t slice = thread_cpu_ns();

		while (thread_cpu_ns() - slice < 20 * NS_PER_MS)
			for (int i = 0; i < 200000; i++)
				work = work * 3 + 1;
		perf_reader_drain(r, collect, NULL);
	}
	cpu_ns = thread_cpu_ns() - cpu_ns;
	perf_reader_stop(r);
	perf_reader_drain(r, collect, NULL);
	perf_reader_totals(r, &totals);
	for (size_t i = 0; i < out.n; i++)
		sum += out.kind[i] == PERF_SAMPLE ? out.weight_ns[i] : 0;
	/* Other users of the machine cost samples, and code of the kernel has none. */
	print_message("%zu samples for %.0f ms of %.0f ms\n", out.n, (double)sum / 1e6,
		      (double)cpu_ns / 1e6);
	assert_true(sum < cpu_ns + cpu_ns / 10);
	assert_true(sum + totals.unsampled_ns + totals.throttled_ns > cpu_ns / 2);
	assert_true(totals.cpu_ns > cpu_ns - cpu_ns / 10);
	kernel.real = false;
	perf_reader_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_of_all_rings_come_in_the_order_of_time),
		cmocka_unit_test(a_mapping_comes_before_the_sample_that_needs_it),
		cmocka_unit_test(all_rings_wake_the_session_those_with_samples_first),
		cmocka_unit_test(a_ring_that_cannot_be_mapped_is_said),
		cmocka_unit_test(weights_and_what_was_cut_off_are_the_cpu_time),
		cmocka_unit_test(weights_are_right_when_many_samples_waited),
		cmocka_unit_test(output_of_an_inherited_event_has_the_period_that_it_says),
		cmocka_unit_test(events_of_a_thread_that_inherits_some_are_dropped),
		cmocka_unit_test(an_inherited_event_has_the_period_that_the_kernel_reports),
		cmocka_unit_test(a_new_opening_replaces_the_old_events),
		cmocka_unit_test(larger_rings_take_the_place_of_those_before),
		cmocka_unit_test(lost_samples_are_counted_with_and_without_the_kernels_help),
		cmocka_unit_test(time_that_was_throttled_is_counted),
		cmocka_unit_test(all_have_ended_when_the_last_has),
		cmocka_unit_test(weights_of_a_real_event_are_the_cpu_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
