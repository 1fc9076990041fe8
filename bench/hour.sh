#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# memory of a session after the samples of an hour: 499 Hz on two busy cores, replayed
. "$top_srcdir/bench/lib.sh"
samples=3592800

hour() {	# NAME NEW_PER_MILLE
	"$tools/bench_hour" "$scratch/hour.cprof" $samples "$2" >"$scratch/out" || return
	row "an hour, $1 ($(get new_stacks "$scratch/out"))" "$(get peak_mib "$scratch/out")" \
		'<=' 60 MiB "recording $(calc "$(get bytes "$scratch/out") / 1048576" %.0f) MiB; perf keeps every copy: $(calc "$samples * 16 / 1048576" %.0f) GiB"
}

hour "few new stacks" 1
hour "one new stack of ten" 100
hour "nearly all stacks new" 900
