// SPDX-License-Identifier: Apache-2.0
#include "engine/bpf/bpf_fields.h"

#include <string.h>

#include "config.h"

#ifdef HAVE_BPF

#include <bpf/btf.h>
#include <bpf/libbpf.h>

/* The bits before member `name` of a structure, also of one without name in it; or -1. */
static int64_t bits_before(const struct btf *btf, const struct btf_type *t, const char *name)
{
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = btf_members(t) + i;
		const char *own = btf__name_by_offset(btf, m->name_off);
		int64_t at = btf_member_bit_offset(t, i), inner;

		if (own && strcmp(own, name) == 0)
			return at;
		if (own && *own)
			continue;
		const struct btf_type *type = btf__type_by_id(btf, m->type);
		if (type && btf_is_composite(type) && (inner = bits_before(btf, type, name)) >= 0)
			return at + inner;
	}
	return -1;
}

static int64_t find(const struct btf *btf, const char *type, const char *name)
{
	int32_t id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);

	return id < 0 ? -1 : bits_before(btf, btf__type_by_id(btf, (uint32_t)id), name);
}

bool bpf_fields_find(struct bpf_fields *out)
{
	struct btf *btf;
	int64_t tgid, secureexec, thread, fsbase;

	libbpf_set_print(NULL);
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return false;
	tgid = find(btf, "task_struct", "tgid");
	secureexec = find(btf, "linux_binprm", "secureexec");
	thread = find(btf, "task_struct", "thread");
	fsbase = find(btf, "thread_struct", "fsbase");
	btf__free(btf);
	if (tgid < 0 || tgid % 8 || secureexec < 0)
		return false;
	*out = (struct bpf_fields){ (uint32_t)tgid / 8, (uint32_t)secureexec,
				    thread < 0 || fsbase < 0 ? 0 : (uint32_t)(thread + fsbase) / 8 };
	return true;
}

#else

bool bpf_fields_find(struct bpf_fields *out)
{
	(void)out;
	return false;
}

#endif
