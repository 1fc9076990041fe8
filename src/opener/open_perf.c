// SPDX-License-Identifier: Apache-2.0
/*
 * Events and rings:
 *
 *	per CPU		an event of our own that counts nothing and owns the
 *			ring for samples; another one for the sideband ring
 *	thread x CPU	a sampling event, inherited by what the thread creates,
 *			that writes into its CPU's ring
 *	thread x CPU	a sideband event (mmap, fork, exec, exit, comm), likewise
 *
 * When threads come and go the sampling events are of CPUs, too, and a program in the
 * kernel leaves others out; a counting event for each thread, inherited, has the CPU time.
 *
 * Of the whole host there is one of each per CPU, for every thread that runs there; of
 * a process with more threads than there can be descriptors, likewise.
 *
 * An inherited event can be mapped only if it is bound to a CPU, hence thread x
 * CPU; and the rings belong to events of our own so that they outlive every
 * thread.
 */
#include "opener/open_perf_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "engine/bpf/bpf_unwind.h"

#define RING_SAMPLES 16		/* that a ring holds at least, once copies grow */

static void set_rate(struct perf_opener *p, uint32_t rate_hz)
{
	p->rate_hz = rate_hz;
	p->period_ns = NS_PER_S / rate_hz;
}

static void send_started(struct opener *o, const struct perf_opener *p)
{
	struct o_started msg = {
		.type = O_STARTED,
		.rate_hz = p->rate_hz,
		.engine = p->bpf ? ENGINE_BPF : ENGINE_PERF,
		.kernel = !p->attr.exclude_kernel,
		.stack_bytes = p->attr.sample_stack_user,
		.hardware = p->hardware,
		.n_threads = (uint32_t)p->n_threads,
		.n_threads_total = (uint32_t)p->n_total,
		.tells_all = p->tells_all,
		.time_ns = clock_mono_ns(),
	};

	_cleanup_(closep) int stat = o->spec.pid ? -1 : open("/proc/stat", O_RDONLY | O_CLOEXEC);

	opener_send(o, &msg, sizeof(msg), &stat, stat >= 0);
}

/* ---- unwinding in the kernel ---- */

/* An event for each CPU. */
static int open_outputs(struct perf_opener *p, struct error *err)
{
	struct perf_event_attr attr = perf_output_attr();

	p->outputs = xcalloc(p->n_cpus, sizeof(*p->outputs));
	for (size_t i = 0; i < p->n_cpus; i++)
		p->outputs[i] = -1;
	for (size_t i = 0; i < p->n_cpus; i++) {
		int fd = p->outputs[i] = perf_open_event(&attr, -1, (int)p->samples[i].cpu);

		if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, p->samples[i].owner) < 0)
			return error_sys(err, "bpf: an event for its output");
		if (bpf_unwind_set_output(p->bpf, p->samples[i].cpu, fd, err) < 0)
			return -1;
	}
	return 0;
}

static void send_bpf(struct opener *o, struct perf_opener *p)
{
	struct o_bpf msg = { .type = O_BPF, .table_bytes = BPF_TABLE_BYTES };
	struct o_events outputs = { .type = O_EVENTS };
	int maps[BPF_MAP_COUNT];

	bpf_unwind_maps(p->bpf, maps);
	opener_send(o, &msg, sizeof(msg), maps, BPF_MAP_COUNT);
	for (size_t i = 0; i < p->n_cpus; i++) {
		struct o_event *event = &outputs.event[outputs.n++];

		*event = (struct o_event){ .cpu = p->samples[i].cpu };
		ioctl(p->outputs[i], PERF_EVENT_IOC_ID, &event->id);
		if (outputs.n < O_EVENTS_MAX && i + 1 < p->n_cpus)
			continue;
		opener_send(o, &outputs, sizeof(outputs), p->outputs + (i + 1 - outputs.n), outputs.n);
		outputs.n = 0;
	}
}

/* Larger rings have taken the place of those that were there. */
static void move_outputs(struct perf_opener *p)
{
	for (size_t i = 0; p->bpf && i < p->n_cpus; i++)
		ioctl(p->outputs[i], PERF_EVENT_IOC_SET_OUTPUT, p->samples[i].owner);
}

/* ---- the whole ---- */

void perf_opener_stop(struct opener *o)
{
	struct perf_opener *p = o->perf;

	if (!p)
		return;
	for (uint32_t i = 0; i < p->batch.n; i++)
		close(p->batch_fds[i]);
	perf_close_rings(p->samples, p->n_cpus);
	perf_close_rings(p->sideband, p->n_cpus);
	for (size_t i = 0; p->outputs && i < p->n_cpus; i++)
		closep(&p->outputs[i]);
	free(p->outputs);
	bpf_unwind_free(p->bpf);
	free(p->samples);
	free(p->sideband);
	u64map_deinit(&p->tids);
	free(p);
	o->perf = NULL;
}

int perf_opener_start(struct opener *o, struct bpf_unwind *bpf, struct error *err)
{
	struct perf_opener *p = o->perf = xcalloc(1, sizeof(*p));

	p->bpf = bpf;
	p->tells_all = o->by_cpu;
	set_rate(p, o->spec.young ? opener_young_rate(0) : o->spec.rate_hz);
	p->attr = perf_sampling_attr(FIRST_STACK_BYTES, o);
	p->samples = perf_list_cpus(&p->n_cpus);
	p->sideband = xmemdup(p->samples, p->n_cpus * sizeof(*p->samples));
	if (!p->n_cpus)
		return error_sys(err, "perf events");
	/* The first thread may have ended and left the work to others. */
	pid_t tid = o->by_cpu ? EVERY_THREAD : proc_living_thread(o->targets[0].dir, err);
	if ((!o->by_cpu && tid < 0) || perf_choose_event(p, tid, (int)p->samples[0].cpu, err) < 0 ||
	    perf_check_room(p, err) < 0 || perf_setup_rings(o, p, err) < 0 ||
	    (p->bpf && open_outputs(p, err) < 0))
		return -1;
	if (!o->by_cpu && !o->spec.follow && !p->attr.inherit_thread)
		opener_note(o, NOTE_WARNING, "this kernel (before 5.13) cannot leave child processes out");
	o->told_rings = true;
	perf_send_rings(o, p->sideband, p->n_cpus, true);
	perf_send_rings(o, p->samples, p->n_cpus, false);
	if (perf_await_rings(o, err) < 0)
		return -1;
	move_outputs(p);
	if (p->bpf)
		send_bpf(o, p);
	if (perf_open_all(o, p, true, err) < 0)
		return -1;
	opener_tell_targets(o, 0);
	send_started(o, p);
	return 0;
}

/*
 * Larger samples need larger rings, if the budget for locked memory has them.  Fails if
 * somebody else has just used it up: what there is goes on then.
 */
static int grow_rings(struct opener *o, struct perf_opener *p, uint32_t stack_bytes)
{
	size_t need = perf_ring_need(p, stack_bytes), want = perf_ring_size(p, need);
	size_t have = p->samples[0].bytes;
	struct ring *more, *unneeded;
	bool refused = false;
	struct error err;

	if (want <= have)
		return 0;
	more = unneeded = xcalloc(p->n_cpus, sizeof(*more));
	for (size_t i = 0; i < p->n_cpus; i++)
		more[i] = (struct ring){ .cpu = p->samples[i].cpu, .owner = -1 };
	if (perf_open_rings(more, p->n_cpus, want, need, &err) == 0 && more[0].bytes > have) {
		perf_send_rings(o, more, p->n_cpus, false);
		refused = perf_await_rings(o, &err) < 0;
		if (!refused) {
			unneeded = p->samples;
			p->samples = more;
			move_outputs(p);
		}
	}
	perf_close_rings(unneeded, p->n_cpus);
	free(unneeded);
	return refused ? -1 : 0;
}

/*
 * Copies of this size, or as large as leave room for some samples in a ring: a
 * lost sample is worse than a cut stack.
 */
static int set_stack_bytes(struct opener *o, struct perf_opener *p, uint32_t stack_bytes)
{
	size_t most;

	if (stack_bytes <= p->asked_stack_bytes)
		return 0;
	p->asked_stack_bytes = stack_bytes;
	if (grow_rings(o, p, stack_bytes) < 0)
		return -1;
	most = max_of(p->samples[0].bytes / RING_SAMPLES - SAMPLE_EXTRA_BYTES,
		      (size_t)p->attr.sample_stack_user);
	p->attr.sample_stack_user = (uint32_t)min_of((size_t)stack_bytes, most) & ~7u;
	if (p->attr.sample_stack_user < stack_bytes)
		opener_note(o, NOTE_WARNING,
			    "the limit for locked memory allows copies of %u KiB instead of %u: deeper stacks are cut",
			    p->attr.sample_stack_user >> 10, (stack_bytes + 1023) >> 10);
	return 0;
}

/*
 * Sample by CPU from here on.  What is told of threads goes on as it is: they inherit it.
 * Where that cannot be, all stays as it was.
 */
static void go_by_cpu(struct opener *o, struct perf_opener *p)
{
	struct error ignored;

	if (o->by_cpu || !p->bpf || bpf_unwind_filter(p->bpf, o->spec.follow, &ignored) < 0)
		return;
	o->by_cpu = true;
	perf_set_scope(&p->attr, o);
	opener_note(o, NOTE_INFO, "many threads are short: sampled by CPU from here on, or %.3g ms of each were missed",
		    (double)p->period_ns / NS_PER_MS);
}

void perf_opener_reopen(struct opener *o, const struct s_reopen *ask)
{
	struct perf_opener *p = o->perf;
	struct error err;

	if (!ask->rate_hz)
		return;
	if (o->n_rings_due) {	/* asked while the one before is being done */
		o->reopen_later = *ask;
		return;
	}
	set_rate(p, ask->rate_hz);
	o->spec.on_exec = false;	/* that was long ago */
	if (ask->by_cpu)
		go_by_cpu(o, p);
	if (set_stack_bytes(o, p, ask->stack_bytes) == 0 && perf_open_all(o, p, false, &err) == 0)
		send_started(o, p);

	const struct s_reopen later = o->reopen_later;

	o->reopen_later = (struct s_reopen){ 0 };
	perf_opener_reopen(o, &later);
}

void perf_opener_python(struct opener *o)
{
	struct error err;

	if (o->perf && o->perf->bpf && 
	    bpf_unwind_python(o->perf->bpf, o->spec.follow, &err) < 0)
		opener_note(o, NOTE_WARNING, "Python functions are not shown, those of the interpreter are: %s",
			    err.msg);
}
