#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Threads over time, of a program whose second phase begins when its first is over.
. "${top_srcdir:?}/tests/integration/lib.sh"
export LC_ALL=C.UTF-8

(cd "$scratch" && "$cprofd" record -F 999 -o r.cprof -- "$targets/phases" 0.5 >out.txt 2>&1) || {
	echo "not ok - a recording to look at: $(cat "$scratch/out.txt")"
	exit 1
}

play() {
	"$cprofd" view --no-state --ascii --script s.keys --size 120x30 "$@" r.cprof >out.txt 2>err.txt </dev/null ||
		fail "exit $?: $(cat err.txt) $(cat out.txt)"
}

# LANE: its cells, from the column on where the ruler begins.
lane() {
	"$python" -c 'import sys
rows = open("out.txt").read().split("\n")
ruler = next(r for r in rows if " CPU% " in r)
at = ruler.index("CPU%") + 5
print(next(r for r in rows if r[1:].split()[1:2] == [sys.argv[1]])[at:ruler.index(" WAITED")])' "$1"
}

# Where a lane has samples: the first column and the last.
columns() {
	lane "$1" | "$python" -c 'at = [i for i, c in enumerate(input()) if c in "NLKnlk?"]
print(at[0], at[-1])'
}

one_phase_begins_where_the_other_ends() {
	echo 7 >s.keys
	play
	columns early >early.txt && columns late >late.txt || fail "$(cat out.txt)"
	read -r _ end <early.txt
	read -r begin last <late.txt
	# They may share the column in which it happens.
	[ "$end" -le "$begin" ] && [ $((last - begin)) -ge 5 ] || fail "$(cat out.txt)"
}

# FUNCTION: is it a row of the table?
listed() { grep -q "^[> ] *[0-9][0-9. ]*[+<].* $1 " out.txt; }

# Key K, N times, on a line.
press() { "$python" -c "print(' '.join('$2' for _ in range($1)))"; }

# A range picked in the second phase has nothing of the first, in every view.
a_range_has_what_ran_in_it() {
	echo 7 >s.keys
	play
	columns late >late.txt
	read -r begin last <late.txt
	{
		echo 7
		press $((begin + 1)) l
		echo v
		press $((last - begin - 2)) l
		echo Enter
		echo 2
	} >s.keys
	play
	listed grind || fail "no grind: $(cat out.txt)"
	listed crunch && fail "crunch was over: $(cat out.txt)"
	printf '7\nu\n2\n' >>s.keys
	play
	listed crunch || fail "it is not undone: $(cat out.txt)"
}

a_thread_has_its_own() {
	printf '7\n/early\nEnter\n2\n' >s.keys
	play
	grep -q "early |" out.txt || fail "$(cat out.txt)"
	listed grind && fail "of another thread: $(cat out.txt)"
	listed crunch || fail "$(cat out.txt)"
}

# The same time picked in the heat map: from its first cell to the busiest and on.
the_heat_map_picks_time() {
	printf 'm\nexpect Heat map\nv\nl l\nEnter\n7\nexpect in the range\n' >s.keys
	play
	"$cprofd" view --no-state --render heat --size 80x24 r.cprof | grep -q "a column is" ||
		fail "no heat map"
}

check one_phase_begins_where_the_other_ends one_phase_begins_where_the_other_ends
check a_range_has_what_ran_in_it a_range_has_what_ran_in_it
check a_thread_has_its_own a_thread_has_its_own
check the_heat_map_picks_time the_heat_map_picks_time
finish
