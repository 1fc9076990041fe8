#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Targets that are not as most are: that change while they are sampled, that hold a
# page which never comes, that live in other namespaces, that are built otherwise.
. "${top_srcdir:?}/tests/integration/lib.sh"
# What looks for leaks has a word to say of threads that end while it does.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

is_root() { [ "$(id -u)" = 0 ]; }

# A user without rights, as far as we can be one.
uid=$((60000 + $$ % 4000))
mkdir "$scratch/user"
user=$scratch/as-user
if is_root; then
	chown $uid:$uid "$scratch/user"
	cat >"$user" <<-EOF
		#!/bin/sh
		exec setpriv --reuid=$uid --regid=$uid --clear-groups env HOME="$scratch/user" \\
			XDG_STATE_HOME="$scratch/user" XDG_CACHE_HOME="$scratch/user" "\$@"
	EOF
else
	printf '#!/bin/sh\nexec "$@"\n' >"$user"
fi
chmod 755 "$user"

# All of them take long.
engines=${CPROFD_LONG:+auto perf ptrace}
engines=${engines:-perf}

n_samples() { report "$1" 'r["totals"]["received"]["samples"]'; }
has_function() { report "$1" '[f["name"] for f in r["functions"]]' | grep -q "'$2'"; }
ending() { report "$1" 'r["recording"]["end"]'; }

# Percent of the samples that have function $2.
share_of() {
	report "$1" 'max([f["total"]["samples"] for f in r["functions"] if f["name"] == "'"$2"'"] + [0]) * 100 //
		max(1, r["totals"]["received"]["samples"])'
}

# Start tests/targets/odd, as user $1 ("" for us), and wait until it is so.
start_odd() {
	as=$1
	shift
	rm -f ready.txt
	# shellcheck disable=SC2086
	$as "$targets/odd" "$@" >ready.txt 2>odd-err.txt &
	pid=$!
	echo $pid >>"$scratch/pids"
	settled() { grep -qs ready ready.txt || ! [ -d "/proc/$pid" ]; }
	wait_for 20 settled && grep -qs ready ready.txt
}

# ---- it changes ----

first_thread_ends() {
	name="the first thread has ended, another computes"
	for as in "" "$user"; do
		start_odd "$as" first-ends || fail "it does not run: $(cat odd-err.txt)"
		is_zombie() { grep -q '^State:	Z' "/proc/$pid/status"; }
		wait_for 20 is_zombie || fail "the first thread goes on"
		for engine in perf ptrace; do
			rm -f user/x.cprof
			# shellcheck disable=SC2086
			expect 0 "" $as "$cprofd" record --engine $engine -d 0.4 -p "$pid" -o user/x.cprof
			[ "$(share_of user/x.cprof burn)" -ge 95 ] || fail "$engine: $(share_of user/x.cprof burn) % in burn"
			[ "$(report user/x.cprof 'r["processes"][0]["exe"].split("/")[-1]')" = odd ] ||
				fail "$engine: $(report user/x.cprof 'r["processes"]')"
		done
		kill -9 "$pid"
	done
	start_odd "" first-ends && expect 0 "" "$cprofd" attach -d 0.2 odd
}

# A program that its user may not look into: what was sampled is kept.
other_rights() {
	engine=$1 kind=$2
	is_root || skip "$engine: the target executes $kind program" "needs root to make one"
	rm -f go other user/other.cprof
	cp "$targets/threads" other
	case $kind in
	"a privileged") chmod 4755 other ;;
	"an unreadable") chmod 0711 other ;;
	esac
	"$user" sh -c 'until [ -e go ]; do :; done; exec ./other 1 0 600' &
	pid=$!
	echo $pid >>"$scratch/pids"
	# It is the user's once setpriv has executed it, and something is to be seen of it then.
	! is_root || wait_for 10 is_no_longer_roots $pid || fail "it stays root's"
	(wait_for 10 test -s user/other.cprof; sleep 0.5; touch go) &
	expect 0 "profiling stopped: the process now runs a privileged program" \
		"$user" timeout 20 "$cprofd" record --force --engine "$engine" -p $pid -o user/other.cprof
	[ "$(ending user/other.cprof)" = privileged ] || fail "ended: $(ending user/other.cprof)"
	[ "$(n_samples user/other.cprof)" -gt 0 ] || fail "what was before is lost"
	! has_function user/other.cprof burn || fail "it was looked into"
	[ -d /proc/$pid ] || fail "the target is gone"
}

is_no_longer_roots() { [ "$(stat -c %u "/proc/$1")" != 0 ]; }

# A child with other rights: the rest goes on, and the limits are not blamed.
child_with_other_rights() {
	engine=$1
	is_root || skip "$engine: a child with other rights" "needs root to make one"
	rm -f other
	cp "$targets/threads" other
	chmod 4755 other
	"$user" sh -c "./other 1 0 600 & exec $targets/abc 600" &
	pid=$!
	echo $pid >>"$scratch/pids"
	wait_for 10 runs_file $pid "$targets/abc" || fail "it does not run"
	has_child() { child=$(pgrep -P $pid other); }
	wait_for 10 has_child || fail "no child"
	echo "$child" >>"$scratch/pids"
	expect 0 "process $child may not be sampled (it runs with other rights)" \
		"$user" "$cprofd" record --force --engine "$engine" -d 0.5 -p $pid -o user/child.cprof
	[ "$(wc -l <err.txt)" = 2 ] || fail "more is said: $(cat err.txt)"
	has_function user/child.cprof half || fail "no half"
	[ "$(ending user/child.cprof)" = duration ] || fail "ended: $(ending user/child.cprof)"
}

# Its number is used again: by another program, which nobody asked about.
pid_used_again() {
	engine=$1 name="$1: the pid is used again"
	is_root || skip "$name" "needs root to choose a pid"
	start "$targets/threads" 1 0 600
	target=$pid
	rm -f again.cprof
	"$cprofd" record --engine "$engine" -d 60 -p "$target" -o again.cprof 2>err.txt &
	recorder=$!
	echo $recorder >>"$scratch/pids"
	sampling() { [ -s again.cprof ] && [ "$(n_samples again.cprof)" -gt 0 ]; }
	wait_for 20 sampling || fail "no samples: $(cat err.txt)"
	kill -9 "$target"
	wait "$target" 2>/dev/null
	"$targets/odd" pid "$target" >ready.txt 2>odd-err.txt &
	echo "$! $target" | tr ' ' '\n' >>"$scratch/pids"
	wait_for 10 test -s ready.txt || skip "$name" "$(cat odd-err.txt)"
	wait $recorder || fail "exit $?: $(cat err.txt)"
	[ "$(ending again.cprof)" = target-ended ] || fail "ended: $(ending again.cprof)"
	! report again.cprof 'sorted({f["module"] for f in r["functions"] if f["module"]})' | grep -q /odd || fail "another program is in it"
	[ -d "/proc/$target" ] || fail "the other one is gone"
}

# Its user stops it and lets it go on: we do neither.
stopped_by_its_user() {
	engine=$1
	start "$targets/threads" 1 0 600
	kill -STOP "$pid"
	is_stopped() { grep -q '^State:	T' "/proc/$pid/status"; }
	wait_for 10 is_stopped || fail "it goes on"
	expect 0 "" "$cprofd" record --force --engine "$engine" -d 0.5 -p "$pid" -o stopped.cprof
	is_stopped || fail "it was let go"
	grep -q "process $pid is stopped, as by Ctrl-Z" err.txt || fail "says: $(cat err.txt)"
	[ "$(n_samples stopped.cprof)" = 0 ] || fail "$(n_samples stopped.cprof) samples of a stopped process"
	(sleep 0.3; kill -CONT "$pid") &
	expect 0 "" "$cprofd" record --force --engine "$engine" -d 1 -p "$pid" -o stopped.cprof
	[ "$(n_samples stopped.cprof)" -gt 10 ] || fail "$(n_samples stopped.cprof) samples after it went on"
	grep -q "process $pid goes on" err.txt || fail "says: $(cat err.txt)"
	! is_stopped || fail "it is stopped again"
}

# How it ended is known, also of a process that is no child of ours.
ends_by_signal() {
	start "$targets/threads" 1 0 600
	"$cprofd" record -p "$pid" -o segv.cprof 2>err.txt &
	recorder=$!
	echo $recorder >>"$scratch/pids"
	sampling() { [ -s segv.cprof ] && [ "$(n_samples segv.cprof)" -gt 0 ]; }
	wait_for 20 sampling || fail "no samples: $(cat err.txt)"
	kill -SEGV "$pid"
	wait $recorder || fail "exit $?: $(cat err.txt)"
	"$cprofd" report segv.cprof | grep -q "was ended by signal 11\|SIGSEGV\|signal 11" ||
		fail "$("$cprofd" report segv.cprof | head -4)"
}

# ---- pages that never come ----

page_of_a_file() {
	engine=$1 name="$1: a page of a file never comes"
	is_root && [ -c /dev/fuse ] || skip "$name" "needs root and /dev/fuse"
	mkdir -p stuck
	rm -f mounted.txt stuck.cprof
	cat >in-there.sh <<-'EOF'
		"$python" "$top_srcdir/tests/integration/stuck_files.py" stuck >mounted.txt 2>&1 &
		mount=$!
		for i in 1 2 3 4 5 6 7 8 9 10; do [ -s mounted.txt ] || sleep 0.2; done
		grep -q ready mounted.txt || exit 77
		"$targets/odd" pages stuck/file >/dev/null &
		target=$!
		sleep 0.3
		timeout -k 5 20 "$cprofd" record --engine $1 -d 2.5 -p $target -o stuck.cprof
		got=$?
		kill -9 $target $mount
		exit $got
	EOF
	before=$(date +%s)
	cprofd=$cprofd targets=$targets python=$python unshare -m sh in-there.sh "$engine" >out.txt 2>err.txt
	got=$?
	[ $got != 77 ] || skip "$name" "$(cat mounted.txt)"
	[ $got = 0 ] || fail "exit $got: $(cat err.txt)"
	[ $(($(date +%s) - before)) -le 15 ] || fail "it took $(($(date +%s) - before)) s"
	[ "$(share_of stuck.cprof burn)" -ge 30 ] || fail "$(share_of stuck.cprof burn) % in burn"
}

page_of_nobody() {
	start_odd "" faults || skip "a page that nobody provides" "$(cat odd-err.txt)"
	for engine in auto perf ptrace; do
		expect 0 "" timeout 20 "$cprofd" record --force --engine $engine -d 0.5 -p "$pid" -o faults.cprof
		[ "$(share_of faults.cprof burn)" -ge 95 ] || fail "$engine: $(share_of faults.cprof burn) % in burn"
	done
}

# ---- other namespaces ----

# The same path is one file here and another one there.
other_root() {
	engine=$1 name="$1: the target has another file under the same path"
	is_root || skip "$name" "needs root"
	mkdir -p there shown
	cp "$targets/threads" there/prog
	cp "$targets/abc" shown/prog
	chmod 755 there shown
	unshare -m sh -c 'mount --bind there shown && exec shown/prog 1 0 600' &
	pid=$!
	echo $pid >>"$scratch/pids"
	wait_for 10 runs_file $pid there/prog || skip "$name" "no mount namespaces"
	expect 0 "" "$cprofd" record --force --engine "$engine" -d 0.5 -p $pid -o root.cprof
	[ "$(share_of root.cprof burn)" -ge 90 ] || fail "$(share_of root.cprof burn) % in burn"
	! has_function root.cprof half && ! has_function root.cprof main || fail "names of the other file"
}

chrooted() {
	is_root || skip "a target with a root of its own" "needs root"
	$CC -O2 -g -static -pthread -o static "$top_srcdir/tests/targets/threads.c" 2>cc.txt ||
		skip "a target with a root of its own" "no static libc"
	mkdir -p root/usr/lib root/lib
	mv static root/prog
	chroot root /prog 1 0 600 &
	pid=$!
	echo $pid >>"$scratch/pids"
	wait_for 10 runs_file $pid root/prog || fail "it does not run"
	expect 0 "" "$cprofd" record -d 0.5 -p $pid -o chroot.cprof
	[ "$(share_of chroot.cprof burn)" -ge 95 ] || fail "$(share_of chroot.cprof burn) % in burn"
}

# From outside, and with cprofd in there too.
other_pids() {
	engine=$1 name="$1: a pid namespace"
	is_root || skip "$name" "needs root"
	unshare -pf --mount-proc true 2>/dev/null || skip "$name" "no pid namespaces"
	rm -f inside.*
	cat >in-there.sh <<-'EOF'
		"$2/tests/targets/threads" 1 0 600 &
		target=$!
		[ $target -lt 100 ] || exit 1
		"$2/cprofd" record --engine $1 -d 0.5 -p $target -o inside.cprof || exit
		touch inside.done
		wait
	EOF
	unshare -pf --kill-child --mount-proc sh in-there.sh "$engine" "$top_builddir" 2>err.txt &
	echo $! >>"$scratch/pids"
	wait_for 20 test -e inside.done || fail "inside: $(cat err.txt)"
	[ "$(share_of inside.cprof burn)" -ge 95 ] || fail "inside: $(share_of inside.cprof burn) % in burn"
	target=$(pgrep -P "$(pgrep -P $!)" -x threads) || fail "it is not seen from outside"
	expect 0 "" "$cprofd" record --force --engine "$engine" -d 0.5 -p "$target" -o outside.cprof
	[ "$(share_of outside.cprof burn)" -ge 95 ] || fail "outside: $(share_of outside.cprof burn) % in burn"
}

# ---- built otherwise ----

# Every stack is complete, or ends at a frame that says why: never in a wrong place.
built() {
	what=$1 compiler=$2
	shift 2
	have "$compiler" || skip "$what" "no $compiler"
	"$compiler" "$@" -O2 -fomit-frame-pointer -pthread -o prog "$top_srcdir/tests/targets/threads.c" 2>cc.txt ||
		skip "$what" "$(head -1 cc.txt)"
	start ./prog 1 0 600
	wait_for 10 runs_file "$pid" prog || fail "it does not run"
	for engine in $engines; do
		expect 0 "" "$cprofd" record --force --engine $engine -d 0.5 -p "$pid" -o prog.cprof
		[ "$(share_of prog.cprof burn)" -ge 95 ] || fail "$engine: $(share_of prog.cprof burn) % in burn"
		report prog.cprof '[(x["outcome"], x["module"]) for x in r["ledger"]["rows"] if x["samples"]]' >ledger.txt
		grep -qx "\[('complete', None)\]\|\[('no unwind rule', '.*')\]" ledger.txt || fail "$engine: $(cat ledger.txt)"
		grep -q "complete" ledger.txt || [ "$compiler" = musl-gcc ] || fail "$engine: $(cat ledger.txt)"
	done
}

# A program of 32 bits, that needs no C library.
thirty_two_bits() {
	cat >thirty-two.c <<-'EOF'
		void _start(void)
		{
			for (;;)
				;
		}
	EOF
	$CC -m32 -O1 -nostdlib -static -fno-pie -no-pie -o thirty-two thirty-two.c 2>cc.txt ||
		skip "a program of 32 bits" "$(head -1 cc.txt)"
	start ./thirty-two
	wait_for 10 runs_file "$pid" thirty-two || skip "a program of 32 bits" "the kernel does not run it"
	for command in "record -p" attach doctor; do
		expect 6 "a 32-bit program; cprofd unwinds 64-bit programs only" "$cprofd" $command "$pid"
	done
}

check "the first thread has ended, another computes" first_thread_ends
for engine in perf ptrace; do
	for kind in "a privileged" "an unreadable"; do
		check "$engine: the target executes $kind program" other_rights $engine "$kind"
	done
	check "$engine: a child with other rights" child_with_other_rights $engine
	check "$engine: the pid is used again" pid_used_again $engine
	check "$engine: its user stops it and lets it go on" stopped_by_its_user $engine
	check "$engine: a page of a file never comes" page_of_a_file $engine
done
for engine in $engines; do
	check "$engine: the target has another file under the same path" other_root $engine
	check "$engine: a pid namespace" other_pids $engine
done
check "the target is ended by a signal" ends_by_signal
check "a page that nobody provides" page_of_nobody
check "a target with a root of its own" chrooted
check "a static program" built "a static program" "${CC%% *}" -static -g
check "a static program that is loaded anywhere" built "a static program that is loaded anywhere" "${CC%% *}" -static-pie -g
check "a program without build-id" built "a program without build-id" "${CC%% *}" -g -Wl,--build-id=none
check "a program with musl" built "a program with musl" musl-gcc -g
check "a program of 32 bits" thirty_two_bits
finish
