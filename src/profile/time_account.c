// SPDX-License-Identifier: Apache-2.0
#include "profile/time_account.h"

#include "base/util.h"

#define MAX_CPUS (1u << 16)	/* a recording can claim anything */

static enum account_part part_of(char kind)
{
	switch (kind) {
	case 'P':
		return ACCOUNT_PYTHON;
	case 'N':
		return ACCOUNT_NATIVE;
	case 'L':
		return ACCOUNT_LIBRARY;
	case 'K':
		return ACCOUNT_KERNEL;
	default:
		return ACCOUNT_UNKNOWN;
	}
}

void time_account_make(const struct profile *p, const struct summary *sum,
		       struct time_account *out)
{
	uint64_t all_ns, sampled_ns = 0;

	*out = (struct time_account){ .range_ns = sum->to_ns - sum->from_ns,
				      .n_cpus = profile_meta_number(p, "cpus", 0) };
	if (out->n_cpus > MAX_CPUS)
		out->n_cpus = 0;
	for (uint32_t i = 0; i < sum->n_functions; i++) {
		uint64_t ns = sum->functions[i].self.weight_ns;

		out->ns[part_of(profile_function_kind(p, i))] += ns;
		sampled_ns += ns;
	}
	/* A filter leaves samples out; which frames are shown never does. */
	out->ns[ACCOUNT_FILTERED] = sum->received.weight_ns - sampled_ns;
	out->ns[ACCOUNT_KERNEL] += sum->hidden_ns;
	out->ns[ACCOUNT_UNSAMPLED] = sum->lost.weight_ns + sum->unsampled_ns + sum->throttled_ns +
				     sum->off_ns;
	for (int i = 0; i < ACCOUNT_UNUSED; i++)
		out->used_ns += out->ns[i];
	all_ns = out->n_cpus * out->range_ns;
	out->ns[ACCOUNT_UNUSED] = all_ns - min_of(all_ns, out->used_ns);
}
