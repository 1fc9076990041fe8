# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Sourced by every benchmark: a scratch folder, targets, and lines of figures.
#
#	row WHAT MEASURED OP BAR UNIT PEER
#
# prints one figure beside its bar (OP is <= or >=) and beside what a peer does in
# the same run.  A figure without a bar has "-" for OP.  Times are CPU seconds
# where that is possible, medians of turns taken with the peer's: the machine may be
# shared and noisy.
set -u
: "${top_srcdir:?}" "${top_builddir:?}"
cprofd=$top_builddir/cprofd
tools=$top_builddir/bench
targets=$top_builddir/tests/targets
cc1=$(gcc -print-prog-name=cc1 2>/dev/null)
python=/usr/bin/python3.11
# Not /tmp alone: what perf writes is large.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/cprofd-bench.XXXXXX")
chmod 755 "$scratch"
export XDG_STATE_HOME="$scratch/state" XDG_CACHE_HOME="$scratch/cache"
pids=

cleanup() {
	for pid in $pids; do
		kill -9 "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

have() { command -v "$1" >/dev/null 2>&1; }

# Say what is not measured here, and why.
missing() { echo "# $1: not measured: $2"; }

row() {
	verdict=$(awk -v m="$2" -v op="$3" -v bar="$4" 'BEGIN {
		if (m !~ /^-?[0-9.]+$/) print "MISS"
		else if (op == "-") print "-"
		else print (op == "<=" ? m + 0 <= bar + 0 : m + 0 >= bar + 0) ? "ok" : "MISS"
	}')
	limit="$3 $4 $5"
	[ "$3" = - ] && limit=-
	printf '%-54s | %12s | %-14s | %-44s | %s\n' "$1" "${2:-none} $5" "$limit" "$6" "$verdict"
}

# The middle one of the numbers on stdin.
median() { sort -g | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'; }

# calc EXPRESSION [FORMAT]
calc() { awk "BEGIN { printf \"${2:-%.2f}\", ($1) }"; }

# Field KEY of "key value" lines in FILE.
get() { sed -n "s/^$1 //p" "$2"; }

# Start a target in the background: its pid is in $pid.
start() {
	"$@" >/dev/null 2>&1 &
	pid=$!
	pids="$pids $pid"
}

stop() {
	if kill -9 "$1" 2>/dev/null; then
		wait "$1" 2>/dev/null
	else
		wait "$1" 2>/dev/null
		echo "# process $1 had ended by itself, with $?"
	fi
	return 0
}

# CPU seconds that process $1 has used so far.
cpu_of() { awk '{ sub(/.*\) /, ""); print ($12 + $13) / 100 }' "/proc/$1/stat" 2>/dev/null; }

# Wait until process $1 has computed for $2 seconds: it is where it works.
settled() {
	limit=$(($(date +%s) + 60))
	while used=$(cpu_of "$1") && [ -n "$used" ]; do
		[ "$(calc "$used >= $2" %d)" = 1 ] && return 0
		[ "$(date +%s)" -lt $limit ] || break
		sleep 0.02
	done
	echo "# process $1 did not compute for $2 s within a minute" >&2
	return 1
}

# Run under bench/cost; the first four numbers are in $cpu_s $peak_mib $start_s $end_s.
costed() {
	"$tools/cost" "$@" >"$scratch/cost.out" 2>"$scratch/cost.err"
	status=$?
	# shellcheck disable=SC2046
	set -- $(sed -n 's/^cost //p' "$scratch/cost.err")
	cpu_s=${1:-} peak_mib=${2:-} start_s=${3:-} end_s=${4:-}
	return $status
}

# What perf's unwinding needs; 1 where there is no perf that works.
have_perf() {
	have perf && perf record -q -o "$scratch/perf.try" -e cpu-clock true >/dev/null 2>&1
}

large_c() {	# FUNCTIONS: a file for cc1, in $large_c
	large_c=$scratch/large-$1.c
	[ -f "$large_c" ] || "$top_srcdir/bench/large_c" "$1" >"$large_c"
}

# The session that command $1 started: a child of a child of it.
session_of() {
	for dir in /proc/[0-9]*; do
		[ "$(cat "$dir/comm" 2>/dev/null)" = cprofd-session ] || continue
		at=${dir#/proc/}
		while [ "${at:-0}" -gt 1 ]; do
			[ "$at" = "$1" ] && echo "${dir#/proc/}" && break
			at=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$at/status" 2>/dev/null)
		done
	done
}

# A large C++ program with debug information, in $large_cc; made once per build folder.
large_cc() {
	large_cc=$tools/large_cc
	[ -x "$large_cc" ] && return
	have g++ || return 1
	# shellcheck disable=SC2016
	seq 8 | xargs -P "$(nproc)" -n 1 sh -c '
		main=
		[ "$3" = 1 ] && main=-DMAIN
		g++ -std=c++17 -O2 -g -DFUNCTION=f"$3" $main -c "$1" -o "$2/$3.o"' \
		- "$top_srcdir/bench/large.cc" "$scratch" &&
		g++ "$scratch"/[0-9]*.o -o "$large_cc"
}
