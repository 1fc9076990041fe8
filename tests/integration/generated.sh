#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Code that a program generates while it runs has the names that the program gives
# it, and none that somebody else does.
. "${top_srcdir:?}/tests/integration/lib.sh"

is_root() { [ "$(id -u)" = 0 ]; }

# The target with generated code, by "$@" if given: its $addr, $bytes, and as it sees
# itself $own_pid and its $map.
jit=$targets/jit
start_jit() {
	rm -f where
	start "$@" "$jit" "$scratch/where" ${how-}
	wait_for 30 test -e where || fail "the target does not start"
	read -r addr bytes own_pid <where
	map=/tmp/perf-$own_pid.map
	echo "$map" >>"$scratch/maps"
}

remove_maps() {
	while read -r map; do
		rm -rf "$map"
	done <"$scratch/maps"
	cleanup
}
: >"$scratch/maps"
trap remove_maps EXIT

# Samples of recording $1 in all, and with function $2 on the stack.
samples_in() {
	report "$1" '"%d %d" % (r["totals"]["received"]["samples"],
		sum(f["total"]["samples"] for f in r["functions"] if f["name"] == "'"$2"'"))'
}

# Of recording $1 more than nine in ten samples are in $2.
mostly_in() {
	set -- "$1" "$2" $(samples_in "$1" "$2")
	[ "${3:-0}" -gt 20 ] && [ "$4" -gt $(($3 * 9 / 10)) ] ||
		fail "$4 of $3 samples in $2: $("$cprofd" report "$1" | cut -c1-100)"
}

# No function of recording $1 that is generated code has a name.
no_names() {
	names=$(report "$1" '[f["name"] for f in r["functions"]
		if f["module"] == "[anon]" and f["named"]]')
	[ "$names" = "[]" ] || fail "named: $names"
	set -- "$1" $(report "$1" 'sum(f["self"]["samples"] for f in r["functions"]
		if f["module"] == "[anon]")')
	[ "$2" -gt 20 ] || fail "only $2 samples in generated code"
}

# The JSON field that says what helps against names that are missing.
fix() { report "$1" '[u["fix"] for u in r["ledger"]["unnamed"] if u["module"] == "[anon]"]'; }

# For longer where the machine is so busy that there are few samples.
record() {
	for seconds in 1.5 5 15; do
		rm -f rec.cprof
		"$cprofd" record -p "$pid" -d $seconds -o rec.cprof "$@" 2>err.txt ||
			fail "record: $(cat err.txt)"
		[ "$(report rec.cprof 'r["totals"]["received"]["samples"]')" -le 50 ] || return 0
	done
}

# ---- perf maps ----

named_by_map() {
	start_jit
	printf '%s 10 older\n%s %s the new one\n' "$addr" "$addr" "$bytes" >"$map"
	record --engine "$1"
	mostly_in rec.cprof "the new one"
	"$cprofd" export --format folded -o - rec.cprof |
		grep -q ';main;run;the new one ' || fail "no stack through it: $("$cprofd" export --format folded -o - rec.cprof | head -3)"
}

# Written when the frames are known already, and again when the process has ended.
named_later() {
	start_jit
	rm -f rec.cprof
	"$cprofd" record -p "$pid" -o rec.cprof 2>err.txt &
	recorder=$!
	echo $recorder >>"$scratch/pids"
	sampled() { no_names rec.cprof >/dev/null 2>&1; }
	wait_for 30 eval '(sampled)' || fail "nothing sampled: $(cat err.txt)"
	echo "$addr $bytes late" >"$map"
	if [ "$1" = running ]; then
		is_named() { set -- $(samples_in rec.cprof late); [ "${2:-0}" -gt 0 ]; }
		wait_for 30 is_named || fail "no name while it is recorded"
		kill -INT $recorder
	else
		kill -9 "$pid"
	fi
	wait $recorder || fail "record: $(cat err.txt)"
	mostly_in rec.cprof late
}

# A child has the code of its parent.
named_by_the_parent() {
	rm -f where rec.cprof
	"$cprofd" record -o rec.cprof -- sh -c 'exec "$0" "$1" fork' "$jit" "$scratch/where" \
		>/dev/null 2>err.txt &
	recorder=$!
	echo $recorder >>"$scratch/pids"
	wait_for 30 test -e where || fail "the target does not start: $(cat err.txt)"
	read -r addr bytes own_pid <where
	echo "/tmp/perf-$own_pid.map" >>"$scratch/maps"
	echo "$own_pid" >>"$scratch/pids"
	printf '%s %s inherited\n' "$addr" "$bytes" >"/tmp/perf-$own_pid.map"
	child=$(cat "/proc/$own_pid/task/$own_pid/children")
	enough() { set -- $(samples_in rec.cprof inherited); [ "${2:-0}" -gt 50 ]; }
	wait_for 30 enough || fail "no names: $(cat err.txt)"
	kill $child
	wait $recorder
	mostly_in rec.cprof inherited
}

# In a pid and a mount namespace of its own.
named_in_a_namespace() {
	name="a process in namespaces of its own"
	is_root || skip "$name" "needs root"
	have unshare || skip "$name" "no unshare"
	unshare -p -m -f true 2>/dev/null || skip "$name" "no namespaces here"
	mkdir -p own-tmp
	cp "$jit" own-tmp/jit
	unshare -p -m -f sh -c 'mount --bind "$0" /tmp && exec /tmp/jit /tmp/where' \
		"$scratch/own-tmp" >/dev/null 2>&1 &
	outer=$!
	echo $outer >>"$scratch/pids"
	wait_for 30 test -e own-tmp/where || skip "$name" "nothing can be mounted here"
	read -r addr bytes own_pid <own-tmp/where
	pid=$(cat /proc/$outer/task/*/children | tr -d ' ')
	echo "$pid" >>"$scratch/pids"
	[ "$own_pid" -lt 10 ] || fail "its own pid is $own_pid"
	echo "$addr $bytes contained" >"own-tmp/perf-$own_pid.map"
	record
	mostly_in rec.cprof contained
}

# ---- maps that are not to be believed ----

refused() {
	start_jit
	good="$addr $bytes forged"
	case $1 in
	"a link") echo "$good" >real.map && chmod 644 real.map && ln -s "$scratch/real.map" "$map" ;;
	"a FIFO") mkfifo "$map" ;;
	"a folder") mkdir "$map" ;;
	"older than the process") echo "$good" >"$map" && touch -d '1 hour ago' "$map" ;;
	esac
	record
	no_names rec.cprof
	fix rec.cprof | grep -q "is not used: the file is" || fail "says: $(fix rec.cprof)"
}

refused_of_others() {
	is_root || skip "a perf map of another user" "needs root"
	have setpriv || skip "a perf map of another user" "no setpriv"
	chmod 777 "$scratch"
	start_jit setpriv --reuid 65534 --regid 65534 --clear-groups
	echo "$addr $bytes forged" >"$map"
	chown 12345 "$map"
	record
	no_names rec.cprof
	fix rec.cprof | grep -q "another user's" || fail "says: $(fix rec.cprof)"
	# its own, but not for it to read
	chown 65534 "$map"
	chmod 000 "$map"
	record
	no_names rec.cprof
	chmod 400 "$map"
	record
	mostly_in rec.cprof forged
}

# Lines that are wrong cost nothing but themselves.
hostile_lines() {
	start_jit
	{
		printf '%s 0 empty\n%s -10 negative\n-%s 10 negative\n' "$addr" "$addr" "$addr"
		printf '0 fffffffffffffffff everything\n%s ffffffffffffffff over\n' "$addr"
		printf '%s\n%s %s\n\n\n' "$addr" "$addr" "$bytes"
		printf '%s %s \033[31mred\033]0;title\007\n' "$addr" "$bytes"
		head -c 300000 /dev/zero | tr '\0' x
		printf '\n%s %s no end' "$addr" "$bytes"
	} >"$map"
	record
	"$cprofd" report rec.cprof >out.txt || fail "no report"
	grep -q 'red' out.txt || fail "not the one good line: $(head -15 out.txt)"
	! LC_ALL=C grep -q "$(printf '[\033\007]')" out.txt || fail "control bytes"
}

too_large() {
	start_jit
	echo "$addr $bytes forged" >"$map"
	truncate -s 300M "$map"
	record
	no_names rec.cprof
	fix rec.cprof | grep -q "limit" || fail "says: $(fix rec.cprof)"
}

# Sixteen megabytes of lines over one another: in time, or not at all, but not wrong.
many_lines() {
	start_jit
	awk -v a="$addr" 'BEGIN { for (i = 0; i < 600000; i++) printf "%x 1000000 f%d\n", i * 4096, i }' >"$map"
	echo "$addr $bytes the last" >>"$map"
	record
	mostly_in rec.cprof "the last"
}

nothing_there() {
	start_jit
	record
	no_names rec.cprof
	fix rec.cprof | grep -q -- "--perf-basic-prof" || fail "says: $(fix rec.cprof)"
}

# ---- jitdump ----

named_by_dump() {
	how=dump start_jit
	record
	mostly_in rec.cprof dumped
	report rec.cprof '[f["module"] for f in r["functions"]]' | grep -q 'jit-[0-9]*\.dump' &&
		fail "the marker is a module"
	# What is put in its place is another file.
	rm "jit-$own_pid.dump"
	cp "$top_srcdir/NEWS" "jit-$own_pid.dump"
	record
	no_names rec.cprof
}

# ---- real programs ----

node_js() {
	have node || skip "node --perf-basic-prof" "no node"
	cat >fib.js <<-'END'
		function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }
		// CPU time: of a busy machine it gets little, and its start needs as much as ever
		const user = () => process.cpuUsage().user, end = user() + 1500000
		while (user() < end) fib(22)
	END
	rm -f rec.cprof jit-*.dump
	"$cprofd" record -o rec.cprof -- sh -c "echo \$\$ >node.pid; exec node $1 fib.js" \
		>/dev/null 2>err.txt || fail "record: $(cat err.txt)"
	echo "/tmp/perf-$(cat node.pid).map" >>"$scratch/maps"
	share=$(report rec.cprof '"%d" % (100 * sum(f["self"]["share"] for f in r["functions"]
		if f["module"] == "[anon]" and "fib" in f["name"] and "fib.js" in f["name"]))')
	[ "${share:-0}" -ge 60 ] || fail "$share % in fib: $("$cprofd" report rec.cprof | cut -c1-100)"
	unnamed=$(report rec.cprof '"%d" % (100 * sum(f["self"]["share"] for f in r["functions"]
		if f["module"] == "[anon]" and not f["named"]))')
	[ "${unnamed:-100}" -le 5 ] || fail "$unnamed % in code without names"
}

check "perf: generated code has the names of the perf map" named_by_map perf
check "ptrace: generated code has the names of the perf map" named_by_map ptrace
check "a map that is written while the program is recorded is read" named_later running
check "a map that is written at the last moment is read" named_later ended
check "a forked child's code has the names that its parent gave" named_by_the_parent
check "a map is found in the namespaces of the process" named_in_a_namespace
for what in "a link" "a FIFO" "a folder" "older than the process"; do
	check "a perf map that is $what is not used" refused "$what"
done
check "a perf map of another user is not used" refused_of_others
check "lines of another form are skipped, control bytes not printed" hostile_lines
check "a perf map that is too large is not read" too_large
check "of many lines over one another the last one counts" many_lines
check "without a map it is said what helps" nothing_there
check "generated code has the names of the jitdump that is mapped" named_by_dump
check "node --perf-basic-prof: functions have their names" node_js --perf-basic-prof
check "node --perf-prof: functions have their names" node_js --perf-prof
finish
