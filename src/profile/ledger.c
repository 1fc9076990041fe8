// SPDX-License-Identifier: Apache-2.0
#include "profile/ledger.h"

#include <string.h>

#include "base/util.h"

/* How a stack ends at its root side, and in which module. */
struct end {
	uint32_t outcome;
	uint32_t module;
};

/* Of every stack: a parent has a smaller number, so its end is known. */
static struct end *find_ends(const struct profile *p)
{
	struct end *ends = xcalloc(p->n_stacks, sizeof(*ends));

	for (uint32_t i = 0; i < p->n_stacks; i++) {
		uint32_t parent = p->stacks[i].parent;

		if (i < RECORD_STACK_FIRST)
			ends[i] = (struct end){ i, RECORD_NONE };
		else if (parent < RECORD_STACK_FIRST)
			ends[i] = (struct end){ parent, p->frames[p->stacks[i].frame].module };
		else
			ends[i] = ends[parent];
	}
	return ends;
}

static bool matters_where(uint32_t outcome)
{
	return outcome != OUTCOME_COMPLETE && outcome != OUTCOME_COPY &&
	       outcome != OUTCOME_LIMIT && outcome != OUTCOME_NO_USER &&
	       outcome != OUTCOME_LEFT_OUT && outcome != OUTCOME_PYTHON_MEMORY &&
	       outcome != OUTCOME_PYTHON_LIMIT && outcome != OUTCOME_PYTHON_UNMATCHED;
}

static struct ledger_row *push(struct ledger *l, enum ledger_kind kind)
{
	l->rows = xreallocarray(l->rows, l->n_rows + 1, sizeof(*l->rows));
	l->rows[l->n_rows] = (struct ledger_row){ .kind = kind, .module = RECORD_NONE };
	return &l->rows[l->n_rows++];
}

static void add_outcomes(struct ledger *l, const struct profile *p, const struct summary *sum,
			 const struct end *ends)
{
	const struct sum *sums = sum->all_leaves;
	struct u64map rows = { 0 };

	for (size_t i = 0; i < sum->n_leaves; i++) {
		struct end end = ends[p->leaves[i]];
		uint32_t *slot;

		if (!sums[i].count)
			continue;
		if (!matters_where(end.outcome))
			end.module = RECORD_NONE;
		slot = u64map_slot(&rows, (uint64_t)end.outcome << 32 | end.module);
		if (*slot == U64MAP_NONE) {
			*slot = l->n_rows;
			struct ledger_row *row = push(l, LEDGER_OUTCOME);
			row->outcome = end.outcome;
			row->module = end.module;
		}
		sum_add(&l->rows[*slot].sum, sums[i]);
		if (record_outcome_is_cut(end.outcome))
			sum_add(&l->cut, sums[i]);
	}
	u64map_deinit(&rows);
}

static void add_time(struct ledger *l, enum ledger_kind kind, struct sum sum)
{
	if (sum.weight_ns || sum.count)
		push(l, kind)->sum = sum;
}

/* Frames that have an address and no name. */
struct nameless {
	bool *frame;
	bool *stack;	/* has such a frame, there or further out */
};

static void nameless_init(struct nameless *n, const struct profile *p)
{
	n->frame = xcalloc(p->n_frames, sizeof(*n->frame));
	n->stack = xcalloc(p->n_stacks, sizeof(*n->stack));
	for (size_t i = 0; i < p->n_frames; i++)
		n->frame[i] = p->frames[i].n_levels && !(p->frames[i].flags & FRAME_LEFT_OUT) &&
			profile_function_unnamed(p, p->levels[p->frames[i].first_level].function);
	/* A parent has a smaller number. */
	for (size_t i = RECORD_STACK_FIRST; i < p->n_stacks; i++)
		n->stack[i] = n->frame[p->stacks[i].frame] || n->stack[p->stacks[i].parent];
}

static void nameless_deinit(struct nameless *n)
{
	free(n->frame);
	free(n->stack);
}

/*
 * The modules of nameless frames of a stack, each counted once per sample:
 * `seen` holds the leaf that a module was counted for last, plus 1.
 */
static void add_unnamed(struct ledger_unnamed *of, const struct profile *p, uint32_t leaf,
			struct sum sum, const struct nameless *nameless, uint32_t *seen)
{
	bool top = true;

	for (uint32_t s = p->leaves[leaf]; nameless->stack[s]; s = p->stacks[s].parent) {
		uint32_t frame = p->stacks[s].frame, module = p->frames[frame].module;

		if (nameless->frame[frame] && top)
			sum_add(&of[module].on_top, sum);
		if (nameless->frame[frame] && seen[module] != leaf + 1)
			sum_add(&of[module].anywhere, sum);
		if (nameless->frame[frame])
			seen[module] = leaf + 1;
		top = false;
	}
}

static int by_unnamed(const void *a, const void *b)
{
	const struct ledger_unnamed *x = a, *y = b;

	if (x->anywhere.weight_ns != y->anywhere.weight_ns)
		return x->anywhere.weight_ns > y->anywhere.weight_ns ? -1 : 1;
	return x->module < y->module ? -1 : 1;
}

static void find_unnamed(struct ledger *l, const struct profile *p, const struct summary *sum)
{
	const struct sum *sums = sum->all_leaves;
	struct nameless nameless;
	struct ledger_unnamed *of = xcalloc(p->n_modules, sizeof(*of));
	uint32_t *seen = xcalloc(p->n_modules, sizeof(*seen)), n = 0;

	nameless_init(&nameless, p);
	for (uint32_t i = 0; i < sum->n_leaves; i++)
		if (sums[i].count)
			add_unnamed(of, p, i, sums[i], &nameless, seen);
	for (uint32_t i = 0; i < p->n_modules; i++)
		if (of[i].anywhere.count) {
			of[n] = of[i];
			of[n++].module = i;
		}
	qsort(of, n, sizeof(*of), by_unnamed);
	l->unnamed = of;
	l->n_unnamed = n;
	free(seen);
	nameless_deinit(&nameless);
}

static void widen(uint64_t *min, uint64_t *max, uint64_t size)
{
	*min = *min ? min_of(*min, size) : size;
	*max = max_of(*max, size);
}

static void find_gaps(struct ledger *l, const struct profile *p, const struct selection *s,
		      const struct end *ends)
{
	struct picked k;

	picked_init(&k, p, s);
	for (size_t i = 0; i < p->n_gaps; i++) {
		const struct profile_gap *g = &p->gaps[i];

		if (!k.thread[g->thread] || g->time_ns < k.from_ns || g->time_ns >= k.to_ns)
			continue;
		if (ends[g->stack].outcome == OUTCOME_COPY)
			widen(&l->gap_min, &l->gap_max, g->size);
		else
			widen(&l->left_out_min, &l->left_out_max, g->size);
	}
	picked_deinit(&k);
}

static int by_row(const void *a, const void *b)
{
	const struct ledger_row *x = a, *y = b;
	bool complete_x = x->kind == LEDGER_OUTCOME && x->outcome == OUTCOME_COMPLETE;
	bool complete_y = y->kind == LEDGER_OUTCOME && y->outcome == OUTCOME_COMPLETE;

	if (complete_x != complete_y)
		return complete_x ? -1 : 1;
	if (x->sum.weight_ns != y->sum.weight_ns)
		return x->sum.weight_ns > y->sum.weight_ns ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->outcome != y->outcome)
		return x->outcome < y->outcome ? -1 : 1;
	return (x->module > y->module) - (x->module < y->module);
}

void ledger_make_rows(const struct profile *p, const struct selection *s,
		      const struct summary *sum, struct ledger *out)
{
	struct end *ends = find_ends(p);

	*out = (struct ledger){ 0 };
	add_outcomes(out, p, sum, ends);
	add_time(out, LEDGER_LOST, sum->lost);
	add_time(out, LEDGER_THROTTLED, (struct sum){ .weight_ns = sum->throttled_ns });
	add_time(out, LEDGER_HIDDEN, (struct sum){ .weight_ns = sum->hidden_ns });
	add_time(out, LEDGER_UNSAMPLED, (struct sum){ .weight_ns = sum->unsampled_ns });
	for (uint32_t i = 0; i < out->n_rows; i++)
		out->whole_ns += out->rows[i].sum.weight_ns;
	if (out->n_rows)
		qsort(out->rows, out->n_rows, sizeof(*out->rows), by_row);
	find_unnamed(out, p, sum);
	find_gaps(out, p, s, ends);
	free(ends);
}

void ledger_find_edges(struct ledger *l, const struct profile *p, const struct summary *sum)
{
	edges_make(p, sum, &l->edges);
}

void ledger_make(const struct profile *p, const struct selection *s,
		 const struct summary *sum, struct ledger *out)
{
	ledger_make_rows(p, s, sum, out);
	ledger_find_edges(out, p, sum);
}

void ledger_deinit(struct ledger *l)
{
	free(l->rows);
	free(l->unnamed);
	edges_deinit(&l->edges);
	*l = (struct ledger){ 0 };
}

/* ---- what would help ---- */

static const char *module_note(const struct profile *p, uint32_t module)
{
	return module != RECORD_NONE && p->modules[module].note
		? profile_string(p, p->modules[module].note) : NULL;
}

static bool lacks(const struct profile *p, uint32_t module, enum record_module_flags flag)
{
	return module != RECORD_NONE && p->modules[module].kind == MODULE_FILE &&
	       p->modules[module].info && !(p->modules[module].flags & flag);
}

static bool has_unwind(const struct profile *p, uint32_t module)
{
	return module != RECORD_NONE && p->modules[module].info &&
	       p->modules[module].flags & MODULE_HAS_UNWIND;
}

static bool is_engine(const struct profile *p, const char *name)
{
	const char *engine = profile_meta(p, "engine");

	return engine && strcmp(engine, name) == 0;
}

static const char *outcome_fix(const struct profile *p, const struct ledger_row *row)
{
	switch (row->outcome) {
	case OUTCOME_COPY:
		return "stacks are larger than the copy: the bpf and ptrace engines have no such limit";
	case OUTCOME_LIMIT:
		if (is_engine(p, "bpf"))
			return "the ptrace engine follows deeper stacks to their outermost frame";
		return "record with a higher --max-frames";
	case OUTCOME_LEFT_OUT:
		return "record with a higher --max-frames";
	case OUTCOME_NO_RULE:
		if (has_unwind(p, row->module))
			return "its unwind information leaves this code out: assembly needs .cfi "
			       "directives";
		return lacks(p, row->module, MODULE_HAS_UNWIND)
			? "it has no .eh_frame and no .debug_frame: build it with "
			  "-fasynchronous-unwind-tables"
			: NULL;
	case OUTCOME_MEMORY:
		return "the next frame is in memory that could not be read: swapped out, gone, or "
		       "no stack at all";
	case OUTCOME_REGISTER:
		return "its rule needs a register that is not known there: build it with "
		       "-fno-omit-frame-pointer";
	case OUTCOME_BROKEN:
		return "what its rule leads to is no caller: the stack, or the unwind information, "
		       "is damaged, or it is a stack of the program's own making";
	case OUTCOME_PENDING:
		return "the file was still being read: recordings after this one have it in the cache";
	case OUTCOME_PYTHON_MEMORY:
		return "a Python frame, or its code, could not be read: swapped out, changed while it "
		       "was read, or just being called";
	case OUTCOME_PYTHON_LIMIT:
		if (is_engine(p, "bpf"))
			return "more than 3,584 Python frames, or 256 calls of Python from C: the "
			       "ptrace engine keeps 4,096 of each";
		return "more than 4,096 Python frames: those further out are not kept";
	case OUTCOME_PYTHON_UNMATCHED:
		if (is_engine(p, "bpf"))
			return "of a thread that runs several interpreters one is seen (the ptrace "
			       "engine sees all), or a call was just beginning or ending";
		return "a call of a Python function was just beginning or ending, or the stack is of "
		       "the program's own making";
	case OUTCOME_JIT:
		return "generated code that keeps no frame pointer says nothing of who called it "
		       "(java: -XX:+PreserveFramePointer)";
	default:
		return NULL;
	}
}

const char *ledger_fix(const struct profile *p, const struct ledger_row *row)
{
	const char *note = module_note(p, row->module);

	switch (row->kind) {
	case LEDGER_OUTCOME:
		return note && row->outcome == OUTCOME_NO_RULE && !has_unwind(p, row->module)
			? note : outcome_fix(p, row);
	case LEDGER_LOST:
		return "a lower rate, or fewer threads";
	case LEDGER_THROTTLED:
		return "the kernel held sampling back: a lower rate";
	case LEDGER_HIDDEN:
		return "the kernel's code is not visible to this user: `cprofd doctor`";
	case LEDGER_UNSAMPLED:
		return "each context switch has a part that cannot be sampled; and what threads "
		       "used before their first sample or after their last";
	default:
		return NULL;
	}
}

const char *ledger_unnamed_fix(const struct profile *p, uint32_t module)
{
	const struct profile_module *m = &p->modules[module];
	const char *note = module_note(p, module);

	if (note)
		return note;
	/* What was read without a note has all that there is. */
	if (m->kind == MODULE_KERNEL)
		return m->info ? "not in the kernel's list of its functions (/proc/kallsyms): code that "
				 "it made while it ran, as for bpf programs"
			       : "the kernel's list of its functions was not read: perhaps it is hidden "
				 "from this user (kernel.kptr_restrict)";
	if (m->kind == MODULE_ANON)
		return "generated code: named if the program writes a perf map "
		       "(node --perf-basic-prof, jcmd PID Compiler.perfmap): cprofd(1), "
		       "GENERATED CODE";
	if (m->flags & MODULE_DELETED)
		return "the file was replaced or deleted since it was loaded";
	if (m->flags & MODULE_UNREADABLE)
		return "the file could not be read";
	if (lacks(p, module, MODULE_HAS_SYMTAB))
		return "it has no symbols: install its debug package";
	return NULL;
}
