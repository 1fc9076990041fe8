// SPDX-License-Identifier: Apache-2.0
/*
 * How often Python functions are called, for a time: by a probe of the interpreter, at
 * which the opener has the kernel count.
 *
 *	a viewer asks ──► the interpreter is known ──► sampling off ──► S_COUNT
 *	O_COUNTED ──► code objects are functions ──► recording, note ──► sampling on
 *
 * The probe fires when a function ends, so what is counted is calls that ended meanwhile:
 * who was called before and returns is among them, who has not returned yet is not.  It
 * slows the program down too much for samples of that time to mean anything.
 */
#include "session/python_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define PATIENCE_NS (3 * NS_PER_S)	/* until the interpreter is known */
#define NO_PYTHON "no Python that runs there is known"
#define VERSION 0x030b	/* no other that has the probe could be tried */
#define OWNED_BY_GENERATOR 1
#define STATE_BEFORE_FRAME 5	/* 3.11: gi_frame_state, in front of gi_iframe */
#define FRAME_SUSPENDED (-1)
#define RETURN_GENERATOR 75	/* 3.11: what makes a generator */

struct counted_function {
	uint32_t function;
	uint64_t n;
};

struct probe {
	struct session *session;
	char *function;
	uint64_t duration_ns;
	uint64_t until_ns;		/* not asked yet: then it is given up */
	bool asked, ending;
	uint32_t pids[S_COUNT_MAX];
	struct python *pythons[S_COUNT_MAX];	/* of those processes */
	size_t n_procs;
	struct u64map others;		/* code objects that are not wanted */
	struct u64map by_function;	/* function -> functions */
	struct counted_function *functions;
	size_t n_functions, cap_functions;
	uint64_t n_unknown;		/* returns of code that is no more */
};

static void drop(struct session *s)
{
	struct probe *c = steal(s->probe);

	if (!c)
		return;
	for (size_t i = 0; i < c->n_procs; i++)
		python_release(c->pythons[i]);
	u64map_deinit(&c->others);
	u64map_deinit(&c->by_function);
	free(c->functions);
	free(c->function);
	free(c);
}

void probe_free(struct session *s)
{
	drop(s);
}

const char *probe_want(struct session *s, const char *function, uint64_t duration_ns)
{
	struct probe *c;

	if (s->probe)
		return "calls are being counted already";
	if (s->state != SESSION_RUNNING)
		return "it is not sampling";
	if (!s->spec->pid)
		return "calls are counted of one program, not of the whole host: attach to it";
	if (!*function || duration_ns < CONTROL_MIN_PROBE_NS || duration_ns > CONTROL_MAX_PROBE_NS)
		return "calls of a function are counted for 0.1 to 60 seconds";
	c = s->probe = xcalloc(1, sizeof(*c));
	c->session = s;
	c->function = xstrdup(function);
	c->duration_ns = duration_ns;
	c->until_ns = s->now_ns + PATIENCE_NS;
	return NULL;
}

static void give_up(struct session *s, const char *why)
{
	const struct c_refused head = { .type = C_REFUSED, .request = C_PROBE };
	_cleanup_(freep) char *text = xasprintf("calls of %s: n/a: %s", s->probe->function, why);

	viewers_tell(s, &head, sizeof(head), text);
	drop(s);
}

/* ---- beginning ---- */

/* The process' interpreter if it is known, and the module of its file. */
static struct python *interpreter_of(struct session *s, struct proc *p, struct module **module)
{
	const struct mapping *map = p->ended ? NULL : python_interpreter(p);
	struct python_memory memory;

	if (!map || (p->mem_fd < 0 && !p->python))
		return NULL;
	memory = python_memory_of(s, p);
	*module = map->module;
	return python_of(s, p, &memory);
}

static struct bpf_return_way way_of(const struct layout *l)
{
	return (struct bpf_return_way){
		.cframe = (uint16_t)l->tstate_cframe, .frame = (uint16_t)l->cframe_current_frame,
		.code = (uint16_t)l->iframe_code, .at = (uint16_t)l->iframe_instr,
		.owner = (uint16_t)l->iframe_owner, .name = (uint16_t)l->code_name,
		.state_before = STATE_BEFORE_FRAME, .suspended = FRAME_SUSPENDED,
		.generator = OWNED_BY_GENERATOR, .made = RETURN_GENERATOR };
}

/* To who looks now; the recording gets it when it is over. */
static void tell_begin(struct session *s, const struct probe *c)
{
	const struct c_note head = { .type = C_NOTE, .level = NOTE_INFO };
	_cleanup_(freep) char *text = xasprintf(
		"counting calls of %s for %.3g s: sampling is off meanwhile, the program is slower",
		strcmp(c->function, "*") == 0 ? "all functions" : c->function,
		(double)c->duration_ns / NS_PER_S);

	viewers_tell(s, &head, sizeof(head), text);
}

static void ask(struct session *s, struct probe *c, const struct python *py, struct module *m)
{
	_cleanup_(freep) struct s_count *msg =
		xcalloc(1, sizeof(*msg) + S_COUNT_MAX * sizeof(msg->proc[0]));

	*msg = (struct s_count){ .type = S_COUNT, .duration_ns = c->duration_ns,
				 .n_sites = py->elf.n_returns, .way = way_of(&py->runtime.layout) };
	memcpy(msg->site, py->elf.returns, sizeof(msg->site));
	for (size_t i = 0; i < s->n_procs && msg->n < S_COUNT_MAX; i++) {
		struct proc *p = s->procs[i];
		struct module *of;
		struct python *its = interpreter_of(s, p, &of);

		if (!its || of != m)
			continue;
		c->pids[msg->n] = p->pid;
		c->pythons[msg->n] = its;
		its->n_users++;
		msg->proc[msg->n++] = (struct s_count_proc){
			.pid = p->pid,
			.state = its->runtime.address + its->runtime.layout.runtime_tstate_current };
	}
	c->n_procs = msg->n;
	c->asked = true;
	tell_begin(s, c);
	effect_stop(s);
	switch_sampling(s, false);
	session_send_opener(s, msg, sizeof(*msg) + msg->n * sizeof(msg->proc[0]), &m->fd, 1);
}

/* Why calls cannot be counted in that interpreter, or NULL. */
static char *why_not(const struct python *py, const struct module *m)
{
	uint16_t version = py->runtime.layout.version;

	if (!py->elf.n_returns || py->elf.n_returns > PYTHON_MAX_RETURNS)
		return xasprintf("this Python (%u.%u) was built without a probe for returns: "
				 "`cprofd run --count` counts", version >> 8, version & 0xff);
	if (version != VERSION)
		return xasprintf("not known how this Python (%u.%u) says that a function returns: "
				 "`cprofd run --count` counts", version >> 8, version & 0xff);
	return m->fd < 0 ? xstrdup("the interpreter's file cannot be opened") : NULL;
}

void probe_tick(struct session *s)
{
	struct probe *c = s->probe;
	_cleanup_(freep) char *first = NULL;

	if (!c || c->asked)
		return;
	for (size_t i = 0; i < s->n_procs; i++) {
		struct module *m;
		const struct python *py = interpreter_of(s, s->procs[i], &m);
		char *why = py ? why_not(py, m) : NULL;

		if (py && !why) {
			ask(s, c, py, m);
			return;
		}
		if (!first)
			first = why;
		else
			free(why);
	}
	if (first)
		give_up(s, first);
	else if (s->now_ns >= c->until_ns)
		give_up(s, NO_PYTHON);
}

/* ---- the end ---- */

static void end_now(struct session *s)
{
	const struct s_count over = { .type = S_COUNT };

	if (!s->probe->ending)
		session_send_opener(s, &over, sizeof(over), NULL, 0);
	s->probe->ending = true;
}

bool probe_is_over(struct session *s)
{
	if (s->probe && !s->probe->asked)
		give_up(s, NO_PYTHON);
	else if (s->probe)
		end_now(s);
	return !s->probe;
}

bool probe_is_ending(const struct session *s)
{
	return s->probe && s->probe->ending;
}

void probe_process_ended(const struct proc *p)
{
	struct probe *c = p->session->probe;
	bool left = false;

	if (!c || !c->asked)
		return;
	for (size_t i = 0; i < c->n_procs; i++) {
		const struct proc *of = procs_find(p->session, c->pids[i]);

		left |= of && of != p && !of->ended && of->python == c->pythons[i];
	}
	if (!left)
		end_now(p->session);
}

/* ---- what was counted ---- */

/* "inner", or "Fib.inner", of "Fib.inner". */
static bool is_wanted(const struct probe *c, const char *called)
{
	size_t len = strlen(called), wanted = strlen(c->function);

	return strcmp(c->function, "*") == 0 ||
	       (len >= wanted && strcmp(called + len - wanted, c->function) == 0 &&
		(len == wanted || called[len - wanted - 1] == '.'));
}

/* It has that name: else it need not be looked at. */
static bool may_be_wanted(const struct probe *c, const struct python *py,
			  const struct python_memory *memory, uint64_t name)
{
	_cleanup_(freep) char *own = python_str_read(&py->runtime.layout, memory, name);
	const char *dot = strrchr(c->function, '.');

	return !own || strcmp(c->function, "*") == 0 || strcmp(own, dot ? dot + 1 : c->function) == 0;
}

static void add(struct probe *c, uint32_t function, uint64_t n)
{
	uint32_t *slot = u64map_slot(&c->by_function, function);

	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)c->n_functions;
		array_reserve(c->functions, c->n_functions + 1, c->cap_functions);
		c->functions[c->n_functions++] = (struct counted_function){ .function = function };
	}
	c->functions[*slot].n += n;
}

static void add_if_wanted(void *ctx, uint32_t function, const char *called)
{
	struct probe *c = ctx;

	if (is_wanted(c, called))
		add(c, function, 0);
}

static bool read_nothing(void *ctx, uint64_t addr, void *buf, size_t len)
{
	(void)ctx;
	(void)addr;
	(void)buf;
	(void)len;
	return false;
}

static void take_one(struct session *s, struct probe *c, const struct o_count *o)
{
	struct python_memory memory = { .read = read_nothing };
	const struct proc *p = procs_find(s, o->pid);
	const uint64_t hash = (o->code * 0x9e3779b97f4a7c15ull ^ o->name) * 0xff51afd7ed558ccdull + o->pid;
	uint32_t *other = u64map_slot(&c->others, hash), function;
	struct python *py = NULL;
	const char *called;

	for (size_t i = 0; i < c->n_procs; i++)
		if (c->pids[i] == o->pid)
			py = c->pythons[i];
	if (!py || *other != U64MAP_NONE)
		return;
	if (p && !p->ended && p->python == py)
		memory = python_memory_of(s, p);
	if (o->code && !may_be_wanted(c, py, &memory, o->name)) {
		*other = 1;
		return;
	}
	function = o->code ? python_function_at(s, py, &memory, o->code, o->name, &called)
			   : RECORD_NONE;
	if (function == RECORD_NONE)
		c->n_unknown += o->n;
	else if (is_wanted(c, called))
		add(c, function, o->n);
}

static char *with_commas(uint64_t n)
{
	char digits[24], text[32], *to = text;
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return xstrdup(text);
}

static double seconds(const struct session *s, uint64_t time_ns)
{
	return (double)(time_ns - min_of(time_ns, s->start_ns)) / NS_PER_S;
}

/* What it did to the program, as far as that is known. */
static char *cost(const struct o_counted *o)
{
	double ns = (double)o->return_ps / 1000;
	double share = o->cpu_ns ? 100 * (double)o->n_returns * ns / (double)o->cpu_ns : 0;
	_cleanup_(freep) char *n = with_commas(o->n_returns);

	if (!o->n_returns || !o->return_ps)
		return xstrdup("sampling was off, the program was slower");
	if (!o->cpu_ns)
		return xasprintf("sampling was off, the program was slower: %s returns took %.2g us each "
				 "at least", n, ns / 1000);
	return xasprintf("sampling was off, the program was slower: %s returns took %.2g us each at "
			 "least, %.0f%% of its CPU time", n, ns / 1000, min_of(share, 100.));
}

static void say(struct session *s, const struct probe *c, const struct o_counted *o)
{
	const bool all = strcmp(c->function, "*") == 0;
	_cleanup_(freep) char *slower = cost(o), *n = NULL, *unknown = NULL;
	uint64_t sum = 0;

	for (size_t i = 0; i < c->n_functions; i++)
		sum += c->functions[i].n;
	n = with_commas(sum);
	session_note(s, NOTE_INFO, "counted %s calls of %s that ended from %.1f to %.1f s; %s", n,
		     all ? "all functions" : c->function, seconds(s, o->from_ns), seconds(s, o->to_ns),
		     slower);
	unknown = with_commas(c->n_unknown + o->n_left_out);
	if (c->n_unknown + o->n_left_out)
		session_note(s, NOTE_WARNING, "%s more calls ended, of functions that are not known: %s",
			     unknown, o->n_left_out ? "there were too many" : "their code is no more");
}

static void put(struct session *s, struct probe *c, const struct o_counted *o)
{
	/* Who is known and was not called. */
	for (size_t i = 0; !o->n_left_out && i < c->n_procs; i++)
		python_each_function(c->pythons[i], add_if_wanted, c);
	for (size_t i = 0; i < c->n_functions; i++)
		record_put_measured(s->writer, &(struct record_measured){
			.function = c->functions[i].function, .caller = RECORD_NONE,
			.calls = c->functions[i].n, .from_ns = o->from_ns,
			.duration_ns = o->to_ns - o->from_ns, .how = COUNTED_BY_PROBE });
}

void probe_on_counted(struct session *s, const struct msg *m)
{
	const struct o_counted *o = (const struct o_counted *)m->data;
	struct probe *c = s->probe;
	const bool refused = !o->n && msg_holds_text(m, sizeof(*o));

	if (!c || !c->asked || (!refused && (m->len - sizeof(*o)) / sizeof(o->count[0]) < o->n))
		return;
	for (uint32_t i = 0; i < o->n && !refused; i++)
		take_one(s, c, &o->count[i]);
	if (o->more)
		return;
	switch_used(s, o->off_cpu_ns, clock_mono_ns() - s->sampling.since_ns);
	switch_sampling(s, true);
	effect_go_on(s);
	if (refused) {
		give_up(s, (const char *)(o + 1));
		return;
	}
	put(s, c, o);
	record_put_mark(s->writer, o->from_ns, "counting of calls: sampling is off");
	record_put_mark(s->writer, o->to_ns, "sampling goes on");
	say(s, c, o);
	drop(s);
}
