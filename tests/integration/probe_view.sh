#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Calls that are counted while somebody looks, and what becomes of it when they do not.
. "${top_srcdir:?}/tests/integration/lib.sh"
. "$top_srcdir/tests/integration/mux.sh"
. "$top_srcdir/tests/integration/probe_lib.sh"
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

has_calls() { shot | grep -q "[1-9][0-9.,]*[kM]* .* P.add "; }

of_the_row() {
	needs_probe
	start "$with_probe" "$scratch/loop.py"
	wait_for 20 runs_file "$pid" "$with_probe" || fail "it does not run"
	pane 120 30 "$cprofd attach $pid"
	shows LIVE
	shows "add "
	hasnt CALLS || fail "counted before it was asked for: $(shot)"
	key -l '/add' && key Enter
	key -l ':probe 1' && key Enter
	wait_for 30 has "calls of add that ended" || fail "nothing was counted: $(shot)"
	nobody_listens "$pid" || fail "somebody still listens"
	wait_for 10 has_calls || fail "no calls: $(shot)"
	# Who looks leaves: it goes on, until its time is over or the recording ends.
	key -l ':probe add 60' && key Enter
	wait_for 10 somebody_listens "$pid" || fail "nothing is counted: $(shot)"
	key -l ':detach' && key Enter
	ended
	somebody_listens "$pid" || fail "it ended with who looked"
	"$cprofd" stop "$pid" >stop.txt 2>&1 || fail "$(cat stop.txt)"
	nobody_listens "$pid" || fail "somebody still listens"
}

check "calls of the function on the screen" of_the_row
finish
