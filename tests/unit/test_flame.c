// SPDX-License-Identifier: Apache-2.0
/* Boxes of flame graphs: what has to hold for any stacks, and for the fixture's. */
#include "tests/unit/test.h"

#include <string.h>
#include <sys/mman.h>

#include "profile/filter.h"
#include "profile/flame.h"
#include "profile/profile_load.h"
#include "profile/tree_rows.h"
#include "record/writer.h"
#include "tests/unit/fixture.h"
#include "tests/unit/nodes.h"

/* A recording, its answers, and its boxes. */
struct made {
	struct profile_load *load;
	const struct profile *p;
	struct summary sum;
	struct flame f;
};

static void made_init(struct made *m, struct profile_load *load, const struct selection *s)
{
	m->load = load;
	m->p = profile_load_profile(load);
	summary_make(m->p, s, &m->sum);
	flame_init(&m->f, m->p, &m->sum);
}

static void made_deinit(struct made *m)
{
	flame_deinit(&m->f);
	summary_deinit(&m->sum);
	profile_load_close(m->load);
}

static const struct selection everything = { 0 };

static uint32_t rnd(uint64_t *state, uint32_t n)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*state >> 32) * n >> 32);
}

#define N_FUNCTIONS 9
#define N_SITES 3	/* addresses that calls in a function come from */

/* Samples in a random tree of calls, recursion and stacks that end early included. */
static struct profile_load *random_load(uint64_t seed)
{
	_cleanup_(freep) struct nodes *nodes = xcalloc(1, sizeof(*nodes));
	_cleanup_(closep) int fd = memfd_create("random", MFD_CLOEXEC);
	uint32_t frames[N_FUNCTIONS][N_SITES], stacks[200] = { 0 }, n = 10;
	struct record_writer *w;
	struct profile_load *load;
	struct error err;

	assert_int_equal(record_writer_open(dup(fd), 1000, 0, &w, &err), 0);
	uint32_t exe = record_put_string(w, "/bin/random", 11);
	record_put_process(w, &(struct record_process){ .pid = 7, .exe = exe });
	record_put_thread(w, &(struct record_thread){ .tid = 7, .time_ns = 1000 });
	record_put_module(w, &(struct record_module){ .path = exe });
	for (uint32_t i = 0; i < N_FUNCTIONS; i++) {
		char name = (char)('a' + i);
		uint32_t function = record_put_function(w, &(struct record_function){
			.name = record_put_string(w, &name, 1), .vaddr = 0x1000 * i,
			.source = SYMBOL_SYMTAB });

		for (uint32_t k = 0; k < N_SITES; k++) {
			frames[i][k] = record_put_frame(w, &(struct record_frame){
				.vaddr = 0x1000 * i + 4 * k });
			record_put_symbol(w, frames[i][k],
					  &(struct record_level){ function, k + 1 }, 1);
		}
	}
	for (uint32_t i = 1; i < 11; i++)	/* outcomes, with and without a stack */
		stacks[i] = i < OUTCOME_COUNT ? i : 0;
	for (; n < array_len(stacks); n++)
		stacks[n] = nodes_push(nodes, w, stacks[rnd(&seed, n)],
				       frames[rnd(&seed, N_FUNCTIONS)][rnd(&seed, N_SITES)]);
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t at = rnd(&seed, n);

		record_put_sample(w, &(struct record_sample){
			.time_ns = 1000 + 1000000 * (uint64_t)i,
			.stack = stacks[rnd(&seed, 3) ? at / (1 + rnd(&seed, 8)) : at],
			.weight_ns = 1 + rnd(&seed, 2000000) });
	}
	assert_int_equal(record_writer_close(w, &err), 0);
	assert_int_equal(profile_load_open(fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), 1);
	return load;
}

/* ---- what holds for any boxes ---- */

/* Is an edge within half a column of where it should be? */
static void assert_near(const struct flame *f, uint32_t columns, uint32_t edge, uint64_t ns)
{
	double whole = (double)f->v[0].total.weight_ns;

	assert_true(edge <= columns);
	assert_true((double)edge - (double)ns / whole * columns <= .5000001);
	assert_true((double)ns / whole * columns - (double)edge <= .5000001);
}

/* One box: within the one above, right of the one before, and as wide as its time. */
static void assert_box(const struct flame *f, const struct flame_how *how, uint32_t i)
{
	const struct flame_box *box = &f->v[i], *above = &f->v[box->parent], *before = box - 1;
	uint64_t end_ns = box->start_ns + box->total.weight_ns;

	assert_true(box->width > 0);
	assert_near(f, how->columns, box->column, box->start_ns);
	assert_near(f, how->columns, box->column + box->width, end_ns);
	if (i == 0) {
		assert_int_equal(box->width, how->columns);
		return;
	}
	assert_true(box->parent < i);
	assert_int_equal(box->depth, above->depth + 1);
	assert_true(box->column >= above->column);
	assert_true(box->column + box->width <= above->column + above->width);
	assert_true(end_ns <= above->start_ns + above->total.weight_ns);
	assert_true(before->depth <= box->depth);
	if (before->depth == box->depth)
		assert_true(before->column + before->width <= box->column);
	if (before->depth == box->depth && before->parent == box->parent) {
		assert_int_equal(before->start_ns + before->total.weight_ns, box->start_ns);
		assert_true(box->kind == FLAME_REST ||
			    before->total.weight_ns >= box->total.weight_ns);
	} else {
		assert_int_equal(box->start_ns, above->start_ns);
	}
}

/* Boxes below, their own time and what is not drawn add up to the boxes above. */
static void assert_adds_up(const struct flame *f)
{
	struct sum above = { 0 }, below = f->narrow.sum;

	for (uint32_t i = 0; i < f->n; i++) {
		const struct flame_box *box = &f->v[i];

		if (box->kind <= FLAME_FUNCTION) {
			sum_add(&above, box->total);
			sum_add(&below, box->self);
		}
		if (i && box->kind != FLAME_REST)	/* which is in `narrow` */
			sum_add(&below, box->total);
	}
	assert_int_equal(above.weight_ns, below.weight_ns);
	assert_int_equal(above.count, below.count);
}

/* The paths of a box from the top, into `path`; returns how long it is. */
static uint32_t path_of(const struct flame *f, uint32_t box, uint32_t *path)
{
	uint32_t n = f->v[box].depth;

	for (uint32_t i = n; i; box = f->v[box].parent)
		path[--i] = f->v[box].function;
	return n;
}

static void assert_same(const struct flame *f, const struct flame *g)
{
	assert_int_equal(f->n, g->n);
	for (uint32_t i = 0; i < f->n; i++) {
		assert_int_equal(f->v[i].kind, g->v[i].kind);
		assert_int_equal(f->v[i].function, g->v[i].function);
		assert_int_equal(f->v[i].column, g->v[i].column);
		assert_int_equal(f->v[i].width, g->v[i].width);
		assert_int_equal(f->v[i].depth, g->v[i].depth);
		assert_int_equal(f->v[i].n, g->v[i].n);
	}
}

TEST(boxes_fit_below_each_other_and_add_up)
{
	static const uint32_t columns[] = { 1, 2, 7, 58, 98, 248, 100000 };

	for (uint64_t seed = 1; seed < 40; seed++) {
		struct made m, again;

		made_init(&m, random_load(seed), &everything);
		made_init(&again, random_load(seed), &everything);
		for (size_t i = 0; i < 4 * array_len(columns); i++) {
			struct flame_how how = { .inverted = i & 1, .raw = i & 2,
						 .columns = columns[i / 4] };
			uint32_t path[300], box;

			flame_lay(&m.f, &how);
			flame_lay(&again.f, &how);
			assert_same(&m.f, &again.f);
			assert_true(m.f.n > 0);
			for (int zoom = 0; zoom < 2; zoom++) {
				for (uint32_t k = 0; k < m.f.n; k++)
					assert_box(&m.f, &how, k);
				assert_int_equal(m.f.v[m.f.n - 1].depth + 1, m.f.n_rows);
				if (!how.inverted)
					assert_adds_up(&m.f);
				if (zoom)
					break;
				/* and the same for what some box fills all of */
				box = (uint32_t)(seed * 7919 % m.f.n);
				if (m.f.v[box].kind != FLAME_FUNCTION)
					break;
				how.n_zoom = path_of(&m.f, box, path);
				how.zoom = path;

				struct flame_box was = m.f.v[box];

				flame_lay(&m.f, &how);
				assert_int_equal(m.f.n_zoom, how.n_zoom);
				assert_int_equal(m.f.v[0].function, was.function);
				assert_int_equal(m.f.v[0].total.weight_ns, was.total.weight_ns);
				assert_int_equal(m.f.v[0].total.count, was.total.count);
				assert_int_equal(m.f.v[0].self.weight_ns, was.self.weight_ns);
			}
		}
		made_deinit(&m);
		made_deinit(&again);
	}
}

/* ---- against the tree ---- */

/* The box of a node, or RECORD_NONE. */
static uint32_t box_of(const struct made *m, uint32_t node)
{
	const struct tree *t = &m->p->tree;
	uint32_t above = node ? box_of(m, t->parent[node]) : 0;

	if (!node || above == RECORD_NONE)
		return above;
	for (uint32_t i = above + 1; i < m->f.n; i++)
		if (m->f.v[i].parent == above && m->f.v[i].kind == FLAME_FUNCTION &&
		    m->f.v[i].function == t->function[node])
			return i;
	return RECORD_NONE;
}

static void assert_like_tree(struct made *m, uint32_t columns)
{
	struct tree_rows rows;
	uint32_t n = 0;

	flame_lay(&m->f, &(struct flame_how){ .columns = columns });
	tree_rows_make(m->p, &m->sum, 0, UINT32_MAX, UINT32_MAX - 1, &rows);
	for (uint32_t i = 0; i < rows.n; i++) {
		const struct tree_row *row = &rows.v[i];
		uint32_t box = row->kind == TREE_ROW_NODE ? box_of(m, row->node) : RECORD_NONE;

		if (row->kind != TREE_ROW_NODE || !row->node)
			continue;
		if (box == RECORD_NONE) {
			/* none that is a column wide is left out */
			assert_true(row->total.weight_ns * columns < m->sum.base_ns);
			continue;
		}
		n++;
		assert_int_equal(m->f.v[box].total.weight_ns, row->total.weight_ns);
		assert_int_equal(m->f.v[box].total.count, row->total.count);
		assert_int_equal(m->f.v[box].self.weight_ns, row->self.weight_ns);
		assert_int_equal(m->f.v[box].n, row->n > 1 || row->max_depth > 1 ? row->n : 0);
		assert_int_equal(m->f.v[box].max_depth, max_of(row->max_depth, 1u));
	}
	for (uint32_t i = 0; i < m->f.n; i++)
		n -= m->f.v[i].kind == FLAME_FUNCTION;
	assert_int_equal(n, 0);
	tree_rows_deinit(&rows);
}

TEST(boxes_are_the_nodes_of_the_tree)
{
	const struct fixture_options hidden = { .hidden = true };

	for (uint64_t seed = 1; seed < 40; seed++) {
		struct made m;

		made_init(&m, seed == 1 ? fixture_load(&hidden) : random_load(seed), &everything);
		assert_like_tree(&m, 98);
		assert_like_tree(&m, 20000);
		made_deinit(&m);
	}
}

/* All that a function is in is one box then, with all that it calls, or all that call it. */
static void assert_joined(const struct made *m, struct flame *f, uint32_t function, bool raw)
{
	const struct function_sum *sum = &m->sum.functions[function];
	struct flame_how how = { .raw = raw, .columns = 500, .zoom = &function, .n_zoom = 1,
				 .joined = true };
	uint32_t others = 0;

	flame_lay(f, &how);
	assert_int_equal(f->n_zoom, sum->total.count != 0);
	if (!sum->total.count)
		return;
	assert_int_equal(f->v[0].function, function);
	assert_int_equal(f->v[0].total.count, sum->total.count);
	assert_int_equal(f->v[0].total.weight_ns, sum->total.weight_ns);
	for (uint32_t i = 1; i < f->n; i++)
		others += f->v[i].function == function;
	if (!raw && !others && !f->narrow.n)	/* it calls itself through no other */
		assert_int_equal(f->v[0].self.weight_ns, sum->self.weight_ns);
	how.inverted = true;
	flame_lay(f, &how);
	assert_int_equal(f->v[0].function, function);
	assert_int_equal(f->v[0].total.weight_ns, sum->total.weight_ns);
	assert_int_equal(f->v[0].self.weight_ns, 0);
	for (uint32_t i = 0; i < f->n; i++)
		assert_box(f, &how, i);
}

TEST(all_paths_to_a_function_are_one_box)
{
	for (uint64_t seed = 1; seed < 20; seed++) {
		struct flame of_tree;
		struct lens lens;
		struct made m;

		made_init(&m, random_load(seed), &everything);
		lens = lens_direct(m.p, &m.sum);
		flame_init_of(&of_tree, m.p, &m.sum, &lens);
		for (uint32_t i = FUNCTION_EMPTY + 1; i < m.p->n_functions; i++) {
			assert_joined(&m, &m.f, i, false);
			assert_joined(&m, &m.f, i, true);
			assert_joined(&m, &of_tree, i, false);
		}
		flame_deinit(&of_tree);
		made_deinit(&m);
	}
}

/* Inverted, the top rows are the functions by their own time. */
TEST(inverted_boxes_begin_with_own_time)
{
	for (uint64_t seed = 1; seed < 20; seed++) {
		uint64_t seen = 0;
		struct made m;

		made_init(&m, random_load(seed), &everything);
		flame_lay(&m.f, &(struct flame_how){ .inverted = true, .columns = 100000 });
		for (uint32_t i = 1; i < m.f.n && m.f.v[i].depth == 1; i++) {
			const struct flame_box *box = &m.f.v[i];

			if (box->kind != FLAME_FUNCTION)
				continue;
			seen += box->total.count;
			assert_int_equal(box->total.weight_ns,
					 m.sum.functions[box->function].self.weight_ns);
			assert_int_equal(box->self.weight_ns, box->total.weight_ns);
		}
		assert_true(seen > m.sum.received.count / 2);
		made_deinit(&m);
	}
}

/* ---- of the fixture ---- */

static uint32_t function(const struct profile *p, const char *name)
{
	for (uint32_t i = 0; i < p->n_functions; i++)
		if (strcmp(profile_string(p, p->functions[i].name), name) == 0)
			return i;
	fail_msg("no function %s", name);
	return 0;
}

/* Boxes of a function; *deepest is how many of it are above each other. */
static uint32_t count_boxes(const struct flame *f, uint32_t function, uint32_t *deepest)
{
	uint32_t n = 0;

	*deepest = 0;
	for (uint32_t i = 1; i < f->n; i++) {
		uint32_t run = 0;

		for (uint32_t k = i; k && f->v[k].function == function; k = f->v[k].parent)
			run++;
		n += run > 0;
		*deepest = max_of(*deepest, run);
	}
	return n;
}

TEST(recursion_is_one_box_or_many)
{
	const struct fixture_options plain = { 0 };
	uint32_t fib, handle, folded, raw, deepest;
	struct made m;

	made_init(&m, fixture_load(&plain), &everything);
	fib = function(m.p, "fib");
	flame_lay(&m.f, &(struct flame_how){ .columns = 500 });
	folded = count_boxes(&m.f, fib, &deepest);
	assert_int_equal(deepest, 1);
	flame_lay(&m.f, &(struct flame_how){ .columns = 500, .raw = true });
	raw = count_boxes(&m.f, fib, &deepest);
	assert_int_equal(deepest, 15);
	assert_int_equal(raw, folded + 14);

	/* A zoom goes as far as there is something to zoom in on. */
	handle = function(m.p, "handle_order");
	const uint32_t path[] = { function(m.p, "main"), handle, fib, handle };

	flame_lay(&m.f, &(struct flame_how){ .columns = 98, .zoom = path, .n_zoom = 4 });
	assert_int_equal(m.f.n_zoom, 3);
	assert_int_equal(m.f.v[0].function, fib);
	assert_true(m.f.v[0].n > 10);
	made_deinit(&m);
}

/* What has no samples, or none that pass the filter, is a part of the first row. */
TEST(what_is_not_seen_has_its_box)
{
	const struct fixture_options hidden = { .hidden = true };
	struct selection s = { 0 };
	struct filter *filter;
	struct made m;
	struct error err;

	assert_int_equal(filter_open("fib", FILTER_TEXT, &filter, &err), 0);
	s.filter = filter;
	made_init(&m, fixture_load(&hidden), &s);
	for (int inverted = 0; inverted < 2; inverted++) {
		uint32_t n_hidden = 0, n_filtered = 0;

		flame_lay(&m.f, &(struct flame_how){ .columns = 98, .inverted = inverted });
		assert_int_equal(m.f.v[0].total.weight_ns, m.sum.base_ns);
		for (uint32_t i = 1; i < m.f.n; i++) {
			if (m.f.v[i].kind == FLAME_HIDDEN && ++n_hidden)
				assert_int_equal(m.f.v[i].total.weight_ns, m.sum.hidden_ns);
			if (m.f.v[i].kind == FLAME_FILTERED && ++n_filtered)
				assert_int_equal(m.f.v[i].total.count, m.sum.filtered.count);
		}
		assert_int_equal(n_hidden, 1);
		assert_int_equal(n_filtered, 1);
	}
	made_deinit(&m);
	filter_close(filter);
}

TEST(without_time_there_are_no_boxes)
{
	const struct fixture_options plain = { 0 };
	const struct selection nothing = { .from_ns = 1, .to_ns = 2 };
	struct made m;

	made_init(&m, fixture_load(&plain), &nothing);
	flame_lay(&m.f, &(struct flame_how){ .columns = 98 });
	assert_int_equal(m.f.n, 0);
	made_deinit(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boxes_fit_below_each_other_and_add_up),
		cmocka_unit_test(boxes_are_the_nodes_of_the_tree),
		cmocka_unit_test(inverted_boxes_begin_with_own_time),
		cmocka_unit_test(all_paths_to_a_function_are_one_box),
		cmocka_unit_test(recursion_is_one_box_or_many),
		cmocka_unit_test(what_is_not_seen_has_its_box),
		cmocka_unit_test(without_time_there_are_no_boxes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
