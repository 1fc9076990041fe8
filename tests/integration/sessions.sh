#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sessions that outlive their terminal: attach, leave, come back, look at one from
# two terminals; and each way that one can end.
. "${top_srcdir:?}/tests/integration/lib.sh"
. "$top_srcdir/tests/integration/mux.sh"
# What looks for leaks waits for threads that end while it does, and says so on the screen.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
sessions=$XDG_STATE_HOME/cprofd/sessions

# Samples in the header of the screen, as a number.
n_samples() { shot | sed -n '1s/.* \([0-9,]*\) smp .*/\1/p' | tr -d ,; }
more_than() { [ "$(n_samples)" -gt "$1" ]; }
listed() { "$cprofd" list --json | "$python" -c "import json,sys
print([x['$2'] for x in json.load(sys.stdin) if x['pid'] == $1])"; }
is_listed_as() { [ "$(listed "$1" state)" = "['$2']" ]; }
# The process of the session that looks at $1, not that of another.
session_of() {
	for command in $(pgrep -f "cprofd attach $1\$"); do
		pgrep -x cprofd-session -P "$command"
	done
}

# Start a target and look at it.
attach() {
	start "$targets/abc" 600
	pane 100 30 "$cprofd attach $pid"
	shows LIVE
	wait_for 10 more_than 100 || fail "no samples: $(shot)"
}

# A recording with samples and an end.
is_whole() {
	"$cprofd" report "$1" >out.txt 2>err.txt || fail "report: exit $?: $(cat err.txt)"
	[ ! -s err.txt ] || fail "report says: $(cat err.txt)"
	grep -q " half " out.txt || fail "no samples: $(cat out.txt)"
}

# What goes on ends with the case, whatever became of it.
end_session() { "$cprofd" stop "$1" >/dev/null 2>&1; rm -rf "$sessions"; }

live() {
	attach
	shows "> "
	before=$(n_samples)
	wait_for 10 more_than "$((before + 100))" || fail "it does not grow: $(shot)"
	key p
	shows PAUSED
	shows "smp waiting"
	before=$(n_samples)
	sleep 1.5
	[ "$(n_samples)" = "$before" ] || fail "it moves: $(shot)"
	key p
	wait_for 10 more_than "$before" || fail "it does not go on: $(shot)"
	key j
	shows "HELD"
	wait_for 10 hasnt "HELD" || fail "held for ever: $(shot)"
	key -l ':set mouse on'
	key Enter
	click_at 40 5
	before=$(n_samples)
	wait_for 3 more_than "$before" || fail "a click stops it: $(shot)"
	# What comes each second changes little of the screen, and never clears it.
	since=$(date +%s%N)
	mux pipe-pane -t t "cat >redrawn.txt"
	for i in 1 2 3; do
		before=$(n_samples)
		wait_for 10 more_than "$before" || fail "it does not grow: $(shot)"
	done
	bytes=$(($(wc -c <redrawn.txt) * 1000 / (($(date +%s%N) - since) / 1000000)))
	[ "$bytes" -gt 0 ] && [ "$bytes" -lt 12000 ] || fail "$bytes bytes a second"
	! grep -q "$(printf '\033')\[2J" redrawn.txt || fail "the screen is cleared: $(cat -v redrawn.txt)"
	end_session "$pid"
}

# As in a container: what is left is said, and shows the same.
where_perf_is_forbidden() {
	start "$targets/abc" 600
	pane 100 30 "$targets/deny perf_event_open,bpf $cprofd attach $pid"
	shows LIVE
	shows "99 Hz"
	wait_for 10 more_than 100 || fail "no samples: $(shot)"
	shows " half "
	key =
	shows "seccomp filter forbids perf events"
	shows "cprofd used"
	end_session "$pid"
}

# Instructions come while it goes on, of the function that is looked at.
assembly() {
	"$cprofd" version | grep -q 'assembly (capstone)' || skip "$name" "built without capstone"
	attach
	key 6
	shows "samples in this code"
	shows "> "
	end_session "$pid"
}

leave_and_join() {
	attach
	key 4
	shows "CALLERS, CALLEES"
	key 2
	key -l /third
	shows "match 1 of 1"
	key Enter
	shows "selected third"
	key 3
	before=$(n_samples)
	key q
	shows "is still being recorded"
	key Escape
	wait_for 5 hasnt "is still being recorded" || fail "the box stays: $(shot)"
	key q d
	ended
	is_listed_as "$pid" live || fail "listed: $("$cprofd" list)"
	pane 100 30 "$cprofd attach $pid"
	shows "selected third"
	shows "CALL TREE"
	wait_for 10 more_than "$before" || fail "not the same session: $(shot)"
	# Another one at the same time.
	mux new-window -d -t t:9 "$cprofd attach $pid"
	second() { mux capture-pane -p -t t:9 | grep -q LIVE; }
	wait_for 10 second || fail "the second viewer: $(mux capture-pane -p -t t:9)"
	key D
	ended
	second || fail "the second viewer ended with the first"
	end_session "$pid"
}

stop_and_save() {
	attach
	key D
	ended
	expect 0 "saved kept.cprof" "$cprofd" stop --save kept.cprof "$pid"
	is_whole kept.cprof
	[ "$(listed "$pid" state)" = "[]" ] || fail "still listed: $("$cprofd" list)"
	expect 3 "no session of that process goes on" "$cprofd" stop "$pid"
	kill -0 "$pid" || fail "the target has ended"
}

save_and_discard() {
	attach
	key q s
	ended
	saved=$(ls abc-*.cprof 2>/dev/null)
	[ -n "$saved" ] || fail "nothing was saved: $(shot)"
	is_whole "$saved"
	[ "$(ls "$sessions" | wc -l)" = 0 ] || fail "left: $(ls "$sessions")"
	pane 100 30 "$cprofd attach $pid"
	shows LIVE
	key q x
	ended
	[ "$(ls "$sessions" | wc -l)" = 0 ] || fail "left: $(ls "$sessions")"
	kill -0 "$pid" || fail "the target has ended"
}

# -o names the recording; it is listed all the same.
named() {
	start "$targets/abc" 600
	pane 100 30 "$cprofd attach -o named.cprof $pid"
	shows LIVE
	key D
	ended
	[ "$(listed "$pid" recording)" = "['$scratch/named.cprof']" ] || fail "$("$cprofd" list)"
	expect 0 "$scratch/named.cprof" "$cprofd" stop "$pid"
	is_whole named.cprof
	rm -rf "$sessions"
}

target_ends() {
	attach
	kill -9 "$pid"
	wait "$pid" 2>/dev/null		# how it ended is known when its parent has taken note
	shows "ENDED SIGKILL"
	shows "S saves it, q leaves"
	key j 3
	shows "CALL TREE"
	key q
	ended
	# Names may still be looked for.
	wait_for 20 is_listed_as "$pid" ended || fail "$("$cprofd" list)"
	rm -rf "$sessions"
}

session_dies() {
	attach
	session=$(session_of "$pid")
	[ -n "$session" ] || fail "no session"
	kill -9 $session
	shows "STALE"
	shows "reconnecting ("
	key 3
	shows "CALL TREE"
	key D
	ended
	is_listed_as "$pid" cut || fail "$("$cprofd" list)"
	kill -0 "$pid" || fail "the target has ended"
	rm -rf "$sessions"
}

# A dead ssh: the viewer goes at once, recording goes on, and nobody holds the terminal.
# (Sanitizers keep standard error to report on: it goes elsewhere here.)
terminal_dies() {
	start "$targets/abc" 600
	pane 100 30 "$cprofd attach $pid 2>attach-err.txt"
	shows LIVE
	viewer=$(its_pid)
	tty=$(readlink "/proc/$viewer/fd/0")
	mux kill-server
	gone() { ! kill -0 "$viewer" 2>/dev/null; }
	wait_for 5 gone || fail "the viewer is still there"
	is_listed_as "$pid" live || fail "$("$cprofd" list)"
	for p in $(pgrep -f "cprofd attach $pid\$") $(session_of "$pid"); do
		! ls -l "/proc/$p/fd" 2>/dev/null | grep -qF -- "-> $tty" ||
			fail "$(tr '\0' ' ' <"/proc/$p/cmdline") holds the terminal"
	done
	end_session "$pid"
}

# Keys, sizes, detaching, hang-ups and kills at random; recording goes on all the time.
storm() {
	start "$targets/abc" 600
	n_keys=1500
	[ -z "${CPROFD_LONG:-}" ] || n_keys=10000
	"$python" "$top_srcdir/tests/integration/storm.py" "$cprofd" "$pid" $n_keys 7 \
		>storm.txt || fail "$(cat storm.txt)"
	is_listed_as "$pid" live || fail "$("$cprofd" list)"
	expect 0 "saved stormy.cprof" "$cprofd" stop --save stormy.cprof "$pid"
	is_whole stormy.cprof
}

check "live: it grows, pauses and holds" live
check "live: where perf and bpf are forbidden" where_perf_is_forbidden
check "live: instructions come when they are looked at" assembly
check "left, joined again, and by two" leave_and_join
check "stopped from elsewhere, and saved" stop_and_save
check "left: saved, or thrown away" save_and_discard
check "a recording with a name" named
check "the target ends" target_ends
check "the session dies" session_dies
check "the terminal dies" terminal_dies
check "a storm of keys, sizes and disconnects" storm
finish
