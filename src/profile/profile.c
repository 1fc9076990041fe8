// SPDX-License-Identifier: Apache-2.0
#include "profile/profile.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "profile/functions.h"
#include "profile/profile_internal.h"
#include "record/block.h"

uint32_t profile_push_stack(struct profile *p, struct profile_stack stack)
{
	array_reserve(p->leaf_ids, p->n_stacks + 1, p->cap_leaf_ids);
	p->leaf_ids[p->n_stacks] = RECORD_NONE;
	PUSH(p, stacks) = stack;
	return (uint32_t)p->n_stacks - 1;
}

int profile_check_room(struct error *err, const char *kind, size_t n, size_t max)
{
	return n < max ? 0 : error_set(err, EFBIG, "more than %zu %s", max, kind);
}

int profile_check_names(const struct profile *p, struct error *err)
{
	if (p->strings.n_bytes >= PROFILE_MAX_STRING_BYTES)
		return error_set(err, EFBIG, "more than %u bytes of names",
				 PROFILE_MAX_STRING_BYTES);
	return 0;
}

void profile_init(struct profile *p, const struct record_header *header)
{
	*p = (struct profile){
		.start_ns = header->start_mono_ns,
		.start_real_ns = header->start_real_ns,
		.end_ns = header->start_mono_ns,
	};
	strtab_add(&p->strings, "", 0);
	array_reserve(p->string_ids, 1, p->cap_string_ids);
	p->string_ids[p->n_string_ids++] = 0;
	tree_init(&p->tree, RECURSION_DIRECT);
	function_of_outcome(p, OUTCOME_COMPLETE, RECORD_NONE);	/* FUNCTION_EMPTY */
	for (uint32_t i = 0; i < RECORD_STACK_FIRST; i++)
		profile_push_stack(p, (struct profile_stack){ i, RECORD_NONE });
}

void profile_deinit(struct profile *p)
{
	strtab_deinit(&p->strings);
	free(p->metas);
	free(p->processes);
	free(p->threads);
	free(p->modules);
	free(p->frames);
	free(p->levels);
	free(p->functions);
	free(p->stacks);
	free(p->leaves);
	free(p->anon);
	free(p->gaps);
	free(p->losses);
	free(p->windows);
	free(p->notes);
	free(p->marks);
	free(p->folds.function);
	free(p->codes);
	free(p->instructions);
	samples_deinit(&p->samples);
	counters_deinit(&p->counters);
	call_counts_deinit(&p->calls);
	tree_deinit(&p->tree);
	free(p->string_ids);
	free(p->function_ids);
	free(p->epoch_stacks);
	free(p->leaf_ids);
	free(p->renamed);
	shown_deinit(&p->shown);
	free(p->path);
	u64map_deinit(&p->stack_ids);
	u64map_deinit(&p->function_index);
	u64map_deinit(&p->function_starts);
	u64map_deinit(&p->measured_ids);
	free(p->measured);
	*p = (struct profile){ 0 };
}

/* ---- keeping up ---- */

/* Mark the modules that a process runs. */
static void find_main_modules(struct profile *p)
{
	bool *is_exe = xcalloc(p->strings.n, sizeof(*is_exe));

	for (size_t i = 0; i < p->n_processes; i++)
		is_exe[p->processes[i].exe] = p->processes[i].exe != 0;
	for (size_t i = 0; i < p->n_modules; i++)
		p->modules[i].main = p->modules[i].kind == MODULE_FILE &&
				     is_exe[p->modules[i].path];
	free(is_exe);
}

/* Give every frame of new stacks something to be called. */
static int name_frames(struct profile *p, struct error *err)
{
	for (size_t i = p->n_named; i < p->n_stacks; i++) {
		uint32_t frame = p->stacks[i].frame;

		if (i < RECORD_STACK_FIRST || p->frames[frame].n_levels)
			continue;
		if (profile_check_room(err, "functions", p->n_functions, PROFILE_MAX_FUNCTIONS) < 0 ||
		    profile_check_names(p, err) < 0)
			return -1;
		p->frames[frame].first_level = (uint32_t)p->n_levels;
		p->frames[frame].n_levels = 1;
		PUSH(p, levels) = (struct profile_level){ .function = function_of_frame(p, frame) };
	}
	p->n_named = p->n_stacks;
	return 0;
}

/* Number the leaves in the order of the tree. */
static void order_leaves(struct profile *p)
{
	uint32_t *number = xreallocarray(NULL, p->n_leaves, sizeof(*number));
	uint32_t *stacks = xreallocarray(NULL, p->n_leaves, sizeof(*stacks));

	for (uint32_t i = 0; i < p->n_leaves; i++) {
		uint32_t old = p->tree.leaves[i];

		number[old] = i;
		stacks[i] = p->leaves[old];
		p->leaf_ids[stacks[i]] = i;
		p->tree.leaves[i] = i;
	}
	for (size_t i = 0; i < p->samples.n; i++)
		p->samples.leaf[i] = number[p->samples.leaf[i]];
	for (size_t i = 0; i < p->n_epoch_stacks; i++)
		p->epoch_stacks[i].leaf = p->leaf_ids[p->epoch_stacks[i].stack];
	memcpy(p->leaves, stacks, p->n_leaves * sizeof(*stacks));
	p->n_ordered = p->n_leaves;
	free(number);
	free(stacks);
}

/* New stacks, and those whose frames have other names. */
static int update_tree(struct profile *p, struct error *err)
{
	_cleanup_(freep) bool *frame = NULL;
	size_t first = shown_update(p, p->n_renamed && p->shown.own);

	if (p->n_renamed)
		frame = xcalloc(p->n_frames, sizeof(*frame));
	for (size_t i = 0; i < p->n_renamed; i++)
		frame[p->renamed[i]] = true;
	p->n_renamed = 0;
	return tree_update(&p->tree, p, first, first ? frame : NULL, err);
}

int profile_update(struct profile *p, struct error *err)
{
	int ret;

	samples_sort(&p->samples);
	if (p->anon_unsorted)
		functions_sort_anon(p);
	p->anon_unsorted = false;
	find_main_modules(p);
	ret = name_frames(p, err);
	if (ret == 0)
		ret = update_tree(p, err);
	if (ret == 0 && p->n_leaves > p->n_ordered + p->n_ordered / 4) {
		order_leaves(p);
		shown_update(p, false);
	}
	return ret;
}

int profile_show(struct profile *p, enum frame_mode mode, struct error *err)
{
	const char *empty = mode == FRAMES_PYTHON ? "[no Python function]" : FUNCTION_EMPTY_NAME;

	p->shown.mode = mode;
	p->functions[FUNCTION_EMPTY].name = strtab_add(&p->strings, empty, strlen(empty));
	return tree_update(&p->tree, p, shown_update(p, true), NULL, err);
}

/* The frames that have a call of one of these functions: by number. */
static bool *find_frames(const struct profile *p, const bool *function)
{
	bool *has = xcalloc(max_of(p->n_frames, (size_t)1), sizeof(*has));

	for (size_t i = 0; i < p->n_frames; i++) {
		const struct profile_frame *f = &p->frames[i];

		for (uint32_t level = 0; level < f->n_levels; level++)
			has[i] |= function[p->levels[f->first_level + level].function];
	}
	return has;
}

int profile_fold(struct profile *p, const uint32_t *functions, size_t n, bool kernel,
		 struct error *err)
{
	_cleanup_(freep) bool *other = xcalloc(p->n_functions, sizeof(*other)), *frame = NULL;

	for (uint32_t i = 0; i < p->n_functions; i++)
		other[i] = profile_is_folded(p, i);
	free(p->folds.function);
	p->folds = (struct profile_folds){
		.any = n || kernel, .kernel = kernel, .n = p->n_functions,
		.function = xcalloc(p->n_functions, sizeof(*p->folds.function)),
	};
	for (size_t i = 0; i < n; i++)
		p->folds.function[functions[i]] = true;
	for (uint32_t i = 0; i < p->n_functions; i++)
		other[i] ^= profile_is_folded(p, i);
	frame = find_frames(p, other);
	return tree_update(&p->tree, p, p->tree.n_stacks, frame, err);
}

/* ---- asking ---- */

bool profile_has_python(const struct profile *p)
{
	for (size_t i = 0; i < p->n_modules; i++)
		if (p->modules[i].kind == MODULE_PYTHON)
			return true;
	return false;
}

const char *profile_meta(const struct profile *p, const char *key)
{
	for (size_t i = 0; i < p->n_metas; i++)
		if (strcmp(profile_string(p, p->metas[i].key), key) == 0)
			return profile_string(p, p->metas[i].value);
	return NULL;
}

uint64_t profile_meta_number(const struct profile *p, const char *key, uint64_t none)
{
	const char *value = profile_meta(p, key);
	char *end;

	if (!value || *value < '0' || *value > '9')
		return none;
	errno = 0;
	unsigned long long n = strtoull(value, &end, 10);
	return errno || *end ? none : n;
}

const char *profile_module_name(const struct profile *p, uint32_t module)
{
	const struct profile_module *m = &p->modules[module];
	const char *path = profile_string(p, m->path);
	const char *slash = strrchr(path, '/');

	if (slash && slash[1])
		return slash + 1;
	if (*path)
		return path;
	switch (m->kind) {
	case MODULE_KERNEL:
		return "[kernel]";
	case MODULE_VDSO:
		return "[vdso]";
	case MODULE_ANON:
		return "[anon]";
	default:
		return "[unknown]";
	}
}

char *profile_interpreter_name(const struct profile *p, uint32_t module)
{
	const char *name = profile_module_name(p, module), *end;

	name += strncmp(name, "lib", 3) == 0 ? 3 : 0;
	end = strstr(name, ".so");
	return xasprintf("%.*s", (int)min_of(end ? (size_t)(end - name) : strlen(name),
					     (size_t)255), name);
}

char profile_function_kind(const struct profile *p, uint32_t function)
{
	const struct profile_function *f = &p->functions[function];

	if (f->module == RECORD_NONE || f->outcome)
		return '?';
	switch (p->modules[f->module].kind) {
	case MODULE_KERNEL:
		return 'K';
	case MODULE_PYTHON:
		return 'P';
	case MODULE_ANON:	/* the program's own, if it says so */
		return profile_function_unnamed(p, function) ? '?' : 'N';
	default:
		return p->modules[f->module].main &&
		       !(p->modules[f->module].flags & MODULE_INTERPRETER) ? 'N' : 'L';
	}
}

bool profile_function_in_interpreter(const struct profile *p, uint32_t function)
{
	const struct profile_function *f = &p->functions[function];

	return p->shown.own && p->shown.mode == FRAMES_MERGED && f->module != RECORD_NONE &&
	       !f->outcome && p->modules[f->module].flags & MODULE_INTERPRETER;
}

bool profile_function_unnamed(const struct profile *p, uint32_t function)
{
	const struct profile_function *f = &p->functions[function];

	return f->source == SYMBOL_NONE || f->source == SYMBOL_RANGE;
}

uint32_t profile_leaf_root(const struct profile *p, uint32_t leaf)
{
	const struct tree *t = &p->tree;
	uint32_t stack = p->shown.leaves[leaf], node = t->of_stack[stack];

	if (node == 0)
		return FUNCTION_EMPTY;
	while (stack >= RECORD_STACK_FIRST)
		stack = p->shown.stacks[stack].parent;
	if (record_outcome_has_root(stack))
		return RECORD_NONE;
	while (t->parent[node] != 0)
		node = t->parent[node];
	return p->functions[t->function[node]].outcome ? t->function[node] : RECORD_NONE;
}

bool *profile_leaves_with(const struct profile *p, uint32_t function)
{
	bool *leaf = xcalloc(max_of(p->n_leaves, (size_t)1), sizeof(*leaf));
	bool *is = xcalloc(p->n_functions, sizeof(*is));

	is[function] = true;
	tree_pick_leaves(&p->tree, is, leaf);
	for (size_t i = 0; function == FUNCTION_EMPTY && i < p->n_leaves; i++)
		leaf[i] = p->tree.of_stack[p->shown.leaves[i]] == 0;
	free(is);
	return leaf;
}

bool profile_is_host(const struct profile *p)
{
	return profile_meta(p, "pid") && profile_meta_number(p, "pid", 1) == 0;
}

const char *profile_title(const struct profile *p)
{
	const struct profile_process *process = profile_main_process(p);

	return process ? profile_string(p, process->name) : profile_is_host(p) ? "host" : NULL;
}

const struct profile_process *profile_main_process(const struct profile *p)
{
	uint64_t pid = profile_meta_number(p, "pid", 0);

	if (profile_is_host(p))
		return NULL;
	for (size_t i = p->n_processes; i-- > 0;)
		if (p->processes[i].pid == pid)
			return &p->processes[i];
	return p->n_processes ? &p->processes[0] : NULL;
}
