// SPDX-License-Identifier: Apache-2.0
#include "export/export.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "config.h"

const struct export_format *const export_formats[] = {
	&export_folded,
#ifdef HAVE_PROTOBUF
	&export_pprof,
#endif
	&export_pstats,
	&export_svg,
	&export_html,
	NULL,
};

const struct export_format *export_find(const char *name)
{
	for (size_t i = 0; export_formats[i]; i++)
		if (strcmp(export_formats[i]->name, name) == 0)
			return export_formats[i];
	return NULL;
}

int export_write(const struct export_format *format, const struct export_job *job, FILE *out,
		 struct error *err)
{
	if (profile_is_measured(job->p) && !format->measured)
		return error_set(err, ENODATA, "the recording was measured, not sampled: it has no stacks; pstats can hold it");
	if (profile_is_measured(job->p) && job->selection->filter)
		return error_set(err, ENODATA, "the recording was measured, not sampled: it has no stacks to filter");
	return format->write(job, out, err);
}

const char *export_note(const struct export_format *format, const struct profile *p)
{
	return profile_is_measured(p) ? NULL : format->note;
}

struct export_sum *export_sums(const struct export_job *job, size_t *n_out)
{
	const struct samples *s = &job->p->samples;
	struct export_sum *sums = NULL;
	struct u64map index = { 0 };
	size_t n = 0, cap = 0;
	struct picked k;

	picked_init(&k, job->p, job->selection);
	for (size_t i = k.first; i < k.last; i++) {
		uint32_t leaf = s->leaf[i], thread = job->threads ? s->thread[i] : RECORD_NONE;
		uint32_t *slot;

		if (!picked_has(&k, s, i) || !k.leaf[leaf])
			continue;
		slot = u64map_slot(&index, (uint64_t)thread << 32 | leaf);
		if (*slot == U64MAP_NONE) {
			*slot = (uint32_t)n;
			array_reserve(sums, n + 1, cap);
			sums[n++] = (struct export_sum){ .leaf = leaf, .thread = thread };
		}
		sum_add(&sums[*slot].sum, (struct sum){ 1, s->weight_ns[i] });
	}
	picked_deinit(&k);
	u64map_deinit(&index);
	*n_out = n;
	return sums;
}
