#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# building a file's unwind table (CPU time, warm), and its size
. "$top_srcdir/bench/lib.sh"

# Nobody else makes such a table; readelf decodes the same rows as text.
peer() {
	if have readelf; then
		costed readelf -wF "$1"
		echo "readelf -wF: $(calc "$cpu_s * 1000" %.0f) ms"
	else
		echo "readelf: not installed"
	fi
}

table() {	# NAME FILE BAR_MS
	if [ ! -f "$2" ]; then
		missing "table of $1" "no such file here"
		return
	fi
	"$tools/bench_table" "$2" >"$scratch/out" || return
	row "table of $1: build, $(get rows "$scratch/out") rows (best $(get best_ms "$scratch/out"))" \
		"$(get median_ms "$scratch/out")" '<=' "$3" ms "$(peer "$2")"
	row "table of $1: a row with index" \
		"$(get bytes_a_row "$scratch/out")" '<=' 6 B "none makes one"
}

table libc "$(ldconfig -p | sed -n 's/.*libc\.so\.6 .*x86-64.* => //p' | head -1)" 1
table cc1 "$cc1" 25
table libLLVM "$(ldconfig -p | sed -n 's/.*libLLVM-14\.so.*x86-64.* => //p' | head -1)" 60
