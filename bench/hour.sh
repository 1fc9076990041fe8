#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# memory of a session after the samples of an hour: 499 Hz on two busy cores, 3.6 million
#
# Taken at 10 kHz and more, so that the hour lasts minutes: what a session keeps
# depends on how many samples and distinct stacks it saw, not on the time between.
. "$top_srcdir/bench/lib.sh"
want=${BENCH_HOUR:-3600000}
rate=20000
limit_s=600

hour() {	# NAME CMD...
	name=$1
	shift
	start "$@"
	target=$pid
	"$cprofd" record --quiet --force -F $rate -o "$scratch/hour.cprof" -p "$target" \
		2>"$scratch/err" &
	command=$!
	pids="$pids $command"
	n=0 session=
	until=$(($(date +%s) + limit_s))
	while [ "$n" -lt "$want" ] && kill -0 "$command" 2>/dev/null && [ "$(date +%s)" -lt $until ]; do
		sleep 3
		[ -n "$session" ] || session=$(session_of "$command")
		peak=$(awk '/VmHWM/ { print $2 }' "/proc/$session/status" 2>/dev/null)
		if "$tools/bench_recording" "$scratch/hour.cprof" >"$scratch/out" 2>/dev/null; then
			n=$(get samples "$scratch/out")
		fi
	done
	kill -INT "$command" 2>/dev/null
	wait "$command"
	stop "$target"
	"$tools/bench_recording" "$scratch/hour.cprof" >"$scratch/out"
	n=$(get samples "$scratch/out")
	if [ "$n" -lt "$want" ]; then
		missing "$name" "only $n of $want samples in $limit_s s"
		return
	fi
	row "$name: session after $n samples" "$(calc "$peak / 1024" %.1f)" '<=' 60 MiB \
		"recording $(calc "$(get bytes "$scratch/out") / 1048576" %.0f) MiB, lost $(get lost "$scratch/out")"
}

hour "two threads of few stacks" "$targets/threads" 2 0 3600
if [ -x "$cc1" ]; then
	large_c 3000
	# shellcheck disable=SC2016
	hour "two compilers at a time, again and again" sh -c '
		while :; do "$1" -quiet -O2 "$2" -o /dev/null; done &
		while :; do "$1" -quiet -O2 "$2" -o /dev/null; done' - "$cc1" "$large_c"
else
	missing "two compilers" "gcc is not installed"
fi
