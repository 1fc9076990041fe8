#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# what unwinding in the kernel costs there, as the kernel times it
. "$top_srcdir/bench/lib.sh"
runs=${BENCH_RUNS:-5}

if [ "$(id -u)" != 0 ] || ! have bpftool; then
	missing "what the program costs in the kernel" "it takes root and bpftool"
	exit 0
fi

# The events are those of the target's threads: the program runs for no other.
in_kernel() {	# RATE; of process $target: $ns a sample and $frames in it
	: >"$scratch/ns"
	for run in $(seq "$runs"); do
		/usr/bin/python3 "$top_srcdir/bench/bpf_stats.py" unwind "$cprofd" record --engine bpf \
			--quiet --force -F "$1" -d 3 -o "$scratch/ours.cprof" -p "$target" \
			>"$scratch/stats" 2>"$scratch/err" || { cat "$scratch/err"; return 1; }
		get ns_per_run "$scratch/stats" >>"$scratch/ns"
		"$tools/bench_recording" "$scratch/ours.cprof" >"$scratch/out"
	done
	ns=$(median <"$scratch/ns")
	frames=$(calc "$(get frames "$scratch/out") / $(get samples "$scratch/out")" %.0f)
}

start "$targets/deep" 500 16 3600
target=$pid
settled "$target" 0.3
in_kernel 999 && row "recursion 500 deep: a frame" "$(calc "$ns / $frames" %.1f)" '<=' 50 ns \
	"a sample of $frames frames: $(calc "$ns / 1000") us"
stop "$target"
start "$top_builddir/samples/fib" 45 1000
target=$pid
settled "$target" 0.3
in_kernel 999 && row "fib: a sample of $frames frames" "$(calc "$ns / 1000")" - - us "-"
stop "$target"
if [ -x "$cc1" ]; then
	large_c 9000
	start "$cc1" -quiet -O2 "$large_c" -o /dev/null
	target=$pid
	settled "$target" 12
	in_kernel 1999 && row "cc1: a sample of $frames frames, 1,999 Hz" "$(calc "$ns / 1000")" \
		'<=' 10 us "its output included"
	stop "$target"
else
	missing "cc1" "gcc is not installed"
fi
