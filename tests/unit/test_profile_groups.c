// SPDX-License-Identifier: Apache-2.0
/* Who used the time: sums by process, program, control group and thread. */
#include "tests/unit/profile_maker.h"

#include "profile/groups.h"

static const uint64_t ms = NS_PER_MS;

static uint32_t text(struct tiny *t, const char *s)
{
	return record_put_string(t->w, s, strlen(s));
}

/* A process with one thread, and samples of it in the stack. */
static void add_process(struct tiny *t, uint32_t pid, const char *name, const char *cgroup,
			uint32_t stack, uint32_t n)
{
	uint32_t process = record_put_process(t->w, &(struct record_process){
		.pid = pid, .how = PROCESS_PRESENT, .time_ns = START });
	uint32_t thread = record_put_thread(t->w, &(struct record_thread){
		.process = process, .tid = pid, .time_ns = START, .name = text(t, name) });

	/* What it is called comes when it is known. */
	record_put_process_info(t->w, &(struct record_process_info){
		.process = process, .ppid = 1, .name = text(t, name), .cgroup = text(t, cgroup) });
	for (uint32_t i = 0; i < n; i++)
		record_put_sample(t->w, &(struct record_sample){
			.time_ns = START + (i + 1) * ms, .thread = thread, .stack = stack,
			.weight_ns = (uint32_t)ms });
}

static struct profile_load *make(struct tiny *t)
{
	uint32_t stack;

	tiny_begin(t, NULL);
	record_put_meta(t->w, "pid", "0");
	stack = tiny_stack(t, OUTCOME_COMPLETE, "ab");
	add_process(t, 100, "sh", "/system.slice/cron.service", stack, 10);
	add_process(t, 101, "cc1", "/docker/0123456789abcdef0123456789abcdef0123456789abcdef", stack, 30);
	add_process(t, 102, "cc1", "/docker/0123456789abcdef0123456789abcdef0123456789abcdef", stack, 40);
	record_put_process_end(t->w, &(struct record_process_end){
		.process = 2, .time_ns = START + 60 * ms, .how = END_UNKNOWN });
	return tiny_load(t);
}

static void check(const struct profile *p, const struct selection *s, enum group_by by,
		  const char *expected)
{
	struct summary sum;
	struct groups g;
	char all[512] = "", name[GROUP_NAME_MAX];
	uint64_t covered = 0;

	summary_make(p, s, &sum);
	groups_make(p, s, &sum, by, &g);
	for (uint32_t i = 0; i < g.n; i++) {
		const struct group *row = &g.rows[i];

		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s %llu %u%s;",
			 group_name(p, &g, row, name), (unsigned long long)row->sum.count,
			 row->n_processes, row->living ? "" : " gone");
		covered += row->sum.weight_ns;
		assert_true(row->share.low <= row->share.share && row->share.share <= row->share.high);
	}
	assert_string_equal(all, expected);
	assert_int_equal(covered, sum.received.weight_ns - sum.filtered.weight_ns);
	groups_deinit(&g);
	summary_deinit(&sum);
}

TEST(groups_add_up_to_all_there_is)
{
	struct tiny t;
	struct profile_load *load = make(&t);
	const struct profile *p = profile_load_profile(load);
	const uint32_t one[] = { 3 };
	const struct selection of_one = { .threads = one, .n_threads = 1 };
	const struct selection early = { .from_ns = START, .to_ns = START + 6 * ms };

	check(p, &everything, GROUP_PROCESS, "cc1 40 1;cc1 30 1 gone;sh 10 1;");
	check(p, &everything, GROUP_PROGRAM, "cc1 70 2;sh 10 1;");
	check(p, &everything, GROUP_CGROUP, "0123456789ab 70 2;cron 10 1;");
	check(p, &everything, GROUP_THREAD, "cc1 40 1;cc1 30 1 gone;sh 10 1;");
	check(p, &of_one, GROUP_PROGRAM, "cc1 30 1 gone;");
	check(p, &early, GROUP_PROGRAM, "cc1 10 2;sh 5 1;");
	profile_load_close(load);
}

TEST(rows_can_stay_where_they_were)
{
	struct tiny t;
	struct profile_load *load = make(&t);
	const struct profile *p = profile_load_profile(load);
	const uint32_t two[] = { 2, 3 };
	const struct selection s = { .threads = two, .n_threads = 2 };
	struct summary sum, few;
	struct groups before, now;
	char name[GROUP_NAME_MAX];

	summary_make(p, &s, &few);
	summary_make(p, &everything, &sum);
	groups_make(p, &s, &few, GROUP_PROCESS, &before);
	groups_make(p, &everything, &sum, GROUP_PROCESS, &now);
	assert_int_equal(before.n, 2);
	assert_int_equal(before.rows[0].sum.count, 30);
	groups_keep_order(p, &before, &now);
	assert_int_equal(now.n, 3);
	assert_int_equal(now.rows[0].sum.count, 30);
	assert_string_equal(group_name(p, &now, &now.rows[1], name), "sh");
	assert_int_equal(now.rows[2].sum.count, 40);
	groups_deinit(&before);
	groups_deinit(&now);
	summary_deinit(&few);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(a_recording_of_the_host_is_of_no_process)
{
	struct tiny t;
	struct profile_load *load = make(&t);
	const struct profile *p = profile_load_profile(load);

	assert_true(profile_is_host(p));
	assert_null(profile_main_process(p));
	assert_string_equal(profile_title(p), "host");
	profile_load_close(load);
	load = fixture_load(&plain);
	assert_false(profile_is_host(profile_load_profile(load)));
	assert_non_null(profile_main_process(profile_load_profile(load)));
	profile_load_close(load);
}

TEST(control_groups_have_short_names)
{
	static const char *const cases[][2] = {
		{ "/", "/" }, { "", "" }, { "/a", "a" }, { "/a/b/", "b" },
		{ "/system.slice/nginx.service", "nginx" },
		{ "/user.slice/user-1000.slice/session-3.scope", "session-3" },
		{ "/system.slice/docker-0123456789abcdef0123456789abcdef01234567.scope",
		  "docker-0123456789ab" },
		{ "/kubepods/pod1/0123456789ABCDEF0123456789ABCDEF", "0123456789AB" },
		{ "/x/0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcde" },
	};
	char name[GROUP_NAME_MAX];

	for (size_t i = 0; i < array_len(cases); i++) {
		group_cgroup_name(cases[i][0], name, sizeof(name));
		assert_string_equal(name, cases[i][1]);
	}
	group_cgroup_name("/a-name-that-is-long", name, 7);
	assert_string_equal(name, "a-name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_add_up_to_all_there_is),
		cmocka_unit_test(rows_can_stay_where_they_were),
		cmocka_unit_test(a_recording_of_the_host_is_of_no_process),
		cmocka_unit_test(control_groups_have_short_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
