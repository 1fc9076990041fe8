#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# what watching costs the watcher: all processes of cprofd, CPU time; start and end
. "$top_srcdir/bench/lib.sh"
runs=${BENCH_RUNS:-7}
engine=perf	# and bpf at the end

# A target that runs through all of what follows.
fib() { start "$top_builddir/samples/fib" 45 1000; settled "$pid" 0.3; }

# What samples cost is the difference of a short and a long recording of $target, by
# turns: names are made once per file, in the short one as in the long one.
slope() {	# WHO; ms per 1,000 samples in $scratch/WHO.ms
	: >"$scratch/$1.ms"
	for run in $(seq "$runs"); do
		"$1" 2
		short_s=$cpu_s short_n=$n
		"$1" 8
		[ "$n" -gt "$short_n" ] &&
			calc "($cpu_s - $short_s) / ($n - $short_n) * 1e6" '%.4f\n' >>"$scratch/$1.ms"
	done
}

# Start and end: all of a recording as short as can be, less what its samples cost.
start_end() {	# WHO
	: >"$scratch/$1.fixed"
	for run in $(seq $((2 * runs + 1))); do
		"$1" 0.2
		calc "$cpu_s - ${n:-0} * $(median <"$scratch/$1.ms") / 1e6" '%.4f\n' >>"$scratch/$1.fixed"
	done
}

mean() { awk '{ s += $1 } END { if (NR) print s / NR }'; }

ours() {	# SECONDS
	costed "$cprofd" record --engine $engine --quiet --force -F "$rate" -d "$1" \
		-o "$scratch/ours.cprof" -p "$target"
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
		costed "$cprofd" attach --engine $engine --quiet --force -d 1 -o "$scratch/ours.cprof" "$target"
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

# Peak memory of the session that records $target for 5 seconds; with "both" of it and
# its opener, a process of its own beside the command.
session_peak() {	# [both]
	"$cprofd" record --engine $engine --quiet --force -d 5 -o "$scratch/ours.cprof" -p "$target" 2>/dev/null &
	command=$!
	pids="$pids $command"
	peak=0
	while kill -0 "$command" 2>/dev/null; do
		for session in $(session_of "$command"); do
			now=$(awk '/VmHWM/ { print $2 }' "/proc/$session/status" 2>/dev/null)
			opener=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$session/status" 2>/dev/null)
			[ -n "${1:-}" ] && now=$((${now:-0} + $(awk '/VmHWM/ { print $2 }' \
				"/proc/${opener:-0}/status" 2>/dev/null || echo 0)))
			[ "${now:-0}" -gt "$peak" ] && peak=$now
		done
		sleep 0.2
	done
	wait "$command"
	calc "$peak / 1024" %.1f
}

# User CPU of all of cprofd's processes for 10 seconds, its start included, in per cent
# of a core.
user_share() {
	for run in $(seq 3); do
		"$tools/cost" "$cprofd" record --engine $engine --quiet --force -F 999 -d 10 \
			-o "$scratch/ours.cprof" -p "$target" >/dev/null 2>"$scratch/cost.err"
		calc "$(awk '/^cost / { print $6 }' "$scratch/cost.err") * 10" '%.2f\n'
	done | median
}

perf=
have_perf && perf=yes
fib
target=$pid
marginal fib 1999
rate=499
start_end ours
other="perf: not installed"
if [ -n "$perf" ]; then
	start_end peer
	other="perf record: $(calc "$(median <"$scratch/peer.fixed")" %.3f) s"
fi
row "fib: start and end" "$(calc "$(median <"$scratch/ours.fixed")" %.3f)" '<=' 0.03 s "$other"
row "fib: the same, mean (some need kernel names)" "$(calc "$(mean <"$scratch/ours.fixed")" %.3f)" \
	'<=' 0.03 s "$other"
rm -rf "$XDG_CACHE_HOME"
ours 0.2
row "fib: the same, nothing cached (once per file)" "$(calc "$cpu_s" %.3f)" - - s "-"
row "fib: first stack after the start" "$(first_stack)" '<=' 50 ms none
other="perf: not installed"
[ -n "$perf" ] && other="perf record + report, without its 1 s: $(perf_report_after) ms"
row "fib: report after a recording of 1 s" "$(report_after warm)" '<=' 150 ms "$other"
row "fib: the same, nothing cached" "$(report_after cold)" '<=' 150 ms "$other"
row "fib: session, peak memory" "$(session_peak)" '<=' 20 MiB "(after an hour: hour)"
stop "$target"

if [ -x "$cc1" ]; then
	large_c 9000	# minutes, all but the first seconds of them in the optimizer
	start "$cc1" -quiet -O2 "$large_c" -o /dev/null
	target=$pid
	settled "$target" 12
	marginal cc1 1999
	kill -0 "$target" || echo "# cc1 ended too early: its row is of fewer runs"
	stop "$target"
else
	missing "cc1" "gcc is not installed"
fi

engine=bpf
if ! "$cprofd" record --engine bpf --quiet --force -d 0.1 -o "$scratch/ours.cprof" -p $$ 2>"$scratch/err" &&
	! grep -q "no sample\|before the first" "$scratch/err"; then
	missing "engine bpf" "$(tail -1 "$scratch/err")"
	exit 0
fi
start "$targets/threads" 2 0 3600	# two cores busy
target=$pid
settled "$target" 0.3
rate=499
slope ours
start_end ours
row "bpf: start and end" "$(calc "$(median <"$scratch/ours.fixed")" %.3f)" '<=' 0.2 s \
	"the verifier has most of it"
row "bpf: first stack after the start" "$(first_stack)" '<=' 150 ms none
row "bpf: two busy threads, 999 Hz: user CPU" "$(user_share)" '<=' 1 "% of a core" "start included"
row "bpf: opener and session, peak memory" "$(session_peak both)" '<=' 40 MiB "maps in the kernel beside"
stop "$target"
