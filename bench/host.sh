#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# the whole host: a build of many short processes, memory, and what watching it costs
. "$top_srcdir/bench/lib.sh"
n_files=${BENCH_FILES:-60}
seconds=20

if ! "$cprofd" top -d 0.2 --quiet --force -o "$scratch/try.cprof" >/dev/null 2>"$scratch/err"; then
	missing "the whole host" "$(tail -1 "$scratch/err")"
	exit 0
fi

# A project of small C files: each takes a shell, a driver, a compiler and an assembler.
project() {
	mkdir -p "$scratch/project"
	cd "$scratch/project" || exit 1
	for i in $(seq "$n_files"); do
		printf '#include <stdio.h>\n#include <string.h>\nint f%d(const char *s) { return (int)strlen(s) + printf("%%s", s) + %d; }\n' \
			"$i" "$i" >"f$i.c"
	done
	{
		echo "all: $(seq -f 'f%g.o' -s ' ' "$n_files")"
		printf '%%.o: %%.c\n\t@if test -f $<; then sed -n 1p $< >/dev/null; gcc -O1 -c $< -o $@; fi\n'
	} >Makefile
	cd - >/dev/null || exit 1
}

# Peak memory of opener and session together, of the command $1, in MiB.
peak_of() {
	peak=0
	while kill -0 "$1" 2>/dev/null; do
		now=0
		for session in $(session_of "$1"); do
			opener=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$session/status" 2>/dev/null)
			for one in $session $opener; do
				rss=$(awk '/VmHWM/ { print $2 }' "/proc/$one/status" 2>/dev/null)
				now=$((now + ${rss:-0}))
			done
		done
		[ "$now" -gt "$peak" ] && peak=$now
		sleep 0.3
	done
	calc "$peak / 1024" %.1f
}

project
"$cprofd" top --quiet --force -d $seconds -o "$scratch/host.cprof" >/dev/null 2>"$scratch/err" &
command=$!
pids="$pids $command"
peak_of $command >"$scratch/peak" &
peaks=$!
sleep 1
until=$(($(date +%s) + seconds - 3))
while [ "$(date +%s)" -lt $until ]; do
	make -C "$scratch/project" -j2 -s -B >/dev/null 2>&1
done
wait $command
wait $peaks
"$cprofd" report --json --by program "$scratch/host.cprof" >"$scratch/host.json" 2>/dev/null
/usr/bin/python3 - "$scratch/host.json" >"$scratch/figures" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
rows = d["ledger"]["rows"]
by = {}
for r in rows:
    by[r["outcome"]] = by.get(r["outcome"], 0) + r["samples"]
n = d["totals"]["received"]["samples"]
print("complete", by.get("complete", 0) / (n - by.get("no user stack", 0)) * 100)
print("samples", n)
print("processes", len(d["processes"]))
print("cpu", d["totals"]["cpu_ns"] / d["recording"]["duration_ns"])
print("own", d["recording"]["own_cpu_ns"] / d["recording"]["duration_ns"] * 100)
PY
row "fork-heavy build, whole host: complete, of $(get samples "$scratch/figures")" \
	"$(calc "$(get complete "$scratch/figures")")" '>=' 95 % \
	"$(get processes "$scratch/figures") processes; $(calc "$(get cpu "$scratch/figures")") CPUs busy"
row "the same: opener and session, peak memory" "$(cat "$scratch/peak")" '<=' 120 MiB "-"
row "the same: cprofd's own CPU" "$(calc "$(get own "$scratch/figures")")" - - "% of a core" "start included"
