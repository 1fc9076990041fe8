// SPDX-License-Identifier: Apache-2.0
/*
 * Who maps a ring pays for it with the budget for locked memory.  As root we map each
 * first and keep the mapping: the session, which has no rights, may then map it without
 * a budget.  As somebody else we only try how much there is room for, and the session,
 * which has the same uid, maps alone: the kernel (6.18) takes what a second mapping of a
 * ring costs from the user, and gives it back only when that has no process any more.
 */
#include "opener/open_perf_internal.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"

#define RING_MS 200		/* samples of this time should fit, */
#define WAKE_MS 60		/* and of this time once the session was woken */
#define RING_MAX (16u << 20)
#define RINGS_MAX (256u << 20)	/* of all CPUs together */
#define RING_MIN (32u << 10)
#define SIDEBAND_BYTES (128u << 10)
#define SIDEBAND_NEED SIZE_MAX	/* nobody knows */
#define MAX_CPUS 4096

struct ring *perf_list_cpus(size_t *n)
{
	long max = min_of(sysconf(_SC_NPROCESSORS_CONF), (long)MAX_CPUS);
	struct ring *rings = xcalloc((size_t)max, sizeof(*rings));
	struct perf_event_attr attr = perf_dummy_attr();

	*n = 0;
	for (long cpu = 0; cpu < max; cpu++) {
		int fd = perf_open_event(&attr, 0, (int)cpu);

		if (fd < 0 && errno == ENODEV)
			continue;	/* offline */
		closep(&fd);
		rings[*n] = (struct ring){ .cpu = (uint32_t)cpu, .owner = -1 };
		(*n)++;
	}
	return rings;
}

static void unmap_rings(struct ring *rings, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (rings[i].map)
			munmap(rings[i].map, rings[i].bytes + (size_t)sysconf(_SC_PAGESIZE));
		rings[i].map = NULL;
	}
}

void perf_close_rings(struct ring *rings, size_t n)
{
	unmap_rings(rings, n);
	for (size_t i = 0; i < n; i++) {
		closep(&rings[i].owner);
		rings[i].owner = -1;
	}
}

/*
 * When to wake the session: as late as leaves WAKE_MS for it to come, but not
 * before a quarter of the ring is full, and at half of it at the latest.
 */
static size_t wakeup_at(size_t bytes, size_t need)
{
	size_t spare = need / RING_MS * WAKE_MS, late = bytes > spare ? bytes - spare : 0;

	late = max_of(late, bytes / 4);
	return min_of(late, bytes / 2);
}

/*
 * One ring of `bytes` per CPU, of which `need` would be enough; fails with EPERM
 * when the budget is too small.
 */
static int open_rings(struct ring *rings, size_t n, size_t bytes, size_t need,
		      struct error *err)
{
	struct perf_event_attr attr = perf_dummy_attr();
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	attr.watermark = 1;
	attr.wakeup_watermark = (uint32_t)wakeup_at(bytes, need);
	for (size_t i = 0; i < n; i++) {
		rings[i].bytes = bytes;
		rings[i].owner = perf_open_event(&attr, 0, (int)rings[i].cpu);
		if (rings[i].owner < 0) {
			error_sys(err, "perf events");
			perf_close_rings(rings, n);
			return -1;
		}
		rings[i].map = mmap(NULL, page + bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
				    rings[i].owner, 0);
		if (rings[i].map == MAP_FAILED) {
			rings[i].map = NULL;
			error_sys(err, "ring of %zu KiB per CPU", bytes / 1024);
			perf_close_rings(rings, n);
			return -1;
		}
	}
	return 0;
}

static int say_no_memory(struct error *err)
{
	struct rlimit r;

	getrlimit(RLIMIT_MEMLOCK, &r);
	return error_set(err, ENOLCK, "no memory may be locked for rings: RLIMIT_MEMLOCK (%ld KiB) and kernel.perf_event_mlock_kb (%ld for each CPU, for all processes of a user) are used up",
			 (long)(r.rlim_cur / 1024),
			 proc_read_number("/proc/sys/kernel/perf_event_mlock_kb"));
}

int perf_open_rings(struct ring *rings, size_t n, size_t want, size_t need,
			     struct error *err)
{
	for (size_t bytes = want; bytes >= RING_MIN; bytes /= 2) {
		if (open_rings(rings, n, bytes, need, err) == 0)
			return 0;
		if (err->code != EPERM && err->code != ENOMEM)
			return -1;
	}
	return say_no_memory(err);
}

/* Samples of RING_MS, of a thread that always runs. */
size_t perf_ring_need(const struct perf_opener *p, uint32_t stack_bytes)
{
	return (size_t)p->rate_hz * (stack_bytes + SAMPLE_EXTRA_BYTES) * RING_MS / 1000;
}

/* The size of rings for that: a power of two, and within limits. */
size_t perf_ring_size(const struct perf_opener *p, size_t need)
{
	size_t bytes = 512u << 10;

	while (bytes < need && bytes < RING_MAX && bytes * 2 * p->n_cpus <= RINGS_MAX)
		bytes *= 2;
	return bytes;
}

int perf_setup_rings(struct opener *o, struct perf_opener *p, struct error *err)
{
	size_t need = perf_ring_need(p, FIRST_STACK_BYTES), want = perf_ring_size(p, need);

	/* The sideband first: it must not go without. */
	if (perf_open_rings(p->sideband, p->n_cpus, SIDEBAND_BYTES, SIDEBAND_NEED, err) < 0)
		return -1;
	if (perf_open_rings(p->samples, p->n_cpus, want, need, err) < 0) {
		/* Perhaps with the least of a sideband. */
		perf_close_rings(p->sideband, p->n_cpus);
		if (open_rings(p->sideband, p->n_cpus, RING_MIN, SIDEBAND_NEED, err) < 0 ||
		    perf_open_rings(p->samples, p->n_cpus, want, need, err) < 0)
			return -1;
	}
	if (p->samples[0].bytes < want)
		opener_note(o, NOTE_WARNING,
			    "the limit for locked memory leaves rings of %zu KiB per CPU instead of %zu: samples of %zu ms; those lost are counted",
			    p->samples[0].bytes / 1024, want / 1024,
			    p->samples[0].bytes / (FIRST_STACK_BYTES + SAMPLE_EXTRA_BYTES) *
				    1000 / p->rate_hz);
	return 0;
}

void perf_send_rings(struct opener *o, struct ring *rings, size_t n, bool sideband)
{
	if (geteuid() != 0)
		unmap_rings(rings, n);
	o->n_rings_due += n;
	for (size_t i = 0; i < n; i++) {
		struct o_ring msg = { .type = O_RING, .cpu = rings[i].cpu,
				      .sideband = sideband, .bytes = rings[i].bytes };

		opener_send(o, &msg, sizeof(msg), &rings[i].owner, 1);
	}
}

int perf_await_rings(struct opener *o, struct error *err)
{
	o->ring_refused = false;
	while (o->n_rings_due)
		if (!opener_take_message(o))
			return error_set(err, ESRCH, "the session has ended");
	return o->ring_refused ? say_no_memory(err) : 0;
}
