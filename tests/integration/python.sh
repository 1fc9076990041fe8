#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Python functions in recordings of real interpreters: all that are on the stacks, at
# their lines, among the C functions that call them, and nothing else.
. "${top_srcdir:?}/tests/integration/lib.sh"

# SHORT, or LONG in the long version.
long() { [ -n "${CPROFD_LONG:-}" ] && echo "$2" || echo "$1"; }

old=$(pythons | grep '/3\.8\.' | head -n 1)
new=$(pythons | grep '/3\.1[23]\.' | tail -n 1)
several=$(printf '%s\n' "$python" "$old" | grep . | sort -u)
[ -z "${CPROFD_LONG:-}" ] || several=$(pythons)
[ -n "$old" ] || echo "skip - Python 3.8, whose frames are objects: it is not on this machine"
[ -n "$new" ] || echo "skip - Python 3.12 or 3.13: it is not on this machine"

# Python program "$@" by $interpreter, in the background, once it has imported what it
# needs: code of modules is thrown away.
start_python() {
	$prefix "$interpreter" "$@" >target.txt 2>target-err.txt &
	pid=$!
	echo $pid >>"$scratch/pids"
	wait_for 20 has_worked 15 || fail "it does not start: $(cat target-err.txt)"
}
prefix=

# Hundredths of a second of CPU time.
has_worked() { [ "$(awk '{ print $14 + $15 }' "/proc/$pid/stat")" -ge "$1" ]; }

record() {	# ENGINE SECONDS [OPTION...]
	engine=$1 seconds=$2
	shift 2
	"$cprofd" record --force -p "$pid" --engine "$engine" -d "$seconds" -o rec.cprof "$@" 2>err.txt ||
		fail "$(cat err.txt)"
}

# What is on the stacks of rec.cprof is what it should be.
stacks() {
	what=$1
	shift
	"$python" "$top_srcdir/tests/integration/python_stacks.py" "$what" rec.cprof "$@" 2>wrong.txt ||
		fail "$(tail -n 1 wrong.txt)"
}

kill_target() { kill -9 "$pid"; wait "$pid" 2>/dev/null; }

# ---- all of it, exactly ----

frozen() {
	interpreter=$1
	rm -f stdin
	mkfifo stdin
	"$interpreter" "$top_srcdir/tests/targets/torture.py" freeze <stdin >frozen.json 2>target-err.txt &
	pid=$!
	echo $pid >>"$scratch/pids"
	exec 3>stdin
	wait_for 30 test -s frozen.json || fail "not frozen: $(cat target-err.txt)"
	record ptrace "$(long .6 4)"
	exec 3>&-
	stacks frozen frozen.json
}

# ---- running ----

has_threads() { [ "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)" -ge "$1" ]; }

torture() {
	interpreter=$1
	needs_engine "$2" "$name"
	start_python "$top_srcdir/tests/targets/torture.py" all 1000
	wait_for 20 has_threads 17 || fail "its threads are not there"
	# A busy machine gives few samples a second, of the many threads; and what is not whole
	# in so short a recording has to be whole in a longer one.
	for i in .7 1 2 4 8 16; do
		record "$2" "$(long $i 6)" -F 1999
		# A stripped interpreter has no names of what lies between.
		symbols=$(report rec.cprof '"symbols" * any(f["name"] == "map_next" for f in r["functions"])')
		said=$(stacks torture $symbols) && break
		echo "$said" | grep -q "not seen to its end\|not to be whole" || break
	done
	kill_target
	echo "$said"
	case $said in *" samples, "*) ;; *) exit 1 ;; esac
}

# At least $3 samples; a busy machine gives few a second.  $4: c, each call goes through C.
chains() {
	interpreter=$1 n=0
	needs_engine "$2" "$name"
	start_python "$top_srcdir/tests/targets/chains.py" 1000 $4
	for i in $(seq 30); do
		record "$2" "$(long .7 8)" -F 1999
		stacks chains >n.txt
		n=$((n + $(cat n.txt)))
		[ "$n" -lt "$3" ] || break
	done
	kill_target
	echo "  # $n samples"
	[ "$n" -ge "$3" ] || fail "only $n samples"
}

made() {
	interpreter=$1
	needs_engine "$2" "$name"
	rm -f made.log
	start_python "$top_srcdir/tests/targets/made.py" made.log "$(long 2 6)"
	record "$2" "$(long .8 4)" -F 1999
	wait "$pid"
	stacks made made.log
}

# ---- shares ----

# Percent of the time.
not_complete='100 * sum(x["weight_ns"] for x in r["ledger"]["rows"] if x["samples"] and x["outcome"] != "complete") //
	max(1, sum(x["weight_ns"] for x in r["ledger"]["rows"] if x["samples"]))'

# Those of functions and lines are inside what is shown.
shares() {
	interpreter=$1
	needs_engine "$2" "$name"
	: >results.txt
	for i in $(seq "$(long 1 10)"); do
		start_python "$top_srcdir/tests/targets/shares.py" 1000
		# What was not read in time, on a busy machine, is of no function.
		for attempt in 1 2 3 4 5; do
			record "$2" 1 -F 999
			[ "$(report rec.cprof "$not_complete")" -gt 3 ] || break
		done
		kill "$pid"
		wait "$pid"
		"$cprofd" report --json --lines two_lines rec.cprof >report.json
		"$python" - >>results.txt <<-'END' || fail "$(cat report.json)"
			import json
			truth, r = json.load(open("target.txt")), json.load(open("report.json"))
			# What it did while it was recorded: of a busy machine it gets little,
			# and the share of the rest of its life is another.
			start = r["recording"]["start_unix_ns"]
			end = start + r["recording"]["duration_ns"]
			spent = dict.fromkeys(("heavy", "light", "line_30", "line_70"), 0.0)
			for part, at, seconds in truth["calls"]:
			    if start <= at < end:
			        spent[part] += seconds
			total = sum(spent.values())
			shown = {f["name"]: f["total"] for f in r["functions"] if f["kind"] == "P"}
			for line in r["lines_of"]["lines"]:
			    shown[line["line"]] = line["total"]
			for part, key in (("heavy", "heavy"), ("light", "light"),
			                  ("line_30", truth["line_30"]), ("line_70", truth["line_70"])):
			    print(part, spent[part] / total, shown[key]["low"], shown[key]["high"])
		END
	done
	# Of 95 % intervals 1 in 20 misses, and 1 in 2,000 by so much.
	awk -v runs="$(long 1 10)" '
		{ n++; more = .4 * ($4 - $3) }
		$2 < $3 || $2 > $4 { out++ }
		$2 < $3 - more || $2 > $4 + more { far++ }
		END { exit !(n == 4 * runs && !far && (runs == 1 || out <= n / 5)) }' results.txt ||
		fail "not inside: $(cat results.txt)"
}

# ---- much of it ----

deep() {
	interpreter=$1 depth=3000
	cat >deep.py <<-'END'
		import sys, threading, time
		def down(n):
		    if n:
		        down(n - 1)
		    else:
		        leaf()
		def leaf():
		    while True:
		        for _ in range(1000): pass
		def start():
		    down(2999)
		sys.setrecursionlimit(10000)
		threading.stack_size(256 << 20)
		thread = threading.Thread(target=start, daemon=True)
		thread.start()
		thread.join()
	END
	needs_engine "$2" "$name"
	start_python deep.py
	record "$2" .7
	kill_target
	stacks deep $depth
}

many_threads() {
	interpreter=$1
	cat >threads.py <<-'END'
		import threading, time
		lock = threading.Lock()
		lock.acquire()
		def wait_here(): lock.acquire()
		threads = [threading.Thread(target=wait_here, daemon=True) for _ in range(200)]
		for t in threads: t.start()
		def burn():
		    while True: pass
		burn()
	END
	start_python threads.py
	wait_for 20 has_threads 201 || fail "they do not start"
	record ptrace .8
	kill_target
	stacks has burn wait_here
	"$python" - "$top_srcdir/tests/integration" <<-'END' >seen.txt || fail "$(cat seen.txt)"
		import sys
		sys.path.insert(0, sys.argv[1])
		from read_recording import read_recording
		r, _ = read_recording("rec.cprof")
		seen = set()
		for s in r.samples:
		    names = [n for f in s[3] for n in r.named.get(f, [])]
		    if "wait_here" in names:
		        seen.add(s[1])
		print(len(seen), "of 200 threads")
		sys.exit(len(seen) != 200)
	END
}

# Code objects by the thousand, which were there before.
many_modules() {
	interpreter=$1
	mkdir -p many
	[ -e many/m2999.py ] || for i in $(seq 0 2999); do
		echo "def call_$i(go):
    go()" >"many/m$i.py"
	done
	cat >many.py <<-'END'
		import importlib, sys
		sys.dont_write_bytecode = True
		sys.path.insert(0, "many")
		calls = [getattr(importlib.import_module("m%d" % i), "call_%d" % i) for i in range(3000)]
		def go():
		    for _ in range(20): pass
		open("imported", "w").close()
		while True:
		    for call in calls: call(go)
	END
	rm -f imported
	needs_engine "$2" "$name"
	start_python many.py
	wait_for 60 test -e imported || fail "$(cat target-err.txt)"
	for i in 1 2 4 8; do	# a busy machine gives few samples a second
		record "$2" $i -F 1999
		report rec.cprof 'len([f for f in r["functions"] if f["name"].startswith("call_")])' >n.txt
		[ "$(cat n.txt)" -le 200 ] || break
	done
	kill_target
	stacks has go
	[ "$(cat n.txt)" -gt 200 ] || fail "$(cat n.txt) of them were seen"
}

# ---- what is not there ----

# A copy of Debian's, for which no debug file is found.
stripped() {
	interpreter=/usr/bin/python3.11
	[ -x $interpreter ] || skip "$name" "no $interpreter"
	"$python" - $interpreter python3.11 <<-'END' || skip "$name" "it has no build-id"
		import re, subprocess, sys
		notes = subprocess.check_output(["readelf", "-n", sys.argv[1]]).decode()
		build_id = re.search("Build ID: ([0-9a-f]+)", notes).group(1)
		data = open(sys.argv[1], "rb").read()
		data = data.replace(bytes.fromhex(build_id), bytes(range(1, len(build_id) // 2 + 1)))
		open(sys.argv[2], "wb").write(data.replace(build_id[2:].encode() + b".debug",
		                                           b"0" * (len(build_id) - 2) + b".debug"))
	END
	chmod +x python3.11
	[ "$(readelf -SW python3.11 | grep -c '\.symtab')" = 0 ] || skip "$name" "it is not stripped"
	needs_engine "$1" "$name"
	interpreter=$PWD/python3.11
	prefix="env PYTHONHOME=/usr" start_python "$top_srcdir/tests/targets/torture.py" all 1000
	record "$1" 1.5 -F 999
	kill_target
	stacks internals
	stacks torture
	report rec.cprof '[f["name"] for f in r["functions"]]' | grep -qF "[python3.11 internals]" ||
		fail "no [python3.11 internals]"
}

# 3.13 that says of itself that it is 3.15, or free-threaded: $2; said is "$3".  By engine
# $1, or the whole host by engine bpf.
unknown_version() {
	engine=$1 what="its Python functions are"
	if [ "$1" = host ]; then
		[ "$(id -u)" = 0 ] || skip "$name" "only root sees what others run"
		engine=bpf what="Python functions of processes with $PWD/libpython3.13.so.1.0 are"
	fi
	interpreter=$(pythons | grep '/3\.13\.' | head -n 1)
	[ -n "$interpreter" ] || skip "$name" "no 3.13"
	library=$(ldd "$interpreter" | awk '/libpython3/ { print $3 }')
	[ -n "$library" ] || skip "$name" "$interpreter has no shared library"
	"$python" - "$library" "$2" <<-'END' || fail "the library cannot be changed"
		import os, re, struct, subprocess, sys
		library = sys.argv[1]
		data = bytearray(open(library, "rb").read())
		symbols = dict((l.split()[2].split("@")[0], int(l.split()[0], 16)) for l in
		               subprocess.check_output(["nm", "-D", "--defined-only", library]).decode().splitlines())
		def off(vaddr):
		    for l in subprocess.check_output(["readelf", "-lW", library]).decode().splitlines():
		        p = l.split()
		        if p[:1] == ["LOAD"] and int(p[2], 16) <= vaddr < int(p[2], 16) + int(p[4], 16):
		            return vaddr - int(p[2], 16) + int(p[1], 16)
		runtime = off(symbols["_PyRuntime"])
		assert data[runtime:runtime + 8] == b"xdebugpy"
		if sys.argv[2] == "free-threaded":
		    struct.pack_into("<Q", data, runtime + 16, 1)
		else:
		    struct.pack_into("<I", data, off(symbols["Py_Version"]), 0x030f00f0)
		    struct.pack_into("<Q", data, runtime + 8, 0x030f00f0)
		open(os.path.basename(library), "wb").write(data)
	END
	needs_engine $engine "$name"
	prefix="env LD_LIBRARY_PATH=$PWD" start_python "$top_srcdir/tests/targets/chains.py" 1000
	if [ "$1" = host ]; then
		"$cprofd" top --force -d 1 --engine bpf -o rec.cprof >out.txt 2>err.txt ||
			fail "$(cat err.txt)"
	else
		record "$1" 1
	fi
	kill_target
	[ "$(grep -c "$what not shown: $3" err.txt)" = 1 ] ||
		fail "said: $(cat err.txt)"
	"$cprofd" report --json --thread $pid rec.cprof >report.json || fail "no report"
	"$python" -c 'import json
print([f["name"] for f in json.load(open("report.json"))["functions"]])' >names.txt
	grep -q "'_PyEval_EvalFrameDefault'" names.txt || fail "no native frames: $(cat names.txt)"
	! grep -q "'main', \|'h'" names.txt || fail "$(cat names.txt)"
}

# ---- who may look ----

# An ordinary user sees them by ptrace, whether perf is allowed or not.
by_a_user() {
	interpreter=/usr/bin/python3.11
	[ -x $interpreter ] || skip "$name" "no $interpreter that a user may run"
	[ "$(id -u)" = 0 ] || skip "$name" "needs root to be another"
	uid=$((60000 + $$ % 4000))
	mkdir -p user
	chown $uid:$uid user
	prefix="setpriv --reuid=$uid --regid=$uid --clear-groups env HOME=$PWD/user XDG_STATE_HOME=$PWD/user XDG_CACHE_HOME=$PWD/user"
	start_python "$top_srcdir/tests/targets/chains.py" 1000
	$prefix "$@" "$cprofd" record --force -p "$pid" -d .6 -o user/x.cprof 2>err.txt || fail "$(cat err.txt)"
	kill_target
	cp user/x.cprof rec.cprof
	[ "$(report rec.cprof 'r["recording"]["meta"]["engine"]')" = ptrace ] || fail "not by ptrace: $(cat err.txt)"
	stacks has main a h i p
}

# ---- the first thread ends and leaves the work to others ----

without_first() {
	interpreter=$1
	needs_engine bpf "$name"
	cat >first.py <<-'END'
		import ctypes, os, threading, time
		def late_work():
		    while True:
		        for _ in range(1000): pass
		threading.Thread(target=late_work, daemon=True).start()
		while not os.path.exists("leave"): time.sleep(.02)
		ctypes.CDLL(None).syscall(60, 0)	# exit, of a thread
	END
	rm -f leave
	start_python first.py
	{ sleep .6; touch leave; } &
	record bpf 2
	kill_target
	"$cprofd" report --json --from 1.2 rec.cprof >report.json || fail "no report"
	"$python" - >seen.txt <<-'END' || fail "$(cat seen.txt)"
		import json, sys
		r = json.load(open("report.json"))
		seen = sum(f["total"]["weight_ns"] for f in r["functions"] if f["name"] == "late_work")
		print(seen, "of", r["totals"]["received"])
		sys.exit(not seen > .9 * r["totals"]["received"]["weight_ns"] > 0)
	END
}

# ---- children ----

children() {
	interpreter=$1
	cat >children.py <<-'END'
		import multiprocessing, time
		def spin():
		    for _ in range(1000): pass
		def early(): work(8)
		def late(): work(3)
		def work(seconds):
		    end = time.time() + seconds
		    while time.time() < end: spin()
		context = multiprocessing.get_context("fork")
		first = context.Process(target=early)
		first.start()
		open("first", "w").close()
		while True:
		    time.sleep(.2)
		    second = context.Process(target=late)
		    second.start()
		    second.join()
	END
	needs_engine "$2" "$name"
	rm -f first
	"$interpreter" children.py 2>target-err.txt &
	pid=$!
	echo $pid >>"$scratch/pids"
	wait_for 20 test -e first || fail "$(cat target-err.txt)"
	record "$2" 1
	for child in $(cat "/proc/$pid/task/$pid/children"); do
		echo "$child" >>"$scratch/pids"
	done
	kill_target
	shift 2
	stacks has "$@" work spin
}

for interpreter in $several; do
	check "every frame of every thread: $interpreter" frozen "$interpreter"
	for engine in bpf ptrace; do
		check "stacks of all kinds: $interpreter, $engine" torture "$interpreter" $engine
	done
	check "stacks that cannot be: $interpreter, bpf" chains "$interpreter" bpf \
		"$(long 500 12000)" ""
	check "stacks that cannot be, through C: $interpreter, bpf" chains "$interpreter" bpf \
		"$(long 300 12000)" c
done
for interpreter in $(long "$python" "$several"); do
	for engine in bpf ptrace; do
		check "code that is thrown away: $interpreter, $engine" made "$interpreter" $engine
		check "shares of functions and lines: $interpreter, $engine" shares "$interpreter" $engine
	done
	check "stacks that cannot be: $interpreter, ptrace" chains "$interpreter" ptrace \
		"$(long 150 12000)" ""
	check "stacks that cannot be, through C: $interpreter, ptrace" chains "$interpreter" ptrace \
		"$(long 150 12000)" c
	check "200 threads: $interpreter" many_threads "$interpreter"
	check "3,000 modules: $interpreter" many_modules "$interpreter" bpf
	check "children that were there: $interpreter, bpf" children "$interpreter" bpf early
	check "children: $interpreter, ptrace" children "$interpreter" ptrace early late
done
for interpreter in $(long "$old" "$several"); do
	check "3,000 calls: $interpreter, bpf" deep "$interpreter" bpf
done
for interpreter in $(long "$new" "$several"); do
	check "3,000 calls: $interpreter, ptrace" deep "$interpreter" ptrace
done
check "the first thread ends: $python" without_first "$python"
check "without symbols" stripped bpf
check "a version that is not known" unknown_version ptrace 3.15 "its version 3.15 is not known"
check "a version that is not known, on the host" unknown_version host 3.15 \
	"its version 3.15 is not known"
check "a build that is free-threaded" unknown_version bpf free-threaded "its build is free-threaded"
check "an ordinary user" by_a_user
check "an ordinary user whom perf is forbidden" by_a_user "$targets/deny" perf_event_open,bpf
finish
