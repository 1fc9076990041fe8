// SPDX-License-Identifier: Apache-2.0
/*
 * Each rule on a profile in which it holds and on ones that look alike, and when a
 * hint is shown at all.
 */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "hints/hint.h"
#include "profile/filter.h"
#include "profile/profile_load.h"
#include "record/writer.h"
#include "tests/unit/nodes.h"

#define START 1000000000ull
#define PERIOD_NS 5000000u

/*
 * Stacks of functions "a" to "z", the outermost first.  A capital is the same function
 * called from another place and at another line; a digit is "f" inlined into itself.
 */
struct place {
	const char *path;
	unsigned int often;	/* of 1000 */
	unsigned int late;	/* the same in the second half; 0: as before */
	uint32_t outcome;
};

struct world {
	struct place places[16];
	uint32_t n;		/* samples; 0: 6000 */
	uint32_t lost;		/* beside them */
	bool nameless_exe;	/* code of the program has no names */
	const char *filter;	/* or NULL */
};

struct made {
	struct record_writer *w;
	uint32_t functions[26], exe;
	uint32_t frames[128];	/* by character; made when needed */
	struct nodes nodes;
};

static uint32_t frame_of(struct made *m, char c, bool nameless)
{
	int letter = c >= 'a' ? c - 'a' : c >= 'A' ? c - 'A' : 'f' - 'a';
	uint32_t line = (uint32_t)c, n = c < 'A' ? 2 : 1;
	struct record_level levels[2];

	if (m->frames[(int)c] != RECORD_NONE)
		return m->frames[(int)c];
	m->frames[(int)c] = record_put_frame(m->w, &(struct record_frame){
		.module = m->exe, .flags = FRAME_RETURN,
		.vaddr = 0x1000 * (uint64_t)letter + (uint64_t)c });
	for (uint32_t i = 0; i < n; i++)
		levels[i] = (struct record_level){ m->functions[letter], line + i };
	if (!nameless)
		record_put_symbol(m->w, m->frames[(int)c], levels, n);
	return m->frames[(int)c];
}

static uint32_t stack_of(struct made *m, const struct place *p, bool nameless)
{
	uint32_t stack = p->outcome;

	for (const char *c = p->path; *c; c++)
		stack = nodes_push(&m->nodes, m->w, stack, frame_of(m, *c, nameless));
	return stack;
}

static void put_names(struct made *m)
{
	uint32_t path = record_put_string(m->w, "/bin/made", 9);
	uint32_t file = record_put_string(m->w, "/src/made.c", 11);

	record_put_meta(m->w, "kernel", "visible");
	record_put_process(m->w, &(struct record_process){ .pid = 7, .exe = path });
	record_put_thread(m->w, &(struct record_thread){ .tid = 7, .time_ns = START });
	m->exe = record_put_module(m->w, &(struct record_module){ .path = path });
	for (uint32_t i = 0; i < 26; i++) {
		char name = (char)('a' + i);

		m->functions[i] = record_put_function(m->w, &(struct record_function){
			.name = record_put_string(m->w, &name, 1), .file = file, .line = i + 1,
			.vaddr = 0x1000 * (uint64_t)i, .size = 0x1000, .source = SYMBOL_DWARF });
	}
	memset(m->frames, 0xff, sizeof(m->frames));
}

/* Where sample `i` of `n` is: spread evenly, and the same each time. */
static size_t pick(const struct world *world, uint32_t i, uint32_t n)
{
	uint32_t at = i * 377 % 1000;
	size_t k = 0;

	for (; world->places[k + 1].path; k++) {
		const struct place *p = &world->places[k];
		uint32_t often = p->late && i >= n / 2 ? p->late : p->often;

		if (at < often)
			break;
		at -= often;
	}
	return k;
}

static struct profile_load *make(const struct world *world)
{
	_cleanup_(closep) int fd = memfd_create("hints", MFD_CLOEXEC);
	uint32_t n = world->n ? world->n : 6000, stacks[array_len(world->places)];
	_cleanup_(freep) struct made *m = xcalloc(1, sizeof(*m));
	uint64_t end_ns = START + 30 * NS_PER_S;
	struct profile_load *load;
	struct error err;

	assert_int_equal(record_writer_open(dup(fd), START, 0, &m->w, &err), 0);
	put_names(m);
	for (size_t i = 0; world->places[i].path; i++)
		stacks[i] = stack_of(m, &world->places[i], world->nameless_exe);
	for (uint32_t i = 0; i < n; i++)
		record_put_sample(m->w, &(struct record_sample){
			.time_ns = START + 30 * NS_PER_S / n * i, .stack = stacks[pick(world, i, n)],
			.weight_ns = PERIOD_NS });
	if (world->lost)
		record_put_lost(m->w, &(struct record_lost){ .from_ns = START, .to_ns = end_ns,
			.count = world->lost, .weight_ns = (uint64_t)world->lost * PERIOD_NS });
	record_put_end(m->w, &(struct record_end){ .time_ns = end_ns, .why = END_TARGET,
		.n_samples = n, .n_lost = world->lost });
	assert_int_equal(record_writer_close(m->w, &err), 0);
	assert_int_equal(profile_load_open(fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), 1);
	return load;
}

/* Let a watch look at a world. */
static void look(struct hint_watch *w, const struct world *world, unsigned int needed)
{
	struct profile_load *load = make(world);
	struct hint_input in = { .p = profile_load_profile(load) };
	struct filter *filter = NULL;
	struct selection everything = { 0 };
	struct summary sum;
	struct error err;
	struct ledger ledger;
	uint32_t *order;

	if (world->filter)
		assert_int_equal(filter_parse(world->filter, &filter, &err), 0);
	everything.filter = filter;
	summary_make(in.p, &everything, &sum);
	ledger_make(in.p, &everything, &sum, &ledger);
	order = summary_rank(in.p, &sum, &in.n_order);
	in.sum = &sum;
	in.ledger = &ledger;
	in.order = order;
	hint_watch_look(w, &in, needed);
	free(order);
	ledger_deinit(&ledger);
	summary_deinit(&sum);
	filter_close(filter);
	profile_load_close(load);
}

/* The ids of what is shown: "H03 H14", in a buffer that the next call overwrites. */
static const char *ids(const struct hint_watch *w)
{
	static char text[256];

	text[0] = '\0';
	for (size_t i = 0; i < w->shown.n; i++) {
		strcat(text, i ? " " : "");
		strcat(text, w->shown.v[i].rule->id);
	}
	return text;
}

static void assert_hints(const struct world *world, const char *want)
{
	struct hint_watch w = { 0 };

	look(&w, world, 1);
	assert_string_equal(ids(&w), want);
	hint_watch_deinit(&w);
}

static void assert_claim(const struct world *world, const char *id, const char *claim,
			 const char *evidence)
{
	struct hint_watch w = { 0 };
	size_t i = 0;

	look(&w, world, 1);
	while (i < w.shown.n && strcmp(w.shown.v[i].rule->id, id) != 0)
		i++;
	assert_true(i < w.shown.n);
	assert_string_equal(w.shown.v[i].claim, claim);
	assert_string_equal(w.shown.v[i].evidence, evidence);
	hint_watch_deinit(&w);
}

/* Where there is less room for it. */
static void assert_briefs(const struct world *world, const char *first, const char *second)
{
	struct hint_watch w = { 0 };

	look(&w, world, 1);
	assert_int_equal(w.shown.n, 1);
	assert_string_equal(w.shown.v[0].briefs[0], first);
	if (second)
		assert_string_equal(w.shown.v[0].briefs[1], second);
	else
		assert_null(w.shown.v[0].briefs[1]);
	hint_watch_deinit(&w);
}

/* Lines of g, h and i in equal parts: nothing that H14 or H16 would speak of. */
#define BUSY_REST { "mg", 100 }, { "mG", 100 }, { "mh", 100 }, { "mH", 100 }

/* ---- the rules ---- */

TEST(few_samples_are_h01_and_nothing_else)
{
	struct world w = { .places = { { "mfFfF", 300 }, { "mfFf", 700 } }, .n = 12 };

	assert_hints(&w, "");
	w.n = 29;
	assert_hints(&w, "");
	w.n = 84;
	assert_hints(&w, "H01");
	assert_claim(&w, "H01", "only 84 samples: the 100% of f could be 95 to 100",
		     "four times as many samples halve the doubt: look longer, or -F with a "
		     "higher rate");
	w.n = 199;
	assert_hints(&w, "");
	w.n = 200;
	assert_hints(&w, "H03");
}

/* Enough samples, but the half in the second half of the run. */
TEST(a_phase_is_h01)
{
	const struct world phases = { .places = { { "mg", 400, 20 }, { "mG", 400, 20 },
						  { "mh", 100, 480 }, { "mH", 100, 480 } } };
	const struct world even = { .places = { BUSY_REST, { "mi", 300 }, { "mI", 300 } } };

	assert_hints(&phases, "H01");
	assert_hints(&even, "");
}

TEST(recursion_from_two_places_is_h03)
{
	const struct world fib = { .places = { { "mfFfFfFf", 200 }, { "mfFfFF", 200 },
					       { "mf", 50 }, BUSY_REST } };

	assert_hints(&fib, "H03");
	assert_claim(&fib, "H03", "f calls itself from two places and takes 45.0% +-1.3: it may repeat "
		     "work",
		     "it is on the stack twice or more in 89% of its samples; remembering its "
		     "results is the usual cure");
	assert_briefs(&fib, "f calls itself from two places and takes 45.0% +-1.3",
		      "recursion from two places, 45.0% +-1.3: f");
}

TEST(other_recursion_is_not_h03)
{
	/* from one place */
	const struct world loop = { .places = { { "mfffff", 300 }, { "mffF", 300 }, BUSY_REST } };
	/* from two, with little time of its own */
	const struct world walk = { .places = { { "mfFfFh", 300 }, { "mfFfFH", 260 }, { "mfFfF", 40 },
						BUSY_REST } };
	/* mostly not recursive */
	const struct world rare = { .places = { { "mf", 300 }, { "mF", 200 }, { "mfFfF", 50 },
						BUSY_REST } };
	/* one call, inlined into the function: two lines, but one return address */
	const struct world inlined = { .places = { { "m111f", 300 }, { "m11F", 300 }, BUSY_REST } };
	/* through another function */
	const struct world mutual = { .places = { { "mfgFgf", 300 }, { "mfgFgF", 300 }, BUSY_REST } };

	assert_hints(&loop, "");
	assert_hints(&walk, "");
	assert_hints(&rare, "");
	assert_hints(&inlined, "");
	assert_hints(&mutual, "");
}

TEST(one_hot_line_is_h14)
{
	const struct world hot = { .places = { { "mf", 290 }, { "mF", 10 }, BUSY_REST,
					       { "mi", 150 }, { "mI", 150 } } };
	const struct world two = { .places = { { "mf", 180 }, { "mF", 120 }, BUSY_REST,
					       { "mi", 150 }, { "mI", 150 } } };
	const struct world little = { .places = { { "mf", 80 }, { "mi", 260 }, { "mI", 260 },
						  BUSY_REST } };

	assert_hints(&hot, "H14");
	assert_claim(&hot, "H14", "97% of f, which has 30.0% +-1.2, is line 102 of made.c",
		     "at least 95% of its own samples are on that line");
	assert_briefs(&hot, "line 102 of made.c is 97% of f", NULL);
	assert_hints(&two, "");
	assert_hints(&little, "");
}

TEST(holes_in_the_data_are_h15)
{
	struct world cut = { .places = { { "mg", 350 }, { "mG", 350 },
					 { "h", 150, 0, OUTCOME_COPY },
					 { "H", 150, 0, OUTCOME_LIMIT } } };
	const struct world broken = { .places = { { "mg", 350 }, { "mG", 350 },
						  { "h", 150, 0, OUTCOME_NO_RULE },
						  { "H", 150, 0, OUTCOME_BROKEN } } };
	/* of an outcome that only a later version knows */
	const struct world later = { .places = { { "mg", 350 }, { "mG", 350 },
						 { "h", 150, 0, OUTCOME_COUNT },
						 { "H", 150, 0, OUTCOME_COUNT } } };
	const struct world nameless = { .places = { { "mg", 500 }, { "mG", 500 } },
					.nameless_exe = true };
	struct world lost = { .places = { { "mg", 500 }, { "mG", 500 } }, .lost = 120 };
	const struct world whole = { .places = { { "mg", 460 },
						 { "mG", 500, 0, OUTCOME_LEFT_OUT },
						 { "h", 40, 0, OUTCOME_COPY } } };

	assert_hints(&cut, "H15");
	assert_claim(&cut, "H15", "30% of the stacks are cut: the callers beyond are missing",
		     "stacks are larger than the copy: the bpf and ptrace engines have no such limit");
	assert_briefs(&cut, "30% of the stacks are cut", NULL);
	cut.lost = 120;
	assert_claim(&cut, "H15", "30% of the stacks are cut: the callers beyond are missing",
		     "stacks are larger than the copy: the bpf and ptrace engines have no such limit; also "
		     "lost: 2.0%");
	assert_hints(&broken, "H15");
	assert_claim(&broken, "H15", "30% of the stacks end early, most in made: callers are missing",
		     "= lists what became of each sample");
	assert_briefs(&broken, "30% of the stacks end early, most in made", NULL);
	assert_hints(&later, "H15");
	assert_hints(&nameless, "H15");
	assert_claim(&nameless, "H15",
		     "100% of the time is in code without names, most of it in made",
		     "= lists what became of each sample");
	assert_briefs(&nameless, "100% is in code without names, most in made", NULL);
	assert_hints(&lost, "H15");
	assert_claim(&lost, "H15", "2.0% of the samples were lost: what ran then is not here",
		     "a lower rate, or fewer threads");
	assert_briefs(&lost, "2.0% of the samples were lost", NULL);
	lost.lost = 59;
	assert_hints(&lost, "");
	assert_hints(&whole, "");
}

TEST(a_flat_profile_is_h16)
{
	struct world flat = { .places = {
		{ "mn", 80 }, { "mo", 80 }, { "mp", 80 }, { "mq", 80 }, { "mr", 80 }, { "ms", 80 },
		{ "mt", 80 }, { "mu", 80 }, { "mv", 80 }, { "mw", 80 }, { "mx", 80 }, { "my", 80 },
		{ "mz", 40 } } };
	const struct world peak = { .places = {
		{ "mn", 120 }, { "mN", 120 }, { "mp", 80 }, { "mq", 80 }, { "mr", 80 }, { "ms", 80 },
		{ "mt", 80 }, { "mu", 80 }, { "mv", 80 }, { "mw", 80 }, { "mx", 80 }, { "mz", 40 } } };

	assert_hints(&flat, "H16");
	flat.n = 999;
	assert_hints(&flat, "");
	assert_hints(&peak, "");
	flat.n = 0;
	flat.filter = "n";
	assert_hints(&flat, "");
}

/* With more than a tenth lost nothing is said of shares. */
TEST(much_loss_silences_all_but_h15)
{
	struct world fib = { .places = { { "mfFfF", 500 }, { "mfFf", 500 } }, .lost = 600 };

	assert_hints(&fib, "H03 H15");
	fib.lost = 700;
	assert_hints(&fib, "H15");
}

/* ---- when they are shown ---- */

static const struct world strong = { .places = { { "mfFfF", 100 }, { "mfFf", 100 },
						 { "mi", 200 }, { "mI", 200 }, BUSY_REST } };
/* Between 0.8 of the bar and the bar. */
static const struct world weak = { .places = { { "mfFfF", 70 }, { "mfFf", 70 }, { "mi", 230 },
					       { "mI", 230 }, BUSY_REST } };
static const struct world none = { .places = { { "mfFfF", 30 }, { "mfFf", 30 }, { "mi", 270 },
					       { "mI", 270 }, BUSY_REST } };

TEST(a_hint_has_to_hold_three_times_in_a_row)
{
	struct hint_watch w = { 0 };

	look(&w, &strong, 3);
	look(&w, &strong, 3);
	assert_string_equal(ids(&w), "");
	look(&w, &weak, 3);		/* from the front */
	look(&w, &strong, 3);
	look(&w, &strong, 3);
	assert_string_equal(ids(&w), "");
	look(&w, &strong, 3);
	assert_string_equal(ids(&w), "H03");
	hint_watch_deinit(&w);
}

TEST(a_hint_stays_until_it_is_clearly_below)
{
	struct hint_watch w = { 0 };

	look(&w, &weak, 1);
	assert_string_equal(ids(&w), "");
	look(&w, &strong, 1);
	assert_string_equal(ids(&w), "H03");
	look(&w, &weak, 1);
	assert_string_equal(ids(&w), "H03");
	look(&w, &none, 1);
	assert_string_equal(ids(&w), "");
	look(&w, &weak, 1);
	assert_string_equal(ids(&w), "");
	hint_watch_deinit(&w);
}

TEST(what_is_dismissed_stays_away)
{
	struct hint_watch w = { 0 };

	look(&w, &strong, 1);
	hint_watch_dismiss(&w, 0);
	assert_string_equal(ids(&w), "");
	look(&w, &strong, 1);
	assert_string_equal(ids(&w), "");
	hint_watch_restart(&w);
	look(&w, &none, 1);
	look(&w, &strong, 1);
	assert_string_equal(ids(&w), "");
	hint_watch_deinit(&w);
}

TEST(another_selection_begins_anew)
{
	struct hint_watch w = { 0 };

	look(&w, &strong, 1);
	hint_watch_restart(&w);
	assert_string_equal(ids(&w), "");
	look(&w, &weak, 1);
	assert_string_equal(ids(&w), "");
	hint_watch_deinit(&w);
}

/* The most to gain first. */
TEST(hints_are_in_the_order_of_what_they_could_save)
{
	const struct world both = { .places = { { "mfFfF", 100 }, { "mfFf", 100 }, { "mi", 400 },
						{ "mI", 10 }, BUSY_REST } };
	const struct world other = { .places = { { "mfFfF", 200 }, { "mfFf", 200 }, { "mi", 190 },
						 BUSY_REST } };

	assert_hints(&both, "H14 H03");
	assert_hints(&other, "H03 H14");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_samples_are_h01_and_nothing_else),
		cmocka_unit_test(a_phase_is_h01),
		cmocka_unit_test(recursion_from_two_places_is_h03),
		cmocka_unit_test(other_recursion_is_not_h03),
		cmocka_unit_test(one_hot_line_is_h14),
		cmocka_unit_test(holes_in_the_data_are_h15),
		cmocka_unit_test(a_flat_profile_is_h16),
		cmocka_unit_test(much_loss_silences_all_but_h15),
		cmocka_unit_test(a_hint_has_to_hold_three_times_in_a_row),
		cmocka_unit_test(a_hint_stays_until_it_is_clearly_below),
		cmocka_unit_test(what_is_dismissed_stays_away),
		cmocka_unit_test(another_selection_begins_anew),
		cmocka_unit_test(hints_are_in_the_order_of_what_they_could_save),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
