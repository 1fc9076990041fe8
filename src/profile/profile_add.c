// SPDX-License-Identifier: Apache-2.0
/* Records into tables: every number is checked, every table has a limit. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "profile/functions.h"
#include "profile/profile_internal.h"
#include "record/reader.h"

/* ---- what the recording refers to ---- */

static int unknown(struct error *err, const char *what, const char *kind,
		   uint32_t number, size_t n)
{
	return error_set(err, EBADMSG, "%s refers to %s %u, %zu are known", what, kind,
			 number, n);
}

static int check(struct error *err, const char *what, const char *kind, uint32_t number,
		 size_t n)
{
	return number < n ? 0 : unknown(err, what, kind, number, n);
}

static int malformed(struct error *err, const char *what)
{
	return error_set(err, EBADMSG, "malformed list of %s", what);
}

/* Put our number of a string in place of the recording's. */
static int map_string(struct profile *p, uint32_t *id, const char *what, struct error *err)
{
	if (check(err, what, "string", *id, p->n_string_ids) < 0)
		return -1;
	*id = p->string_ids[*id];
	return 0;
}

/* Times before the start come out as huge ones: they do not count. */
static void saw_time(struct profile *p, uint64_t time_ns)
{
	if ((int64_t)(time_ns - p->end_ns) > 0)
		p->end_ns = time_ns;
}

/* Keep bytes that are no numbered string of the recording. */
static int add_text(struct profile *p, const char *text, size_t len, uint32_t *out,
		    struct error *err)
{
	if (profile_check_names(p, err) < 0)
		return -1;
	*out = strtab_add(&p->strings, text, len);
	return 0;
}

/* ---- records ---- */

static int add_meta(struct profile *p, const struct record_meta *m, struct error *err)
{
	struct profile_meta meta;

	if (add_text(p, m->key, m->key_len, &meta.key, err) < 0 ||
	    add_text(p, m->value, m->value_len, &meta.value, err) < 0)
		return -1;
	for (size_t i = 0; i < p->n_metas; i++)
		if (p->metas[i].key == meta.key) {
			p->metas[i] = meta;
			return 0;
		}
	if (profile_check_room(err, "facts about the recording", p->n_metas, 1024) < 0)
		return -1;
	PUSH(p, metas) = meta;
	return 0;
}

static int add_string(struct profile *p, const struct record_string *s, struct error *err)
{
	uint32_t id;

	if (profile_check_room(err, "names", p->n_string_ids, PROFILE_MAX_ITEMS) < 0 ||
	    add_text(p, s->text, s->len, &id, err) < 0)
		return -1;
	array_reserve(p->string_ids, p->n_string_ids + 1, p->cap_string_ids);
	p->string_ids[p->n_string_ids++] = id;
	return 0;
}

static int add_process(struct profile *p, const struct record_process *r, struct error *err)
{
	struct profile_process process = {
		.pid = r->pid, .ppid = r->ppid, .time_ns = r->time_ns, .how = r->how,
		.name = r->name, .exe = r->exe,
	};

	if (profile_check_room(err, "processes", p->n_processes, PROFILE_MAX_ITEMS) < 0 ||
	    map_string(p, &process.name, "a process", err) < 0 ||
	    map_string(p, &process.exe, "a process", err) < 0)
		return -1;
	PUSH(p, processes) = process;
	saw_time(p, r->time_ns);
	return 0;
}

static int add_process_info(struct profile *p, const struct record_process_info *r,
			    struct error *err)
{
	struct record_process_info i = *r;
	struct profile_process *process;

	if (check(err, "facts about a process", "process", i.process, p->n_processes) < 0 ||
	    map_string(p, &i.name, "a process", err) < 0 ||
	    map_string(p, &i.exe, "a process", err) < 0 ||
	    map_string(p, &i.cgroup, "a process", err) < 0)
		return -1;
	process = &p->processes[i.process];
	process->ppid = i.ppid ? i.ppid : process->ppid;
	process->name = i.name ? i.name : process->name;
	process->exe = i.exe ? i.exe : process->exe;
	process->cgroup = i.cgroup ? i.cgroup : process->cgroup;
	return 0;
}

static int add_process_end(struct profile *p, const struct record_process_end *r,
			   struct error *err)
{
	if (check(err, "the end of a process", "process", r->process, p->n_processes) < 0)
		return -1;
	p->processes[r->process].ended = true;
	p->processes[r->process].end = *r;
	saw_time(p, r->time_ns);
	return 0;
}

static int add_thread(struct profile *p, const struct record_thread *r, struct error *err)
{
	struct profile_thread thread = {
		.process = r->process, .tid = r->tid, .time_ns = r->time_ns, .name = r->name,
	};

	if (profile_check_room(err, "threads", p->n_threads, PROFILE_MAX_ITEMS) < 0 ||
	    check(err, "a thread", "process", r->process, p->n_processes) < 0 ||
	    map_string(p, &thread.name, "a thread", err) < 0)
		return -1;
	PUSH(p, threads) = thread;
	saw_time(p, r->time_ns);
	return 0;
}

static int add_thread_name(struct profile *p, const struct record_thread_name *r,
			   struct error *err)
{
	uint32_t name = r->name;

	if (check(err, "a thread's name", "thread", r->thread, p->n_threads) < 0 ||
	    map_string(p, &name, "a thread's name", err) < 0)
		return -1;
	p->threads[r->thread].name = name;
	return 0;
}

static int add_module(struct profile *p, const struct record_module *r, struct error *err)
{
	struct profile_module module = { .kind = r->kind, .path = r->path };

	if (profile_check_room(err, "modules", p->n_modules, PROFILE_MAX_ITEMS) < 0 ||
	    map_string(p, &module.path, "a module", err) < 0)
		return -1;
	PUSH(p, modules) = module;
	return 0;
}

static int add_module_info(struct profile *p, const struct record_module_info *r,
			   struct error *err)
{
	uint32_t note = r->note;

	if (check(err, "facts about a module", "module", r->module, p->n_modules) < 0 ||
	    map_string(p, &note, "facts about a module", err) < 0)
		return -1;

	struct profile_module *m = &p->modules[r->module];
	m->info = true;
	m->flags = r->flags;
	m->note = note;
	m->build_id_len = (uint8_t)min_of(r->build_id_len, sizeof(m->build_id));
	memcpy(m->build_id, r->build_id, m->build_id_len);
	m->text_vaddr = r->text_vaddr;
	m->text_off = r->text_off;
	m->text_bytes = r->text_bytes;
	return 0;
}

static int add_mapping(struct profile *p, const struct record_mapping *r, struct error *err)
{
	if (check(err, "a mapping", "process", r->process, p->n_processes) < 0 ||
	    check(err, "a mapping", "module", r->module, p->n_modules) < 0)
		return -1;
	if (p->modules[r->module].kind == MODULE_ANON) {
		if (profile_check_room(err, "mappings", p->n_anon, PROFILE_MAX_ITEMS) < 0)
			return -1;
		PUSH(p, anon) = (struct profile_range){ r->start, r->size };
		p->anon_unsorted = true;
	}
	return 0;
}

static int add_frames(struct profile *p, struct record *rec, struct error *err)
{
	struct record_frame f;
	int more;

	while ((more = record_next_frame(rec, &f)) > 0) {
		if (profile_check_room(err, "frames", p->n_frames, PROFILE_MAX_ITEMS) < 0 ||
		    check(err, "a frame", "module", f.module, p->n_modules) < 0)
			return -1;
		PUSH(p, frames) = (struct profile_frame){
			.vaddr = f.vaddr, .module = f.module, .flags = f.flags };
	}
	return more < 0 ? malformed(err, "frames") : 0;
}

/* A stack by its number in the current epoch, or NULL with *err set. */
static struct profile_stack_id *epoch_stack(const struct profile *p, uint32_t number,
					    const char *what, struct error *err)
{
	if (number - RECORD_STACK_FIRST >= p->n_epoch_stacks) {
		unknown(err, what, "stack", number, p->n_epoch_stacks + RECORD_STACK_FIRST);
		return NULL;
	}
	return &p->epoch_stacks[number - RECORD_STACK_FIRST];
}

/* The stack of these frames, made frame by frame where it departs from the last. */
static int intern_stack(struct profile *p, const struct record_stack *s, uint32_t *out,
			struct error *err)
{
	uint32_t stack = s->outcome;

	array_reserve(p->path, s->n_frames, p->cap_path);
	if (s->n_shared)
		stack = p->path[s->n_shared - 1];
	for (uint32_t i = s->n_shared; i < s->n_frames; i++) {
		uint32_t *slot;

		if (check(err, "a stack", "frame", s->frames[i], p->n_frames) < 0)
			return -1;
		slot = u64map_slot(&p->stack_ids, (uint64_t)stack << 32 | s->frames[i]);
		if (*slot == U64MAP_NONE)
			*slot = profile_push_stack(p, (struct profile_stack){ stack, s->frames[i] });
		p->path[i] = stack = *slot;
	}
	*out = stack;
	return 0;
}

static int add_stacks(struct profile *p, struct record *rec, struct error *err)
{
	struct record_stack s;
	int more;

	while ((more = record_next_stack(rec, &s)) > 0) {
		uint32_t stack;

		if (profile_check_room(err, "stacks", p->n_epoch_stacks, PROFILE_MAX_STACKS) < 0 ||
		    profile_check_room(err, "stacks", p->n_stacks, PROFILE_MAX_STACKS) < 0 ||
		    intern_stack(p, &s, &stack, err) < 0)
			return -1;
		array_reserve(p->epoch_stacks, p->n_epoch_stacks + 1, p->cap_epoch_stacks);
		p->epoch_stacks[p->n_epoch_stacks++] = (struct profile_stack_id){
			stack, p->leaf_ids[stack] };
	}
	return more < 0 ? malformed(err, "stacks") : 0;
}

/* The number of a stack among those that samples are in. */
static uint32_t leaf_of(struct profile *p, uint32_t stack)
{
	if (p->leaf_ids[stack] == RECORD_NONE) {
		p->leaf_ids[stack] = (uint32_t)p->n_leaves;
		PUSH(p, leaves) = stack;
	}
	return p->leaf_ids[stack];
}

static int add_sample(struct profile *p, const struct record_sample *s, struct error *err)
{
	uint32_t leaf, stack = s->stack;

	if (check(err, "a sample", "thread", s->thread, p->n_threads) < 0)
		return -1;
	if (unlikely(s->stack < RECORD_STACK_FIRST)) {
		leaf = leaf_of(p, s->stack);
	} else {
		struct profile_stack_id *id = epoch_stack(p, s->stack, "a sample", err);

		if (!id)
			return -1;
		if (unlikely(id->leaf == RECORD_NONE))
			id->leaf = leaf_of(p, id->stack);
		leaf = id->leaf;
		stack = id->stack;
	}
	samples_push(&p->samples, s->time_ns, leaf, s->thread, s->weight_ns,
		     samples_pack(s->state, s->activity));
	if (unlikely(s->gap))
		PUSH(p, gaps) = (struct profile_gap){ s->time_ns, s->thread, stack, s->gap };
	saw_time(p, s->time_ns);
	return 0;
}

/* Decoded in portions, so that stacks are on their way to the cache when looked up. */
#define PORTION 64

/* The next samples of a record, at most PORTION; *more as record_next_sample() has it. */
static uint32_t next_portion(const struct profile *p, struct record *rec,
			     struct record_sample *s, int *more)
{
	uint32_t n = 0;

	for (; n < PORTION && (*more = record_next_sample(rec, &s[n])) > 0; n++)
		if (s[n].stack - RECORD_STACK_FIRST < p->n_epoch_stacks)
			__builtin_prefetch(&p->epoch_stacks[s[n].stack - RECORD_STACK_FIRST]);
	return n;
}

static int add_samples(struct profile *p, struct record *rec, struct error *err)
{
	struct record_sample s[PORTION];
	int more = 1;

	if (rec->batch.n_items > SAMPLES_MAX - p->samples.n)
		return error_set(err, EFBIG, "more than %u samples", SAMPLES_MAX);
	samples_reserve(&p->samples, rec->batch.n_items);
	while (more > 0) {
		uint32_t n = next_portion(p, rec, s, &more);

		for (uint32_t i = 0; i < n; i++)
			if (add_sample(p, &s[i], err) < 0)
				return -1;
	}
	return more < 0 ? malformed(err, "samples") : 0;
}

static int add_functions(struct profile *p, struct record *rec, struct error *err)
{
	struct record_function r;
	int more;

	while ((more = record_next_function(rec, &r)) > 0) {
		struct profile_function f = {
			.module = r.module, .name = r.name, .file = r.file,
			.line = r.line, .source = r.source, .vaddr = r.vaddr, .size = r.size,
		};

		if (profile_check_room(err, "functions", p->n_function_ids, PROFILE_MAX_ITEMS) < 0 ||
		    profile_check_room(err, "functions", p->n_functions, PROFILE_MAX_FUNCTIONS) < 0 ||
		    profile_check_names(p, err) < 0 ||
		    check(err, "a function", "module", f.module, p->n_modules) < 0 ||
		    map_string(p, &f.name, "a function", err) < 0 ||
		    map_string(p, &f.file, "a function", err) < 0)
			return -1;
		if (!f.name) {
			f.name = function_range_name(p, f.module, &f.vaddr);
			f.size = f.vaddr ? f.size : 0;
			f.source = SYMBOL_RANGE;
		}
		array_reserve(p->function_ids, p->n_function_ids + 1, p->cap_function_ids);
		p->function_ids[p->n_function_ids++] = (struct profile_function_id){
			function_intern(p, &f), f.file };
	}
	return more < 0 ? malformed(err, "functions") : 0;
}

/* Enter levels; *first is the number of the innermost. */
static int add_levels(struct profile *p, const struct record_level *levels, uint32_t n,
		      const char *what, uint32_t *first, struct error *err)
{
	if (profile_check_room(err, "inlined calls", p->n_levels + n,
			       4 * (size_t)PROFILE_MAX_ITEMS) < 0)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		if (check(err, what, "function", levels[i].function, p->n_function_ids) < 0)
			return -1;
	*first = (uint32_t)p->n_levels;
	for (uint32_t i = 0; i < n; i++) {
		const struct profile_function_id *id = &p->function_ids[levels[i].function];

		PUSH(p, levels) = (struct profile_level){ id->function, levels[i].line, id->file };
	}
	return 0;
}

static int add_symbols(struct profile *p, struct record *rec, struct error *err)
{
	struct record_symbol s;
	uint32_t first;
	int more;

	while ((more = record_next_symbol(rec, &s)) > 0) {
		if (check(err, "a symbol", "frame", s.frame, p->n_frames) < 0 ||
		    add_levels(p, s.levels, s.n_levels, "a symbol", &first, err) < 0)
			return -1;
		if (!s.n_levels)
			continue;	/* it is nameless already */

		struct profile_frame *f = &p->frames[s.frame];
		if (f->n_levels)
			PUSH(p, renamed) = s.frame;
		f->first_level = first;
		f->n_levels = s.n_levels;
		f->n_trimmed = 0;
		f->own_level = 0;
	}
	return more < 0 ? malformed(err, "symbols") : 0;
}

static int add_calls(struct profile *p, struct record *rec, struct error *err)
{
	struct record_call c;
	int more;

	while ((more = record_next_call(rec, &c)) > 0) {
		if (check(err, "a call", "frame", c.frame, p->n_frames) < 0 ||
		    (c.function != RECORD_NONE &&
		     check(err, "a call", "function", c.function, p->n_function_ids) < 0))
			return -1;

		struct profile_frame *f = &p->frames[c.frame];
		f->call = c.kind;
		f->call_target = c.target;
		f->call_function = c.function == RECORD_NONE
			? RECORD_NONE : p->function_ids[c.function].function;
	}
	return more < 0 ? malformed(err, "calls") : 0;
}

/* So much in all that sums fit, whatever a recording claims. */
#define MAX_MEASURED (UINT64_MAX / 4)

static int add_one_measured(struct profile *p, const struct record_measured *m,
			    struct error *err)
{
	uint64_t *calls = &p->measured_calls, *ns = &p->measured_ns;
	uint32_t function, caller = RECORD_NONE, *slot;

	if (check(err, "a measured time", "function", m->function, p->n_function_ids) < 0 ||
	    (m->caller != RECORD_NONE &&
	     check(err, "a measured time", "function", m->caller, p->n_function_ids) < 0) ||
	    profile_check_room(err, "measured times", p->n_measured, PROFILE_MAX_ITEMS) < 0)
		return -1;
	if (m->calls > MAX_MEASURED - *calls || m->self_ns > m->total_ns ||
	    m->total_ns > MAX_MEASURED - *ns || m->outermost > m->calls)
		return error_set(err, EBADMSG, "measured times that cannot be");
	*calls += m->calls;
	*ns += m->total_ns;
	function = p->function_ids[m->function].function;
	if (m->caller != RECORD_NONE)
		caller = p->function_ids[m->caller].function;
	else
		call_counts_add(&p->calls, function, m);
	if (m->how != COUNTED_BY_IMPORT)
		return 0;
	slot = u64map_slot(&p->measured_ids, (uint64_t)function << 32 | caller);
	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)p->n_measured;
		PUSH(p, measured) = (struct profile_measured){ .function = function, .caller = caller };
	}
	p->measured[*slot].calls += m->calls;
	p->measured[*slot].outermost += m->outermost;
	p->measured[*slot].self_ns += m->self_ns;
	p->measured[*slot].total_ns += m->total_ns;
	return 0;
}

static int add_measured(struct profile *p, struct record *rec, struct error *err)
{
	struct record_measured m;
	int more;

	while ((more = record_next_measured(rec, &m)) > 0)
		if (add_one_measured(p, &m, err) < 0)
			return -1;
	return more < 0 ? malformed(err, "measured times") : 0;
}

static int add_instruction(struct profile *p, const struct record_instruction *r,
			   struct error *err)
{
	struct profile_instruction i = {
		.vaddr = r->vaddr, .len = r->len, .has_target = r->has_target,
		.target = r->target, .target_function = RECORD_NONE, .n_levels = r->n_levels,
	};

	if (profile_check_room(err, "instructions", p->n_instructions, PROFILE_MAX_ITEMS) < 0 ||
	    add_text(p, r->text, r->text_len, &i.text, err) < 0 ||
	    add_levels(p, r->levels, r->n_levels, "an instruction", &i.first_level, err) < 0)
		return -1;
	if (r->target_function != RECORD_NONE) {
		if (check(err, "an instruction", "function", r->target_function,
			  p->n_function_ids) < 0)
			return -1;
		i.target_function = p->function_ids[r->target_function].function;
	}
	PUSH(p, instructions) = i;
	return 0;
}

static int add_code(struct profile *p, struct record *rec, struct error *err)
{
	struct profile_code code = {
		.module = rec->code.module, .note = rec->code.note, .vaddr = rec->code.vaddr,
		.size = rec->code.size, .first = (uint32_t)p->n_instructions,
	};
	struct record_instruction i;
	int more;

	if (profile_check_room(err, "functions with code", p->n_codes, PROFILE_MAX_CODES) < 0 ||
	    check(err, "code", "module", code.module, p->n_modules) < 0 ||
	    map_string(p, &code.note, "code", err) < 0)
		return -1;
	while ((more = record_next_instruction(rec, &i)) > 0)
		if (add_instruction(p, &i, err) < 0)
			return -1;
	code.n = (uint32_t)p->n_instructions - code.first;
	PUSH(p, codes) = code;
	return more < 0 ? malformed(err, "instructions") : 0;
}

static int add_counter(struct profile *p, const struct record_counter *r, struct error *err)
{
	uint64_t born_ns = p->start_ns;

	if (r->what >= COUNTER_COUNT)
		return 0;	/* from a later minor version */
	if (r->value > INT64_MAX)
		return error_set(err, EBADMSG, "a counter that stands at %" PRIu64, r->value);
	if (r->thread != RECORD_NONE) {
		if (check(err, "a counter", "thread", r->thread, p->n_threads) < 0)
			return -1;
		born_ns = max_of(born_ns, p->threads[r->thread].time_ns);
	}
	if (profile_check_room(err, "readings of counters", p->counters.n_points,
		       4 * (size_t)PROFILE_MAX_ITEMS) < 0)
		return -1;
	counters_add(&p->counters, r, born_ns);
	saw_time(p, r->time_ns);
	return 0;
}

static int add_lost(struct profile *p, const struct record_lost *r, struct error *err)
{
	if (profile_check_room(err, "records of loss", p->n_losses, PROFILE_MAX_ITEMS) < 0)
		return -1;
	if (r->to_ns < r->from_ns)
		return error_set(err, EBADMSG, "a loss that ends before it begins");
	PUSH(p, losses) = *r;
	saw_time(p, r->to_ns);
	return 0;
}

static int add_window(struct profile *p, const struct record_window *r, struct error *err)
{
	if (profile_check_room(err, "windows", p->n_windows, PROFILE_MAX_ITEMS) < 0)
		return -1;
	if (r->to_ns < r->from_ns)
		return error_set(err, EBADMSG, "a window that ends before it begins");
	PUSH(p, windows) = *r;
	saw_time(p, r->to_ns);
	return 0;
}

static int add_note(struct profile *p, const struct record_note *r, struct error *err)
{
	struct profile_note note = { .time_ns = r->time_ns, .level = r->level };

	if (profile_check_room(err, "notes", p->n_notes, PROFILE_MAX_ITEMS) < 0 ||
	    add_text(p, r->text, r->len, &note.text, err) < 0)
		return -1;
	PUSH(p, notes) = note;
	return 0;
}

static int add_mark(struct profile *p, const struct record_mark *r, struct error *err)
{
	struct profile_note mark = { .time_ns = r->time_ns };

	if (profile_check_room(err, "marks", p->n_marks, PROFILE_MAX_ITEMS) < 0 ||
	    add_text(p, r->text, r->len, &mark.text, err) < 0)
		return -1;
	PUSH(p, marks) = mark;
	return 0;
}

int profile_add_record(struct profile *p, struct record *rec, struct error *err)
{
	switch (rec->type) {
	case RECORD_META:
		return add_meta(p, &rec->meta, err);
	case RECORD_STRING:
		return add_string(p, &rec->string, err);
	case RECORD_PROCESS:
		return add_process(p, &rec->process, err);
	case RECORD_PROCESS_INFO:
		return add_process_info(p, &rec->process_info, err);
	case RECORD_PROCESS_END:
		return add_process_end(p, &rec->process_end, err);
	case RECORD_THREAD:
		return add_thread(p, &rec->thread, err);
	case RECORD_THREAD_NAME:
		return add_thread_name(p, &rec->thread_name, err);
	case RECORD_MODULE:
		return add_module(p, &rec->module, err);
	case RECORD_MODULE_INFO:
		return add_module_info(p, &rec->module_info, err);
	case RECORD_MAPPING:
		return add_mapping(p, &rec->mapping, err);
	case RECORD_FRAMES:
		return add_frames(p, rec, err);
	case RECORD_STACKS:
		return add_stacks(p, rec, err);
	case RECORD_SAMPLES:
		return add_samples(p, rec, err);
	case RECORD_FUNCTIONS:
		return add_functions(p, rec, err);
	case RECORD_SYMBOLS:
		return add_symbols(p, rec, err);
	case RECORD_CALLS:
		return add_calls(p, rec, err);
	case RECORD_MEASURED:
		return add_measured(p, rec, err);
	case RECORD_CODE:
		return add_code(p, rec, err);
	case RECORD_COUNTER:
		return add_counter(p, &rec->counter, err);
	case RECORD_LOST:
		return add_lost(p, &rec->lost, err);
	case RECORD_WINDOW:
		return add_window(p, &rec->window, err);
	case RECORD_NOTE:
		return add_note(p, &rec->note, err);
	case RECORD_MARK:
		return add_mark(p, &rec->mark, err);
	case RECORD_EPOCH:
		p->n_epoch_stacks = 0;
		return 0;
	case RECORD_END:
		p->ended = true;
		p->end = rec->end;
		saw_time(p, rec->end.time_ns);
		return 0;
	}
	return 0;
}
