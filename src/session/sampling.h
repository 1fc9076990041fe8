// SPDX-License-Identifier: Apache-2.0
/*
 * session/sampling.h - from what an engine reports to samples in the recording.
 *
 * A part of session/session.h, for the files named below.
 */
#ifndef CPROFD_SESSION_SAMPLING_H
#define CPROFD_SESSION_SAMPLING_H

#include "engine/perf_reader.h"
#include "opener/opener_proto.h"
#include "session/modules.h"

struct bpf_python;
struct msg;
struct session;

/* ---- sample.c, sample_perf.c, sample_ptrace.c ---- */

/* Why a stack ends, as the recording says it. */
enum record_outcome sample_outcome(enum unwind_end end);

/* Put the frame that stands for those left out into the unwinder's result, if any are. */
void sample_mark_gap(struct session *s);

void session_put_sample(struct session *s, const struct record_sample *sample);

/* `n_lost` samples were lost so far in all; the new ones go to the recording. */
void session_put_lost(struct session *s, uint64_t n_lost, uint64_t period_ns);

/* The value of a counter of all threads together, now. */
void session_put_counter(struct session *s, enum record_counter_what what, uint64_t value);

void perf_on_ring(struct session *s, struct msg *m);
void perf_on_events(struct session *s, struct msg *m);
void perf_on_started(struct session *s, const struct o_started *msg, int host_stat);
void perf_drain(struct session *s);
void perf_retry_pending(struct session *s, bool give_up);
void perf_second(struct session *s);

/* Sample no more; what there is can still be drained. */
void perf_stop(struct session *s);

/* After each drain: is another rate or size of stack copies due?  Asks for it. */
void perf_judge(struct session *s);

/* The milliseconds after which to drain though nothing woke us: INT_MAX: no matter. */
int perf_patience_ms(const struct session *s);
void perf_free(struct session *s);

void ptrace_on_stopped(struct session *s, struct o_stopped *msg);
void ptrace_on_checked(struct session *s, const struct o_checked *msg);
void ptrace_second(struct session *s);

/* Another rate from here on. */
void perf_set_rate(struct session *s, uint32_t rate_hz);

/* A sample that the kernel has unwound. */
void bpf_on_sample(struct session *s, const struct perf_sample *p, uint64_t weight_ns);

/* Stack numbers begin anew. */
void bpf_forget_stacks(struct session *s);
void bpf_free_stacks(struct session *s);

/* ---- kernel_side.c: what unwinding in the kernel needs ---- */

void kernel_side_on_maps(struct session *s, struct msg *m);

/* Tell the kernel what has changed. */
void kernel_side_update(struct session *s);

/*
 * Fresh handles have come: if an exec was not told of, what is read by them is of after it.
 * To be called before that is read.
 */
void kernel_side_take_execs(struct session *s, struct proc *p);

/* Does it know everything of all processes there are? */
bool kernel_side_is_ready(const struct session *s);

/* Once a second: counters, and what could not be told before. */
void kernel_side_second(struct session *s);

/* How long the program in the kernel has run; 0 if there is none. */
uint64_t kernel_side_cost_ns(const struct session *s);

/* The process is gone, or another program. */
void kernel_side_forget(struct session *s, struct proc *p);

/* No process has the module mapped. */
void kernel_side_drop_table(struct session *s, struct module *m);
/* How the process' Python is walked. */
void kernel_side_tell_python(struct session *s, const struct proc *p, const struct bpf_python *how);
void kernel_side_free(struct session *s);

#endif
