// SPDX-License-Identifier: Apache-2.0
/*
 * Counting how often Python functions return, for a time that is limited here, whatever
 * becomes of who asked: uprobes at a static probe of the interpreter, with a program in the
 * kernel that counts.
 *
 * An uprobe changes the instructions of who has it.  The session may not choose where: it
 * has to be in code of a file that the process has mapped, at a nop; and a semaphore has to
 * be 0 in the file.  Each is of one process, so no other one has it.
 *
 * When the events are closed, by us or by our end, the kernel takes the probes away and
 * counts the semaphores down.
 */
#include "opener/opener_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"
#include "base/util.h"
#include "engine/bpf/bpf_returns.h"
#include "proc/maps.h"

#define UPROBE_TYPE "/sys/bus/event_source/devices/uprobe/type"
#define LIMIT_NS (60 * NS_PER_S)
#define TELL_NS (NS_PER_S / 4)
#define TELL_SHARE 20		/* it takes one in so many of the time, at most */
#define MAX_MAPS_TEXT (64u << 20)
#define NOP 0x90		/* x86: there is no other machine with the program */

struct count_opener {
	struct bpf_returns *bpf;
	struct probe {
		int event, link;
	} *probes;
	size_t n_probes, cap_probes;
	pid_t pids[S_COUNT_MAX];	/* by number */
	pid_t tids[S_COUNT_MAX];	/* the thread of each that has the events */
	uint32_t n_pids;
	uint64_t from_ns, end_ns;
	uint64_t tell_ns;
	uint64_t asked_cpu_ns, from_cpu_ns;	/* that the target had used then */
	uint64_t return_ps;
};

/* ---- one probe ---- */

/* Of the file that `path` leads to, in the process of thread `tid`. */
static int open_uprobe(const char *path, const struct elf_probe *at, pid_t tid, struct error *err)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = (uint32_t)proc_read_number(UPROBE_TYPE),
		.config = at->semaphore << 32,	/* format/ref_ctr_offset */
		.uprobe_path = (uintptr_t)path,
		.probe_offset = at->site,
	};
	int fd;

	if (proc_read_number(UPROBE_TYPE) <= 0)
		return error_set(err, ENOSYS, "this kernel has no uprobes");
	fd = (int)syscall(SYS_perf_event_open, &attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? error_sys(err, "the probe cannot be listened to") : fd;
}

static int add_probe(struct count_opener *c, const char *path, const struct elf_probe *at,
		     pid_t tid, uint32_t process, uint64_t state, struct error *err)
{
	struct probe p = { .event = open_uprobe(path, at, tid, err) };

	if (p.event < 0)
		return -1;
	p.link = bpf_returns_attach(c->bpf, process, state, p.event, err);
	if (p.link < 0) {
		close(p.event);
		return -1;
	}
	array_reserve(c->probes, c->n_probes + 1, c->cap_probes);
	c->probes[c->n_probes++] = p;
	return 0;
}

/* All but the first `n`. */
static void close_probes(struct count_opener *c, size_t n)
{
	for (size_t i = n; i < c->n_probes; i++) {
		close(c->probes[i].link);
		close(c->probes[i].event);
	}
	c->n_probes = n;
}

/* ---- what it costs ---- */

#define ROUNDS 8
#define CALLS 500u		/* in each */
#define OURSELVES S_COUNT_MAX	/* as a process */

extern const char own_site[] __asm__("cprofd_own_site");

static __attribute__((noinline)) void call_own_site(void)
{
	__asm__ volatile("cprofd_own_site: nop");
}

/* Where in our own file it is; false: nobody knows. */
static bool find_own_site(struct elf_probe *out)
{
	_cleanup_(closep) int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	const uint64_t at = (uintptr_t)own_site;
	struct buf text = { 0 };
	struct proc_map map;
	struct error err;
	bool found = false;

	if (fd >= 0 && io_read_all(fd, MAX_MAPS_TEXT, &text, &err) == 0) {
		const char *p = (const char *)text.data, *end = p + text.len;

		while (!found && proc_maps_next(&p, end, &map))
			found = map.ino && at >= map.start && at < map.end;
	}
	buf_deinit(&text);
	if (found)
		*out = (struct elf_probe){ .site = at - map.start + map.off };
	return found;
}

/*
 * Picoseconds of CPU time for one return, measured at a probe of ours that leads to as much
 * as that of an interpreter.  What the interpreter does itself before it comes to the probe
 * is not in it, so it is the least.  0: not known.
 */
static uint64_t measure_cost(struct count_opener *c, const struct bpf_return_way *way)
{
	const size_t n_words = (UINT16_MAX + 1) / sizeof(uint64_t);
	_cleanup_(freep) uint64_t *fake = xcalloc(n_words, sizeof(*fake));
	uint64_t state = (uintptr_t)fake, best = UINT64_MAX;
	struct elf_probe site;
	struct error ignored;

	/* Each structure is this one. */
	for (size_t i = 0; i < n_words; i++)
		fake[i] = state;
	if ((way->cframe | way->frame | way->code | way->name) % 8 || !find_own_site(&site) ||
	    add_probe(c, "/proc/self/exe", &site, 0, OURSELVES, (uintptr_t)&state, &ignored) < 0)
		return 0;
	bpf_returns_switch(c->bpf, true);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t began = clock_ns(CLOCK_THREAD_CPUTIME_ID);

		for (unsigned int k = 0; k < CALLS; k++)
			call_own_site();
		best = min_of(best, clock_ns(CLOCK_THREAD_CPUTIME_ID) - began);
	}
	bpf_returns_switch(c->bpf, false);
	close_probes(c, 0);
	return best * 1000 / CALLS;
}

/* ---- may it be there? ---- */

static int check_file(int fd, const struct s_count *ask, struct stat *st, struct error *err)
{
	struct statfs fs;

	/* To look at a file of FUSE may never return. */
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode) || fstatfs(fd, &fs) < 0 ||
	    fs.f_type == FUSE_SUPER_MAGIC)
		return error_set(err, EBADMSG, "the interpreter's file is none that may have probes");
	for (uint32_t i = 0; i < ask->n_sites; i++) {
		const struct elf_probe *p = &ask->site[i];
		uint16_t semaphore = 0;
		uint8_t code = 0;

		if (pread(fd, &code, sizeof(code), (off_t)p->site) != sizeof(code) || code != NOP ||
		    p->semaphore > UINT32_MAX ||
		    (p->semaphore && (pread(fd, &semaphore, sizeof(semaphore),
					    (off_t)p->semaphore) != sizeof(semaphore) || semaphore)))
			return error_set(err, EBADMSG, "the interpreter's file has no probe there");
	}
	return 0;
}

static bool covers(const struct proc_map *map, const struct stat *st, uint64_t off)
{
	/* Not the device: btrfs and overlayfs show another one here. */
	return map->ino == st->st_ino && off >= map->off && off - map->off < map->end - map->start;
}

/* Does the process have all of it mapped: sites as code, semaphores as data of its own? */
static bool is_mapped(const struct target *t, const struct s_count *ask, const struct stat *st)
{
	char path[PROC_PATH_MAX];
	_cleanup_(closep) int fd = openat(t->dir, proc_living_path(t->dir, "maps", path),
					  O_RDONLY | O_CLOEXEC);
	const uint32_t n = min_of(ask->n_sites, (uint32_t)PYTHON_MAX_RETURNS);
	uint32_t sites = 0, semaphores = 0, all = (1u << n) - 1;
	struct buf text = { 0 };
	struct proc_map map;
	struct error err;

	for (uint32_t i = 0; i < n; i++)
		semaphores |= (uint32_t)!ask->site[i].semaphore << i;
	if (fd >= 0 && io_read_all(fd, MAX_MAPS_TEXT, &text, &err) == 0) {
		const char *p = (const char *)text.data, *end = p + text.len;

		while (proc_maps_next(&p, end, &map))
			for (uint32_t i = 0; i < n; i++) {
				if (map.exec && !map.write && covers(&map, st, ask->site[i].site))
					sites |= 1u << i;
				if (map.write && !map.exec && covers(&map, st, ask->site[i].semaphore))
					semaphores |= 1u << i;
			}
	}
	buf_deinit(&text);
	return sites == all && semaphores == all;
}

/* ---- beginning ---- */

static bool is_sound(const struct msg *m)
{
	const struct s_count *ask = (const struct s_count *)m->data;

	return msg_holds(m, sizeof(*ask)) && ask->n <= S_COUNT_MAX &&
	       msg_holds(m, sizeof(*ask) + ask->n * sizeof(ask->proc[0])) &&
	       ask->n_sites && ask->n_sites <= PYTHON_MAX_RETURNS &&
	       ask->duration_ns <= LIMIT_NS && m->n_fds == 1;
}

static int add_process(struct count_opener *c, const struct target *t, const struct s_count *ask,
		       uint64_t state, const char *path, struct error *err)
{
	pid_t tid = proc_living_thread(t->dir, err);
	size_t before = c->n_probes;

	if (tid < 0)
		return -1;
	for (uint32_t i = 0; i < ask->n_sites; i++) {
		if (add_probe(c, path, &ask->site[i], tid, c->n_pids, state, err) == 0)
			continue;
		close_probes(c, before);
		return -1;
	}
	c->tids[c->n_pids] = tid;
	c->pids[c->n_pids++] = t->pid;
	return 0;
}

static int add_processes(struct opener *o, struct count_opener *c, const struct s_count *ask,
			 int fd, struct error *err)
{
	char path[32];
	struct stat st;

	if (check_file(fd, ask, &st, err) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	error_set(err, ESRCH, "the process has ended, or runs another program");
	for (uint32_t i = 0; i < ask->n; i++) {
		const struct target *t = opener_find_target(o, (pid_t)ask->proc[i].pid);

		if (t && is_mapped(t, ask, &st))
			add_process(c, t, ask, ask->proc[i].state, path, err);
	}
	return c->n_pids ? 0 : -1;
}

static void count_free(struct count_opener *c)
{
	close_probes(c, 0);
	bpf_returns_free(c->bpf);
	free(c->probes);
	free(c);
}

static int begin(struct opener *o, struct count_opener *c, const struct s_count *ask, int fd,
		 struct error *err)
{
	c->asked_cpu_ns = progress_cpu_ns(o);
	if (bpf_returns_load(&ask->way, &c->bpf, err) < 0)
		return -1;
	c->return_ps = measure_cost(c, &ask->way);
	if (add_processes(o, c, ask, fd, err) < 0)
		return -1;
	c->from_cpu_ns = progress_cpu_ns(o);
	c->from_ns = clock_mono_ns();
	c->end_ns = c->from_ns + ask->duration_ns;
	c->tell_ns = c->from_ns;
	bpf_returns_switch(c->bpf, true);
	return 0;
}

/* CAP_BPF and CAP_PERFMON are enough for the program, not for an uprobe. */
static void explain(const struct opener *o, struct error *err)
{
	if ((err->code == EPERM || err->code == EACCES) && geteuid() != 0)
		error_set(err, EPERM, "a probe in a program takes root's rights (CAP_SYS_ADMIN)");
	else
		refusal_of_bpf(o->n_targets ? &o->targets[0] : NULL, err);
}

static void refuse(struct opener *o, const char *why)
{
	const struct o_counted head = { .type = O_COUNTED };

	opener_send_text(o, &head, sizeof(head), why, NULL, 0);
}

void count_opener_start(struct opener *o, struct msg *m)
{
	const struct s_count *ask = (const struct s_count *)m->data;
	struct count_opener *c;
	struct error err;

	if (msg_holds(m, sizeof(*ask)) && !ask->duration_ns) {
		count_opener_end(o);
		return;
	}
	if (!is_sound(m) || o->count) {
		refuse(o, "the request makes no sense");
		return;
	}
	c = xcalloc(1, sizeof(*c));
	if (begin(o, c, ask, m->fds[0], &err) < 0) {
		count_free(c);
		explain(o, &err);
		refuse(o, err.msg);
		return;
	}
	o->count = c;
}

/* ---- telling ---- */

static void send_some(struct opener *o, struct o_counted *msg, bool more)
{
	msg->type = O_COUNTED;
	msg->more = more;
	opener_send(o, msg, sizeof(*msg) + msg->n * sizeof(msg->count[0]), NULL, 0);
	msg->n = 0;
}

/* What is there, or before the end only what has been met. */
static void send_counts(struct opener *o, struct count_opener *c, struct o_counted *msg, bool end)
{
	struct bpf_return_key key;
	struct bpf_returned n;

	for (bool first = true; bpf_returns_next(c->bpf, first, &key, &n); first = false) {
		if (key.process >= c->n_pids)
			continue;	/* our own */
		msg->n_returns += end ? n.n_ended + n.n_others : 0;
		msg->count[msg->n++] = (struct o_count){ .pid = (uint32_t)c->pids[key.process],
							 .code = key.code, .name = key.name,
							 .n = end ? n.n_ended : 0 };
		if (msg->n == O_COUNTED_MAX)
			send_some(o, msg, true);
	}
	send_some(o, msg, !end);
}

static struct o_counted *message(void)
{
	return xcalloc(1, sizeof(struct o_counted) + O_COUNTED_MAX * sizeof(struct o_count));
}

uint64_t count_opener_due(const struct opener *o)
{
	return o->count ? min_of(o->count->end_ns, o->count->tell_ns) : UINT64_MAX;
}

/* The process may be killed: then the session has to have read already what is called how. */
static void tell_met(struct opener *o, struct count_opener *c)
{
	_cleanup_(freep) struct o_counted *msg = message();
	uint64_t began = clock_mono_ns();

	send_counts(o, c, msg, false);
	c->tell_ns = clock_mono_ns() + max_of(TELL_NS, TELL_SHARE * (clock_mono_ns() - began));
}

void count_opener_tick(struct opener *o)
{
	if (clock_mono_ns() >= o->count->end_ns)
		count_opener_end(o);
	else
		tell_met(o, o->count);
}

/* ---- the end ---- */

/* Of a process that has ended the time is not known any more. */
static uint64_t used_since(uint64_t before, uint64_t now)
{
	return now - min_of(now, before);
}

static bool has_memory(const struct target *t, pid_t tid)
{
	struct proc_status status;
	struct error err;

	return tid >= 0 && proc_read_status(t->dir, tid, &status, &err) == 0 && status.has_memory;
}

/*
 * The kernel knows by the thread that has the event which process is meant.  Has one ended
 * that was not the last of its process?
 */
static bool lost_a_thread(struct opener *o, const struct count_opener *c)
{
	struct error err;

	for (uint32_t i = 0; i < c->n_pids; i++) {
		const struct target *t = opener_find_target(o, c->pids[i]);

		if (t && !has_memory(t, c->tids[i]) && has_memory(t, proc_living_thread(t->dir, &err)))
			return true;
	}
	return false;
}

void count_opener_end(struct opener *o)
{
	_cleanup_(freep) struct o_counted *msg = NULL;
	struct count_opener *c = steal(o->count);
	bool lost;

	if (!c)
		return;
	lost = lost_a_thread(o, c);
	bpf_returns_switch(c->bpf, false);
	msg = message();
	msg->to_ns = clock_mono_ns();
	msg->from_ns = c->from_ns;
	msg->n_procs = c->n_pids;
	msg->cpu_ns = used_since(c->from_cpu_ns, progress_cpu_ns(o));
	msg->n_left_out = msg->n_returns = bpf_returns_left_out(c->bpf);
	msg->return_ps = c->return_ps;
	close_probes(c, 0);
	msg->off_cpu_ns = used_since(c->asked_cpu_ns, progress_cpu_ns(o));
	if (lost)
		refuse(o, "the thread at whose events it was counted has ended meanwhile");
	else
		send_counts(o, c, msg, true);
	count_free(c);
}
