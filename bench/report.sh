#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# the report of 5,000 samples, inlined calls included, beside perf report of the same run
. "$top_srcdir/bench/lib.sh"
runs=${BENCH_RUNS:-9}
want=5000
patience_s=90	# with perf, whose names of inlined calls can take minutes

# Record until both have enough of it.
record() {
	if [ -n "$perf" ]; then
		perf record -q -F 1999 -e cpu-clock --call-graph dwarf,16384 \
			-o "$scratch/perf.data" -p "$1" 2>/dev/null &
		other=$!
		pids="$pids $other"
	fi
	rm -f "$scratch/ours.cprof"	# with --force the old one stays until the end
	"$cprofd" record --quiet -F 1999 -o "$scratch/ours.cprof" -p "$1" 2>"$scratch/err" &
	command=$!
	pids="$pids $command"
	n=0
	until=$(($(date +%s) + 60))
	while [ "${n:-0}" -lt $want ] && [ "$(date +%s)" -lt $until ]; do
		sleep 0.5
		n=$("$tools/bench_recording" "$scratch/ours.cprof" 2>/dev/null | get samples /dev/stdin)
	done
	kill -INT "$command"
	ended_s=$(now_s)
	wait "$command"
	sealed_s=$(now_s)
	if [ -n "$perf" ]; then
		kill -INT "$other"
		wait "$other"
	fi
	"$tools/bench_recording" "$scratch/ours.cprof" >"$scratch/out"
}

now_s() { date +%s.%N; }

perf_report() {	# OPTION...
	# shellcheck disable=SC2016
	if costed timeout "$patience_s" perf report --stdio "$@" -i "$scratch/perf.data"; then
		calc "$end_s - $start_s" '%.2f s'
	else
		printf 'more than %s s' "$patience_s"
	fi
}

report() {	# NAME BAR_S CMD...
	name=$1 bar=$2
	shift 2
	start "$@"
	target=$pid
	settled "$target" 0.5
	record "$target"
	stop "$target"
	n=$(get samples "$scratch/out")
	: >"$scratch/wall"
	: >"$scratch/cpu"
	for run in $(seq "$runs"); do
		costed "$cprofd" report "$scratch/ours.cprof" || cat "$scratch/cost.err"
		calc "$end_s - $start_s" '%.4f\n' >>"$scratch/wall"
		echo "$cpu_s" >>"$scratch/cpu"
	done
	peer="perf: not installed"
	[ -n "$perf" ] &&
		peer="perf report: $(perf_report), --no-inline $(perf_report --no-inline)"
	row "$name: report of $n samples, wall" "$(median <"$scratch/wall")" '<=' "$bar" s "$peer"
	row "$name: report, CPU" "$(median <"$scratch/cpu")" '<=' "$bar" s "the same"
	row "$name: from Ctrl-C to the sealed recording" "$(calc "$sealed_s - $ended_s" %.3f)" - - s \
		"perf has none of the names yet"
	[ "$n" -ge $want ] || missing "$name with $want samples" "$n came: $(tr '\n' ' ' <"$scratch/err")"
}

perf=
have_perf && perf=yes
if large_cc; then
	report "C++ -O2 -g, $(($(stat -c %s "$large_cc") >> 20)) MiB" 0.5 "$large_cc"
else
	missing "C++" "g++ is not installed"
fi
if [ -x "$cc1" ]; then
	large_c 3000
	report cc1 0.3 "$cc1" -quiet -O2 "$large_c" -o /dev/null
else
	missing "cc1" "gcc is not installed"
fi
