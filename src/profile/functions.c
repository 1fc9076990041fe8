// SPDX-License-Identifier: Apache-2.0
#include "profile/functions.h"

#include <inttypes.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/util.h"
#include "profile/profile.h"

#define ANON_GROUP 0x10000u	/* bytes that go together in memory without a mapping */

static bool same_name(const struct profile_function *a, const struct profile_function *b)
{
	return a->module == b->module && a->name == b->name && a->outcome == b->outcome;
}

/* By declaration, or by start where there is none. */
static bool same(const struct profile_function *a, const struct profile_function *b)
{
	return same_name(a, b) && a->file == b->file &&
	       (a->file ? a->line == b->line : a->vaddr == b->vaddr);
}

static bool same_start(const struct profile_function *a, const struct profile_function *b)
{
	return same_name(a, b) && a->vaddr == b->vaddr;
}

static uint64_t hash_of(const struct profile_function *f, uint32_t file, uint64_t where)
{
	const uint64_t key[] = { (uint64_t)f->module << 32 | f->name,
				 (uint64_t)f->outcome << 32 | file, where };

	return XXH3_64bits(key, sizeof(key));
}

/* Where the function is entered or would be: different ones of one hash take the next values. */
static uint32_t *find(struct profile *p, struct u64map *map, uint64_t hash,
		      const struct profile_function *f,
		      bool (*is)(const struct profile_function *, const struct profile_function *))
{
	uint32_t *slot;

	for (;; hash++) {
		slot = u64map_slot(map, hash);
		if (*slot == U64MAP_NONE || is(&p->functions[*slot], f))
			return slot;
	}
}

static uint32_t *find_declared(struct profile *p, const struct profile_function *f)
{
	return find(p, &p->function_index, hash_of(f, f->file, f->file ? f->line : f->vaddr), f,
		    same);
}

static uint32_t intern_declared(struct profile *p, const struct profile_function *f)
{
	uint32_t *slot = find_declared(p, f);

	if (*slot != U64MAP_NONE)
		return *slot;
	*slot = (uint32_t)p->n_functions;
	array_reserve(p->functions, p->n_functions + 1, p->cap.functions);
	p->functions[p->n_functions] = *f;
	return (uint32_t)p->n_functions++;
}

/* Told again, now by the file that declares it: that is the better one to show. */
static void learn_declaration(struct profile *p, uint32_t function,
			      const struct profile_function *f)
{
	struct profile_function *known = &p->functions[function];

	if (known->line || !f->line)
		return;
	known->file = f->file;
	known->line = f->line;

	uint32_t *slot = find_declared(p, known);
	if (*slot == U64MAP_NONE)
		*slot = function;
}

uint32_t function_intern(struct profile *p, const struct profile_function *f)
{
	uint32_t *slot;

	if (!f->vaddr || !f->file)
		return intern_declared(p, f);
	slot = find(p, &p->function_starts, hash_of(f, 0, f->vaddr), f, same_start);
	if (*slot == U64MAP_NONE)
		*slot = intern_declared(p, f);
	else
		learn_declaration(p, *slot, f);
	return *slot;
}

static uint32_t add_name(struct profile *p, char *name)
{
	uint32_t id = strtab_add(&p->strings, name, strlen(name));

	free(name);
	return id;
}

uint32_t function_range_name(struct profile *p, uint32_t module, uint64_t *vaddr)
{
	if (p->modules[module].flags & MODULE_INTERPRETER) {
		_cleanup_(freep) char *name = profile_interpreter_name(p, module);

		*vaddr = 0;
		return add_name(p, xasprintf("[%s internals]", name));
	}
	return add_name(p, xasprintf("%.255s+0x%" PRIx64, profile_module_name(p, module), *vaddr));
}

static int by_start(const void *a, const void *b)
{
	const struct profile_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void functions_sort_anon(struct profile *p)
{
	qsort(p->anon, p->n_anon, sizeof(*p->anon), by_start);
}

/* Where the group of anonymous memory begins that `addr` is in. */
static uint64_t anon_start(const struct profile *p, uint64_t addr)
{
	size_t low = 0, high = p->n_anon;	/* the first range after addr */

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->anon[mid].start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low && addr - p->anon[low - 1].start < p->anon[low - 1].size)
		return p->anon[low - 1].start;
	return addr & ~(uint64_t)(ANON_GROUP - 1);
}

uint32_t function_of_frame(struct profile *p, uint32_t frame)
{
	const struct profile_frame *fr = &p->frames[frame];
	struct profile_function f = { .module = fr->module, .source = SYMBOL_NONE };

	if (fr->flags & FRAME_LEFT_OUT)
		return function_of_outcome(p, fr->vaddr && fr->vaddr < OUTCOME_COUNT
						  ? (uint32_t)fr->vaddr : OUTCOME_LEFT_OUT,
					   RECORD_NONE);
	switch (p->modules[fr->module].kind) {
	case MODULE_KERNEL:
		f.name = strtab_add(&p->strings, "[kernel]", 8);
		break;
	case MODULE_ANON:
		f.vaddr = anon_start(p, fr->vaddr);
		f.name = add_name(p, xasprintf("[anon 0x%" PRIx64 "]", f.vaddr));
		break;
	default:
		f.vaddr = fr->vaddr;
		f.name = function_range_name(p, fr->module, &f.vaddr);
	}
	return function_intern(p, &f);
}

/* What stands above stacks that end in some way, in a module or not, or in the gap. */
static char *outcome_name(const struct profile *p, uint32_t outcome, const char *module)
{
	const char *in = module ? " in " : "", *where = module ? module : "";
	uint64_t limit = profile_meta_number(p, "max_frames", 0);

	switch (outcome) {
	case OUTCOME_COMPLETE:
		return xstrdup(FUNCTION_EMPTY_NAME);
	case OUTCOME_COPY:
		return xstrdup("[gap: stack not copied]");
	case OUTCOME_LIMIT:
		if (!limit || limit > 999999)
			return xstrdup("[cut at the frame limit]");
		return limit < 1000 ? xasprintf("[cut at %" PRIu64 " frames]", limit)
			: xasprintf("[cut at %" PRIu64 ",%03" PRIu64 " frames]", limit / 1000,
				    limit % 1000);
	case OUTCOME_MEMORY:
		return xstrdup("[stack ends early: unreadable memory]");
	case OUTCOME_JIT:
		return xstrdup("[stack ends early: code without a file]");
	case OUTCOME_NO_USER:
		return xstrdup("[no user stack]");
	case OUTCOME_LEFT_OUT:
		return xstrdup("[frames left out]");
	case OUTCOME_UNSEEN:
		return xstrdup("[stack not looked at]");
	case OUTCOME_PYTHON_MEMORY:
		return xstrdup("[Python frames missing: unreadable memory]");
	case OUTCOME_PYTHON_LIMIT:
		return xstrdup("[Python frames beyond the limit]");
	case OUTCOME_PYTHON_UNMATCHED:
		return xstrdup("[Python frames missing or out of place]");
	default:
		return xasprintf("[stack ends early: %s%s%.255s]", record_outcome_name(outcome),
				 in, where);
	}
}

/* The ends that are about one module's code, not about the stack. */
static bool is_of_module(uint32_t outcome)
{
	return outcome == OUTCOME_NO_RULE || outcome == OUTCOME_REGISTER ||
	       outcome == OUTCOME_BROKEN || outcome == OUTCOME_PENDING;
}

uint32_t function_of_outcome(struct profile *p, uint32_t outcome, uint32_t module)
{
	struct profile_function f = {
		.module = is_of_module(outcome) ? module : RECORD_NONE,
		.source = SYMBOL_NONE,
		.outcome = (uint8_t)outcome,
	};

	f.name = add_name(p, outcome_name(p, outcome, f.module == RECORD_NONE
					  ? NULL : profile_module_name(p, f.module)));
	return function_intern(p, &f);
}
