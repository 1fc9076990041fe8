// SPDX-License-Identifier: Apache-2.0
/*
 * Runs a command under a seccomp filter, as containers do:
 *
 *	deny CALL[,CALL...] COMMAND...
 *
 * The calls fail with EPERM, or as said: NAME=ENOSYS, NAME=EACCES.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_RULES 32

static const struct {
	const char *name;
	unsigned int number;
} calls[] = {
	{ "bpf", SYS_bpf },
	{ "perf_event_open", SYS_perf_event_open },
	{ "ptrace", SYS_ptrace },
};

static unsigned int code_of(const char *how)
{
	return !how ? EPERM : strcmp(how, "ENOSYS") == 0 ? ENOSYS : EACCES;
}

static unsigned int number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	fprintf(stderr, "deny: which call is %s?\n", name);
	_exit(2);
}

int main(int argc, char **argv)
{
	struct sock_filter rules[2 * MAX_RULES + 2] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	struct sock_fprog program = { .len = 1, .filter = rules };
	char *rest = NULL, *name;

	if (argc < 3)
		return 2;
	for (name = strtok_r(argv[1], ",", &rest); name && program.len < 2 * MAX_RULES;
	     name = strtok_r(NULL, ",", &rest)) {
		char *how = strchr(name, '=');

		if (how)
			*how++ = '\0';
		rules[program.len++] = (struct sock_filter)
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number_of(name), 0, 1);
		rules[program.len++] = (struct sock_filter)
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code_of(how));
	}
	rules[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		perror("deny: seccomp");
		return 2;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
