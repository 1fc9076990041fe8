#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# what one sample costs the program that it is taken of, beside perf and bpftrace
#
# Bursts by turns; each prints the median gap that the program feels (bench/gaps.c),
# which is 30 calls deep.  Nothing else says as much on a shared machine: 1 % of
# slowdown cannot be seen in the time of a whole run.
. "$top_srcdir/bench/lib.sh"
runs=${BENCH_RUNS:-9}

burst() {	# WHO CMD...
	who=$1
	shift
	"$@" >"$scratch/gaps.out" 2>/dev/null
	awk 'NF == 5 { print $3 }' "$scratch/gaps.out" >>"$scratch/$who.median"
	awk 'NF == 5 { print $5 }' "$scratch/gaps.out" >>"$scratch/$who.mean"
}

ours() {	# ENGINE
	burst "$1" "$cprofd" record --engine "$1" --quiet --force -F "$rate" \
		-o "$scratch/ours.cprof" -- "$tools/gaps" 1
}

perf_with() {	# WHO OPTION...
	who=$1
	shift
	burst "$who" perf record -q -F "$rate" -e cpu-clock "$@" -o "$scratch/perf.data" "$tools/gaps" 1
}

# bpftrace may not start what it samples: it is given a moment, then the burst.
bpftrace_ustack() {
	bpftrace -q -e "profile:hz:$rate /comm == \"gaps\"/ { @[ustack(127)] = count(); }" \
		>"$scratch/bpftrace.out" 2>&1 &
	other=$!
	pids="$pids $other"
	sleep 1.5
	burst bpftrace "$tools/gaps" 1
	kill -INT "$other" 2>/dev/null
	wait "$other" 2>/dev/null
}

us() { calc "$(median <"$scratch/$1") / 1000"; }
ratio() { calc "$(median <"$scratch/$1.median") / $(median <"$scratch/$2.median")"; }

bpf=
"$cprofd" record --engine bpf --quiet --force -o "$scratch/ours.cprof" -- true 2>"$scratch/err"
case $? in 0|5) bpf=yes ;; *) missing "engine bpf" "$(tail -1 "$scratch/err")" ;; esac
perf=
have_perf && perf=yes || missing "what perf's samples cost" "perf is not installed, or may not sample here"
bpftrace=
have bpftrace && [ "$(id -u)" = 0 ] && bpftrace=yes ||
	missing "what bpftrace's samples cost" "not installed, or not root"
for rate in 10000 20000; do
	rm -f "$scratch"/*.median "$scratch"/*.mean
	for run in $(seq "$runs"); do
		[ -z "$bpf" ] || ours bpf
		ours perf
		if [ -n "$perf" ]; then
			perf_with bare
			perf_with dwarf8 --call-graph dwarf,8192
			perf_with dwarf16 --call-graph dwarf,16384
		fi
		[ -z "$bpftrace" ] || bpftrace_ustack
	done
	peer=none
	[ -n "$perf" ] && peer="perf, no chain $(us bare.median), dwarf 8 KiB $(us dwarf8.median)"
	[ -n "$bpftrace" ] && peer="$peer; bpftrace $(us bpftrace.median)"
	if [ -n "$bpf" ]; then
		row "bpf: a sample, median gap, $rate Hz" "$(us bpf.median)" - - us "$peer"
		if [ -n "$perf" ]; then
			row "bpf: the same beside perf without a chain" "$(ratio bpf bare)" '<=' 1.15 x "-"
			row "bpf: the same beside perf with 8 KiB" "$(ratio bpf dwarf8)" '<=' 1 x "-"
		fi
		[ -z "$bpftrace" ] || row "bpf: the same beside bpftrace ustack" "$(ratio bpf bpftrace)" '<=' 1 x \
			"follows frame pointers only"
	fi
	row "perf engine: a sample, 16 KiB copy, $rate Hz" "$(us perf.median)" - - us \
		"$([ -n "$perf" ] && echo "perf, dwarf 16 KiB $(us dwarf16.median)")"
	# 1.03: the medians of perf against itself differ by that much on a busy machine.
	[ -z "$perf" ] || row "perf engine: the same beside perf with 16 KiB" \
		"$(ratio perf dwarf16)" '<=' 1.03 x "-"
done
