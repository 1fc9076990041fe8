#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The overview of a program that runs: what the kernel counts of it is in the recording, and
# is what the kernel says itself.
. "${top_srcdir:?}/tests/integration/lib.sh"

# It holds 64 MiB, of which all was touched, reads and writes, and its child holds 32 more.
program='import os, sys, time
held = bytearray(os.urandom(1 << 20) * (64 if len(sys.argv) > 1 else 32))
if len(sys.argv) > 1:
    os.spawnl(os.P_NOWAIT, sys.executable, sys.executable, "-c", open("program.py").read())
open(f"ready-{len(sys.argv)}", "w").close()
with open("/dev/zero", "rb") as a, open("/dev/null", "wb") as b:
    while True:
        b.write(a.read(1 << 20))
        b.flush()
        time.sleep(.001)
'

overview_of() { "$cprofd" view --ascii --render overview --size 140x40 "$1"; }

counted() {
	printf '%s' "$program" >program.py
	start "$python" program.py parent
	wait_for 20 test -e ready-2 || fail "it did not begin"
	wait_for 20 test -e ready-1 || fail "its child did not begin"
	child=$(cat "/proc/$pid/task/$pid/children")
	echo $child >>"$scratch/pids"
	"$cprofd" record -p "$pid" -d 2 -o a.cprof 2>err.txt || fail "$(cat err.txt)"
	overview_of a.cprof >out.txt || fail "no overview"
	! grep -q "not in this recording" out.txt || fail "not counted: $(cat out.txt)"
	for what in "CPU  " "user/kernel" "memory" "page faults" "read, write" "threads"; do
		grep -q "$what *[^ ]" out.txt || fail "no $what: $(cat out.txt)"
	done
	# Both processes together, at what they stand at now.
	"$python" - "$pid" $child <<-'EOF' >memory.txt 2>&1 || fail "$(cat memory.txt out.txt)"
	import re, sys
	page = 4096
	held = sum(int(re.search(r"VmRSS:\s+(\d+)", open("/proc/%s/status" % p).read())[1]) * 1024
	           for p in sys.argv[1:])
	said = re.search(r"memory .*?([\d.]+) MiB", open("out.txt").read())
	assert said, "no memory"
	assert abs(float(said[1]) * 1048576 - held) < .1 * held, (said[1], held)
	moved = re.search(r"read, write +([\d.,]+) ([MG])iB/s +([\d.,]+) ([MG])iB/s", open("out.txt").read())
	assert moved, "little was moved"
	number = lambda n, unit: float(n.replace(",", "")) * (1024 if unit == "G" else 1)
	assert .5 < number(moved[1], moved[2]) / number(moved[3], moved[4]) < 2, moved[0]
	EOF
	# The same by a reader that knows the format only from its page.
	"$python" "$top_srcdir/tests/integration/read_recording.py" a.cprof >read.json 2>err.txt || fail "$(cat err.txt)"
}

# A program that ends has its counters up to its end.
ended() {
	"$cprofd" record -o b.cprof -- "$targets/abc" 1 2>err.txt || fail "$(cat err.txt)"
	overview_of b.cprof >out.txt || fail "no overview"
	grep -Eq "user/kernel *0\.[5-9]|user/kernel *1\.0|user/kernel *0\.[0-9]* and" out.txt ||
		fail "no CPU time: $(cat out.txt)"
	grep -Eq "memory .* (KiB|MiB)" out.txt || fail "no memory: $(cat out.txt)"
}

check "what the kernel counts is on the page, of children too" counted
check "a program that ended was counted to its end" ended
finish
