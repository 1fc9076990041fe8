// SPDX-License-Identifier: Apache-2.0
#include "python/layout.h"

#include "base/util.h"

/* Sorted by version and last_micro. */
static const struct layout layouts[] = {
#include "python/layouts.inc"
};

const struct layout *layout_find(uint32_t version_hex)
{
	uint8_t micro = (uint8_t)(version_hex >> 8);

	for (size_t i = 0; i < array_len(layouts); i++)
		if (layouts[i].version == layout_version(version_hex) &&
		    micro <= layouts[i].last_micro)
			return &layouts[i];
	return NULL;
}
