#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The ladder of engines: what refuses one is found out and named, the next is taken,
# and the last one interrupts nothing.
. "${top_srcdir:?}/tests/integration/lib.sh"
# A build with sanitizers looks for leaks by tracing itself, which is forbidden here.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

is_root() { [ "$(id -u)" = 0 ]; }

# As a user without rights, whose uid nobody else has: budgets are counted by uid.
uid=$((60000 + $$ % 4000))
mkdir "$scratch/user"
is_root && chown $uid:$uid "$scratch/user"
user=$scratch/as-user
if is_root; then
	cat >"$user" <<-EOF
		#!/bin/sh
		exec setpriv --reuid=$uid --regid=$uid --clear-groups env HOME="$scratch/user" \
			XDG_STATE_HOME="$scratch/user" XDG_CACHE_HOME="$scratch/user" "\$@"
	EOF
else
	printf '#!/bin/sh\nexec "$@"\n' >"$user"
fi
chmod 755 "$user"

# The program that waits in many ways says at its end how often that was interrupted.
uninterrupted() {	# FILE
	kill -TERM "$pid"
	wait "$pid"
	grep -q "^epoll_wait made [1-9]" "$1" || fail "it did not run: $(cat "$1")"
	! grep -v "interrupted 0$" "$1" | grep -q made || fail "interrupted: $(cat "$1")"
}

# A target of that user, in a state to be recorded.
user_target() {
	"$user" "$@" >target.txt &
	pid=$!
	echo $pid >>"$scratch/pids"
	wait_for 20 runs_file $pid "$1" || fail "it does not run"
}

# Record $pid as that user, with "$@" before the command: expect code $1 and text $2.
record_as_user() {
	code=$1 text=$2
	shift 2
	expect "$code" "$text" "$user" "$@" -p "$pid" -o user/x.cprof
}

share_complete() {
	report "$1" 'sum(x["samples"] for x in r["ledger"]["rows"] if x["outcome"] == "complete") * 100 //
		max(1, r["totals"]["received"]["samples"])'
}
engine_of() { report "$1" 'r["recording"]["meta"]["engine"]'; }

# What doctor says of engine $1 in out.txt, and never to change the system.
says() {
	grep -q "^  $1 .*$2" out.txt || fail "of $1 not \"$2\": $(cat out.txt)"
	! grep -qi 'sysctl\|/proc/sys' out.txt || fail "it advises to change the system: $(cat out.txt)"
}

# ---- ptrace ----

# Often enough that some stops come as a thread begins to wait.
no_wait_is_ended() {
	"$targets/waits" 1 >waits.txt &
	pid=$!
	echo $pid >>"$scratch/pids"
	expect 0 "" "$cprofd" record --engine ptrace -F 1999 -d 2 -p $pid -o waits.cprof
	uninterrupted waits.txt
}

# ---- a host that refuses ----

# As in a container: what is left is found, with whole stacks, and does no harm.
filtered_host() {
	user_target "$targets/waits" 2
	record_as_user 0 "a seccomp filter forbids perf events here (a container's default does); cprofd outside of it may use them; sampling by ptrace at 99 Hz instead" \
		"$targets/deny" perf_event_open,bpf "$cprofd" record --force -d 1.5
	[ "$(engine_of user/x.cprof)" = ptrace ] || fail "engine $(engine_of user/x.cprof)"
	[ "$(share_complete user/x.cprof)" -ge 98 ] || fail "complete: $(share_complete user/x.cprof) %"
	for name in compute work serve wait_loop; do
		report user/x.cprof '[f["name"] for f in r["functions"]]' | grep -q "'$name'" || fail "no $name"
	done
	"$cprofd" report user/x.cprof >out.txt
	grep -q "^ cost  *cprofd used [0-9]" out.txt || fail "no cost: $(cat out.txt)"
	grep -q "! warning  *a seccomp filter forbids perf events" out.txt || fail "not kept: $(cat out.txt)"
	uninterrupted target.txt
}

# What was asked for by name is not replaced; and run goes on as attach does.
filtered_by_name() {
	user_target "$targets/threads" 1 0 600
	for engine in bpf perf; do
		record_as_user 4 "a seccomp filter forbids $engine" \
			"$targets/deny" perf_event_open,bpf "$cprofd" record --force --engine $engine -d 1
	done
	record_as_user 4 "a seccomp filter forbids ptrace here" \
		"$targets/deny" ptrace "$cprofd" record --force --engine ptrace -d 1
	record_as_user 4 "perf events here (a container's default does); cprofd outside of it may use them; ptrace: a seccomp filter" \
		"$targets/deny" perf_event_open,bpf,ptrace "$cprofd" record --force -d 1
	expect 0 "sampling by ptrace at 99 Hz instead" "$user" "$targets/deny" perf_event_open,bpf \
		"$cprofd" run -o user/run.cprof -- "$targets/abc" 0.5
	grep -q " half " out.txt || fail "no profile: $(cat out.txt)"
}

# The next engine is said only to who has what the first one takes.
bpf_is_filtered() {
	is_root || skip "bpf alone is forbidden" "needs root to have its capabilities"
	start "$targets/threads" 1 0 600
	"$cprofd" record --force --engine bpf -d 0.1 -p "$pid" -o x.cprof 2>err.txt ||
		skip "bpf alone is forbidden" "$(cat err.txt)"
	expect 0 "a seccomp filter forbids bpf here (a container's default does); cprofd outside of it may use it; sampling by perf instead" \
		"$targets/deny" bpf "$cprofd" record --force -d 0.3 -p "$pid" -o x.cprof
	[ "$(engine_of x.cprof)" = perf ] || fail "engine $(engine_of x.cprof)"
	user_target "$targets/threads" 1 0 600
	expect 0 "" "$user" "$cprofd" record --force -d 0.3 -p "$pid" -o user/x.cprof
	! grep -q bpf err.txt || fail "said without need: $(cat err.txt)"
}

# ---- doctor ----

doctor_of_a_filter() {
	"$user" "$targets/deny" perf_event_open,bpf "$cprofd" doctor >out.txt || fail "exit $?"
	says bpf "does not work: a seccomp filter forbids bpf here"
	says perf "does not work: a seccomp filter forbids perf events here"
	says ptrace "works: "
	says "seccomp filter" "in effect"
	! grep -q "MORE RIGHTS" out.txt || fail "rights that would not help: $(cat out.txt)"
	# A filter may also say that there is no such call, which here there is.
	"$user" "$targets/deny" perf_event_open=ENOSYS,bpf=ENOSYS "$cprofd" doctor >out.txt || fail "exit $?"
	says bpf "does not work: a seccomp filter forbids bpf here"
	says perf "does not work: a seccomp filter forbids perf events here"
	"$user" "$targets/deny" perf_event_open,bpf,ptrace "$cprofd" doctor >out.txt
	got=$?
	[ $got = 4 ] || fail "exit $got although nothing works"
	says ptrace "does not work: a seccomp filter forbids ptrace here"
	"$user" "$targets/deny" bpf,ptrace "$cprofd" doctor --json >out.txt || fail "exit $?"
	"$python" -c 'import json
e = {e["name"]: e for e in json.load(open("out.txt"))["engines"]}
assert [e[n]["exit_code"] for n in ("bpf", "perf", "ptrace")] == [4, 0, 4], e
assert "seccomp" in e["ptrace"]["note"], e' || fail "$(cat out.txt)"
}

doctor_of_capabilities() {
	name="doctor: capabilities that are missing"
	is_root || skip "$name" "needs root to give some"
	"$cprofd" version | grep -q "engines bpf" || skip "$name" "built without bpf"
	"$user" "$cprofd" doctor >out.txt || fail "exit $?"
	says bpf "does not work: bpf takes CAP_BPF and CAP_PERFMON, and you have neither"
	grep -q "^MORE RIGHTS" out.txt || fail "nothing helps: $(cat out.txt)"
	lent=$(sed -n 's/^ *sudo \(setpriv .*\) \\$/\1/p' out.txt)
	lent="$lent $(sed -n 's/^ *\(--inh-caps .*\) cprofd attach PID$/\1/p' out.txt)"
	lent=$(echo "$lent" | sed "s/USER/$uid/g; s/--init-groups/--clear-groups/")
	[ "$(echo "$lent" | wc -w)" = 10 ] || fail "no command to lend them: $(cat out.txt)"
	# shellcheck disable=SC2086
	lent() { $lent env HOME="$scratch/user" XDG_STATE_HOME="$scratch/user" XDG_CACHE_HOME="$scratch/user" "$@"; }
	lent "$cprofd" doctor >out.txt || fail "exit $?"
	says bpf "works: "
	lent sh -c "exec setpriv --ambient-caps -bpf '$cprofd' doctor" >out.txt || fail "exit $?"
	says bpf "and you have CAP_PERFMON alone"
	# They are lent to nobody but who opens: not to the session, nor to the program.
	lent "$cprofd" run -o user/lent.cprof -- sh -c 'grep CapEff /proc/self/status; exec sleep 600' >caps.txt 2>err.txt &
	echo $! >>"$scratch/pids"
	wait_for 20 grep -q CapEff caps.txt || fail "the program does not run: $(cat err.txt)"
	session=$(pgrep -u $uid -x cprofd-session) || fail "no session"
	pgrep -u $uid >>"$scratch/pids"
	grep CapEff "/proc/$session/status" >>caps.txt
	[ "$(sort -u caps.txt)" = "CapEff:	0000000000000000" ] || fail "$(cat caps.txt)"
}

# What Debian's and Ubuntu's kernels have there; theirs is a refusal with EACCES.
doctor_of_a_setting() {
	name="doctor: perf_event_paranoid"
	is_root || skip "$name" "needs root for a mount"
	unshare -m true 2>/dev/null || skip "$name" "no mount namespaces"
	echo 4 >paranoid
	cat >in-there.sh <<-EOF
		mount --bind paranoid /proc/sys/kernel/perf_event_paranoid || exit 77
		exec setpriv --reuid=$uid --regid=$uid --clear-groups env HOME="$scratch/user" \
			"$targets/deny" perf_event_open=EACCES "$cprofd" doctor
	EOF
	unshare -m sh in-there.sh >out.txt || fail "exit $?"
	says perf "does not work: this kernel does not let you use perf events (perf_event_paranoid = 4); CAP_PERFMON would allow it"
	says ptrace "works: "
	grep -q "^MORE RIGHTS" out.txt && fail "rights that a filter would deny"
	return 0
}

doctor_of_a_process() {
	is_root || skip "doctor: of somebody else's process" "needs root to have one"
	start sleep 600
	"$user" "$cprofd" doctor "$pid" >out.txt
	got=$?
	[ $got = 4 ] || fail "exit $got"
	for engine in bpf perf ptrace; do
		says $engine "does not work: the process belongs to user root; ask them"
	done
	! grep -q "MORE RIGHTS" out.txt || fail "rights that would not help: $(cat out.txt)"
}

# ---- root that is none ----

root_of_a_namespace() {
	"$user" unshare -Ur true 2>/dev/null || skip "root of a user namespace" "there are none here"
	cat >in-there.sh <<-'EOF'
		"$1/tests/targets/threads" 1 0 600 &
		target=$!
		for engine in auto perf ptrace; do
			"$1/cprofd" record --force --engine $engine -d 0.5 -p $target -o user/$engine.cprof || exit
		done
		"$1/cprofd" record --force -d 600 -p $target -o user/caps.cprof 2>/dev/null &
		until grep -h CapEff /proc/$(pgrep -x cprofd-session)/status; do sleep 0.05; done 2>/dev/null
		kill $!
		wait $!
		"$1/cprofd" doctor
	EOF
	timeout 60 "$user" unshare -Urpf --mount-proc sh in-there.sh "$top_builddir" >out.txt 2>err.txt || fail "exit $?: $(cat err.txt)"
	for engine in auto perf ptrace; do
		report user/$engine.cprof '[f["name"] for f in r["functions"]]' | grep -q "'burn'" || fail "$engine: no burn"
	done
	grep -q "^CapEff:	0000000000000000" out.txt || fail "the session has rights: $(cat out.txt)"
	says bpf "does not work: bpf takes CAP_BPF and CAP_PERFMON of the host"
}

root_without_capabilities() {
	is_root || skip "root that may become nobody" "needs root"
	start "$targets/threads" 1 0 600
	chmod 777 .
	expect 4 "root without CAP_SETUID and CAP_SETGID cannot give its rights up" \
		setpriv --bounding-set -all --inh-caps -all "$cprofd" record -d 0.3 -p "$pid" -o none.cprof
	[ "$(wc -l <err.txt)" = 1 ] && [ ! -e none.cprof ] || fail "$(cat err.txt)"
	chmod 755 .
}

# ---- limits ----

few_files() {
	start "$targets/threads" 1 0 600
	ulimit -n 20
	expect 10 "the limit on open files (RLIMIT_NOFILE) is 20; no engine works with less than 64" \
		"$cprofd" record --force -d 0.3 -p "$pid" -o x.cprof
}

files_for_no_event() {
	start "$targets/threads" 1 0 600
	ulimit -n 80
	expect 10 "the limit on open files (RLIMIT_NOFILE) is 80, events of one thread need" \
		"$cprofd" record --force --engine perf -d 0.3 -p "$pid" -o x.cprof
	expect 0 "sampling by ptrace at 99 Hz instead" "$cprofd" record --force -d 0.5 -p "$pid" -o x.cprof
	report x.cprof '[f["name"] for f in r["functions"]]' | grep -q "'burn'" || fail "no burn"
}

# Rings shrink to what a user may lock, which is there again for the next; and when
# others of the same user have it all, that is said.
little_memory() {
	is_root || skip "little memory to lock" "needs root to have a user that nothing else runs as"
	user_target "$targets/threads" 1 0 600
	cat >locks-nothing.sh <<-'EOF'
		ulimit -l 0
		exec "$@"
	EOF
	record_without_limit() { record_as_user "$@" sh locks-nothing.sh "$cprofd" record --force $how; }
	how="--engine perf -d 0.2"
	for i in 1 2 3 4 5 6; do
		record_without_limit 0 "the limit for locked memory leaves rings of"
		[ $i = 1 ] && first=$(grep -o 'rings of [0-9]*' err.txt)
		[ "$(grep -o 'rings of [0-9]*' err.txt)" = "$first" ] || fail "run $i: not $first: $(cat err.txt)"
	done
	for i in 1 2 3; do
		"$user" sh locks-nothing.sh "$cprofd" record --engine perf -p "$pid" -o user/locks$i.cprof 2>locks$i.txt &
		echo $! >>"$scratch/pids"
		begun() { [ -s user/locks$i.cprof ] || grep -q "no memory may be locked" locks$i.txt; }
		wait_for 20 begun || fail "recording $i does not begin: $(cat locks$i.txt)"
	done
	pgrep -u $uid -x "cprofd|cprofd-session" >>"$scratch/pids"
	record_without_limit 10 "no memory may be locked for rings: RLIMIT_MEMLOCK (0 KiB) and kernel.perf_event_mlock_kb ("
	how="-d 0.5"
	record_without_limit 0 "are used up; sampling by ptrace at 99 Hz instead"
}

# Stacks larger than the first copies, and no memory for the rings that larger ones ask
# for: copied whole all the same, into those that there are.
no_larger_rings() {
	is_root || skip "no memory for larger rings" "needs root to have a user that nothing else runs as"
	cat >locks-some.sh <<-'EOF'
		ulimit -l 6000
		exec "$@"
	EOF
	expect 0 "larger copies from here on" "$user" sh locks-some.sh "$cprofd" record --engine perf \
		-F 499 -o user/larger.cprof -- "$targets/deep" 120 200 1.5
	[ "$(share_complete user/larger.cprof)" -ge 80 ] || fail "$(share_complete user/larger.cprof) % are complete: $(cat err.txt)"
}

# ---- /proc ----

no_proc() {
	name="/proc is not mounted"
	grep -q __asan_init "$cprofd" && skip "$name" "sanitizers themselves need it"
	is_root || skip "$name" "needs root"
	unshare -m umount -l /proc 2>/dev/null || skip "$name" "no mount namespaces"
	cat >in-there.sh <<-'EOF'
		umount -l /proc
		for command in "record -p 1" "attach 1" "attach init" "doctor 1" "doctor init"; do
			"$1" $command
			echo $?
		done
		"$1" run -o none.cprof -- true
		echo $?
	EOF
	unshare -m sh in-there.sh "$cprofd" >out.txt 2>err.txt
	[ "$(tr '\n' ' ' <out.txt)" = "6 6 6 6 6 125 " ] || fail "$(cat out.txt err.txt)"
	[ "$(grep -c "^cprofd: .*/proc is not mounted; cprofd needs it$" err.txt)" = 6 ] || fail "$(cat err.txt)"
}

hidden_processes() {
	name="/proc hides the processes of others"
	is_root || skip "$name" "needs root"
	start "$targets/threads" 1 0 600
	hidden=$pid
	user_target "$targets/threads" 1 0 600
	cat >in-there.sh <<-EOF
		mount -t proc -o hidepid=2 proc /proc || exit 77
		exec setpriv --reuid=$uid --regid=$uid --clear-groups env HOME="$scratch/user" sh -c '
			"$cprofd" record -d 0.3 -p $hidden -o user/hidden.cprof; echo \$?
			"$cprofd" attach no-such-name; echo \$?
			"$cprofd" record --force -d 0.3 -p $pid -o user/x.cprof; echo \$?'
	EOF
	unshare -m sh in-there.sh >out.txt 2>err.txt || skip "$name" "$(cat err.txt)"
	[ "$(tr '\n' ' ' <out.txt)" = "6 3 0 " ] || fail "$(cat out.txt err.txt)"
	grep -q "record: $hidden: /proc does not show you this process (mounted with hidepid); ask its user" err.txt ||
		fail "$(cat err.txt)"
	grep -q "no process of that name that /proc shows you (hidepid)" err.txt || fail "$(cat err.txt)"
}

check "ptrace: a stop ends no wait of the program" no_wait_is_ended
check "a host that forbids perf and bpf: ptrace, whole stacks, nothing interrupted" filtered_host
check "an engine asked for by name is not replaced" filtered_by_name
check "bpf alone is forbidden" bpf_is_filtered
check "doctor: a filter" doctor_of_a_filter
check "doctor: capabilities that are missing" doctor_of_capabilities
check "doctor: perf_event_paranoid" doctor_of_a_setting
check "doctor: of somebody else's process" doctor_of_a_process
check "root of a user namespace" root_of_a_namespace
check "root that may not become nobody" root_without_capabilities
check "too few files for anything" few_files
check "too few files for events" files_for_no_event
check "little memory to lock" little_memory
check "no memory for larger rings" no_larger_rings
check "/proc is not mounted" no_proc
check "/proc hides the processes of others" hidden_processes
finish
