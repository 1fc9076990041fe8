// SPDX-License-Identifier: Apache-2.0
/*
 * Folded stacks, one line each, for flame graph tools, grep and diff:
 *
 *	main;handle_order;inlined_[i];write;ksys_write_[k] 1848
 *
 * outermost call first.  The number is CPU time in microseconds: samples stand
 * for different times when the rate changes, so their number would mislead.  A
 * name has `:` for `;` and `?` for control characters and what is no UTF-8.
 */
#include "export/export.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/util.h"
#include "profile/stack_walk.h"

/* What a name in a line says about the call. */
enum label_kind {
	LABEL_CALL, LABEL_INLINED, LABEL_THREAD, LABEL_KINDS
};

/* Equal paths of labels are one node, so that they become one line. */
struct node {
	uint32_t parent;	/* 0: none */
	uint32_t label;		/* function or thread * LABEL_KINDS + kind */
	uint64_t weight_ns;	/* of paths that end here */
};

struct folded {
	const struct profile *p;
	struct node *nodes;	/* number 0 is the root */
	size_t n, cap;
	struct u64map index;	/* parent and label -> node */
	uint32_t *path;		/* scratch */
	size_t cap_path;
};

static uint32_t child(struct folded *f, uint32_t parent, uint32_t id, enum label_kind kind)
{
	uint32_t label = id * LABEL_KINDS + kind;
	uint32_t *slot = u64map_slot(&f->index, (uint64_t)parent << 32 | label);

	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)f->n;
		array_reserve(f->nodes, f->n + 1, f->cap);
		f->nodes[f->n++] = (struct node){ .parent = parent, .label = label };
	}
	return *slot;
}

/* Enter a stack, outermost call first. */
static void add_sum(struct folded *f, const struct export_sum *sum)
{
	struct stack_walk w = stack_walk_from(f->p, f->p->shown.leaves[sum->leaf]);
	uint32_t root = profile_leaf_root(f->p, sum->leaf), node = 0;
	const struct profile_level *call;
	size_t n = 0;

	while ((call = stack_walk_next(&w))) {
		const struct profile_frame *fr = &f->p->frames[f->p->shown.stacks[w.stack].frame];
		bool inlined = w.next < fr->n_levels;

		array_reserve(f->path, n + 1, f->cap_path);
		f->path[n++] = call->function * LABEL_KINDS + (inlined ? LABEL_INLINED : LABEL_CALL);
	}
	if (sum->thread != RECORD_NONE)
		node = child(f, node, sum->thread, LABEL_THREAD);
	if (root != RECORD_NONE)
		node = child(f, node, root, LABEL_CALL);
	while (n--)
		node = child(f, node, f->path[n] / LABEL_KINDS, f->path[n] % LABEL_KINDS);
	f->nodes[node].weight_ns += sum->sum.weight_ns;
}

static void put_name(FILE *out, const char *name)
{
	const char *end = name + strlen(name);

	while (name < end) {
		uint32_t cp = 0;
		size_t n = utf8_decode(name, end, &cp);

		if (n == 0 || cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			fputc('?', out);
		else if (cp == ';')
			fputc(':', out);
		else
			fwrite(name, 1, n, out);
		name += n ? n : 1;
	}
}

static void put_label(const struct folded *f, uint32_t label, FILE *out)
{
	enum label_kind kind = label % LABEL_KINDS;
	uint32_t id = label / LABEL_KINDS;

	if (kind == LABEL_THREAD) {
		const struct profile_thread *t = &f->p->threads[id];

		put_name(out, profile_string(f->p, t->name));
		fprintf(out, "-%u/%u", f->p->processes[t->process].pid, t->tid);
		return;
	}
	put_name(out, profile_string(f->p, f->p->functions[id].name));
	if (profile_function_kind(f->p, id) == 'K')
		fputs("_[k]", out);
	else if (kind == LABEL_INLINED)
		fputs("_[i]", out);
}

static void put_time(uint64_t ns, FILE *out)
{
	uint64_t us = (ns + NS_PER_US / 2) / NS_PER_US;

	fprintf(out, " %" PRIu64 "\n", max_of(us, (uint64_t)1));
}

static void put_line(struct folded *f, uint32_t node, FILE *out)
{
	uint64_t weight_ns = f->nodes[node].weight_ns;
	size_t n = 0;

	for (; node; node = f->nodes[node].parent) {
		array_reserve(f->path, n + 1, f->cap_path);
		f->path[n++] = f->nodes[node].label;
	}
	while (n--) {
		put_label(f, f->path[n], out);
		if (n)
			fputc(';', out);
	}
	put_time(weight_ns, out);
}

static void put_hidden(const struct export_job *job, FILE *out)
{
	struct summary sum;

	summary_make(job->p, job->selection, &sum);
	if (sum.hidden_ns) {
		fputs(EXPORT_HIDDEN "_[k]", out);
		put_time(sum.hidden_ns, out);
	}
	summary_deinit(&sum);
}

static int write_folded(const struct export_job *job, FILE *out,
			struct error *err __attribute__((unused)))
{
	struct folded f = { .p = job->p };
	size_t n;
	struct export_sum *sums = export_sums(job, &n);

	array_reserve(f.nodes, 1, f.cap);
	f.nodes[f.n++] = (struct node){ 0 };
	for (size_t i = 0; i < n; i++)
		add_sum(&f, &sums[i]);
	for (uint32_t i = 1; i < f.n; i++)
		if (f.nodes[i].weight_ns)
			put_line(&f, i, out);
	put_hidden(job, out);
	free(sums);
	free(f.nodes);
	free(f.path);
	u64map_deinit(&f.index);
	return 0;
}

const struct export_format export_folded = {
	.name = "folded",
	.suffix = ".folded",
	.key = 'f',
	.write = write_folded,
};
