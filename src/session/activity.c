// SPDX-License-Identifier: Apache-2.0
/* What a thread does, beside that it runs or waits. */
#include "session/session.h"

#include <sys/syscall.h>

#include "python/lock.h"

/* DWARF's number of the register with the first argument, of a function and of a call. */
#ifdef __x86_64__
#define FIRST_ARGUMENT 5
#else
#define FIRST_ARGUMENT 0
#endif

static const struct {
	int32_t number;
	enum record_activity activity;
} calls[] = {
	{ SYS_futex, ACTIVITY_WAIT_LOCK },
#ifdef SYS_futex_waitv
	{ SYS_futex_waitv, ACTIVITY_WAIT_LOCK },
#endif
	{ SYS_semop, ACTIVITY_WAIT_LOCK }, { SYS_semtimedop, ACTIVITY_WAIT_LOCK },
	{ SYS_flock, ACTIVITY_WAIT_LOCK }, { SYS_fcntl, ACTIVITY_WAIT_LOCK },
	{ SYS_nanosleep, ACTIVITY_SLEEP }, { SYS_clock_nanosleep, ACTIVITY_SLEEP },
	{ SYS_read, ACTIVITY_WAIT_IO }, { SYS_readv, ACTIVITY_WAIT_IO },
	{ SYS_pread64, ACTIVITY_WAIT_IO }, { SYS_preadv, ACTIVITY_WAIT_IO },
	{ SYS_preadv2, ACTIVITY_WAIT_IO }, { SYS_write, ACTIVITY_WAIT_IO },
	{ SYS_writev, ACTIVITY_WAIT_IO }, { SYS_pwrite64, ACTIVITY_WAIT_IO },
	{ SYS_pwritev, ACTIVITY_WAIT_IO }, { SYS_pwritev2, ACTIVITY_WAIT_IO },
	{ SYS_recvfrom, ACTIVITY_WAIT_IO }, { SYS_recvmsg, ACTIVITY_WAIT_IO },
	{ SYS_recvmmsg, ACTIVITY_WAIT_IO }, { SYS_sendto, ACTIVITY_WAIT_IO },
	{ SYS_sendmsg, ACTIVITY_WAIT_IO }, { SYS_sendmmsg, ACTIVITY_WAIT_IO },
	{ SYS_accept, ACTIVITY_WAIT_IO }, { SYS_accept4, ACTIVITY_WAIT_IO },
	{ SYS_connect, ACTIVITY_WAIT_IO }, { SYS_ppoll, ACTIVITY_WAIT_IO },
	{ SYS_pselect6, ACTIVITY_WAIT_IO }, { SYS_epoll_pwait, ACTIVITY_WAIT_IO },
#ifdef SYS_poll
	{ SYS_poll, ACTIVITY_WAIT_IO }, { SYS_select, ACTIVITY_WAIT_IO },
	{ SYS_epoll_wait, ACTIVITY_WAIT_IO }, { SYS_open, ACTIVITY_WAIT_IO },
	{ SYS_stat, ACTIVITY_WAIT_IO }, { SYS_lstat, ACTIVITY_WAIT_IO },
#endif
#ifdef SYS_epoll_pwait2
	{ SYS_epoll_pwait2, ACTIVITY_WAIT_IO },
#endif
	{ SYS_openat, ACTIVITY_WAIT_IO }, { SYS_close, ACTIVITY_WAIT_IO },
	{ SYS_fstat, ACTIVITY_WAIT_IO }, { SYS_newfstatat, ACTIVITY_WAIT_IO },
	{ SYS_statx, ACTIVITY_WAIT_IO }, { SYS_getdents64, ACTIVITY_WAIT_IO },
	{ SYS_ioctl, ACTIVITY_WAIT_IO }, { SYS_sendfile, ACTIVITY_WAIT_IO },
	{ SYS_splice, ACTIVITY_WAIT_IO }, { SYS_copy_file_range, ACTIVITY_WAIT_IO },
	{ SYS_fsync, ACTIVITY_WAIT_IO }, { SYS_fdatasync, ACTIVITY_WAIT_IO },
	{ SYS_sync, ACTIVITY_WAIT_IO }, { SYS_msync, ACTIVITY_WAIT_IO },
	{ SYS_io_getevents, ACTIVITY_WAIT_IO },
#ifdef SYS_io_uring_enter
	{ SYS_io_uring_enter, ACTIVITY_WAIT_IO },
#endif
};

/* A select or poll of nothing only lets time pass. */
static bool is_of_nothing(const struct o_call *call)
{
	switch (call->number) {
#ifdef SYS_poll
	case SYS_select:
		return call->args[0] == 0;
	case SYS_poll:
		return call->args[1] == 0;
#endif
	case SYS_pselect6:
		return call->args[0] == 0;
	case SYS_ppoll:
		return call->args[1] == 0;
	default:
		return false;
	}
}

enum record_activity activity_of_call(const struct o_call *call)
{
	if (is_of_nothing(call))
		return ACTIVITY_SLEEP;
	for (size_t i = 0; i < array_len(calls); i++)
		if (calls[i].number == call->number)
			return calls[i].activity;
	return ACTIVITY_WAIT_ELSE;
}

/* Is `addr` in a lock that lets the thread run Python? */
static bool is_lock(const struct python_seen *seen, uint64_t addr)
{
	for (size_t i = 0; i < seen->n; i++)
		if (seen->all[i].thread_id == seen->thread->thread_id &&
		    python_lock_contains(seen->runtime, seen->memory, &seen->all[i], addr))
			return true;
	return false;
}

enum record_activity activity_waiting(struct session *s, struct thread *t,
				      const struct o_call *call)
{
	enum record_activity activity = activity_of_call(call);
	struct python_seen seen;

	return activity == ACTIVITY_WAIT_LOCK && python_see_thread(s, t, &seen) &&
	       is_lock(&seen, call->args[0]) ? ACTIVITY_WAIT_PYTHON : activity;
}

enum record_activity activity_running(struct session *s, struct thread *t,
				      const struct unwind_regs *regs)
{
	enum python_holding holding = PYTHON_HOLDING_UNKNOWN;
	struct python_seen seen;

	if (!python_see_thread(s, t, &seen))
		return ACTIVITY_UNKNOWN;
	for (size_t i = 0; i < seen.n; i++)
		if (seen.all[i].thread_id == seen.thread->thread_id)
			holding = max_of(holding, python_holding(seen.runtime, seen.memory,
								 &seen.all[i]));
	switch (holding) {
	case PYTHON_HOLDING_NOT:
		return is_lock(&seen, regs->value[FIRST_ARGUMENT]) ? ACTIVITY_WAIT_PYTHON
								    : ACTIVITY_NATIVE;
	case PYTHON_HOLDING:
		return ACTIVITY_PYTHON;
	case PYTHON_HOLDING_COLLECTING:
		return ACTIVITY_COLLECTING;
	default:
		return ACTIVITY_UNKNOWN;
	}
}

void activity_on_waiting(struct session *s, const struct o_waiting *msg)
{
	for (uint32_t i = 0; i < msg->n; i++) {
		const struct o_waiter *w = &msg->thread[i];
		struct thread *t = procs_get_thread(s, w->pid, w->tid, msg->time_ns);

		python_saw_thread(s, t);
		session_put_sample(s, &(struct record_sample){
			.time_ns = msg->time_ns,
			.thread = t->number,
			.stack = OUTCOME_UNSEEN,
			.weight_ns = (uint32_t)min_of(w->weight_ns, (uint64_t)UINT32_MAX),
			.cpu = RECORD_NONE,
			.state = STATE_WAITING,
			.activity = activity_waiting(s, t, &w->call),
		});
	}
}
