#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# what watching costs the watcher: all processes of cprofd, CPU time; start and end
. "$top_srcdir/bench/lib.sh"
runs=${BENCH_RUNS:-7}

# A target that runs through all of what follows.
fib() { start "$top_builddir/samples/fib" 45 1000; settled "$pid" 0.3; }

# A short and a long recording of $target by turns: the difference is what samples
# cost, the rest is start and end.
slope() {	# WHO; in $scratch/WHO.ms: ms per 1,000 samples, .fixed: s
	: >"$scratch/$1.ms"
	: >"$scratch/$1.fixed"
	for run in $(seq "$runs"); do
		"$1" 1
		short_s=$cpu_s short_n=$n
		"$1" 4
		[ "$n" -gt "$short_n" ] || continue
		awk -v a="$short_s" -v b="$cpu_s" -v m="$short_n" -v n="$n" -v ms="$scratch/$1.ms" \
			-v fixed="$scratch/$1.fixed" 'BEGIN {
			k = (b - a) / (n - m)
			print k * 1e6 >ms
			print a - k * m >fixed
		}'
	done
}

ours() {	# SECONDS
	costed "$cprofd" record --quiet --force -F "$rate" -d "$1" -o "$scratch/ours.cprof" -p "$target"
	"$tools/bench_recording" "$scratch/ours.cprof" >"$scratch/ours.out"
	n=$(get samples "$scratch/ours.out")
}

peer() {
	costed perf record -q -F "$rate" -e cpu-clock --call-graph dwarf,16384 -o "$scratch/perf.data" \
		-p "$target" -- sleep "$1"
	n=$(perf report --stats -i "$scratch/perf.data" 2>/dev/null | awk '/SAMPLE events:/ { print $3; exit }')
}

marginal() {	# NAME RATE
	rate=$2
	slope ours
	other="perf: not installed"
	if [ -n "$perf" ]; then
		slope peer
		other="perf record, nothing unwound: $(calc "$(median <"$scratch/peer.ms")") ms"
	fi
	row "$1: CPU per 1,000 samples, $rate Hz" "$(calc "$(median <"$scratch/ours.ms")")" '<=' 5 ms "$other"
}

# From the start of the command to the first stack of its recording.
first_stack() {
	for run in $(seq "$runs"); do
		ours 0.3
		calc "($(get first_s "$scratch/ours.out") - $start_s) * 1000" '%.1f\n'
	done | median
}

# From the end of a recording of one second to the end of the report.
report_after() {	# cold | warm
	for run in $(seq "$runs"); do
		[ "$1" = cold ] && rm -rf "$XDG_CACHE_HOME"
		costed "$cprofd" attach --quiet --force -d 1 -o "$scratch/ours.cprof" "$target"
		grep -q 'FUNCTION' "$scratch/cost.out" || echo "# attach printed no report" >&2
		"$tools/bench_recording" "$scratch/ours.cprof" >"$scratch/ours.out"
		calc "($end_s - $(get end_s "$scratch/ours.out")) * 1000" '%.1f\n'
	done | median
}

perf_report_after() {
	for run in $(seq "$runs"); do
		# shellcheck disable=SC2016
		costed sh -c 'perf record -q -F 499 -e cpu-clock --call-graph dwarf,16384 -o "$1" -p "$2" -- sleep 1
			perf report --stdio -i "$1"' - "$scratch/perf.data" "$target"
		calc "($end_s - $start_s - 1) * 1000" '%.0f\n'
	done | median
}

# Peak memory of the session that records $target for 5 seconds.
session_peak() {
	"$cprofd" record --quiet --force -d 5 -o "$scratch/ours.cprof" -p "$target" 2>/dev/null &
	command=$!
	pids="$pids $command"
	peak=0
	while kill -0 "$command" 2>/dev/null; do
		for session in $(session_of "$command"); do
			now=$(awk '/VmHWM/ { print $2 }' "/proc/$session/status" 2>/dev/null)
			[ -n "$now" ] && peak=$now
		done
		sleep 0.2
	done
	wait "$command"
	calc "$peak / 1024" %.1f
}

perf=
have_perf && perf=yes
fib
target=$pid
marginal fib 999
cold=$(rm -rf "$XDG_CACHE_HOME"; rate=499; ours 0.3; calc "$cpu_s" %.3f)
row "fib: start and end" "$(calc "$(median <"$scratch/ours.fixed")" %.3f)" '<=' 0.03 s \
	"$([ -n "$perf" ] && echo "perf: $(calc "$(median <"$scratch/peer.fixed")" %.3f) s" || echo none)"
row "fib: start and end, nothing cached (once per file)" "$cold" - 0.03 s none
rate=499
row "fib: first stack after the start" "$(first_stack)" '<=' 50 ms none
other="perf: not installed"
[ -n "$perf" ] && other="perf record + report, without its 1 s: $(perf_report_after) ms"
row "fib: report after a recording of 1 s" "$(report_after warm)" '<=' 150 ms "$other"
row "fib: the same, nothing cached" "$(report_after cold)" '<=' 150 ms "$other"
row "fib: session, peak memory" "$(session_peak)" '<=' 20 MiB "hour.sh has the long run"
stop "$target"

if [ -x "$cc1" ]; then
	large_c 3000
	start "$cc1" -quiet -O2 "$large_c" -o /dev/null
	target=$pid
	settled "$target" 1
	marginal cc1 999
	kill -0 "$target" || echo "# cc1 ended too early: its row is of fewer runs"
	stop "$target"
else
	missing "cc1" "gcc is not installed"
fi
