#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What can be wrong with a target, an output or an input: one line that says
# what, why and what to do; the exit code of the table; nothing lost, nothing
# of what was there before touched.
. "${top_srcdir:?}/tests/integration/lib.sh"

nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$scratch/nobody" \
	XDG_STATE_HOME="$scratch/nobody" XDG_CACHE_HOME="$scratch/nobody" "$@"; }
is_root() { [ "$(id -u)" = 0 ]; }
if is_root; then
	mkdir "$scratch/nobody" && chown 65534:65534 "$scratch/nobody"
fi

# Like expect, and in one line.
refused() {
	expect "$@"
	[ "$(wc -l <err.txt)" = 1 ] || fail "not one line: $(cat err.txt)"
}

new_target() { start "$targets/threads" 1 1 600; target=$pid; }
n_samples() { report "$1" 'r["totals"]["received"]["samples"]'; }
has_function() { report "$1" '[f["name"] for f in r["functions"]]' | grep -q "'$2'"; }

# ---- which process ----

no_such_process() {
	for command in "record -p" attach doctor; do
		refused 3 "no such process" "$cprofd" $command 4194304
	done
	refused 3 "no process of that name" "$cprofd" attach no-such-name-here
}

no_number() {
	expect 2 "is not a process id" "$cprofd" record -p 12x
	expect 2 "is not a process id" "$cprofd" record -p -5
}

already_gone() {
	start sleep 600
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	refused 3 "no such process" "$cprofd" record -p "$pid" -o x.cprof
	[ ! -e x.cprof ] || fail "a file was left"
}

# Ended, but its parent does not care.
only_a_zombie() {
	start sh -c 'true & exec sleep 600'
	has_zombie() { zombie=$(ps -o pid=,stat= --ppid "$pid" | awk '$2 ~ /Z/ { print $1 }') && [ -n "$zombie" ]; }
	wait_for 10 has_zombie || fail "there is no zombie"
	refused 3 "the process has ended" "$cprofd" record -p "$zombie" -o x.cprof
}

thread_id() {
	new_target
	has_thread() { [ "$(ls "/proc/$target/task" | wc -l)" = 3 ]; }
	wait_for 10 has_thread
	tid=$(ls "/proc/$target/task" | grep -vx "$target" | tail -1)
	expect 0 "$tid is a thread of $target (threads)" "$cprofd" record -p "$tid" -d 0.3 -o tid.cprof
	[ "$(report tid.cprof 'r["processes"][0]["pid"]')" = "$target" ] || fail "another process"
}

not_ours() {
	is_root || skip "a process of another user" "needs root to have one"
	new_target
	for engine in auto bpf perf ptrace; do
		refused 4 "the process belongs to user root; ask them, or an administrator" \
			nobody "$cprofd" record --engine $engine -p "$target" -o nobody/x.cprof
	done
	[ ! -e nobody/x.cprof ] || fail "a file was left"
}

protected() {
	is_root || skip "a process that is not dumpable" "needs root to be nobody"
	cat >protected.c <<-'EOF'
		#include <sys/prctl.h>
		#include <unistd.h>
		int main(void)
		{
			prctl(PR_SET_DUMPABLE, 0);
			write(1, "ready", 5);
			for (;;)
				pause();
		}
	EOF
	$CC -o protected protected.c 2>cc.txt || fail "$(cat cc.txt)"
	setpriv --reuid=65534 --regid=65534 --clear-groups ./protected >ready.txt &
	pid=$!
	echo $pid >>"$scratch/pids"
	wait_for 20 test -s ready.txt || fail "it does not run"
	for engine in auto bpf perf ptrace; do
		refused 4 "protected (not dumpable)" \
			nobody "$cprofd" record --engine $engine -p $pid -o nobody/x.cprof
	done
}

kernel_thread() {
	grep -q '^Kthread:	1' /proc/2/status 2>/dev/null || skip "a kernel thread" "process 2 is none here"
	refused 6 "a kernel thread has no user stack" "$cprofd" record -p 2 -o x.cprof
}

already_traced() {
	have strace || skip "a process that is being traced" "no strace"
	new_target
	strace -p "$target" -f -o /dev/null 2>strace.txt &
	strace=$!
	echo $strace >>"$scratch/pids"
	is_traced() { grep -h '^TracerPid' /proc/"$target"/task/*/status | grep -vq '	0$'; }
	wait_for 10 is_traced || skip "a process that is being traced" "$(cat strace.txt)"
	refused 4 "already traced by strace" "$cprofd" record --engine ptrace -p "$target" -o x.cprof
	expect 0 "" "$cprofd" record --engine perf -p "$target" -d 0.3 -o traced.cprof
	kill $strace
}

# ---- the target changes ----

ends_meanwhile() {
	start "$targets/abc" 0.7
	expect 0 "" "$cprofd" record -p "$pid" -o end.cprof
	[ "$(report end.cprof 'r["recording"]["end"]')" = target-ended ] || fail "ended how?"
	[ "$(n_samples end.cprof)" -gt 0 ] || fail "no samples"
}

# From "not there any more" to "some samples": never anything else.
ends_any_time() {
	for ms in 1 2 3 4 5 6 8 10 12 15 20 25 30 40; do
		rm -f x.cprof
		start "$targets/abc" "$(printf '0.%03d' $ms)"
		timeout 60 "$cprofd" record -p "$pid" -o x.cprof 2>err.txt
		got=$?
		case $got in
		0) [ "$(n_samples x.cprof)" -gt 0 ] || fail "$ms ms: exit 0 without samples" ;;
		3|5) [ "$(wc -l <err.txt)" = 1 ] || fail "$ms ms: not one line: $(cat err.txt)" ;;
		*) fail "$ms ms: exit $got: $(cat err.txt)" ;;
		esac
		wait "$pid"
	done
}

# Samples from before the exec keep their names.
execs_meanwhile() {
	expect 0 "" "$cprofd" record --force -o exec.cprof -- sh -c \
		'i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done; exec '"$targets/abc 0.5"
	has_function exec.cprof half || fail "no half"
	report exec.cprof '" ".join("%s %d" % (f["module"], f["self"]["samples"]) for f in r["functions"])' >modules.txt
	shell=$(readlink -f "$(command -v sh)")
	grep -q "$shell [1-9]" modules.txt || fail "nothing of $shell: $(cat modules.txt)"
}

# An exec between the look at its mappings and the first event that would tell:
# each perf_event_open(2) is delayed, so that it happens there.
execs_at_start() {
	name="the target executes while it is attached to"
	have strace || skip "$name" "no strace"
	start sh -c "until [ -e go ]; do :; done; exec $targets/threads 1 0 600"
	# A traced program cannot look for leaks.
	ASAN_OPTIONS=detect_leaks=0 strace -f -o calls.txt -e trace=perf_event_open \
		-e inject=perf_event_open:delay_enter=50000 "$cprofd" record -d 1 -p "$pid" -o start.cprof 2>err.txt &
	recorder=$!
	echo $recorder >>"$scratch/pids"
	wait_for 10 grep -qs perf_event_open calls.txt || skip "$name" "strace cannot delay calls: $(head -1 err.txt)"
	touch go
	wait $recorder || fail "$(cat err.txt)"
	has_function start.cprof burn || fail "no names: $(report start.cprof '[f["name"] for f in r["functions"]]')"
	[ "$(report start.cprof 'r["processes"][-1]["exe"].split("/")[-1]')" = threads ] || fail "another executable"
}

# Some threads are better than none, and how many is said.
few_files() {
	start "$targets/threads" 64 0 600
	has_threads() { [ "$(ls "/proc/$pid/task" | wc -l)" = 65 ]; }
	wait_for 20 has_threads || fail "no 65 threads"
	(ulimit -n 256 && "$cprofd" record --engine perf -d 1 -p "$pid" -o few.cprof 2>err.txt) || fail "$(cat err.txt)"
	grep -q '^cprofd: [1-9][0-9]* of 65 threads are sampled: ' err.txt || fail "not said: $(cat err.txt)"
	[ "$(n_samples few.cprof)" -gt 0 ] || fail "no samples"
}

# The file is gone from its path: the running one is still there for its names.
deleted_file() {
	cp "$targets/abc" gone
	start ./gone 600
	wait_for 10 runs_file "$pid" gone || fail "it did not start"
	rm gone
	expect 0 "" "$cprofd" record -p "$pid" -d 1 -o gone.cprof
	has_function gone.cprof half || fail "no name: $(report gone.cprof '[f["name"] for f in r["functions"]]')"
}

# Another program under the same path: none of its names.
replaced_file() {
	cp "$targets/abc" prog
	start ./prog 600
	wait_for 10 runs_file "$pid" prog || fail "it did not start"
	cp "$targets/deep" other
	mv other prog
	expect 0 "" "$cprofd" record -p "$pid" -d 1 -o replaced.cprof
	! has_function replaced.cprof work && ! has_function replaced.cprof descend_small ||
		fail "names of the other program"
	has_function replaced.cprof half || fail "no names although the running file can be had"
}

stripped_file() {
	cp "$targets/abc" stripped
	strip -s stripped || fail "strip does not work"
	start ./stripped 600
	expect 0 "" "$cprofd" record -p "$pid" -d 1 -o stripped.cprof
	report stripped.cprof '[f["name"] for f in r["functions"]
		if f["self"]["share"] > 0.1]' >names.txt
	grep -q "'stripped+0x[0-9a-f]*'" names.txt || fail "names: $(cat names.txt)"
	report stripped.cprof '[f["named"] for f in r["functions"] if f["module"] and
		f["module"].endswith("/stripped")]' | grep -q True && fail "a name from nowhere"
	[ "$(report stripped.cprof '[x["outcome"] for x in r["ledger"]["rows"] if x["samples"]]')" = "['complete']" ] ||
		fail "stacks are not complete: $(report stripped.cprof 'r["ledger"]["rows"]')"
}

# No rule says where the caller is: the stack ends there and says so.  The second
# program computes with its frame pointer at 0, which marks no end of a stack in
# code that keeps no frame pointers.
no_unwind_info() {
	for program in "abc half 600" "threads burn 1 0 600"; do
		set -- $program
		$CC -O2 -fomit-frame-pointer -fno-asynchronous-unwind-tables -pthread -o bare \
			"$top_srcdir/tests/targets/$1.c" 2>cc.txt || fail "$(cat cc.txt)"
		objcopy --remove-section .eh_frame --remove-section .eh_frame_hdr bare 2>objcopy.txt ||
			fail "$(cat objcopy.txt)"
		start ./bare $3 ${4-} ${5-}
		expect 0 "" "$cprofd" record --force -p "$pid" -d 1 -o bare.cprof
		has_function bare.cprof "$2" || fail "$1: no names"
		n=$(report bare.cprof 'sum(x["samples"] for x in r["ledger"]["rows"]
			if x["outcome"] == "no unwind rule" and x["module"].endswith("bare"))')
		all=$(n_samples bare.cprof)
		[ "$n" -ge $((all * 98 / 100)) ] ||
			fail "$1: $n of $all stacks end for lack of a rule: $(report bare.cprof 'r["ledger"]["rows"]')"
		"$cprofd" report bare.cprof | grep -q "no unwind rule.*bare" || fail "the report does not say so"
		kill "$pid"
		rm bare
	done
}

# Random bytes where only debuggers look: the program runs, we live.
damaged_file() {
	have readelf || skip "files with damaged ELF and DWARF" "no readelf"
	for seed in 1 2 3 4 5 6; do
		rm -f damaged		# the one before may still be ending
		cp "$targets/abc" damaged
		readelf -SW damaged | sed 's/\[ *//' >sections.txt
		"$python" - $seed <<-'EOF' || fail "cannot damage it"
			import random, sys
			random.seed(int(sys.argv[1]))
			kinds = [(".debug_info", ".debug_abbrev"), (".debug_line", ".debug_rnglists", ".debug_str"),
			         (".eh_frame", ".eh_frame_hdr"), (".symtab",), (".strtab", ".shstrtab"), ()]
			data = bytearray(open("damaged", "rb").read())
			chosen = kinds[int(sys.argv[1]) - 1]
			for line in open("sections.txt"):
			    f = line.split()
			    if len(f) > 5 and f[1] in chosen:
			        off, size = int(f[4], 16), int(f[5], 16)
			        for _ in range(size // 8 + 8):
			            data[off + random.randrange(size)] = random.randrange(256)
			if not chosen:                      # the section headers themselves
			    data[40:48] = (len(data) - 100).to_bytes(8, "little")
			open("damaged", "wb").write(data)
		EOF
		start ./damaged 600
		timeout 60 "$cprofd" record --force -p "$pid" -d 0.6 -o damaged.cprof 2>err.txt
		got=$?
		[ $got = 0 ] || fail "seed $seed: exit $got: $(cat err.txt)"
		[ -d "/proc/$pid" ] || fail "seed $seed: the target is gone"
		[ "$(n_samples damaged.cprof)" -gt 0 ] || fail "seed $seed: no samples"
		kill "$pid"
		case $seed in
		1|2|3) has_function damaged.cprof half ||
			fail "seed $seed: no names although the symbol table is whole" ;;
		esac
		"$cprofd" report --tree damaged.cprof >/dev/null || fail "seed $seed: no report"
	done
}

# ---- output ----

in_the_way() {
	new_target
	echo precious >kept.txt
	ln -s kept.txt link.cprof
	mkfifo fifo.cprof
	mkdir dir.cprof no-entry
	for case in "kept.txt:exists; --force replaces it" "link.cprof:is a symbolic link" \
		"fifo.cprof:is a FIFO" "dir.cprof:is a directory" "/dev/full:is a device" \
		"no-such-folder/x.cprof:No such file or directory"; do
		refused 8 "${case#*:}" timeout 20 "$cprofd" record -p "$target" -d 0.2 -o "${case%%:*}"
	done
	for what in link.cprof fifo.cprof dir.cprof; do
		refused 8 "$what: is" timeout 20 "$cprofd" record --force -p "$target" -d 0.2 -o $what
	done
	refused 125 "exists" "$cprofd" record -o kept.txt -- touch was-run
	[ ! -e was-run ] || fail "the command ran although nothing could be recorded"
	"$cprofd" record -p "$target" -d 0.3 -o good.cprof 2>/dev/null || fail "no recording"
	head -c $(($(wc -c <good.cprof) - 1)) good.cprof >torn.cprof
	for what in kept.txt link.cprof fifo.cprof dir.cprof; do
		refused 8 "$what: " timeout 20 "$cprofd" export --format folded -o $what good.cprof
		refused 8 "$what: " timeout 20 "$cprofd" recover -o $what torn.cprof
	done
	[ "$(cat kept.txt)" = precious ] || fail "the old file was touched"
	expect 0 "" "$cprofd" record --force -p "$target" -d 0.3 -o kept.txt
	[ "$(n_samples kept.txt)" -gt 0 ] || fail "--force has not replaced it"
	[ -z "$(ls | grep '\.cprof\..')" ] || fail "left behind: $(ls)"
	is_root || return 0
	chmod 755 no-entry
	refused 125 "Permission denied" nobody "$cprofd" record -o no-entry/x.cprof -- true
}

full_stdout() {
	[ -c /dev/full ] || skip "standard output is full" "no /dev/full"
	for command in "report full-in.cprof" "report --json full-in.cprof" \
		"export --format folded -o - full-in.cprof" "export --format pprof -o - full-in.cprof"; do
		[ -e full-in.cprof ] || "$cprofd" record -o full-in.cprof -- "$targets/abc" 0.3 2>/dev/null
		"$cprofd" $command >/dev/full 2>err.txt
		got=$?
		[ $got = 8 ] || fail "$command: exit $got: $(cat err.txt)"
		grep -q "No space left" err.txt || fail "$command: $(cat err.txt)"
	done
}

# The file may not grow: what is in it can be read, the target goes on.
no_more_room() {
	new_target
	(ulimit -f 16; exec "$cprofd" record -F 5000 -p "$target" -d 20 -o small.cprof) 2>err.txt
	got=$?
	[ $got = 8 ] || fail "exit $got: $(cat err.txt)"
	grep -q "the recording is whole up to" err.txt || fail "$(cat err.txt)"
	grep -q "File too large" err.txt || fail "$(cat err.txt)"
	readable_prefix small.cprof
}

readable_prefix() {
	"$cprofd" report "$1" >out.txt 2>err.txt
	got=$?
	case $got in
	0|9) ;;
	*) fail "report: exit $got: $(cat err.txt)" ;;
	esac
	[ "$(n_samples "$1")" -gt 0 ] || fail "no samples in what was written"
	[ -d "/proc/$target" ] || fail "the target is gone"
}

full_disk() {
	is_root || skip "a full disk" "needs root to mount one"
	new_target
	mkdir disk
	unshare -m sh -c '
		mount -t tmpfs -o size=12k none disk || exit 77
		"$1" record -F 5000 -p "$2" -d 20 -o disk/x.cprof 2>err.txt
		code=$?
		cp disk/x.cprof full.cprof
		exit $code' - "$cprofd" "$target" 2>mount.txt
	got=$?
	[ $got != 77 ] || skip "a full disk" "no tmpfs: $(cat mount.txt)"
	[ $got = 8 ] || fail "exit $got: $(cat err.txt mount.txt)"
	grep -q "No space left" err.txt || fail "$(cat err.txt)"
	readable_prefix full.cprof
}

# ---- input ----

recording() {
	[ -s in.cprof ] || "$cprofd" record -o in.cprof -- "$targets/abc" 0.5 2>err.txt ||
		fail "$(cat err.txt)"
}

not_a_recording() {
	recording
	: >empty.cprof
	echo "no recording, but long enough to be one: its header is 64 bytes and that is it" >text.cprof
	# The next major version, with the right checksum.
	cat >newer.c <<-'EOF'
		#define XXH_INLINE_ALL
		#include <stdio.h>
		#include <xxhash.h>
		int main(void)
		{
			unsigned char header[64];
			fread(header, 1, 64, stdin);
			header[8] = 2;
			XXH64_hash_t sum = XXH3_64bits(header, 56);
			for (int i = 0; i < 8; i++)
				header[56 + i] = (unsigned char)(sum >> 8 * i);
			fwrite(header, 1, 64, stdout);
			return 0;
		}
	EOF
	$CC -o newer newer.c 2>cc.txt || fail "$(cat cc.txt)"
	(./newer <in.cprof; tail -c +65 in.cprof) >newer.cprof
	mkfifo pipe.cprof
	for command in report "export --format folded -o -" recover; do
		refused 9 "cannot open: No such file" "$cprofd" $command nothing.cprof
		refused 9 "only 0 bytes" "$cprofd" $command empty.cprof
		refused 9 "not a cprofd recording" "$cprofd" $command text.cprof
		refused 9 "written in format 2, this cprofd reads format 1" "$cprofd" $command newer.cprof
		refused 9 "is no regular file" timeout 20 "$cprofd" $command pipe.cprof
		refused 9 "is no regular file" timeout 20 "$cprofd" $command /dev/zero
	done
	[ -z "$(ls | grep recovered)" ] || fail "recover left $(ls | grep recovered)"
}

# Cut at many bytes (all of them with CPROFD_LONG): what is before the cut is
# there; and recover makes the same of it.
cut_anywhere() {
	recording
	"$python" - "$cprofd" "${CPROFD_LONG:-0}" <<-'EOF' || exit 1
		import json, os, subprocess, sys
		cprofd, every = sys.argv[1], sys.argv[2] == "1"
		data = open("in.cprof", "rb").read()
		def run(*args):
		    return subprocess.run([cprofd, *args], capture_output=True, timeout=60)
		def samples(out):
		    return json.loads(out)["totals"]["received"]["samples"]
		def bad(n, what, p):
		    sys.exit("  # cut at %d: %s: exit %d: %s" % (n, what, p.returncode, p.stderr.decode()))
		whole, last = samples(run("report", "--json", "in.cprof").stdout), 0
		cuts = range(len(data)) if every else sorted({*range(0, 70, 3), *range(70, len(data), 97), len(data) - 1})
		for n in cuts:
		    open("cut.cprof", "wb").write(data[:n])
		    p = run("report", "--json", "cut.cprof")
		    if p.returncode not in (0, 9):
		        bad(n, "report", p)
		    if p.returncode == 0 and b"not finished" not in p.stderr:
		        bad(n, "nothing said", p)
		    if not p.stdout:
		        if n >= 64 + 24 + 1000:
		            bad(n, "nothing shown", p)
		        continue
		    got = samples(p.stdout)
		    if got < last or got > whole:
		        bad(n, "%d samples after %d" % (got, last), p)
		    last = got
		    p = run("recover", "-o", "whole.cprof", "--force", "cut.cprof")
		    if p.returncode != 0:
		        bad(n, "recover", p)
		    p = run("report", "--json", "whole.cprof")
		    if p.returncode != 0 or samples(p.stdout) != got:
		        bad(n, "report of the recovered one", p)
		# It ran: that nothing was due would be untrue, however little can be read.
		first = next(n for n in range(64, len(data))
		             if open("cut.cprof", "wb").write(data[:n]) and run("report", "cut.cprof").returncode == 0)
		p = run("report", "cut.cprof")
		if b"nothing ran" in p.stdout:
		    bad(first, "says that nothing ran", p)
		print("  # %d cuts of %d bytes" % (len(cuts), len(data)))
	EOF
}

# One bit anywhere: it is noticed, and nothing dies of it.
flipped_bits() {
	recording
	"$python" - "$cprofd" "${CPROFD_LONG:-0}" <<-'EOF' || exit 1
		import random, subprocess, sys
		cprofd, n_flips = sys.argv[1], 5000 if sys.argv[2] == "1" else 150
		random.seed(7)
		data = open("in.cprof", "rb").read()
		for _ in range(n_flips):
		    at, bit = random.randrange(len(data)), random.randrange(8)
		    bad = bytearray(data)
		    bad[at] ^= 1 << bit
		    open("flip.cprof", "wb").write(bad)
		    p = subprocess.run([cprofd, "report", "--json", "flip.cprof"], capture_output=True, timeout=60)
		    if p.returncode != 9:
		        sys.exit("  # byte %d, bit %d: exit %d: %s" % (at, bit, p.returncode, p.stderr.decode()))
	EOF
}

wrong_use() {
	expect 2 "no such command" "$cprofd" bogus
	expect 2 "an option is unknown or lacks its value" "$cprofd" record --bogus
	expect 2 "a number from 1 to" "$cprofd" record -F 0 -- true
	expect 2 "a number from" "$cprofd" record -d -1 -- true
	expect 2 "--engine bpf2" "$cprofd" record --engine bpf2 -- true
	expect 2 "is missing" "$cprofd" record
	expect 2 "not both" "$cprofd" record -p 1 -- true
	expect 2 "" "$cprofd" report
	expect 2 "not one of folded, pprof, pstats, svg, html" "$cprofd" export --format png x.cprof
	expect 127 "No such file" "$cprofd" record -o none.cprof -- ./no-such-program
	expect 126 "Permission denied" "$cprofd" record -o none.cprof -- /etc/passwd
	[ ! -e none.cprof ] || fail "a recording of nothing was left"
}

check "no such process" no_such_process
check "no process id" no_number
check "the target is gone already" already_gone
check "the target is a zombie" only_a_zombie
check "a thread id is given" thread_id
check "a process of another user" not_ours
check "a process that is not dumpable" protected
check "a kernel thread" kernel_thread
check "a process that is being traced" already_traced
check "the target ends meanwhile" ends_meanwhile
check "the target ends at any moment" ends_any_time
check "the target executes another program" execs_meanwhile
check "the target executes while it is attached to" execs_at_start
check "more threads than files may be open" few_files
check "the running file is deleted" deleted_file
check "the running file is replaced" replaced_file
check "a stripped file" stripped_file
check "a file without unwind information" no_unwind_info
check "files with damaged ELF and DWARF" damaged_file
check "something is in the way of the output" in_the_way
check "standard output is full" full_stdout
check "the recording may not grow" no_more_room
check "a full disk" full_disk
check "not a recording" not_a_recording
check "a recording cut anywhere" cut_anywhere
check "a recording with a flipped bit" flipped_bits
check "wrong use" wrong_use
finish
