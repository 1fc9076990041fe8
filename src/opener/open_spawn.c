// SPDX-License-Identifier: Apache-2.0
#include "opener/opener_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"
#include "config.h"

#define MAX_KEPT_FDS 8
#define MAX_FDS (1u << 20)

/* Standard error of a sanitized build is where it reports. */
#ifdef SANITIZED
#define LAST_NULL_FD 1
#else
#define LAST_NULL_FD 2
#endif
#define NOBODY 65534

int opener_open_program(const char *name, struct error *err)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 64);
	int fd = -1;

	if (n > 0) {
		path[n] = '\0';
		char *slash = strrchr(path, '/');
		snprintf(slash + 1, 64, "%s", name);
		fd = open(path, O_PATH | O_CLOEXEC);
	}
	if (fd < 0) {
		snprintf(path, sizeof(path), "%s/%s", PKGLIBEXECDIR, name);
		fd = open(path, O_PATH | O_CLOEXEC);
	}
	if (fd < 0)
		return error_sys(err, "cannot find %s", path);
	return fd;
}

/* The account that parses what strangers wrote, when root starts us. */
static void find_account(uid_t *uid, gid_t *gid)
{
	const struct passwd *pw = getpwnam("cprofd");

	if (pw) {
		*uid = pw->pw_uid;
		*gid = pw->pw_gid;
	}
}

static int become_account(uid_t uid, gid_t gid)
{
	return setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ? -1
								       : setresuid(uid, uid, uid);
}

/* No capability, and none by an exec as uid 0. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_capset, &head, none);
}

/*
 * In the child: give up what root has.  The root of a user namespace is somebody else
 * outside; where it maps no other uid, that is who we stay.
 */
static int drop_rights(uid_t uid, gid_t gid)
{
	if (geteuid() == 0 && become_account(uid, gid) < 0 &&
	    (!proc_in_user_namespace() || drop_capabilities() < 0))
		return -1;
	/* What an administrator has lent to the command is for the opener. */
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0
	       ? -1 : prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int check_rights(struct error *err)
{
	const uint64_t needed = 1ull << CAP_SETUID | 1ull << CAP_SETGID;
	_cleanup_(closep) int dir = geteuid() == 0 ? proc_open_dir(getpid(), err) : -1;
	struct proc_status self;

	if (dir < 0 || proc_read_status(dir, 0, &self, err) < 0 ||
	    (self.caps & needed) == needed || proc_in_user_namespace())
		return 0;
	return error_set(err, EPERM, "root without CAP_SETUID and CAP_SETGID cannot give its rights up for what parses files; start cprofd as an ordinary user");
}

/* Close every descriptor from `first` on, also those that we were started with. */
static void close_from(int first)
{
	struct rlimit limit;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned int)first, ~0u, 0) == 0)
		return;
#endif
	getrlimit(RLIMIT_NOFILE, &limit);	/* Linux before 5.9 */
	for (rlim_t fd = (rlim_t)first; fd < min_of(limit.rlim_cur, MAX_FDS); fd++)
		close((int)fd);
}

int opener_keep_fds(const int *fds, size_t n_fds)
{
	int moved[MAX_KEPT_FDS];
	int null;

	assert(n_fds <= array_len(moved));
	for (size_t i = 0; i < n_fds; i++) {
		moved[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FIRST_KEPT_FD + (int)n_fds);
		if (moved[i] < 0)
			return -1;
	}
	for (size_t i = 0; i < n_fds; i++)
		if (dup2(moved[i], FIRST_KEPT_FD + (int)i) < 0)
			return -1;
	/* Later, as 0 to 2 may have been among them. */
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd <= LAST_NULL_FD; fd++)
		if (null < 0 || (null != fd && dup2(null, fd) < 0))
			return -1;
	close_from(FIRST_KEPT_FD + (int)n_fds);
	return 0;
}

void opener_leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= LAST_NULL_FD && null >= 0; fd++)
		dup2(null, fd);
	closep(&null);
	(void)!chdir("/");
}

/* What a child may see of our environment: what sanitized builds need. */
static char **child_environment(void)
{
	static const char *const names[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS" };
	static char *env[array_len(names) + 1];
	size_t n = 0;

	for (size_t i = 0; i < array_len(names); i++)
		if (getenv(names[i]))
			env[n++] = xasprintf("%s=%s", names[i], getenv(names[i]));
	env[n] = NULL;
	return env;
}

pid_t opener_spawn(const char *program, const int *fds, size_t n_fds, struct error *err)
{
	_cleanup_(closep) int exe = opener_open_program(program, err);
	char *argv[] = { (char *)program, NULL };
	int keep[MAX_KEPT_FDS];
	uid_t uid = NOBODY;
	gid_t gid = NOBODY;
	pid_t pid;

	if (exe < 0 || check_rights(err) < 0)
		return -1;
	if (geteuid() == 0)
		find_account(&uid, &gid);
	pid = fork();
	if (pid < 0)
		return error_sys(err, "cannot start %s", program);
	if (pid > 0)
		return pid;

	signal(SIGTERM, SIG_DFL);
	assert(n_fds < array_len(keep));
	memcpy(keep, fds, n_fds * sizeof(*fds));
	keep[n_fds] = exe;
	exe = FIRST_KEPT_FD + (int)n_fds;
	if (opener_keep_fds(keep, n_fds + 1) == 0 && fcntl(exe, F_SETFD, FD_CLOEXEC) == 0 &&
	    drop_rights(uid, gid) == 0)
		fexecve(exe, argv, child_environment());
	_exit(127);
}
