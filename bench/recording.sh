#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bytes a sample on disk, beside perf record -z
. "$top_srcdir/bench/lib.sh"

# ours and perf's, of the same run of $target
both() {	# RATE SECONDS
	peer="perf: not installed"
	if [ -n "$perf" ]; then
		perf record -q -z -F "$1" -e cpu-clock --call-graph dwarf,16384 \
			-o "$scratch/perf.data" -p "$target" -- sleep "$2" 2>/dev/null &
		other=$!
	fi
	"$cprofd" record --quiet --force -F "$1" -d "$2" -o "$scratch/ours.cprof" -p "$target" 2>/dev/null
	"$tools/bench_recording" "$scratch/ours.cprof" >"$scratch/out"
	[ -n "$perf" ] || return
	wait "$other"
	n=$(perf report --stats -i "$scratch/perf.data" 2>/dev/null | awk '/SAMPLE events:/ { print $3; exit }')
	peer="perf record -z: $(calc "$(stat -c %s "$scratch/perf.data") / ${n:-1}" %.0f) B"
}

perf=
have_perf && perf=yes
start "$top_builddir/samples/fib" 45 1000
target=$pid
settled "$target" 0.3
both 999 20
row "fib: a sample in steady state, of $(get samples "$scratch/out")" \
	"$(get steady_bytes "$scratch/out")" '<=' 12 B "$peer"
stop "$target"
if [ -x "$cc1" ]; then
	large_c 3000
	start "$cc1" -quiet -O2 "$large_c" -o /dev/null
	target=$pid
	settled "$target" 1
	both 999 20
	stop "$target"
	row "cc1: a sample with everything, of $(get samples "$scratch/out")" \
		"$(calc "$(get bytes "$scratch/out") / $(get samples "$scratch/out")")" '<=' 40 B "$peer"
else
	missing "cc1" "gcc is not installed"
fi
