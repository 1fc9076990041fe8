// SPDX-License-Identifier: Apache-2.0
/*
 * The doctor believes no setting: for each engine it records for a moment and
 * says what came of it.
 */
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/target.h"
#include "export/json_writer.h"
#include "opener/opener.h"
#include "proc/kallsyms.h"
#include "profile/profile_load.h"
#include "session/control.h"
#include "ui/facts.h"
#include "ui/text.h"

#define TRIAL_NS (300 * NS_PER_MS)
#define BUSY_HOST_NS (2 * NS_PER_S)	/* where that gave no sample: was there no CPU for it? */

struct trial {
	const char *engine;
	bool works;
	bool kernel;		/* kernel samples are delivered */
	uint64_t n_samples;
	int exit_code;		/* of a command that gets this engine and no other */
	char why[512];		/* it does not work, or a note */
	char *python;		/* "Python 3.11", whose functions it saw; NULL: none */
};

/* ---- trying ---- */

static void take_message(struct trial *t, const struct msg *m, bool *over)
{
	const union {
		uint32_t type;
		struct c_started started;
		struct c_failed failed;
		struct c_note note;
		struct c_ended ended;
	} *msg = (const void *)m->data;

	switch (msg->type) {
	case C_STARTED:
		t->works = true;
		t->exit_code = EXIT_OK;
		t->kernel = msg->started.kernel;
		break;
	case C_FAILED:
		snprintf(t->why, sizeof(t->why), "%s", msg->failed.text);
		t->exit_code = (int)msg->failed.exit_code;
		*over = true;
		break;
	case C_NOTE:
		snprintf(t->why, sizeof(t->why), "%s", msg->note.text);
		break;
	case C_ENDED:
		t->n_samples = msg->ended.n_samples;
		*over = true;
		break;
	}
}

/* "Python 3.11", whose functions are in the recording, or NULL; freed by the caller. */
static char *find_python(int recording)
{
	struct profile_load *load;
	struct error err;
	char *python = NULL;

	if (profile_load_open(recording, &load, &err) < 0)
		return NULL;
	if (profile_load_more(load, &err) >= 0)
		python = facts_python(profile_load_profile(load));
	profile_load_close(load);
	return python;
}

/* Record `pid` for a moment into memory. */
static void try_engine(pid_t pid, enum opener_engine engine, uint64_t duration_ns, struct trial *t)
{
	_cleanup_(freep) struct msg *m = xmalloc(sizeof(*m));
	_cleanup_(closep) int recording = memfd_create("cprofd-doctor", MFD_CLOEXEC);
	_cleanup_(closep) int control = -1;
	struct opener_spec spec = {
		.pid = pid, .engine = engine, .max_frames = 128, .duration_ns = duration_ns,
		.command = "doctor", .recording_fd = recording };
	struct error err;
	bool over = false;

	t->exit_code = EXIT_INTERNAL;
	if (opener_start(&spec, &control, &err) < 0) {
		snprintf(t->why, sizeof(t->why), "%s", err.msg);
		return;
	}
	while (!over) {
		if (msg_recv(control, m, &err) != 1) {
			t->works = false;
			t->exit_code = EXIT_INTERNAL;
			snprintf(t->why, sizeof(t->why), "the session ended unexpectedly");
			return;
		}
		msg_close_fds(m);
		if (control_is_sound(m))
			take_message(t, m, &over);
	}
	free(t->python);
	t->python = find_python(recording);
}

/* A process that only computes. */
static pid_t start_busy_child(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		volatile unsigned long n = 0;

		/* It ends with us, and under yama our opener may trace it. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_PTRACER, parent);
		while (getppid() == parent)
			n++;
	}
	return pid;
}

/* ---- saying ---- */

/* Names and notes hold bytes of the target. */
static void print_clean(const char *text)
{
	struct buf clean = { 0 };

	text_clean(&clean, text, strlen(text), true);
	fputs((const char *)clean.data, stdout);
	buf_deinit(&clean);
}

/* `python` is what some engine saw of it, or NULL. */
static void print_trial(const struct trial *t, const char *python, bool own_target)
{
	printf("  %-8s", t->engine);
	if (!t->works) {
		printf("does not work: ");
		print_clean(t->why);
		printf("\n");
		return;
	}
	printf("works: %llu samples in %.1f s", (unsigned long long)t->n_samples,
	       (double)TRIAL_NS / 1e9);
	if (!t->n_samples)
		printf(own_target ? "" : " (the process used next to no CPU)");
	printf("\n");
	if (python && t->n_samples) {
		printf(t->python ? "          sees functions of "
				 : "          sees the interpreter only, no functions of ");
		print_clean(python);
		printf("\n");
	}
	if (t->why[0]) {
		printf("          ");
		print_clean(t->why);
		printf("\n");
	}
	if (strcmp(t->engine, "perf") == 0 && !t->kernel)
		printf("          kernel time is not visible to you and shown as one row; CAP_PERFMON would show what it is\n");
	if (strcmp(t->engine, "ptrace") == 0)
		printf("          stops running threads for a moment, 99 times a second; sees no kernel time\n");
}

static bool sees_kernel_names(void)
{
	_cleanup_(closep) int fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	struct buf text = { 0 };
	struct error err;
	bool sees = fd >= 0 && io_read_all(fd, KALLSYMS_MAX_BYTES, &text, &err) == 0 &&
		    kallsyms_shows_addresses(text.data, text.len);

	buf_deinit(&text);
	return sees;
}

/* -1 is a value of some: what cannot be read is not taken for one. */
static void print_setting(const char *name, const char *path)
{
	if (access(path, R_OK) == 0)
		printf("  %-20s  %ld\n", name, proc_read_number(path));
}

static void print_limits(const struct proc_status *self)
{
	struct rlimit mem, files;
	char lockable[64];

	getrlimit(RLIMIT_MEMLOCK, &mem);
	getrlimit(RLIMIT_NOFILE, &files);
	if (geteuid() == 0)
		snprintf(lockable, sizeof(lockable), "without limit (root)");
	else
		snprintf(lockable, sizeof(lockable), "%ld KiB per CPU and %llu KiB",
			 proc_read_number("/proc/sys/kernel/perf_event_mlock_kb"),
			 (unsigned long long)mem.rlim_cur / 1024);
	if (geteuid() != 0 && mem.rlim_cur == RLIM_INFINITY)
		snprintf(lockable, sizeof(lockable), "without limit");
	printf("\nLIMITS\n");
	printf("  memory for rings      %s\n", lockable);
	printf("  open files            %llu (a thread takes %ld)\n",
	       (unsigned long long)files.rlim_max, 2 * sysconf(_SC_NPROCESSORS_ONLN));
	print_setting("perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid");
	print_setting("yama ptrace_scope", "/proc/sys/kernel/yama/ptrace_scope");
	printf("  seccomp filter        %s\n", self->seccomp > 0 ? "in effect" : "none");
	printf("  kernel names          %s\n",
	       sees_kernel_names() ? "visible" : "not visible to you (kptr_restrict)");
}

/*
 * Rights are lent to one command, by who has them: nothing of the system changes.  Not
 * said where they would not help.
 */
static void print_remedy(const struct trial *trials, size_t n, const struct proc_status *self)
{
	const struct passwd *user = getpwuid(geteuid());
	bool lacking = false, works = false;

	for (size_t i = 0; i < n; i++) {
		works |= trials[i].works;
		lacking |= trials[i].exit_code == EXIT_NOT_PERMITTED ||
			   (strcmp(trials[i].engine, "perf") == 0 && trials[i].works && !trials[i].kernel);
	}
	if (!lacking || !works || geteuid() == 0 || self->seccomp > 0 || proc_in_user_namespace())
		return;
	printf("\nMORE RIGHTS   for one command, lent by an administrator; no setting is changed\n"
	       "  CAP_PERFMON           perf: time in the kernel, by function with CAP_SYSLOG\n"
	       "  and CAP_BPF           bpf: whole stacks, followed in the kernel\n"
	       "  sudo setpriv --reuid %s --regid %s --init-groups \\\n"
	       "      --inh-caps +perfmon,+bpf --ambient-caps +perfmon,+bpf cprofd attach PID\n",
	       user ? user->pw_name : "USER", user ? user->pw_name : "USER");
}

static void print_json(const struct trial *trials, size_t n, pid_t pid)
{
	struct json j = json_start(stdout);

	json_object(&j, NULL);
	json_text(&j, "schema", "cprofd-doctor");
	json_u64(&j, "schema_version", 1);
	if (pid)
		json_u64(&j, "pid", (uint64_t)pid);
	json_array(&j, "engines");
	for (size_t i = 0; i < n; i++) {
		json_object(&j, NULL);
		json_text(&j, "name", trials[i].engine);
		json_bool(&j, "works", trials[i].works);
		json_bool(&j, "kernel", trials[i].kernel);
		json_u64(&j, "samples", trials[i].n_samples);
		json_u64(&j, "exit_code", (uint64_t)trials[i].exit_code);
		json_text(&j, "python", trials[i].python);
		json_text(&j, "note", trials[i].why[0] ? trials[i].why : NULL);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
	json_finish(&j);
}

static void print_text(const struct trial *trials, size_t n, const struct cmd_target *target)
{
	struct proc_status self = { 0 };
	const char *python = NULL;
	struct error err;
	_cleanup_(closep) int dir = proc_open_dir(getpid(), &err);

	if (dir >= 0)
		proc_read_status(dir, 0, &self, &err);
	if (target->pid) {
		printf("ENGINES   tried for %.1f s each on %d (", (double)TRIAL_NS / 1e9,
		       (int)target->pid);
		print_clean(target->name);
		printf(")\n");
	} else {
		printf("ENGINES   tried for %.1f s each on a busy process of our own\n",
		       (double)TRIAL_NS / 1e9);
	}
	for (size_t i = 0; i < n && !python; i++)
		python = trials[i].python;
	for (size_t i = 0; i < n; i++)
		print_trial(&trials[i], python, !target->pid);
	print_limits(&self);
	print_remedy(trials, n, &self);
}

static int examine(const struct cmd_target *target, bool as_json)
{
	struct trial trials[] = { { .engine = "bpf" }, { .engine = "perf" }, { .engine = "ptrace" } };
	static const enum opener_engine engines[] = { ENGINE_BPF, ENGINE_PERF, ENGINE_PTRACE };
	pid_t child = target->pid ? 0 : start_busy_child();
	bool any = false;

	for (size_t i = 0; i < array_len(trials); i++) {
		try_engine(target->pid ? target->pid : child, engines[i], TRIAL_NS, &trials[i]);
		if (child > 0 && trials[i].works && !trials[i].n_samples)
			try_engine(child, engines[i], BUSY_HOST_NS, &trials[i]);
		if (child > 0 && trials[i].works && !trials[i].n_samples) {
			trials[i].works = false;
			trials[i].exit_code = EXIT_UNSUPPORTED;
			snprintf(trials[i].why, sizeof(trials[i].why),
				 "no samples of a process that computes all the time");
		}
		any |= trials[i].works;
	}
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	if (as_json)
		print_json(trials, array_len(trials), target->pid);
	else
		print_text(trials, array_len(trials), target);
	for (size_t i = 0; i < array_len(trials); i++)
		free(trials[i].python);
	/* The last one needs least: what refuses it is what stands in the way. */
	return cmd_finish_stdout(&cmd_doctor, any ? EXIT_OK
						  : trials[array_len(trials) - 1].exit_code);
}

static int run(int argc, char **argv)
{
	enum { OPT_JSON = 1000 };
	static const struct option long_options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, OPT_JSON },
		{ NULL, 0, NULL, 0 },
	};
	struct cmd_target target = { 0 };
	const char *pid = NULL;
	bool as_json = false;
	int opt, code;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "hp:", long_options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			cmd_print_help(&cmd_doctor);
			return cmd_finish_stdout(&cmd_doctor, EXIT_OK);
		case 'p':
			pid = optarg;
			break;
		case OPT_JSON:
			as_json = true;
			break;
		default:
			return cmd_usage(&cmd_doctor, "an option is unknown or lacks its value");
		}
	}
	if (!pid && optind < argc)
		pid = argv[optind++];
	if (optind < argc)
		return cmd_usage(&cmd_doctor, "one process at most");
	code = pid ? target_find(&cmd_doctor, pid, true, &target) : 0;
	return code ? code : examine(&target, as_json);
}

const struct cmd cmd_doctor = {
	.name = "doctor",
	.synopsis = "[--json] [PID|NAME]",
	.summary = "try what works here, and say what does not and why",
	.help =
		"Records for a moment with every engine, a busy process of its own or the\n"
		"one named, and says what each can see.  Changes nothing.\n\n"
		"  -p PID             the same as PID, as record has it\n"
		"  --json             for programs\n"
		"  -h, --help         this text\n",
	.run = run,
};
