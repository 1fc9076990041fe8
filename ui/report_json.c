// SPDX-License-Identifier: Apache-2.0
/* The document is described in cprofd-report-json(5); change both together. */
#include <string.h>

#include "base/util.h"
#include "export/json_writer.h"
#include "profile/butterfly.h"
#include "profile/effect.h"
#include "profile/filter.h"
#include "profile/lines.h"
#include "profile/thread_activity.h"
#include "profile/tree_rows.h"
#include "ui/facts.h"
#include "ui/report.h"

#define SCHEMA_VERSION 1
#define BUTTERFLY_DEPTH 3

static const char *text_of(const struct report *r, uint32_t string)
{
	return string ? profile_string(r->p, string) : NULL;
}

/* What the counts of sums are. */
static const char *count_name(const struct report *r)
{
	return r->sum->measured ? "calls" : "samples";
}

static void put_sum(struct json *j, const struct report *r, const char *key, struct sum sum)
{
	json_object(j, key);
	json_u64(j, count_name(r), sum.count);
	json_u64(j, "weight_ns", sum.weight_ns);
	json_end(j);
}

/* A sum with its share of 100 % and the interval of that. */
static void put_share(struct json *j, const struct report *r, const char *key, struct sum sum,
		      struct interval iv)
{
	json_object(j, key);
	json_u64(j, count_name(r), sum.count);
	json_u64(j, "weight_ns", sum.weight_ns);
	json_double(j, "share", iv.share);
	json_double(j, "low", iv.low);
	json_double(j, "high", iv.high);
	json_bool(j, "rough", iv.rough);
	json_end(j);
}

static void put_meta(struct json *j, const struct report *r)
{
	json_object(j, "meta");
	for (size_t i = 0; i < r->p->n_metas; i++)
		json_text(j, profile_string(r->p, r->p->metas[i].key),
			  profile_string(r->p, r->p->metas[i].value));
	json_end(j);
}

static void put_recording(struct json *j, const struct report *r)
{
	static const char *const why[] = { "stopped", "target-ended", "duration",
					   "privileged", "trouble" };
	const struct profile *p = r->p;

	json_object(j, "recording");
	json_text(j, "file", r->file);
	json_u64(j, "start_unix_ns", p->start_real_ns);
	json_u64(j, "duration_ns", p->end_ns - p->start_ns);
	json_bool(j, "finished", p->ended);
	json_text(j, "end", p->ended && p->end.why < array_len(why) ? why[p->end.why] : NULL);
	json_u64(j, "samples", p->samples.n);
	json_u64(j, "own_cpu_ns", counters_growth(&p->counters, COUNTER_OWN_CPU_NS, RECORD_NONE,
						  p->start_ns, p->end_ns));
	put_meta(j, r);
	json_end(j);
}

static void put_ns(struct json *j, const char *key, bool known, uint64_t ns)
{
	if (known)
		json_u64(j, key, ns);
	else
		json_null(j, key);
}

static void put_cost(struct json *j, const struct report *r)
{
	struct facts_cost c;

	facts_cost_find(r->p, &c);
	json_object(j, "cost");
	put_ns(j, "cpu_ns", c.known, c.all_ns);
	put_ns(j, "session_ns", c.parts_known, c.session_ns);
	put_ns(j, "opener_ns", c.parts_known, c.opener_ns);
	put_ns(j, "workers_ns", c.parts_known, c.workers_ns);
	put_ns(j, "viewers_ns", c.parts_known, c.viewers_ns);
	put_ns(j, "kernel_program_ns", c.program_known, c.program_ns);
	put_ns(j, "held_ns", c.stopped_known, c.stopped_ns);
	put_ns(j, "target_cpu_ns", c.target_ns > 0, c.target_ns);
	json_end(j);
}

static void put_interval(struct json *j, const char *key, bool known, const struct interval *iv)
{
	if (!known) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	json_double(j, "value", iv->share);
	json_double(j, "low", iv->low);
	json_double(j, "high", iv->high);
	json_end(j);
}

static void put_effect(struct json *j, const struct report *r)
{
	static const char *const trouble[] = {
		[EFFECT_MEASURED] = NULL, [EFFECT_NO_PROGRESS] = "no-progress",
		[EFFECT_TOO_FEW] = "too-few" };
	struct effect_found e;
	bool known;

	if (!effect_find(r->p, &e)) {
		json_null(j, "effect");
		return;
	}
	known = e.trouble == EFFECT_MEASURED;
	json_object(j, "effect");
	json_text(j, "trouble", trouble[e.trouble]);
	json_text(j, "measure", known || e.asked ? record_progress_name(e.by) : NULL);
	json_u64(j, "rate_hz", e.rate_hz);
	json_u64(j, "pairs", e.n_pairs);
	json_double(j, "per_s", e.per_s);
	put_interval(j, "slower", known, &e.slower);
	put_interval(j, "more_cpu", known && e.dearer_known, &e.dearer);
	json_u64(j, "off_ns", counters_growth(&r->p->counters, COUNTER_OFF_NS, RECORD_NONE,
					      r->p->start_ns, r->p->end_ns));
	json_end(j);
}

static void put_processes(struct json *j, const struct report *r)
{
	json_array(j, "processes");
	for (size_t i = 0; i < r->p->n_processes; i++) {
		const struct profile_process *process = &r->p->processes[i];

		json_object(j, NULL);
		json_u64(j, "pid", process->pid);
		json_u64(j, "parent_pid", process->ppid);
		json_text(j, "name", text_of(r, process->name));
		json_text(j, "exe", text_of(r, process->exe));
		json_text(j, "cgroup", text_of(r, process->cgroup));
		json_end(j);
	}
	json_end(j);
	json_array(j, "threads");
	for (size_t i = 0; i < r->p->n_threads; i++) {
		const struct profile_thread *thread = &r->p->threads[i];

		json_object(j, NULL);
		json_u64(j, "tid", thread->tid);
		json_u64(j, "pid", r->p->processes[thread->process].pid);
		json_text(j, "name", text_of(r, thread->name));
		json_end(j);
	}
	json_end(j);
}

static void put_groups(struct json *j, const struct report *r, enum group_by by)
{
	struct groups g;

	if (by == GROUP_BY_COUNT)
		return;
	groups_make(r->p, r->selection, r->sum, by, &g);
	json_object(j, "groups");
	json_text(j, "by", group_by_name(by));
	json_array(j, "rows");
	for (uint32_t i = 0; i < g.n; i++) {
		const struct group *row = &g.rows[i];
		const struct profile_process *process = &r->p->processes[row->process];
		char name[GROUP_NAME_MAX];

		json_object(j, NULL);
		json_text(j, "name", group_name(r->p, &g, row, name));
		if (by == GROUP_PROCESS || by == GROUP_THREAD)
			json_u64(j, "pid", process->pid);
		if (by == GROUP_THREAD)
			json_u64(j, "tid", r->p->threads[row->thread].tid);
		json_text(j, "cgroup", text_of(r, process->cgroup));
		json_u64(j, "processes", row->n_processes);
		json_u64(j, "threads", row->n_threads);
		json_bool(j, "living", row->living);
		json_u64(j, "kernel_ns", row->kernel_ns);
		put_share(j, r, "cpu", row->sum, row->share);
		json_end(j);
	}
	json_end(j);
	json_end(j);
	groups_deinit(&g);
}

static void put_thread_state(struct json *j, const struct report *r, const char *key,
			     const struct sum sums[ACTIVITY_COUNT])
{
	json_object(j, key);
	for (enum record_activity a = ACTIVITY_UNKNOWN; a < ACTIVITY_COUNT; a++)
		if (sums[a].count)
			put_sum(j, r, record_activity_name(a), sums[a]);
	json_end(j);
}

static void put_thread_activity(struct json *j, const struct report *r)
{
	struct thread_activities a;

	thread_activities_make(r->p, r->selection, &a);
	json_array(j, "thread_activity");
	for (uint32_t i = 0; i < a.n; i++) {
		const struct thread_activity *row = &a.rows[i];
		const struct profile_thread *thread = &r->p->threads[row->thread];

		json_object(j, NULL);
		json_u64(j, "tid", thread->tid);
		json_u64(j, "pid", r->p->processes[thread->process].pid);
		json_text(j, "name", text_of(r, thread->name));
		put_thread_state(j, r, "running", row->sums[STATE_RUNNING]);
		if (row->waits_known)
			put_thread_state(j, r, "waiting", row->sums[STATE_WAITING]);
		else
			json_null(j, "waiting");
		json_end(j);
	}
	json_end(j);
	thread_activities_deinit(&a);
}

static void put_notes(struct json *j, const struct report *r)
{
	json_array(j, "notes");
	for (size_t i = 0; i < r->p->n_notes; i++) {
		const struct profile_note *note = &r->p->notes[i];

		json_object(j, NULL);
		json_text(j, "level", note->level == NOTE_WARNING ? "warning" : "info");
		json_double(j, "time_s", (double)(int64_t)(note->time_ns - r->p->start_ns) / 1e9);
		json_text(j, "text", profile_string(r->p, note->text));
		json_end(j);
	}
	json_end(j);
}

static void put_selection(struct json *j, const struct report *r)
{
	const struct selection *s = r->selection;

	json_object(j, "selection");
	json_u64(j, "from_ns", r->sum->from_ns - r->p->start_ns);
	json_u64(j, "to_ns", r->sum->to_ns - r->p->start_ns);
	json_array(j, "tids");
	for (size_t i = 0; i < s->n_threads; i++)
		json_u64(j, NULL, r->p->threads[s->threads[i]].tid);
	json_end(j);
	json_text(j, "filter", s->filter ? filter_pattern(s->filter) : NULL);
	json_text(j, "frames", frame_mode_name(r->p->shown.mode));
	json_end(j);
}

static void put_totals(struct json *j, const struct report *r)
{
	const struct summary *sum = r->sum;

	json_object(j, "totals");
	json_bool(j, "measured", sum->measured);
	json_u64(j, "base_ns", sum->base_ns);
	put_sum(j, r, "received", sum->received);
	json_double(j, "effective_samples", sum->stats.n);
	json_u64(j, "blocks", sum->stats.n_blocks);
	if (sum->cpu_known)
		json_u64(j, "cpu_ns", sum->cpu_ns);
	else
		json_null(j, "cpu_ns");
	put_share(j, r, "kernel_not_visible", (struct sum){ .weight_ns = sum->hidden_ns },
		  summary_hidden(sum));
	put_share(j, r, "lost", sum->lost, summary_lost(sum));
	put_sum(j, r, "lost_of_all_threads", sum->lost_of_all);
	json_u64(j, "throttled_ns", sum->throttled_ns);
	json_u64(j, "unsampled_ns", sum->unsampled_ns);
	json_u64(j, "off_cpu_ns", sum->off_ns);
	put_sum(j, r, "filtered_out", sum->filtered);
	put_sum(j, r, "cut", r->ledger->cut);
	json_end(j);
}

static void put_function(struct json *j, const struct report *r, uint32_t function)
{
	const struct profile_function *f = &r->p->functions[function];
	const char kind[] = { profile_function_kind(r->p, function), '\0' };

	json_u64(j, "id", function);
	json_text(j, "name", profile_string(r->p, f->name));
	json_text(j, "kind", kind);
	json_bool(j, "named", !profile_function_unnamed(r->p, function));
	json_text(j, "module", f->module != RECORD_NONE
		  ? text_of(r, r->p->modules[f->module].path) : NULL);
	json_text(j, "file", text_of(r, f->file));
	json_u64(j, "line", f->line);
}

static void put_count(struct json *j, const struct report *r, uint32_t function)
{
	const struct profile_count *c = profile_count_of(r->p, function);

	if (!c) {
		json_null(j, "calls");
		json_null(j, "calls_from");
		json_null(j, "calls_seconds");
		json_null(j, "calls_by");
		return;
	}
	json_u64(j, "calls", c->calls);
	json_double(j, "calls_from", c->how == COUNTED_BY_IMPORT
		    ? 0 : (double)(int64_t)(c->from_ns - r->p->start_ns) / 1e9);
	json_double(j, "calls_seconds", (double)c->duration_ns / 1e9);
	json_text(j, "calls_by", record_counted_name(c->how));
}

/* Functions that were called, and are in no sample. */
static void put_unsampled(struct json *j, const struct report *r)
{
	for (size_t i = 0; i < r->p->calls.n; i++) {
		uint32_t function = r->p->calls.functions[i];

		if (r->sum->functions[function].total.count ||
		    (r->sum->listed && !r->sum->listed[function]))
			continue;
		json_object(j, NULL);
		put_function(j, r, function);
		put_share(j, r, "self", (struct sum){ 0 }, summary_self(r->sum, function));
		put_share(j, r, "total", (struct sum){ 0 }, summary_total(r->sum, function));
		put_count(j, r, function);
		json_bool(j, "distinct_from_next", false);
		json_end(j);
	}
}

static void put_functions(struct json *j, const struct report *r)
{
	uint32_t n, *order = summary_rank(r->p, r->sum, &n);

	json_array(j, "functions");
	for (uint32_t i = 0; i < n; i++) {
		const struct function_sum *sum = &r->sum->functions[order[i]];

		json_object(j, NULL);
		put_function(j, r, order[i]);
		put_share(j, r, "self", sum->self, summary_self(r->sum, order[i]));
		put_share(j, r, "total", sum->total, summary_total(r->sum, order[i]));
		put_count(j, r, order[i]);
		json_bool(j, "distinct_from_next",
			  i + 1 < n && summary_differ(r->sum, order[i], order[i + 1]));
		json_end(j);
	}
	put_unsampled(j, r);
	json_end(j);
	free(order);
}

static const char *ledger_name(const struct ledger_row *row)
{
	static const char *const names[] = {
		[LEDGER_LOST] = "lost",
		[LEDGER_THROTTLED] = "throttled",
		[LEDGER_HIDDEN] = "kernel not visible",
		[LEDGER_UNSAMPLED] = "between samples",
	};

	return row->kind == LEDGER_OUTCOME ? record_outcome_name(row->outcome)
					   : names[row->kind];
}

static const char *module_path(const struct report *r, uint32_t module)
{
	return module == RECORD_NONE ? NULL : text_of(r, r->p->modules[module].path);
}

static void put_ledger(struct json *j, const struct report *r)
{
	const struct ledger *l = r->ledger;

	json_object(j, "ledger");
	json_u64(j, "whole_ns", l->whole_ns);
	json_array(j, "rows");
	for (uint32_t i = 0; i < l->n_rows; i++) {
		json_object(j, NULL);
		json_text(j, "outcome", ledger_name(&l->rows[i]));
		json_text(j, "module", module_path(r, l->rows[i].module));
		json_u64(j, "samples", l->rows[i].sum.count);
		json_u64(j, "weight_ns", l->rows[i].sum.weight_ns);
		json_text(j, "fix", ledger_fix(r->p, &l->rows[i]));
		json_end(j);
	}
	json_end(j);
	json_array(j, "unnamed");
	for (uint32_t i = 0; i < l->n_unnamed; i++) {
		json_object(j, NULL);
		json_text(j, "module", module_path(r, l->unnamed[i].module));
		put_sum(j, r, "on_top", l->unnamed[i].on_top);
		put_sum(j, r, "anywhere", l->unnamed[i].anywhere);
		json_text(j, "fix", ledger_unnamed_fix(r->p, l->unnamed[i].module));
		json_end(j);
	}
	json_end(j);
	json_u64(j, "gap_min_bytes", l->gap_min);
	json_u64(j, "gap_max_bytes", l->gap_max);
	json_u64(j, "left_out_min_frames", l->left_out_min);
	json_u64(j, "left_out_max_frames", l->left_out_max);
	json_end(j);
}

static void put_edge_sum(struct json *j, const char *key, const struct report *r, enum edge kind)
{
	json_object(j, key);
	json_u64(j, "samples", r->ledger->edges.of[kind].n);
	json_double(j, "share", edges_share(&r->ledger->edges, kind));
	json_end(j);
}

static void put_edges(struct json *j, const struct report *r)
{
	const struct edges *e = &r->ledger->edges;

	json_object(j, "edges");
	json_u64(j, "samples", e->all.n);
	put_edge_sum(j, "proven", r, EDGE_PROVEN);
	put_edge_sum(j, "pointer", r, EDGE_POINTER);
	put_edge_sum(j, "tail_call", r, EDGE_ELSEWHERE);
	put_edge_sum(j, "gap", r, EDGE_GAP);
	put_edge_sum(j, "no_call", r, EDGE_NO_CALL);
	put_edge_sum(j, "unknown", r, EDGE_UNKNOWN);
	json_array(j, "tail_calls");
	for (uint32_t i = 0; i < e->n_detours; i++) {
		const struct edge_detour *d = &e->detours[i];

		json_object(j, NULL);
		json_text(j, "caller", text_of(r, r->p->functions[d->caller].name));
		json_text(j, "calls", text_of(r, r->p->functions[d->by].name));
		json_text(j, "callee", text_of(r, r->p->functions[d->callee].name));
		json_bool(j, "gap", d->kind == EDGE_GAP);
		json_u64(j, "samples", d->sum.n);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

/* A list in which each node names its parent: no reader has to recurse. */
static void put_tree(struct json *j, const struct report *r)
{
	struct tree_rows rows;

	tree_rows_make(r->p, r->sum, 0, UINT32_MAX, UINT32_MAX, &rows);
	json_array(j, "tree");
	for (uint32_t i = 0; i < rows.n; i++) {
		const struct tree_row *row = &rows.v[i];

		if (row->kind != TREE_ROW_NODE)
			continue;
		json_object(j, NULL);
		json_u64(j, "id", row->node);
		if (row->node)
			json_u64(j, "parent", r->p->tree.parent[row->node]);
		else
			json_null(j, "parent");
		if (row->node)
			json_u64(j, "function", r->p->tree.function[row->node]);
		else
			json_null(j, "function");
		put_sum(j, r, "self", row->self);
		put_sum(j, r, "total", row->total);
		json_u64(j, "recursion", row->n);
		json_u64(j, "recursion_max", row->max_depth);
		json_end(j);
	}
	json_end(j);
	tree_rows_deinit(&rows);
}

static void put_side(struct json *j, const struct report *r, const char *key,
		     const struct butterfly_side *side)
{
	uint32_t line = 0;

	json_array(j, key);
	for (uint32_t i = 0; i < side->n_rows; i++) {
		const struct butterfly_row *row = &side->rows[i];

		json_object(j, NULL);
		json_u64(j, "id", i);
		if (row->parent == BUTTERFLY_NONE)
			json_null(j, "parent");
		else
			json_u64(j, "parent", row->parent);
		json_u64(j, "function", row->function);
		json_text(j, "name", profile_string(r->p, r->p->functions[row->function].name));
		put_sum(j, r, "sum", row->sum);
		json_array(j, "call_lines");
		for (; line < side->n_lines && side->lines[line].row == i; line++) {
			json_object(j, NULL);
			json_u64(j, "line", side->lines[line].line);
			put_sum(j, r, "sum", side->lines[line].sum);
			json_end(j);
		}
		json_end(j);
		json_end(j);
	}
	json_end(j);
}

static void put_callers(struct json *j, const struct report *r, uint32_t function)
{
	struct butterfly b;

	butterfly_make(r->p, r->sum, function, BUTTERFLY_DEPTH, &b);
	json_object(j, "callers_of");
	put_function(j, r, function);
	put_share(j, r, "total", b.total, summary_total(r->sum, function));
	put_sum(j, r, "self", b.self);
	put_sum(j, r, "outermost", b.outermost);
	put_side(j, r, "callers", &b.callers);
	put_side(j, r, "callees", &b.callees);
	json_end(j);
	butterfly_deinit(&b);
}

static void put_lines(struct json *j, const struct report *r, uint32_t function)
{
	struct lines lines;

	lines_make(r->p, r->selection, r->sum, function, &lines);
	json_object(j, "lines_of");
	put_function(j, r, function);
	json_array(j, "lines");
	for (uint32_t i = 0; i < lines.n; i++) {
		const struct line_sum *line = &lines.v[i];

		json_object(j, NULL);
		json_text(j, "file", profile_string(r->p, line->file));
		json_u64(j, "line", line->line);
		put_share(j, r, "self", line->self, line->self_share);
		if (lines.has_in_c)
			put_share(j, r, "in_c", line->in_c, line->in_c_share);
		else
			json_null(j, "in_c");
		put_share(j, r, "total", line->total, line->total_share);
		json_end(j);
	}
	json_end(j);
	json_end(j);
	lines_deinit(&lines);
}

void report_json(const struct report *r, const struct report_json_parts *parts)
{
	struct json j = json_start(r->page->out);

	json_object(&j, NULL);
	json_text(&j, "schema", "cprofd-report");
	json_u64(&j, "schema_version", SCHEMA_VERSION);
	put_recording(&j, r);
	put_cost(&j, r);
	put_effect(&j, r);
	put_processes(&j, r);
	put_notes(&j, r);
	put_selection(&j, r);
	put_totals(&j, r);
	put_ledger(&j, r);
	put_groups(&j, r, parts->by);
	if (parts->threads)
		put_thread_activity(&j, r);
	put_edges(&j, r);
	put_functions(&j, r);
	if (parts->tree)
		put_tree(&j, r);
	if (parts->callers != RECORD_NONE)
		put_callers(&j, r, parts->callers);
	if (parts->lines != RECORD_NONE)
		put_lines(&j, r, parts->lines);
	json_end(&j);
	json_finish(&j);
}
