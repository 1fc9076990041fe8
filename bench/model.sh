#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# opening 10 million samples in 100,000 stacks of 30 frames, and asking (no peer does that)
. "$top_srcdir/bench/lib.sh"

"$tools/make_recording" "$scratch/model.cprof" "$@"
"$tools/bench_model" "$scratch/model.cprof" >"$scratch/out" || exit 1
row "open $(get samples "$scratch/out") samples, $(get mib "$scratch/out") MiB" \
	"$(get open_ms "$scratch/out")" '<=' 1000 ms "none: perf reads its file for each question"
row "sums for a flame graph" "$(get flame_sums "$scratch/out")" '<=' 100 ms none
row "its boxes, 248 columns, the slowest of four ways" \
	"$(get flame_lay "$scratch/out")" '<=' 30 ms none
row "threads over time, in 248 columns" "$(get timeline "$scratch/out")" '<=' 60 ms none
row "what one of them ran most" "$(get thread_functions "$scratch/out")" '<=' 20 ms none
sed -n 's/^query //p' "$scratch/out" >"$scratch/queries"
while read -r ms what; do
	row "ask for $what" "$ms" '<=' 100 ms none
done <"$scratch/queries"
