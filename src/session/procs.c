// SPDX-License-Identifier: Apache-2.0
#include "session/session.h"

#include <string.h>
#include <unistd.h>

#define MIN_CPU_NS NS_PER_MS	/* of a thread that was never sampled, to be told of */
#define REFRESH_NS (100 * NS_PER_MS)	/* between two looks at the same process */
#define MISSED_NS (3 * NS_PER_S)	/* the opener answers sooner about who lives */
#define MIN_HOLES 256		/* among the numbers, to close them up */
#define MORE_MAPS 1024		/* than there were: time to see which are still there */
#define LOADING_NS (250 * NS_PER_MS)	/* after an exec libraries come one by one */

/* ---- finding and making ---- */

struct proc *procs_find(struct session *s, uint32_t pid)
{
	uint32_t i = u64map_find(&s->procs_by_pid, pid);

	return i < s->n_procs ? s->procs[i] : NULL;
}

static uint32_t put_text(struct session *s, const char *text)
{
	return record_put_string(s->writer, text, strlen(text));
}

/* What it could not say of the process yet. */
static void put_info(const struct proc *p)
{
	record_put_process_info(p->session->writer, &(struct record_process_info){
		.process = p->number, .ppid = p->ppid, .name = p->name, .exe = p->exe,
		.cgroup = p->cgroup });
}

/* Everything that runs is sampled: processes are met by their samples. */
static bool of_host(const struct session *s)
{
	return !s->spec->pid;
}

void procs_record(struct proc *p)
{
	if (p->recorded)
		return;
	p->recorded = true;
	p->number = record_put_process(p->session->writer, &(struct record_process){
		.pid = p->pid, .ppid = p->ppid, .time_ns = p->born_ns, .how = p->how,
		.name = p->name, .exe = p->exe });
	if (p->cgroup)
		put_info(p);
	for (size_t i = 0; i < p->n_maps; i++)
		mappings_put(p, &p->maps[i], p->born_ns);
}

uint64_t procs_count_unrecorded(const struct session *s)
{
	uint64_t n = s->n_unrecorded;

	for (size_t i = 0; i < s->n_procs; i++)
		n += s->procs[i] && !s->procs[i]->ended && !s->procs[i]->recorded;
	return n;
}

void procs_changed(struct proc *p)
{
	p->space.generation = ++p->session->last_generation;
}

static struct proc *new_proc(struct session *s, uint32_t pid, enum record_process_how how,
			     uint64_t time_ns)
{
	struct proc *p = xcalloc(1, sizeof(*p));
	uint32_t *slot = u64map_slot(&s->procs_by_pid, pid);

	/* One of that pid that has ended stays as long as samples may need it. */
	p->pid = pid;
	p->how = how;
	p->born_ns = time_ns;
	p->session = s;
	p->maps_fd = p->mem_fd = -1;
	p->maps_known = !of_host(s);	/* at least asked for */
	p->space = (struct unwind_space){ .ctx = p, .resolve = mappings_resolve,
					.rare = mappings_rare_step };
	procs_changed(p);
	if (*slot == U64MAP_NONE || s->procs[*slot]) {
		array_reserve(s->procs, s->n_procs + 1, s->cap_procs);
		*slot = (uint32_t)s->n_procs++;
	}
	s->procs[*slot] = p;
	return p;
}

void procs_ask_for_handles(struct proc *p)
{
	struct s_process ask = { .type = S_PROCESS, .pid = p->pid };

	p->asked = true;
	session_send_opener(p->session, &ask, sizeof(ask), NULL, 0);
}

void procs_ask_missing(struct session *s)
{
	for (size_t i = 0; i < s->n_procs; i++)
		if (s->procs[i] && !s->procs[i]->ended && s->procs[i]->maps_fd < 0)
			procs_ask_for_handles(s->procs[i]);
}

/* Has the process whose mappings these are none left?  It has ended, or exec'd. */
static bool is_over(int maps_fd)
{
	char c;

	return pread(maps_fd, &c, 1, 0) <= 0;
}

/* Its handles are dead: there are new ones if it has exec'd. */
static void miss(struct proc *p)
{
	closep(&p->maps_fd);
	closep(&p->mem_fd);
	p->maps_fd = p->mem_fd = -1;
	p->missing_ns = p->session->now_ns;
	procs_ask_for_handles(p);
}

void procs_resync(struct session *s)
{
	for (size_t i = 0; i < s->n_procs; i++) {
		struct proc *p = s->procs[i];

		if (!p || p->ended || p->missing_ns)
			continue;
		if (p->maps_fd >= 0 && !is_over(p->maps_fd))
			mappings_read(p);
		else
			miss(p);
	}
}

struct proc *procs_get(struct session *s, uint32_t pid, uint64_t time_ns)
{
	struct proc *p = procs_find(s, pid);

	if (p)
		return p;
	p = new_proc(s, pid, of_host(s) ? PROCESS_PRESENT : PROCESS_FORKED, time_ns);
	if (pid == s->spec->pid)
		procs_record(p);
	procs_ask_for_handles(p);
	return p;
}

/* The last thread of that tid, also when it has ended; none of an exec'd process. */
static struct thread *find_last_thread(struct session *s, uint32_t tid)
{
	uint32_t i = u64map_find(&s->threads_by_tid, tid);
	struct thread *t = i < s->n_threads ? s->threads[i] : NULL;

	return t && procs_find(s, t->proc->pid) == t->proc ? t : NULL;
}

struct thread *procs_find_thread(struct session *s, uint32_t tid)
{
	struct thread *t = find_last_thread(s, tid);

	return t && !t->ended_ns ? t : NULL;
}

static struct thread *new_thread(struct session *s, struct proc *p, uint32_t tid,
				 uint32_t name, uint64_t time_ns)
{
	uint32_t *slot = u64map_slot(&s->threads_by_tid, tid);
	struct thread *t = xcalloc(1, sizeof(*t));

	if (*slot == U64MAP_NONE || s->threads[*slot]) {
		array_reserve(s->threads, s->n_threads + 1, s->cap_threads);
		*slot = (uint32_t)s->n_threads++;
	}
	s->threads[*slot] = t;
	t->slot = *slot;
	procs_record(p);
	t->tid = tid;
	t->proc = p;
	t->cpu_base_ns = tid == p->pid ? p->first_cpu_ns : 0;
	t->cpu_ns = t->cpu_base_ns;
	t->cpu_told = true;
	t->nameless = !name;
	t->name = name;
	t->seen_ns = s->now_ns;
	t->next = p->threads;
	p->threads = t;
	p->n_living++;
	t->number = record_put_thread(s->writer, &(struct record_thread){
		.process = p->number, .tid = tid, .time_ns = time_ns, .name = name });
	return t;
}

struct thread *procs_get_thread(struct session *s, uint32_t pid, uint32_t tid,
				uint64_t time_ns)
{
	struct thread *t = find_last_thread(s, tid);
	struct proc *p;

	/* What is in another ring can come behind the end that it was before. */
	if (t && (!t->ended_ns || time_ns <= t->ended_ns)) {
		t->seen_ns = s->now_ns;
		return t;
	}
	p = procs_get(s, pid, time_ns);
	if (!p->asked && of_host(s))
		procs_ask_for_handles(p);
	/* Samples of threads that are all but gone have no number any more. */
	return new_thread(s, p, tid, tid == UINT32_MAX ? put_text(s, "[ending]") : p->name, time_ns);
}

void procs_name_thread(struct session *s, struct thread *t, uint32_t name)
{
	if (t->name == name)
		return;
	t->name = name;
	record_put_thread_name(s->writer, &(struct record_thread_name){
		.thread = t->number, .name = name });
}

void procs_saw_cpu(struct thread *t, uint64_t cpu_ns, uint64_t time_ns)
{
	t->cpu_ns = cpu_ns;
	t->cpu_read_ns = time_ns;
	t->cpu_told = false;
}

static void put_cpu(struct session *s, struct thread *t)
{
	if (t->cpu_told)
		return;
	t->cpu_told = true;
	record_put_counter(s->writer, &(struct record_counter){
		.time_ns = t->cpu_read_ns, .what = COUNTER_CPU_NS, .thread = t->number,
		.value = t->cpu_ns - t->cpu_base_ns });
}

void procs_put_cpu(struct session *s)
{
	for (size_t i = 0; i < s->n_threads; i++)
		if (s->threads[i])
			put_cpu(s, s->threads[i]);
}

void procs_new_generation(struct session *s)
{
	for (size_t i = 0; i < s->n_procs; i++)
		if (s->procs[i])
			procs_changed(s->procs[i]);
}

/* ---- what the opener says ---- */

/* A process as it is after an exec: its mappings are told from now on. */
static struct proc *new_execed(struct session *s, uint32_t pid, uint32_t name, uint32_t exe,
			       uint64_t time_ns)
{
	struct proc *p = new_proc(s, pid, PROCESS_EXECED, time_ns);

	p->maps_known = true;
	p->n_execs = 1;
	p->name = name;
	p->exe = exe;
	p->loading_until_ns = s->now_ns + LOADING_NS;
	return p;
}

/*
 * It exec'd: everything is another program's from here on, in a new process of
 * the same pid.  Samples that still wait for a table keep the old one.
 */
static struct proc *become_another(struct session *s, struct proc *old, uint32_t name,
				   uint32_t exe, uint64_t time_ns)
{
	const struct thread *first = procs_find_thread(s, old->pid);
	struct proc *p;

	old->ended = true;
	probe_process_ended(old);
	kernel_side_forget(s, old);
	p = new_execed(s, old->pid, name, exe, time_ns);
	p->ppid = old->ppid;
	p->n_execs += old->n_execs;
	p->first_cpu_ns = first ? first->cpu_ns : 0;
	p->cgroup = old->cgroup;
	return p;
}

/* All mappings are known, or there will be no more: what waited for them need not. */
static void know_maps(struct proc *p)
{
	if (p->maps_known)
		return;
	p->maps_known = true;
	p->session->need_retry = true;
	procs_changed(p);
}

void procs_on_gone(struct session *s, const struct o_gone *msg)
{
	struct proc *p = procs_find(s, msg->pid);

	if (p)
		know_maps(p);
}

/* What was not known of it so far. */
static void learn(struct proc *p, uint32_t ppid, uint32_t name, uint32_t exe, uint32_t cgroup)
{
	bool news = !p->name || !p->exe || p->cgroup != cgroup;

	p->name = p->name ? p->name : name;
	p->exe = p->exe ? p->exe : exe;
	p->ppid = p->ppid ? p->ppid : ppid;
	p->cgroup = cgroup;
	if (news && p->recorded)
		put_info(p);
}

/* The text behind another of the message, which ends with one; empty: there is none. */
static const char *text_behind(const struct msg *m, const char *text)
{
	const char *end = (const char *)m->data + m->len;

	text += strlen(text);
	return text + 1 < end ? text + 1 : text;
}

void procs_on_process(struct session *s, struct msg *m)
{
	const struct o_process *msg = (const struct o_process *)m->data;
	const char *cgroup_path = text_behind(m, msg->texts), *cwd = text_behind(m, cgroup_path);
	uint32_t name = put_text(s, msg->name), exe = put_text(s, msg->texts);
	uint32_t cgroup = put_text(s, cgroup_path);
	struct proc *p = procs_find(s, msg->pid);
	bool is_new = !p;

	if (is_new && of_host(s))
		return;		/* it has ended meanwhile */
	/* It has ended since it was asked for, and nobody would tell us again. */
	if (is_new && s->is_started && is_over(m->fds[0]))
		return;
	if (is_new)
		p = new_proc(s, msg->pid, PROCESS_PRESENT, clock_mono_ns());
	else if ((!s->perf || p->missing_ns) && exe != p->exe)
		/* Nobody told of an exec: another executable does. */
		p = become_another(s, p, name, exe, s->now_ns);
	closep(&p->maps_fd);
	closep(&p->mem_fd);
	kernel_side_take_execs(s, p);
	p->maps_fd = msg_take_fd(m, 0);
	p->mem_fd = msg->has_mem ? msg_take_fd(m, 1) : -1;
	p->missing_ns = 0;
	if (!p->cwd && *cwd)
		p->cwd = xstrdup(cwd);
	if (is_new) {
		p->name = name;
		p->exe = exe;
		p->cgroup = cgroup;
		p->ppid = msg->ppid;
		if (!s->is_started || !s->perf)
			procs_record(p);
	} else {
		learn(p, msg->ppid, name, exe, cgroup);
	}
	/* The command that waits to exec has nothing of what it will be. */
	if (!s->spec->on_exec || !is_new || msg->pid != s->spec->pid)
		mappings_read(p);
	know_maps(p);
	if (p->python_waits) {	/* stacks that could not be read are to be sent again */
		p->python_waits = false;
		p->tell_anew = true;
		procs_changed(p);
	}
}

void procs_want_handles(struct proc *p)
{
	if (!p->asked)
		procs_ask_for_handles(p);
}

void procs_refresh_handles(struct session *s, struct proc *p)
{
	if (s->now_ns - p->refreshed_ns < REFRESH_NS)
		return;
	p->refreshed_ns = s->now_ns;
	procs_ask_for_handles(p);
}

void procs_on_threads(struct session *s, const struct o_threads *msg)
{
	struct proc *p = procs_find(s, msg->pid);

	/* Of one that comes and goes nothing is kept: see procs_record(). */
	if (p && s->perf && !p->recorded)
		return;
	for (uint32_t i = 0; p && i < msg->n; i++) {
		struct thread *t = procs_find_thread(s, msg->thread[i].tid);
		uint32_t name = put_text(s, msg->thread[i].name);

		if (!t)
			t = new_thread(s, p, msg->thread[i].tid, name, clock_mono_ns());
		else if (t->nameless && !t->named_itself)
			procs_name_thread(s, t, name);
		t->nameless = false;
		t->cpu_before = of_host(s) && p->how == PROCESS_PRESENT && !t->cpu_read_ns;
	}
}

/* Of a thread that was there before: it was asked for when it had its first sample. */
static void set_base(struct session *s, struct thread *t, uint64_t cpu_ns)
{
	uint64_t first_ns = s->is_started ? NS_PER_S / max_of(s->started.rate_hz, 1u) : 0;

	t->cpu_base_ns = cpu_ns - min_of(cpu_ns, of_host(s) ? first_ns : 0);
	t->cpu_before = false;
}

static void end_thread(struct thread *t, uint64_t time_ns)
{
	t->ended_ns = time_ns;
	t->proc->n_living--;
}

/* Nobody tells: who was not listed twice, and had no sample between, is no more. */
static void end_unlisted(struct session *s)
{
	for (size_t i = 0; i < s->n_threads; i++) {
		struct thread *t = s->threads[i];

		if (t && !t->ended_ns && t->seen_ns < s->listed_ns)
			end_thread(t, s->now_ns);
	}
	s->listed_ns = s->now_ns;
}

void procs_on_times(struct session *s, const struct o_times *msg)
{
	for (uint32_t i = 0; i < msg->n; i++) {
		const struct o_time *time = &msg->time[i];
		struct thread *t = procs_find_thread(s, time->tid);

		/* Never sampled: idle, or always where we may not look. */
		if (!t && time->cpu_ns >= MIN_CPU_NS && s->cpu_read && procs_find(s, time->pid))
			t = procs_get_thread(s, time->pid, time->tid, msg->time_ns);
		if (!t)
			continue;
		/* Of those that are there at first, what they have is from before. */
		if (!s->cpu_read || t->cpu_before)
			set_base(s, t, time->cpu_ns);
		t->seen_ns = s->now_ns;
		procs_saw_cpu(t, time->cpu_ns, msg->time_ns);
	}
	if (msg->more)
		return;
	if (!s->perf)
		end_unlisted(s);
	s->cpu_read = true;
	procs_put_cpu(s);
}

/* ---- what the kernel says ---- */

/*
 * Where everything that happens is told: a process that was never sampled, about which
 * all is asked when it is, or that is not meant at all.
 */
static bool is_strange(struct session *s, uint32_t pid)
{
	return s->started.tells_all && !procs_find(s, pid);
}

void procs_on_mmap(struct session *s, const struct perf_mmap *m, uint64_t time_ns)
{
	static const char deleted[] = " (deleted)";
	struct proc_map map = {
		.start = m->addr, .end = m->addr + m->len, .off = m->off,
		.dev = m->dev, .ino = m->ino, .exec = m->exec,
		.path = m->path, .path_len = strlen(m->path),
	};
	size_t suffix = strlen(deleted);
	struct proc *p;

	if (!m->exec || map.end <= map.start || is_strange(s, m->pid))
		return;
	if (map.path_len > suffix && strcmp(m->path + map.path_len - suffix, deleted) == 0)
		map.path_len -= suffix;
	p = procs_get(s, m->pid, time_ns);
	mappings_add(p, &map, time_ns);
	if (p->n_maps > 2 * p->n_maps_read + MORE_MAPS)
		mappings_read(p);
}

static void end_process(struct proc *p, uint64_t time_ns)
{
	if (p->recorded)
		record_put_process_end(p->session->writer, &(struct record_process_end){
			.process = p->number, .time_ns = time_ns, .how = END_UNKNOWN });
	else
		p->session->n_unrecorded++;
	p->ended = true;
	probe_process_ended(p);
	kernel_side_forget(p->session, p);
}

/* A child has its parent's mappings until it execs. */
void procs_on_fork(struct session *s, const struct perf_task *t)
{
	struct proc *parent, *child;

	if (t->pid == t->ppid)
		return;		/* a thread: known when it is sampled */
	if (!s->spec->follow || is_strange(s, t->ppid))
		return;
	parent = procs_find(s, t->ppid);
	child = procs_find(s, t->pid);
	if (child && !child->first_ended)
		return;		/* the opener was faster */
	if (child && !child->ended)
		end_process(child, t->time_ns);
	child = new_proc(s, t->pid, PROCESS_FORKED, t->time_ns);
	child->ppid = t->ppid;
	if (parent) {
		child->name = parent->name;
		child->exe = parent->exe;
		child->cgroup = parent->cgroup;
		child->cwd = parent->cwd ? xstrdup(parent->cwd) : NULL;
		child->maps_known = parent->maps_known;
		child->forked_by = parent->pid;
		child->n_changes = parent->n_changes;
		memcpy(child->changes, parent->changes, sizeof(child->changes));
		python_forked(parent, child);
		child->maps = xmemdup(parent->maps, parent->n_maps * sizeof(*parent->maps));
		child->n_maps = child->cap_maps = parent->n_maps;
	}
}

void procs_on_exit(struct session *s, const struct perf_task *t)
{
	struct thread *thread = procs_find_thread(s, t->tid);
	struct proc *p = procs_find(s, t->pid);

	if (thread)
		end_thread(thread, t->time_ns);
	if (p && t->pid == t->tid) {
		/* With its first thread the kernel side has forgotten it: tell again. */
		p->n_execs = 0;
		p->tell_anew = true;
		p->python_told = false;
		procs_changed(p);
	}
	if (!p || t->pid == s->spec->pid)
		return;		/* the first process' end comes from the opener */
	p->first_ended |= t->pid == t->tid;
	/* The first thread may end and leave the work to others. */
	if (!p->first_ended || p->n_living || p->ended)
		return;
	end_process(p, t->time_ns);
}

void procs_on_comm(struct session *s, const struct perf_comm *c, uint64_t time_ns)
{
	uint32_t name = put_text(s, c->name);
	struct thread *t;
	struct proc *p;

	if (is_strange(s, c->pid)) {
		if (c->exec && of_host(s))
			new_execed(s, c->pid, name, 0, time_ns);
		return;
	}
	p = procs_get(s, c->pid, time_ns);
	if (c->exec) {
		p = become_another(s, p, name, 0, time_ns);
		if (!of_host(s))
			procs_ask_for_handles(p);
		return;
	}
	if (c->tid == c->pid)
		p->name = name;
	t = procs_get_thread(s, c->pid, c->tid, time_ns);
	if (!t->named_itself)
		procs_name_thread(s, t, name);
}

/* ---- end ---- */

static void free_thread(struct session *s, struct thread *t)
{
	put_cpu(s, t);
	s->threads[t->slot] = NULL;
	free(t);
}

/* Free the threads that have ended; true if a sample waits for any. */
static bool free_ended_threads(struct proc *p)
{
	struct thread **link = &p->threads;
	bool waits = false;

	while (*link) {
		struct thread *t = *link;

		waits |= t->n_pending > 0;
		if (!t->ended_ns || t->n_pending) {
			link = &t->next;
			continue;
		}
		*link = t->next;
		free_thread(p->session, t);
	}
	return waits;
}

static void free_proc(struct proc *p)
{
	while (p->threads) {
		struct thread *t = p->threads;

		p->threads = t->next;
		free_thread(p->session, t);
	}
	if (p->generated)
		generated_process_ended(p->generated);
	python_process_ended(p);
	free(p->jitdump);
	free(p->cwd);
	closep(&p->maps_fd);
	closep(&p->mem_fd);
	free(p->maps);
	free(p);
}

/* It was asked for, and there is no answer. */
static bool is_missed(const struct session *s, const struct proc *p)
{
	return p->missing_ns && s->now_ns - p->missing_ns > MISSED_NS && p->pid != s->spec->pid;
}

/* Numbers of what is no more leave holes: when most are, what is left moves together. */
static bool has_holes(size_t n_left, size_t n)
{
	return n > 2 * n_left + MIN_HOLES;
}

static void close_up_procs(struct session *s)
{
	struct u64map moved = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < s->n_procs; i++) {
		struct proc *p = s->procs[i];

		if (!p)
			continue;
		if (u64map_find(&s->procs_by_pid, p->pid) == i)
			*u64map_slot(&moved, p->pid) = (uint32_t)n;
		s->procs[n++] = p;
	}
	s->n_procs = n;
	u64map_deinit(&s->procs_by_pid);
	s->procs_by_pid = moved;
}

static void close_up_threads(struct session *s)
{
	struct u64map moved = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < s->n_threads; i++) {
		struct thread *t = s->threads[i];

		if (!t)
			continue;
		if (u64map_find(&s->threads_by_tid, t->tid) == i)
			*u64map_slot(&moved, t->tid) = (uint32_t)n;
		t->slot = (uint32_t)n;
		s->threads[n++] = t;
	}
	s->n_threads = n;
	u64map_deinit(&s->threads_by_tid);
	s->threads_by_tid = moved;
}

void procs_collect(struct session *s)
{
	size_t n_procs = 0, n_threads = 0;

	for (size_t i = 0; i < s->n_procs; i++) {
		struct proc *p = s->procs[i];

		if (p && !p->ended && is_missed(s, p))
			end_process(p, s->now_ns);
		else if (p && !p->ended && !s->perf && p->maps_fd >= 0 && is_over(p->maps_fd))
			miss(p);	/* nobody tells of its end */
		if (p && !free_ended_threads(p) && p->ended)
			free_proc(steal(s->procs[i]));
		n_procs += s->procs[i] != NULL;
	}
	for (size_t i = 0; i < s->n_threads; i++)
		n_threads += s->threads[i] != NULL;
	if (has_holes(n_procs, s->n_procs))
		close_up_procs(s);
	if (has_holes(n_threads, s->n_threads))
		close_up_threads(s);
}

void procs_free(struct session *s)
{
	for (size_t i = 0; i < s->n_procs; i++)
		if (s->procs[i])
			free_proc(s->procs[i]);
	free(s->procs);
	free(s->threads);
	u64map_deinit(&s->procs_by_pid);
	u64map_deinit(&s->threads_by_tid);
}
