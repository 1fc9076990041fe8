// SPDX-License-Identifier: Apache-2.0
#include "opener/open_perf_internal.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/bpf/bpf_unwind.h"
#include "engine/perf_record.h"

static int perf_event_open(const struct perf_event_attr *attr, pid_t tid, int cpu)
{
	return (int)syscall(SYS_perf_event_open, attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* What all events have in common. */
struct perf_event_attr perf_base_attr(uint64_t type, uint64_t config)
{
	return (struct perf_event_attr){
		.size = sizeof(struct perf_event_attr),
		.type = (uint32_t)type,
		.config = config,
		.disabled = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.sample_id_all = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		.read_format = PERF_FORMAT_ID | PERF_FORMAT_LOST,
		.sample_type = PERF_SAMPLE_TYPE & ~(uint64_t)(PERF_SAMPLE_REGS_USER |
							      PERF_SAMPLE_STACK_USER),
	};
}

struct perf_event_attr perf_dummy_attr(void)
{
	return perf_base_attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY);
}

/*
 * What a thread creates has the event, too: by threads, or by child processes as well.
 * Of a CPU every thread has it.
 */
void perf_set_scope(struct perf_event_attr *attr, const struct opener *o)
{
	attr->inherit = !o->by_cpu;
	attr->inherit_thread = attr->inherit && !o->spec.follow;
	attr->exclude_idle = o->by_cpu;
}

struct perf_event_attr perf_sideband_attr(const struct opener *o)
{
	struct perf_event_attr attr = perf_dummy_attr();

	attr.disabled = 0;
	perf_set_scope(&attr, o);
	attr.mmap = attr.mmap2 = 1;
	attr.comm = attr.comm_exec = 1;
	attr.task = 1;
	return attr;
}

struct perf_event_attr perf_sampling_attr(uint32_t stack_bytes, const struct opener *o)
{
	struct perf_event_attr attr = perf_base_attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK);

	perf_set_scope(&attr, o);
	attr.sample_type = PERF_SAMPLE_TYPE;
	attr.sample_regs_user = unwind_arch_host()->perf_mask;
	attr.sample_stack_user = stack_bytes;
	attr.exclude_callchain_user = 1;
	return attr;
}

/*
 * Open with what the kernel knows: without PERF_FORMAT_LOST (before 6.0) losses
 * come from LOST records alone; without inherit_thread (before 5.13) child
 * processes inherit events too.
 */
int perf_open_event(struct perf_event_attr *attr, pid_t tid, int cpu)
{
	int fd = perf_event_open(attr, tid, cpu);

	if (fd < 0 && errno == EINVAL && attr->read_format & PERF_FORMAT_LOST) {
		attr->read_format &= ~(uint64_t)PERF_FORMAT_LOST;
		fd = perf_event_open(attr, tid, cpu);
	}
	if (fd < 0 && errno == EINVAL && attr->inherit_thread) {
		attr->inherit_thread = 0;
		fd = perf_event_open(attr, tid, cpu);
	}
	return fd;
}

/* What the program writes goes where the samples of the CPU go. */
struct perf_event_attr perf_output_attr(void)
{
	struct perf_event_attr attr = perf_base_attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT);

	attr.disabled = 0;
	attr.sample_type = PERF_OUTPUT_TYPE;
	attr.sample_period = 1;
	return attr;
}

/* ---- which event, and what we may see ---- */

/* Can the event be opened for the target, and a program hung on it?  -1 with errno if not. */
static int try_attr(struct perf_opener *p, pid_t tid, int cpu)
{
	int fd = perf_open_event(&p->attr, tid, cpu), ret = 0;
	struct error err;

	if (fd < 0)
		return -1;
	if (p->bpf)
		ret = bpf_unwind_attach(p->bpf, fd, &err);
	if (ret < 0)
		errno = err.code;
	close(fd);
	return ret;
}

/* With kernel samples if that is allowed, without them else. */
static int try_with_kernel(struct perf_opener *p, pid_t tid, int cpu)
{
	p->attr.exclude_kernel = p->attr.exclude_hv = 0;
	p->attr.sample_type |= PERF_SAMPLE_CALLCHAIN;
	if (try_attr(p, tid, cpu) == 0)
		return 0;
	p->attr.exclude_kernel = p->attr.exclude_hv = 1;
	p->attr.sample_type &= ~(uint64_t)PERF_SAMPLE_CALLCHAIN;
	return try_attr(p, tid, cpu);
}

/*
 * Hardware cycles where there are any: their interrupt reaches into code that
 * has interrupts disabled.  Else the CPU clock.
 */
int perf_choose_event(struct perf_opener *p, pid_t tid, int cpu, struct error *err)
{
	struct perf_event_attr clock = p->attr;

	p->hardware = true;
	p->attr.type = PERF_TYPE_HARDWARE;
	p->attr.config = PERF_COUNT_HW_CPU_CYCLES;
	p->attr.freq = 1;
	p->attr.sample_freq = p->rate_hz;
	if (try_with_kernel(p, tid, cpu) == 0)
		return 0;
	p->hardware = false;
	p->attr = clock;
	p->attr.sample_period = p->period_ns;
	if (try_with_kernel(p, tid, cpu) == 0)
		return 0;
	return error_sys(err, "perf events");
}
