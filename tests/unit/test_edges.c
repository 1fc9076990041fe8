// SPDX-License-Identifier: Apache-2.0
/* Edges of stacks against the calls in the code, on made recordings. */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "profile/ledger.h"
#include "profile/profile_load.h"
#include "record/writer.h"
#include "tests/unit/nodes.h"
#include "ui/app.h"
#include "ui/key.h"
#include "ui/ledger_text.h"

#define START 1000000000ull
#define PERIOD_NS 5000000u

enum module { EXE, LIB, KERNEL, ANON, MODULES };

enum function { MAIN, F, G, G_COLD, CPP, CPP_COLD, STUB, CLONE, H, H_REAL, OUTSIDE, KFUNC, FUNCTIONS };

static const struct {
	const char *name;
	enum module module;
	uint64_t vaddr;
	const char *file;
} functions[FUNCTIONS] = {
	[MAIN] = { "main", EXE, 0x1000, "m.c" },
	[F] = { "f", EXE, 0x1100, "m.c" },
	[G] = { "g", EXE, 0x1200, NULL },
	[G_COLD] = { "g.cold", EXE, 0x5200, NULL },
	[CPP] = { "k(int)", EXE, 0x1300, NULL },
	[CPP_COLD] = { "k(int) [clone .cold]", EXE, 0x5300, NULL },
	[STUB] = { "h@plt", EXE, 0x1020, NULL },
	[CLONE] = { "f", EXE, 0x1400, NULL },
	[H] = { "h", LIB, 0x1100, NULL },
	[H_REAL] = { "__h_real", LIB, 0x1200, NULL },
	[OUTSIDE] = { "outside", LIB, 0x1300, NULL },
	[KFUNC] = { "kfunc", KERNEL, 0x1100, NULL },
};

struct made {
	struct record_writer *w;
	uint32_t modules[MODULES], functions[FUNCTIONS];
	uint32_t frames[40], n_frames;
	struct nodes nodes;
	uint64_t time_ns;
	uint32_t n_samples;
	int fd;
	struct profile_load *load;
	struct profile *p;
};

static uint32_t str(struct made *m, const char *s)
{
	return record_put_string(m->w, s, strlen(s));
}

static void made_init(struct made *m)
{
	static const struct record_module modules[MODULES] = {
		[EXE] = { MODULE_FILE, 0 }, [LIB] = { MODULE_FILE, 0 },
		[KERNEL] = { MODULE_KERNEL, 0 }, [ANON] = { MODULE_ANON, 0 } };
	static const char *const paths[MODULES] = { "/bin/made", "/lib/lib.so", "[kernel]", "[anon]" };
	struct error err;

	*m = (struct made){ .time_ns = START, .fd = memfd_create("edges", MFD_CLOEXEC) };
	assert_int_equal(record_writer_open(dup(m->fd), START, 0, &m->w, &err), 0);
	record_put_process(m->w, &(struct record_process){ .pid = 7, .exe = str(m, paths[EXE]) });
	record_put_thread(m->w, &(struct record_thread){ .tid = 7, .time_ns = START });
	for (size_t i = 0; i < MODULES; i++)
		m->modules[i] = record_put_module(m->w, &(struct record_module){
			.kind = modules[i].kind, .path = str(m, paths[i]) });
	for (size_t i = 0; i < FUNCTIONS; i++)
		m->functions[i] = record_put_function(m->w, &(struct record_function){
			.module = m->modules[functions[i].module], .name = str(m, functions[i].name),
			.file = functions[i].file ? str(m, functions[i].file) : 0,
			.line = functions[i].file ? (uint32_t)i + 1 : 0, .vaddr = functions[i].vaddr,
			.size = 0x40, .source = SYMBOL_SYMTAB });
}

/* A frame in `function`, in `inlined` as well if that is not the same. */
static uint32_t add_frame(struct made *m, enum function function, enum function inlined,
			  uint32_t flags)
{
	struct record_level levels[] = { { m->functions[inlined], 2 }, { m->functions[function], 3 } };
	uint32_t frame = record_put_frame(m->w, &(struct record_frame){
		.module = m->modules[functions[function].module], .flags = flags,
		.vaddr = functions[function].vaddr + 8 + m->n_frames++ });

	record_put_symbol(m->w, frame, levels + (inlined == function), inlined == function ? 1 : 2);
	return frame;
}

static void add_sample(struct made *m, uint32_t stack, uint32_t weight_ns)
{
	record_put_sample(m->w, &(struct record_sample){
		.time_ns = m->time_ns += PERIOD_NS, .stack = stack, .weight_ns = weight_ns });
	m->n_samples++;
}

static void made_read(struct made *m)
{
	struct error err;

	record_put_end(m->w, &(struct record_end){ .time_ns = m->time_ns, .why = END_TARGET,
						   .n_samples = m->n_samples });
	assert_int_equal(record_writer_close(m->w, &err), 0);
	assert_int_equal(profile_load_open(m->fd, &m->load, &err), 0);
	assert_int_equal(profile_load_more(m->load, &err), 1);
	m->p = profile_load_profile(m->load);
}

static void made_deinit(struct made *m)
{
	profile_load_close(m->load);
	close(m->fd);
}

static const struct {
	const char *what;
	enum record_call_kind call;
	enum function caller, target, callee;	/* target FUNCTIONS: none that is known */
	uint64_t into;		/* the target is so far behind the start of the function */
	uint32_t flags;		/* of the caller */
	enum edge edge;
} cases[] = {
	{ "the function that is called", CALL_DIRECT, MAIN, F, F, 0, FRAME_RETURN, EDGE_PROVEN },
	{ "itself", CALL_DIRECT, F, F, F, 0, FRAME_RETURN, EDGE_PROVEN },
	{ "by a frame pointer, the same", CALL_DIRECT, MAIN, F, F, 0, FRAME_RETURN | FRAME_GUESSED,
	  EDGE_PROVEN },
	{ "into it, past its start", CALL_DIRECT, MAIN, FUNCTIONS, F, 0x10, FRAME_RETURN, EDGE_PROVEN },
	{ "behind its end", CALL_DIRECT, MAIN, FUNCTIONS, F, 0x40, FRAME_RETURN, EDGE_UNKNOWN },
	{ "its part elsewhere", CALL_DIRECT, MAIN, G, G_COLD, 0, FRAME_RETURN, EDGE_PROVEN },
	{ "the same in C++", CALL_DIRECT, MAIN, CPP, CPP_COLD, 0, FRAME_RETURN, EDGE_PROVEN },
	{ "a part of another", CALL_DIRECT, MAIN, F, G_COLD, 0, FRAME_RETURN, EDGE_ELSEWHERE },
	{ "another function", CALL_DIRECT, MAIN, F, G, 0, FRAME_RETURN, EDGE_ELSEWHERE },
	{ "another of the same name", CALL_DIRECT, MAIN, CLONE, F, 0, FRAME_RETURN, EDGE_ELSEWHERE },
	{ "the same of a caller that was guessed", CALL_DIRECT, MAIN, F, G, 0,
	  FRAME_RETURN | FRAME_GUESSED, EDGE_GAP },
	{ "one of another file", CALL_DIRECT, MAIN, F, OUTSIDE, 0, FRAME_RETURN, EDGE_ELSEWHERE },
	{ "the same address of another file", CALL_DIRECT, MAIN, F, H, 0, FRAME_RETURN, EDGE_ELSEWHERE },
	{ "by its stub", CALL_DIRECT, MAIN, STUB, H, 0, FRAME_RETURN, EDGE_PROVEN },
	{ "by a stub, under another name", CALL_DIRECT, MAIN, STUB, H_REAL, 0, FRAME_RETURN,
	  EDGE_POINTER },
	{ "the stub itself", CALL_DIRECT, MAIN, STUB, STUB, 0, FRAME_RETURN, EDGE_PROVEN },
	{ "a pointer", CALL_INDIRECT, MAIN, FUNCTIONS, F, 0, FRAME_RETURN, EDGE_POINTER },
	{ "no call", CALL_NONE, MAIN, FUNCTIONS, F, 0, FRAME_RETURN, EDGE_NO_CALL },
	{ "not looked at", CALL_UNKNOWN, MAIN, FUNCTIONS, F, 0, FRAME_RETURN, EDGE_UNKNOWN },
	{ "interrupted by a signal", CALL_NONE, MAIN, FUNCTIONS, F, 0, 0, EDGE_NONE },
	{ "in the kernel", CALL_UNKNOWN, KFUNC, FUNCTIONS, KFUNC, 0, FRAME_RETURN, EDGE_NONE },
};

static void put_call(struct made *m, uint32_t frame, enum record_call_kind kind,
		     enum function target, uint64_t vaddr)
{
	if (kind == CALL_UNKNOWN)
		return;
	record_put_call(m->w, &(struct record_call){ .frame = frame, .kind = kind,
		.target = kind == CALL_DIRECT ? vaddr : 0,
		.function = target == FUNCTIONS ? RECORD_NONE : m->functions[target] });
}

TEST(an_edge_is_what_the_code_says)
{
	uint32_t callers[array_len(cases)], callees[array_len(cases)];
	struct made m;

	made_init(&m);
	for (size_t i = 0; i < array_len(cases); i++) {
		enum function target = cases[i].target == FUNCTIONS ? cases[i].callee : cases[i].target;

		callers[i] = add_frame(&m, cases[i].caller, cases[i].caller, cases[i].flags);
		callees[i] = add_frame(&m, cases[i].callee, cases[i].callee, 0);
		put_call(&m, callers[i], cases[i].call, cases[i].target,
			 functions[target].vaddr + cases[i].into);
	}
	made_read(&m);
	for (size_t i = 0; i < array_len(cases); i++) {
		enum edge edge = edge_judge(m.p, callers[i], callees[i]);

		if (edge != cases[i].edge)
			fail_msg("%s: %d instead of %d", cases[i].what, edge, cases[i].edge);
	}
	made_deinit(&m);
}

TEST(a_function_without_a_name_is_not_known)
{
	uint32_t caller, nameless;
	struct made m;

	made_init(&m);
	caller = add_frame(&m, MAIN, MAIN, FRAME_RETURN);
	put_call(&m, caller, CALL_DIRECT, F, 0x1100);
	nameless = record_put_frame(m.w, &(struct record_frame){ .module = m.modules[EXE],
								 .vaddr = 0x1100 });
	nodes_push(&m.nodes, m.w, nodes_push(&m.nodes, m.w, OUTCOME_COMPLETE, caller), nameless);
	made_read(&m);
	assert_int_equal(edge_judge(m.p, caller, nameless), EDGE_UNKNOWN);
	made_deinit(&m);
}

TEST(to_what_was_left_out_there_is_no_edge)
{
	uint32_t caller, callee, gap;
	struct made m;

	made_init(&m);
	caller = add_frame(&m, MAIN, MAIN, FRAME_RETURN);
	callee = add_frame(&m, G, G, FRAME_RETURN);
	put_call(&m, caller, CALL_DIRECT, F, 0x1100);
	gap = record_put_frame(m.w, &(struct record_frame){ .module = m.modules[EXE],
							    .flags = FRAME_LEFT_OUT });
	made_read(&m);
	assert_int_equal(edge_judge(m.p, caller, callee), EDGE_ELSEWHERE);
	assert_int_equal(edge_judge(m.p, caller, gap), EDGE_NONE);
	assert_int_equal(edge_judge(m.p, gap, callee), EDGE_NONE);
	made_deinit(&m);
}

/* main calls f, which jumps to g; and main, in what was inlined, calls h by a pointer. */
static void make_program(struct made *m)
{
	uint32_t in_main, in_main_again, in_f, top;

	made_init(m);
	in_main = nodes_push(&m->nodes, m->w, OUTCOME_COMPLETE, (top = add_frame(m, MAIN, MAIN, FRAME_RETURN)));
	put_call(m, top, CALL_DIRECT, F, 0x1100);
	in_main_again = nodes_push(&m->nodes, m->w, OUTCOME_COMPLETE, (top = add_frame(m, MAIN, CPP, FRAME_RETURN)));
	put_call(m, top, CALL_INDIRECT, FUNCTIONS, 0);
	in_f = nodes_push(&m->nodes, m->w, in_main, (top = add_frame(m, F, F, FRAME_RETURN)));
	put_call(m, top, CALL_DIRECT, F, 0x1100);
	top = add_frame(m, F, F, 0);
	/* 2 proven of 3 weights each; 1 tail call of 5; 1 pointer of 7 */
	add_sample(m, nodes_push(&m->nodes, m->w, in_f, top), 3 * PERIOD_NS);
	add_sample(m, nodes_push(&m->nodes, m->w, in_main, add_frame(m, G, CPP, 0)), 5 * PERIOD_NS);
	add_sample(m, nodes_push(&m->nodes, m->w, in_main_again, add_frame(m, H, H, 0)), 7 * PERIOD_NS);
	add_sample(m, in_main, PERIOD_NS);
	made_read(m);
}

TEST(edges_are_weighed_with_their_samples)
{
	const struct selection all = { 0 };
	struct summary sum;
	struct ledger l;
	struct made m;

	make_program(&m);
	summary_make(m.p, &all, &sum);
	ledger_make(m.p, &all, &sum, &l);
	assert_int_equal(l.edges.all.n, 4);
	assert_int_equal(l.edges.of[EDGE_PROVEN].n, 2);
	assert_int_equal(l.edges.of[EDGE_POINTER].n, 1);
	assert_int_equal(l.edges.of[EDGE_ELSEWHERE].n, 1);
	assert_true(l.edges.all.weight_ns == 18. * PERIOD_NS);
	assert_true(l.edges.of[EDGE_PROVEN].weight_ns == 6. * PERIOD_NS);
	assert_int_equal(l.edges.n_detours, 1);
	assert_int_equal(l.edges.detours[0].sum.n, 1);

	_cleanup_(freep) char *text = ledger_edges(&l);
	assert_string_equal(text, "33.3% proven by the call in the code, 38.9% through a pointer, "
			    "27.8% with a tail call between");
	ledger_deinit(&l);
	summary_deinit(&sum);
	made_deinit(&m);
}

TEST(without_calls_there_is_nothing_to_say)
{
	const struct selection all = { 0 };
	struct summary sum;
	struct ledger l;
	struct made m;

	made_init(&m);
	add_sample(&m, nodes_push(&m.nodes, m.w, OUTCOME_COMPLETE, add_frame(&m, MAIN, MAIN, 0)), 1);
	made_read(&m);
	summary_make(m.p, &all, &sum);
	ledger_make(m.p, &all, &sum, &l);
	assert_null(ledger_edges(&l));
	assert_true(edges_share(&l.edges, EDGE_PROVEN) == 0);
	ledger_deinit(&l);
	summary_deinit(&sum);
	made_deinit(&m);
}

/* ---- on the screen ---- */

static char *screen(struct app *app, struct grid *g)
{
	struct buf b = { 0 };

	app_draw(app, g);
	for (unsigned int y = 0; y < g->height; y++) {
		grid_row_text(g, y, &b);
		buf_put_u8(&b, '\n');
	}
	buf_put_u8(&b, '\0');
	return (char *)b.data;
}

/* The screen after `keys` has `text`, or if `not` it has it nowhere. */
static void check_screen(struct app *app, struct grid *g, const char *keys, const char *text,
			 bool not)
{
	for (; *keys; keys++)
		app_key(app, *keys == '\n' ? KEY_OF_ENTER : (uint32_t)*keys);

	_cleanup_(freep) char *shown = screen(app, g);
	if (!strstr(shown, text) != not)
		fail_msg("%s\n%s", not ? "there is" : "there is no", shown);
}

TEST(the_row_of_a_tail_call_says_so)
{
	static const char mark[] = "by a tail call: the code calls f";
	struct model model;
	struct grid grid;
	struct app app;
	struct made m;

	make_program(&m);
	model_init(&model, m.p);
	app_init(&app, &model);
	grid_init(&grid, 100, 30, false);
	check_screen(&app, &grid, "3/g\n", mark, false);
	check_screen(&app, &grid, "/f\n", mark, true);
	check_screen(&app, &grid, "/g\n", mark, false);
	check_screen(&app, &grid, "4kk", mark, false);	/* its caller */
	check_screen(&app, &grid, "\n/g\n", mark, false);	/* and among its callees */
	check_screen(&app, &grid, "/f\n", mark, true);
	check_screen(&app, &grid, "=", "38.9% through a pointer", false);
	grid_deinit(&grid);
	app_deinit(&app);
	model_deinit(&model);
	made_deinit(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_edge_is_what_the_code_says),
		cmocka_unit_test(a_function_without_a_name_is_not_known),
		cmocka_unit_test(to_what_was_left_out_there_is_no_edge),
		cmocka_unit_test(edges_are_weighed_with_their_samples),
		cmocka_unit_test(without_calls_there_is_nothing_to_say),
		cmocka_unit_test(the_row_of_a_tail_call_says_so),
	};

	return cmocka_run_group_tests_name("edges", tests, NULL, NULL);
}
