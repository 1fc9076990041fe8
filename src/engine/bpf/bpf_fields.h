// SPDX-License-Identifier: Apache-2.0
/*
 * engine/bpf/bpf_fields.h - where in its structures the running kernel has what the
 * program reads.
 *
 * By the kernel's type information.  libbpf could relocate the program by that, but then
 * nothing of it could be loaded where /sys/kernel/btf/vmlinux is not to be had, as in
 * some containers; and these are needed by events of CPUs and for Python alone.
 */
#ifndef CPROFD_ENGINE_BPF_FIELDS_H
#define CPROFD_ENGINE_BPF_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

struct bpf_fields {
	uint32_t tgid;			/* bytes into struct task_struct */
	uint32_t secureexec;		/* bits into struct linux_binprm */
	uint32_t fsbase;		/* bytes into struct task_struct: the thread pointer; 0: none */
};

/* False if the kernel does not say.  Takes some 20 ms. */
bool bpf_fields_find(struct bpf_fields *out);

#endif
