/* SPDX-License-Identifier: Apache-2.0 */
/* engine/bpf/bpf_refused.h - the kernel does not take a program: why, for people. */
#ifndef CPROFD_ENGINE_BPF_REFUSED_H
#define CPROFD_ENGINE_BPF_REFUSED_H

#include <errno.h>
#include <string.h>

#include "base/error.h"

static inline int bpf_refused(struct error *err, int code)
{
	if (code == EPERM || code == EACCES)
		return error_set(err, EPERM, "bpf: not permitted");
	/* ESRCH is libbpf's word for what it does not find; it is no process. */
	return error_set(err, code == EINVAL || code == E2BIG || code == ESRCH ? ENOSYS : code,
			 "bpf: the kernel does not take the program: %s", strerror(code));
}

#endif
