#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whatever ends us, or one of our processes: the target goes on and is neither
# stopped nor traced, what was sampled can be read, no process of ours is left.
. "${top_srcdir:?}/tests/integration/lib.sh"

n_kills=${CPROFD_LONG:+100}
n_kills=${n_kills:-3}

# ---- what is to hold ----

cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

is_going() {
	! grep -q '^State:	[Tt]' /proc/"$1"/task/*/status &&
		[ "$(cpu_ticks "$1")" -gt "$2" ]
}

# Process $1 computes, no thread of it is stopped or traced.
unharmed() {
	[ -d "/proc/$1" ] || fail "the target is gone"
	wait_for 20 is_going "$1" "$(cpu_ticks "$1")" ||
		fail "the target does not go on: $(grep -h '^State' /proc/"$1"/task/*/status)"
	! grep -h '^TracerPid' /proc/"$1"/task/*/status | grep -qv '	0$' ||
		fail "the target is still traced"
}

# The opener leads a session (setsid) which all our other processes are in.
none_in_session() { [ -z "$(pgrep -s "$1")" ]; }
nothing_left() {
	wait_for 20 none_in_session "$1" ||
		fail "left behind: $(ps -o pid=,stat=,comm= -s "$1")"
}

n_samples() { report "$1" 'r["totals"]["received"]["samples"]'; }
has_samples() { [ -s "$1" ] && [ "$(n_samples "$1")" -gt 0 ] 2>/dev/null; }

# ---- a recording under way ----

new_target() { start "$targets/threads" 1 1 600; target=$pid; }

# Record $target with engine $1: $recorder, $opener, and samples in rec.cprof.
begin() {
	engine=$1
	shift
	rm -f rec.cprof*
	XDG_CACHE_HOME=$scratch/cache.$engine.$$ \
		"$cprofd" record --engine "$engine" "$@" -p "$target" -o rec.cprof 2>err.txt &
	recorder=$!
	echo $recorder >>"$scratch/pids"
	wait_for 20 has_samples rec.cprof || fail "no samples come: $(cat err.txt)"
	opener=$(pgrep -P $recorder)
	pgrep -s "$opener" >>"$scratch/pids"
}

part_of() { pgrep -s "$opener" -x "$1"; }

# ---- signals ----

ends_properly() {
	new_target
	begin "$1"
	kill -"$2" $recorder
	wait $recorder
	got=$?
	[ $got = 0 ] || fail "exit $got: $(cat err.txt)"
	[ "$(report rec.cprof 'r["recording"]["finished"]')" = True ] || fail "not finished"
	[ "$(n_samples rec.cprof)" -gt 0 ] || fail "no samples"
	nothing_left "$opener"
	unharmed "$target"
}

# At any moment of the start: a file that can be read, or none.
at_any_moment() {
	new_target
	for ms in 01 02 03 04 05 07 09 11 14 17 20 25 30; do
		rm -f rec.cprof*
		timeout --preserve-status -s TERM 0.0$ms \
			"$cprofd" record -p "$target" -o rec.cprof 2>err.txt
		got=$?
		case $got in
		0) "$cprofd" report rec.cprof >out.txt 2>&1 || fail "$ms ms: $(cat out.txt)" ;;
		5|143) [ ! -e rec.cprof ] || fail "$ms ms: exit $got and a file is there" ;;
		*) fail "$ms ms: exit $got: $(cat err.txt)" ;;
		esac
		[ "$(wc -l <err.txt)" -le 1 ] || fail "$ms ms: more than a line: $(cat err.txt)"
	done
	unharmed "$target"
}

# The program gets the signal; its status is ours, the recording is whole.
is_passed_on() {
	rm -f rec.cprof*
	"$cprofd" record -o rec.cprof -- "$targets/threads" 1 0 600 2>err.txt &
	recorder=$!
	echo $recorder >>"$scratch/pids"
	wait_for 20 has_samples rec.cprof || fail "no samples come: $(cat err.txt)"
	pgrep -P $recorder >>"$scratch/pids"
	kill -"$1" $recorder
	wait $recorder
	got=$?
	[ $got = "$2" ] || fail "exit $got instead of $2: $(cat err.txt)"
	[ "$(report rec.cprof 'r["recording"]["finished"]')" = True ] || fail "not finished"
}

# ---- kill -9 ----

# The command is killed: the session notices, seals the recording and ends.
command_killed() {
	new_target
	begin "$1"
	kill -9 $recorder
	wait $recorder 2>/dev/null
	nothing_left "$opener"
	unharmed "$target"
	[ "$(report rec.cprof 'r["recording"]["finished"]')" = True ] || fail "not sealed"
	[ "$(n_samples rec.cprof)" -gt 0 ] || fail "no samples"
}

opener_killed() {
	new_target
	begin "$1"
	kill -9 "$opener"
	wait $recorder
	nothing_left "$opener"
	unharmed "$target"
	grep -q "ended early" err.txt || fail "nothing said: $(cat err.txt)"
	[ "$(report rec.cprof 'r["recording"]["finished"]')" = True ] || fail "not sealed"
	[ "$(n_samples rec.cprof)" -gt 0 ] || fail "no samples"
}

# Nobody can seal it: at most the last second is missing, recover ends it.
session_killed() {
	new_target
	begin "$1"
	wait_for 10 test "$(n_samples rec.cprof)" -gt 0
	before=$(n_samples rec.cprof)
	kill -9 "$(part_of cprofd-session)"
	wait $recorder
	got=$?
	[ $got = 70 ] || fail "exit $got instead of 70: $(cat err.txt)"
	nothing_left "$opener"
	unharmed "$target"
	n=$(n_samples rec.cprof)
	[ "$n" -ge "$before" ] || fail "$n samples after $before"
	[ "$(report rec.cprof 'r["recording"]["finished"]')" = False ] || fail "how is it sealed?"
	"$cprofd" recover -o whole.cprof --force rec.cprof >out.txt 2>&1 || fail "$(cat out.txt)"
	[ "$(report whole.cprof 'r["recording"]["finished"]')" = True ] || fail "recover has not sealed it"
	[ "$(n_samples whole.cprof)" = "$n" ] || fail "recover lost samples"
}

# What parses files may die: the recording goes on.
workers_killed() {
	new_target
	begin "$1"
	wait_for 10 part_of cprofd-worker >/dev/null || fail "there is no worker"
	for worker in $(part_of cprofd-worker); do
		kill -9 "$worker"
	done
	before=$(n_samples rec.cprof)
	more() { [ "$(n_samples rec.cprof)" -gt "$before" ]; }
	wait_for 20 more || fail "no samples come any more: $(cat err.txt)"
	kill -TERM $recorder
	wait $recorder
	got=$?
	[ $got = 0 ] || fail "exit $got: $(cat err.txt)"
	nothing_left "$opener"
	unharmed "$target"
	report rec.cprof '[f["name"] for f in r["functions"]]' | grep -q "'burn'" ||
		fail "no names"
}

# The tracer dies at a random moment, in the middle of a stop too.
tracer_killed_often() {
	new_target
	for i in $(seq "$n_kills"); do
		begin ptrace -F 999
		sleep "0.0$(awk -v s="$i" 'BEGIN { srand(s); printf "%03d", 1000 * rand() }')"
		kill -9 "$opener"
		wait $recorder
		unharmed "$target"
		nothing_left "$opener"
	done
}

# ---- a reader that is stalled ----

# The kernel counts what found no room in the ring (PERF_FORMAT_LOST).  Judged
# twice: by what read(2) of each event gave at the end, seen by strace; and by
# arithmetic, as the target's CPU time and the rate say how many were due.
overflow_is_counted() {
	new_target
	begin perf -F 9999
	session=$(part_of cprofd-session)
	if have strace; then
		strace -f -xx -s 32 -e trace=read -o trace.txt -p "$session" 2>strace-err.txt &
		strace=$!
		echo $strace >>"$scratch/pids"
		wait_for 10 test -s trace.txt || skip "the loss shown is the kernel's count" "strace cannot trace here: $(head -1 strace-err.txt)"
	fi
	is_stopped() { grep -q '^State:	[Tt]' "/proc/$session/status"; }
	begun=$(cpu_ticks "$target")
	kill -STOP "$session"
	wait_for 10 is_stopped || fail "the session does not stop"
	# One second of the target's CPU: ten times what the rings hold.
	used_a_second() { [ "$(cpu_ticks "$target")" -gt $((begun + $(getconf CLK_TCK))) ]; }
	wait_for 60 used_a_second || fail "the target does not compute"
	kill -CONT "$session"
	sampling_again() { [ "$(n_samples rec.cprof)" -gt "$before" ]; }
	before=$(n_samples rec.cprof)
	wait_for 20 sampling_again || fail "no samples after the stall"
	kill -TERM $recorder
	wait $recorder
	got=$?
	[ $got = 0 ] || fail "exit $got: $(cat err.txt)"
	unharmed "$target"
	lost=$(report rec.cprof 'r["totals"]["lost"]["samples"]')
	kept=$(n_samples rec.cprof)
	[ "$lost" -gt 2000 ] || fail "the ring did not overflow: $lost lost, $kept kept"
	grep -q " $lost lost" err.txt || fail "the command says otherwise than $lost: $(cat err.txt)"
	"$cprofd" report rec.cprof | grep -q "^ *samples .*lost $(printf "%s" "$lost" |
		sed 's/\([0-9]\)\([0-9]\{3\}\)$/\1,\2/')" || fail "the report does not show $lost"
	# A period is kept during the stall: the rate may be off by its 15 %, and
	# the kernel's timer is up to 5 % late here.
	report rec.cprof '(lambda due: "%.3f" % ((r["totals"]["received"]["samples"] + r["totals"]["lost"]["samples"]) / due))(
		r["totals"]["cpu_ns"] * 9999 / 1e9)' >share.txt
	awk '{ exit !($1 > 0.80 && $1 < 1.18) }' share.txt ||
		fail "kept $kept and lost $lost are $(cat share.txt) of what was due"
	echo "  # kept $kept, lost $lost: $(cat share.txt) of what was due"
	have strace || skip "the loss shown is the kernel's count" "no strace"
	wait $strace 2>/dev/null
	# The last read of each event: value, id, lost.
	kernel=$("$python" - trace.txt <<-'EOF'
		import re, sys
		lost = {}
		for line in open(sys.argv[1]):
		    m = re.search(r'read\((\d+), "([\\x0-9a-f]+)", 24\) += 24', line)
		    if not m:
		        continue
		    b = bytes.fromhex(m[2].replace("\\x", ""))
		    id, n = int.from_bytes(b[8:16], "little"), int.from_bytes(b[16:24], "little")
		    lost[id] = n
		print(sum(lost.values()))
	EOF
	)
	[ "$kernel" = "$lost" ] || fail "$lost shown, $kernel counted by the kernel"
}

# A thread that is killed while it is held for its sample, for which a stalled
# session leaves much time: its process can be reaped all the same.
ends_while_held() {
	for i in $(seq "$n_kills"); do
		new_target
		begin ptrace -F 2000
		session=$(part_of cprofd-session)
		kill -STOP "$session"
		sleep 0.2
		kill -KILL "$target"
		is_reaped() { [ ! -e "/proc/$target" ]; }
		wait_for 10 is_reaped || fail "try $i: $(grep -s State "/proc/$target/task/"*/status)"
		kill -CONT "$session"
		wait $recorder
		nothing_left "$opener"
	done
}

for engine in perf ptrace; do
	for signal in TERM HUP INT; do
		check "$engine: SIG$signal ends the recording properly" ends_properly $engine $signal
	done
	check "$engine: the command is killed" command_killed $engine
	check "$engine: the opener is killed" opener_killed $engine
	check "$engine: the session is killed" session_killed $engine
	check "$engine: the workers are killed" workers_killed $engine
done
check "SIGTERM at any moment of the start" at_any_moment
check "SIGTERM goes on to the program" is_passed_on TERM 143
check "SIGHUP goes on to the program" is_passed_on HUP 129
check "ptrace: the opener is killed at $n_kills random moments" tracer_killed_often
check "ptrace: a target that is killed while it is held can be reaped" ends_while_held
check "a stalled reader: the loss shown is the kernel's count" overflow_is_counted
finish
