// SPDX-License-Identifier: Apache-2.0
/*
 * A session without its loop: events are given to it one by one, what it asks
 * the opener lies in a socket, and its recording is read when it has ended.
 */
#ifndef CPROFD_TESTS_UNIT_SESSION_MAKER_H
#define CPROFD_TESTS_UNIT_SESSION_MAKER_H

#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include "record/reader.h"
#include "session/session.h"

#define MAIN_PID 100u
#define NOW_NS (1000 * NS_PER_S)

struct made_session {
	struct session s;
	int opener;		/* the other side of its channel */
	int recording;
	struct msg *m;		/* room for one message */
};

static inline void made_session_init(struct made_session *t)
{
	struct error err;
	int ends[2];

	*t = (struct made_session){ .recording = memfd_create("recording", MFD_CLOEXEC),
				    .m = xmalloc(sizeof(struct msg)) };
	assert_int_equal(msg_pair(ends, &err), 0);
	t->opener = ends[1];
	t->s = (struct session){ .opener = ends[0], .workers = { -1, -1 }, .host_stat = -1,
				 .end_ns = UINT64_MAX, .start_ns = NOW_NS, .now_ns = NOW_NS };
	viewers_init(&t->s, -1, -1);
	t->s.last_pending = &t->s.pending;
	t->s.spec = xcalloc(1, sizeof(*t->s.spec) + 1);
	t->s.spec->pid = MAIN_PID;
	t->s.spec->follow = true;
	t->s.unwinder = unwinder_new(unwind_arch_host(), 128);
	/* It is told about mappings and execs. */
	t->s.perf = perf_reader_new(unwind_arch_host()->perf_mask);
	if (record_writer_open(dup(t->recording), NOW_NS, 0, &t->s.writer, &err) < 0)
		fail_msg("%s", err.msg);
}

/* The next thing that was asked of the opener, in t->m, or false. */
static inline bool made_session_asked(struct made_session *t)
{
	struct error err;
	int flags = fcntl(t->opener, F_GETFL);

	fcntl(t->opener, F_SETFL, flags | O_NONBLOCK);
	msg_queue_flush(&t->s.to_opener, t->s.opener, &err);
	return msg_recv(t->opener, t->m, &err) == 1;
}

/* How often something of `type` was asked; everything asked is gone then. */
static inline size_t made_session_count_asked(struct made_session *t, uint32_t type)
{
	size_t n = 0;

	while (made_session_asked(t)) {
		n += *(uint32_t *)t->m->data == type;
		msg_close_fds(t->m);
	}
	return n;
}

/* ---- what its recording says ---- */

#define MAX_READ 16384

struct made_records {
	struct record_process process[MAX_READ];
	struct record_process_end end[MAX_READ];
	struct record_thread thread[MAX_READ];
	struct record_mapping mapping[MAX_READ];
	struct record_module_info info[MAX_READ];	/* without build-id */
	struct record_counter counter[MAX_READ];
	struct record_process_info facts[MAX_READ];
	struct record_thread_name names[MAX_READ];
	char *string[MAX_READ];
	uint32_t n_processes, n_ends, n_threads, n_mappings, n_infos, n_counters, n_strings,
		 n_marks, n_facts, n_names, n_notes;
};

static inline void made_records_deinit(struct made_records *r)
{
	for (uint32_t i = 0; i < r->n_strings; i++)
		free(r->string[i]);
	free(r);
}

#define RECORDS_ADD(r, what, n, value)                                         \
	do {                                                                   \
		assert_true((r)->n < MAX_READ);                                \
		(r)->what[(r)->n++] = (value);                                 \
	} while (0)

static inline struct made_records *made_records_read(int fd)
{
	struct made_records *r = xcalloc(1, sizeof(*r));
	struct record_reader *reader;
	struct record rec;
	struct error err;
	int more;

	r->string[r->n_strings++] = xstrdup("");
	assert_int_equal(record_reader_open(fd, &reader, &err), 0);
	while ((more = record_reader_next(reader, &rec, &err)) > 0) {
		if (rec.type == RECORD_STRING)
			RECORDS_ADD(r, string, n_strings, strndup(rec.string.text, rec.string.len));
		else if (rec.type == RECORD_PROCESS_INFO)
			RECORDS_ADD(r, facts, n_facts, rec.process_info);
		else if (rec.type == RECORD_THREAD_NAME)
			RECORDS_ADD(r, names, n_names, rec.thread_name);
		else if (rec.type == RECORD_PROCESS)
			RECORDS_ADD(r, process, n_processes, rec.process);
		else if (rec.type == RECORD_PROCESS_END)
			RECORDS_ADD(r, end, n_ends, rec.process_end);
		else if (rec.type == RECORD_THREAD)
			RECORDS_ADD(r, thread, n_threads, rec.thread);
		else if (rec.type == RECORD_COUNTER)
			RECORDS_ADD(r, counter, n_counters, rec.counter);
		else if (rec.type == RECORD_MAPPING)
			RECORDS_ADD(r, mapping, n_mappings, rec.mapping);
		else if (rec.type == RECORD_MODULE_INFO)
			RECORDS_ADD(r, info, n_infos, rec.module_info);
		else if (rec.type == RECORD_MARK)
			r->n_marks++;
		else if (rec.type == RECORD_NOTE)
			r->n_notes++;
	}
	assert_int_equal(more, 0);
	record_reader_close(reader);
	return r;
}

/* End the session.  Returns its recording's records, for made_records_deinit(). */
static inline struct made_records *made_session_end(struct made_session *t)
{
	struct made_records *r;
	struct error err;

	procs_put_cpu(&t->s);
	assert_int_equal(record_writer_close(t->s.writer, &err), 0);
	perf_free(&t->s);
	procs_free(&t->s);
	modules_free(&t->s);
	stacks_free(&t->s);
	python_free(&t->s);
	code_free(&t->s);
	unwinder_free(t->s.unwinder);
	msg_queue_deinit(&t->s.to_opener);
	free(t->s.requests);
	free(t->s.spec);
	r = made_records_read(t->recording);
	for (size_t i = 0; i < array_len(t->s.workers); i++)
		closep(&t->s.workers[i]);
	close(t->s.opener);
	close(t->opener);
	close(t->recording);
	free(t->m);
	return r;
}

/* ---- events of the kernel ---- */

static inline void on_mmap(struct made_session *t, uint32_t pid, uint64_t addr, uint64_t len,
			   uint64_t off, const char *path, uint64_t ino)
{
	procs_on_mmap(&t->s, &(struct perf_mmap){ .pid = pid, .tid = pid, .addr = addr, .len = len,
		.off = off, .dev = makedev(8, 1), .ino = ino, .exec = true, .path = path }, NOW_NS);
}

static inline void on_fork(struct made_session *t, uint32_t pid, uint32_t ppid)
{
	procs_on_fork(&t->s, &(struct perf_task){ .pid = pid, .ppid = ppid, .tid = pid,
		.ptid = ppid, .time_ns = NOW_NS });
}

static inline void on_exit_of(struct made_session *t, uint32_t pid, uint32_t tid)
{
	procs_on_exit(&t->s, &(struct perf_task){ .pid = pid, .ppid = 1, .tid = tid, .ptid = 1,
		.time_ns = NOW_NS + 5 });
}

static inline void on_comm(struct made_session *t, uint32_t pid, uint32_t tid, const char *name,
			   bool exec)
{
	procs_on_comm(&t->s, &(struct perf_comm){ .pid = pid, .tid = tid, .exec = exec,
		.name = name }, NOW_NS + 3);
}

#endif
