// SPDX-License-Identifier: Apache-2.0
/* Why addresses of the kernel have no name: what is said is the true reason. */
#include "tests/unit/session_maker.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "opener/opener_internal.h"
#include "proc/kallsyms.h"
#include "profile/ledger.h"
#include "profile/profile_load.h"

/* ---- the opener ---- */

#define NOBODY 65534

/* In a child that is nobody if it can: is what kallsyms_open() says what there is? */
static int judge_kallsyms(void)
{
	struct opener o = { .cache_dir = -1 };
	_cleanup_(closep) int proc = -1, fd = -1;
	struct buf text = { 0 };
	struct error err;
	bool hidden, shown;

	if (getuid() == 0 && setuid(NOBODY) < 0)
		return 2;
	proc = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	if (proc >= 0)
		io_read_all(proc, KALLSYMS_MAX_BYTES, &text, &err);
	shown = kallsyms_shows_addresses(text.data, text.len);
	fd = kallsyms_open(&o, &hidden);
	print_message("of %zu bytes the addresses are %s\n", text.len, shown ? "shown" : "hidden");
	return (fd >= 0) == shown && hidden == (!shown && text.len > 0) ? 0 : 1;
}

TEST(who_may_not_see_addresses_is_told_so)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(judge_kallsyms());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- the session ---- */

/* What the recording says of the kernel when the opener has no list of its functions. */
static void check_note(enum file_origin origin, const char *note)
{
	struct made_session t;
	struct made_records *r;
	struct module *kernel;

	made_session_init(&t);
	kernel = modules_kernel(&t.s);
	symbols_want(kernel, 0xffffffff81000000, 0, false);
	symbols_tick(&t.s, t.s.now_ns, true);
	assert_int_equal(made_session_count_asked(&t, S_KALLSYMS), 1);
	symbols_on_file(&t.s, kernel, &(struct o_file){ .origin = origin }, -1);
	assert_false(symbols_busy(&t.s));
	r = made_session_end(&t);
	assert_int_equal(r->n_infos, 1);
	assert_string_equal(r->string[r->info[0].note], note);
	made_records_deinit(r);
}

TEST(the_session_records_why)
{
	check_note(FILE_REFUSED, "the kernel hides the addresses of its functions from this user "
		   "(kernel.kptr_restrict): root sees them");
	check_note(FILE_NONE, "/proc/kallsyms could not be read");
}

/* ---- the ledger ---- */

/* What helps an address of the kernel without a name; `note` NULL: nothing was told. */
static void check_fix(const char *note, const char *expected)
{
	_cleanup_(closep) int fd = memfd_create("kernel", MFD_CLOEXEC);
	const struct selection all = { 0 };
	struct record_writer *w;
	struct profile_load *load;
	struct profile *p;
	struct summary sum;
	struct ledger l;
	uint32_t module, frame, stack;
	struct error err;

	assert_int_equal(record_writer_open(dup(fd), NOW_NS, 0, &w, &err), 0);
	record_put_process(w, &(struct record_process){ .pid = 7 });
	record_put_thread(w, &(struct record_thread){ .tid = 7, .time_ns = NOW_NS });
	module = record_put_module(w, &(struct record_module){
		.kind = MODULE_KERNEL, .path = record_put_string(w, "[kernel]", 8) });
	if (note)
		record_put_module_info(w, &(struct record_module_info){
			.module = module, .note = record_put_string(w, note, strlen(note)) });
	frame = record_put_frame(w, &(struct record_frame){ .module = module, .vaddr = UINT64_MAX - 7 });
	stack = record_put_stack(w, &(struct record_stack){ .frames = &frame, .n_frames = 1 });
	record_put_sample(w, &(struct record_sample){ .time_ns = NOW_NS + 5, .stack = stack,
						      .weight_ns = 1000 });
	assert_int_equal(record_writer_close(w, &err), 0);
	assert_int_equal(profile_load_open(fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), 1);
	p = profile_load_profile(load);
	summary_make(p, &all, &sum);
	ledger_make(p, &all, &sum, &l);
	assert_int_equal(l.n_unnamed, 1);
	assert_string_equal(ledger_unnamed_fix(p, l.unnamed[0].module), expected);
	ledger_deinit(&l);
	summary_deinit(&sum);
	profile_load_close(load);
}

TEST(the_ledger_blames_nobody_without_knowing)
{
	check_fix("the kernel hides them", "the kernel hides them");
	check_fix("", "not in the kernel's list of its functions (/proc/kallsyms): code that it made "
		  "while it ran, as for bpf programs");
	check_fix(NULL, "the kernel's list of its functions was not read: perhaps it is hidden from "
		  "this user (kernel.kptr_restrict)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_not_see_addresses_is_told_so),
		cmocka_unit_test(the_session_records_why),
		cmocka_unit_test(the_ledger_blames_nobody_without_knowing),
	};

	return cmocka_run_group_tests_name("kernel names", tests, NULL, NULL);
}
