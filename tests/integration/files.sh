#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is opened for a session, and what its processes hold: nothing that a
# target names is opened with more than its rights, and no terminal and no pipe
# of the user's is kept.
. "${top_srcdir:?}/tests/integration/lib.sh"

is_root() { [ "$(id -u)" = 0 ]; }
has_function() { report "$1" '[f["name"] for f in r["functions"]]' | grep -q "'$2'"; }

# ---- descriptors ----

children() { cat /proc/"$1"/task/*/children 2>/dev/null; }
named() { [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ]; }

# The processes of record $1: its opener's session, worker and file opener.
find_processes() {
	session= worker= files=
	opener=$(children "$1" | tr -d ' ')
	[ -n "$opener" ] || return 1
	for child in $(children "$opener"); do
		named "$child" cprofd-session && session=$child
		named "$child" cprofd-worker && worker=$child
		named "$child" cprofd && files=$child
	done
	[ -n "$session" ] && [ -n "$worker" ] && [ -n "$files" ]
}

# Where descriptor $2 of process $1 leads to.
leads_to() { readlink "/proc/$1/fd/$2"; }

sanitized() { grep -q '^#define SANITIZED 1' "$top_builddir/config.h"; }

no_descriptor_of_the_user() {
	is_root || skip "descriptors of the session" "needs root: the session is not dumpable"
	start "$targets/abc" 600
	mkfifo pipe
	cat pipe >piped.txt &
	echo $! >>"$scratch/pids"
	"$cprofd" record -p "$pid" -d 600 -o fds.cprof </dev/zero >pipe 2>&1 7>&1 &
	record=$!
	echo $record >>"$scratch/pids"
	wait_for 30 find_processes $record || fail "not all processes are there: session $session worker $worker file opener $files"
	is_null() { [ "$(leads_to "$1" 0)" = /dev/null ]; }
	wait_for 10 is_null "$files" || fail "the file opener has standard input"
	for process in $session $worker $files; do
		for fd in 0 1 2; do
			[ $fd = 2 ] && sanitized && continue
			[ "$(leads_to $process $fd)" = /dev/null ] ||
				fail "$(cat /proc/$process/comm): $fd is $(leads_to $process $fd)"
		done
		! ls -l "/proc/$process/fd" | grep -q "/pipe$" || sanitized ||
			fail "$(cat /proc/$process/comm) holds a pipe: $(ls -l /proc/$process/fd)"
	done
	held=$(ls "/proc/$files/fd" | tr '\n' ' ')
	[ "$held" = "0 1 2 3 " ] || fail "the file opener holds $(ls -l "/proc/$files/fd")"
	kill -INT $record
	wait $record || fail "record ends with $?"
	has_function fds.cprof half || fail "no names"
}

# A descriptor in the place where a child's own are to go is not confused.
closed_standard_descriptors() {
	"$cprofd" record -o closed.cprof -- "$targets/abc" 0.5 <&- 2>err.txt >&- ||
		fail "exit $?: $(cat err.txt)"
	has_function closed.cprof half || fail "no names"
}

# ---- what a target's file names ----

# Record, as root, a program of user nobody's whose file names $1 as the file
# that dwz moved common parts to.
record_with_altlink() {
	cp "$targets/abc" linked
	printf '%s\0%s' "$1" 12345678901234567890 >altlink
	objcopy --add-section .gnu_debugaltlink=altlink linked 2>objcopy.txt ||
		fail "$(cat objcopy.txt)"
	start setpriv --reuid=65534 --regid=65534 --clear-groups ./linked 600
	runs() { [ "$(readlink "/proc/$pid/exe")" = "$PWD/linked" ]; }
	wait_for 10 runs || fail "it does not run"
	# A sanitized build cannot look for leaks while it is traced.
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 \
		strace -f -y -o trace -e trace=open,openat,openat2 \
		"$cprofd" record --force -p "$pid" -d 1 -o linked.cprof 2>err.txt ||
		fail "exit $?: $(cat err.txt)"
	kill "$pid"
	rm linked
}

# Was the file $1 opened, other than to look what it is?
was_opened() { grep "= [0-9]*<$1[<>]" trace | grep -vq O_PATH; }

was_asked_for() { grep -qF "\"$1\"" trace; }

only_with_the_targets_rights() {
	name="files that a target names"
	is_root || skip "$name" "needs root: others have no more rights than the target"
	for tool in strace objcopy setpriv; do
		have $tool || skip "$name" "no $tool"
	done
	strace -o trace true 2>strace.txt || skip "$name" "$(cat strace.txt)"
	mkfifo fifo
	chmod 666 fifo
	cp "$targets/abc" secret
	chmod 600 secret
	cp "$targets/abc" public
	chmod 644 public
	for file in "$PWD/public" "$PWD/fifo" "$PWD/secret" /dev/full; do
		record_with_altlink "$file"
		was_asked_for "$file" || fail "nobody asked for $file: $(grep -c . trace) lines"
		if [ "$file" = "$PWD/public" ]; then
			was_opened "$file" || fail "a file for everybody is not opened"
		else
			! was_opened "$file" || fail "opened: $(grep -F "$file" trace)"
		fi
		has_function linked.cprof half || fail "$file: no names"
		[ "$(report linked.cprof 'sum(x["samples"] for x in r["ledger"]["rows"] if x["outcome"] == "complete")
			>= 0.95 * sum(x["samples"] for x in r["ledger"]["rows"]) > 0')" = True ] ||
			fail "$file: $(report linked.cprof 'r["ledger"]["rows"]')"
	done
}

check "no descriptor of the user's is kept" no_descriptor_of_the_user
check "standard input and output are closed" closed_standard_descriptors
check "a target names files that it may not open" only_with_the_targets_rights
finish
