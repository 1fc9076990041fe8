#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# what one sample costs the program that it is taken of, beside perf with the same copy
#
# Bursts by turns; each prints the median gap that the program feels (bench/gaps.c).
. "$top_srcdir/bench/lib.sh"
runs=${BENCH_RUNS:-9}
rate=10000

burst() {	# WHO CMD...
	who=$1
	shift
	"$@" >"$scratch/gaps.out" 2>/dev/null
	awk 'NF == 5 { print $3 }' "$scratch/gaps.out" >>"$scratch/$who.median"
	awk 'NF == 5 { print $5 }' "$scratch/gaps.out" >>"$scratch/$who.mean"
}

if ! have_perf; then
	missing "a sample's cost beside perf's" "perf is not installed, or may not sample here"
	perf=
else
	perf=yes
fi
for run in $(seq "$runs"); do
	burst ours "$cprofd" record --quiet --force -F $rate -o "$scratch/ours.cprof" -- "$tools/gaps" 1
	[ -n "$perf" ] || continue
	burst perf perf record -q -F $rate -e cpu-clock --call-graph dwarf,16384 \
		-o "$scratch/perf.data" "$tools/gaps" 1
	burst bare perf record -q -F $rate -e cpu-clock -o "$scratch/perf.data" "$tools/gaps" 1
done
us() { calc "$(median <"$scratch/$1") / 1000"; }
# 1.03: the medians of perf against itself differ by that much on a busy machine.
bar=-
[ -n "$perf" ] && bar=$(calc "$(us perf.median) * 1.03")
row "a sample, 16 KiB copy: median gap, $rate Hz" "$(us ours.median)" \
	"$([ "$bar" = - ] && echo - || echo '<=')" "$bar" us \
	"$([ -n "$perf" ] && echo "perf: $(us perf.median) us; without a copy $(us bare.median) us")"
row "a sample, 16 KiB copy: mean gap below 100 us" "$(us ours.mean)" - - us \
	"$([ -n "$perf" ] && echo "perf: $(us perf.mean) us; without a copy $(us bare.mean) us")"
