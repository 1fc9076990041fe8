// SPDX-License-Identifier: Apache-2.0
#include "profile/memory_work.h"

#include <string.h>

#include "base/util.h"
#include "profile/stack_walk.h"

/* Names; one that ends in '*' is the beginning of such. */
static const struct {
	enum memory_kind kind;
	const char *name;
} known[] = {
	/* libc, C++ */
	{ MEMORY_ALLOCATES, "malloc" }, { MEMORY_ALLOCATES, "calloc" },
	{ MEMORY_ALLOCATES, "realloc" }, { MEMORY_ALLOCATES, "reallocarray" },
	{ MEMORY_ALLOCATES, "free" }, { MEMORY_ALLOCATES, "cfree" },
	{ MEMORY_ALLOCATES, "memalign" }, { MEMORY_ALLOCATES, "posix_memalign" },
	{ MEMORY_ALLOCATES, "aligned_alloc" }, { MEMORY_ALLOCATES, "__libc_malloc*" },
	{ MEMORY_ALLOCATES, "__libc_calloc*" }, { MEMORY_ALLOCATES, "__libc_realloc*" },
	{ MEMORY_ALLOCATES, "__libc_free*" }, { MEMORY_ALLOCATES, "_int_malloc" },
	{ MEMORY_ALLOCATES, "_int_free*" }, { MEMORY_ALLOCATES, "_int_realloc" },
	{ MEMORY_ALLOCATES, "malloc_consolidate" }, { MEMORY_ALLOCATES, "sysmalloc" },
	{ MEMORY_ALLOCATES, "unlink_chunk*" }, { MEMORY_ALLOCATES, "tcache_*" },
	{ MEMORY_ALLOCATES, "operator new*" }, { MEMORY_ALLOCATES, "operator delete*" },
	{ MEMORY_ALLOCATES, "mmap" }, { MEMORY_ALLOCATES, "munmap" }, { MEMORY_ALLOCATES, "brk" },
	/* other allocators and languages */
	{ MEMORY_ALLOCATES, "je_*" }, { MEMORY_ALLOCATES, "tc_malloc*" },
	{ MEMORY_ALLOCATES, "mi_malloc*" }, { MEMORY_ALLOCATES, "mi_free*" },
	{ MEMORY_ALLOCATES, "g_malloc*" }, { MEMORY_ALLOCATES, "g_free" },
	{ MEMORY_ALLOCATES, "__rust_alloc*" }, { MEMORY_ALLOCATES, "__rust_dealloc" },
	{ MEMORY_ALLOCATES, "runtime.mallocgc*" },
	/* CPython */
	{ MEMORY_ALLOCATES, "PyMem_*" }, { MEMORY_ALLOCATES, "_PyMem_*" },
	{ MEMORY_ALLOCATES, "PyObject_Malloc" }, { MEMORY_ALLOCATES, "PyObject_Calloc" },
	{ MEMORY_ALLOCATES, "PyObject_Realloc" }, { MEMORY_ALLOCATES, "PyObject_Free" },
	{ MEMORY_ALLOCATES, "_PyObject_Malloc" }, { MEMORY_ALLOCATES, "_PyObject_Realloc" },
	{ MEMORY_ALLOCATES, "_PyObject_Free" }, { MEMORY_ALLOCATES, "pymalloc_alloc" },
	{ MEMORY_ALLOCATES, "pymalloc_free" },
	{ MEMORY_COLLECTS, "gc_collect_*" }, { MEMORY_COLLECTS, "PyGC_Collect" },
	{ MEMORY_COLLECTS, "_PyGC_Collect*" }, { MEMORY_COLLECTS, "_Py_RunGC" },
	{ MEMORY_COLLECTS, "deduce_unreachable" }, { MEMORY_COLLECTS, "visit_reachable" },
	{ MEMORY_COLLECTS, "visit_decref" },
	{ MEMORY_COLLECTS, "runtime.gcBgMarkWorker*" }, { MEMORY_COLLECTS, "runtime.gcDrain*" },
	{ MEMORY_COLLECTS, "runtime.bgsweep" },

	{ MEMORY_COPIES, "memcpy" }, { MEMORY_COPIES, "memmove" }, { MEMORY_COPIES, "mempcpy" },
	{ MEMORY_COPIES, "memset" }, { MEMORY_COPIES, "__memcpy_*" },
	{ MEMORY_COPIES, "__memmove_*" }, { MEMORY_COPIES, "__mempcpy_*" },
	{ MEMORY_COPIES, "__memset_*" }, { MEMORY_COPIES, "runtime.memmove" },

	{ MEMORY_FAULTS, "asm_exc_page_fault" }, { MEMORY_FAULTS, "exc_page_fault" },
	{ MEMORY_FAULTS, "do_user_addr_fault" }, { MEMORY_FAULTS, "do_page_fault" },
	{ MEMORY_FAULTS, "handle_mm_fault" }, { MEMORY_FAULTS, "__handle_mm_fault" },
};

static bool is(const char *name, const char *pattern)
{
	size_t len = strlen(pattern);

	return pattern[len - 1] == '*' ? strncmp(name, pattern, len - 1) == 0
				       : strcmp(name, pattern) == 0;
}

enum memory_kind memory_kind_of(const struct profile *p, uint32_t function)
{
	const char *name = profile_string(p, p->functions[function].name);
	bool kernel = profile_function_kind(p, function) == 'K';

	if (profile_function_kind(p, function) == 'P')
		return MEMORY_KINDS;
	for (size_t i = 0; i < array_len(known); i++)
		if ((known[i].kind == MEMORY_FAULTS) == kernel && is(name, known[i].name))
			return known[i].kind;
	return MEMORY_KINDS;
}

void memory_work_make(const struct profile *p, const struct summary *sum, struct memory_work *out)
{
	_cleanup_(freep) uint8_t *kinds = xcalloc(p->n_functions, sizeof(*kinds));
	_cleanup_(freep) uint64_t *of = xcalloc(p->n_functions, sizeof(*of));
	_cleanup_(freep) bool *does = xcalloc(p->n_functions, sizeof(*does));
	_cleanup_(freep) bool *leaf = xcalloc(max_of(p->n_leaves, (size_t)1), sizeof(*leaf));

	*out = (struct memory_work){ 0 };
	for (uint32_t i = 0; i < p->n_functions; i++) {
		kinds[i] = (uint8_t)memory_kind_of(p, i);
		does[i] = kinds[i] != MEMORY_KINDS;
		out->kernel_seen |= profile_function_kind(p, i) == 'K';
	}
	tree_pick_leaves(&p->tree, does, leaf);
	for (uint32_t i = 0; i < MEMORY_KINDS; i++)
		out->most[i] = RECORD_NONE;
	for (uint32_t i = 0; i < sum->n_leaves; i++) {
		struct stack_walk walk = stack_walk_from(p, p->shown.leaves[i]);
		const struct profile_level *call = NULL;
		uint32_t *most;

		if (!sum->leaves[i].count || !leaf[i])
			continue;
		while ((call = stack_walk_next(&walk)) && kinds[call->function] == MEMORY_KINDS)
			;
		if (!call)
			continue;
		sum_add(&out->sums[kinds[call->function]], sum->leaves[i]);
		of[call->function] += sum->leaves[i].weight_ns;
		most = &out->most[kinds[call->function]];
		if (*most == RECORD_NONE || of[call->function] > of[*most])
			*most = call->function;
	}
}
