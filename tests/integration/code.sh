#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A recording holds the instructions of the functions in which the time went.
. "${top_srcdir:?}/tests/integration/lib.sh"
reader=$top_srcdir/tests/integration/read_recording.py

# Record spin with engine $1 and read what it holds into read.json.
record_spin() {
	"$cprofd" version | grep -q 'assembly (capstone)' || skip "$name" "built without capstone"
	"$python" -c 'import ctypes; ctypes.CDLL("libzstd.so.1"); ctypes.CDLL("libxxhash.so.0")' \
		2>python.txt || skip "$name" "$(tail -n 1 python.txt)"
	start "$targets/spin"
	"$cprofd" record --force --engine "$1" -d 1 -o spin.cprof -p $pid >/dev/null 2>err.txt
	code=$?
	case $(cat err.txt) in
	*"seccomp filter"* | *"does not let you use perf"* | *"has no perf events"*)
		skip "$name" "$(head -n 1 err.txt)" ;;
	esac
	[ $code = 0 ] || fail "exit $code: $(cat err.txt)"
	"$python" "$reader" spin.cprof >read.json 2>err.txt || fail "$(cat err.txt)"
}

# The instructions of spin() are there, from its start to its end, and what was hit
# most lies in its loop: from where the jump back goes to, to the jump.
the_loop_is_hot() {
	record_spin "$1"
	"$python" - "$top_srcdir/tests/targets/spin.c" >judge.txt 2>&1 <<'END' || fail "$(cat judge.txt)"
import json, sys
r = json.load(open("read.json"))
found = [c for c in r["code"] if c[0].endswith("/spin") and c[4] and
         c[4][0][3] and c[4][0][3][-1][0] == "spin"]
if len(found) != 1:
    sys.exit(f"{len(found)} times the code of spin: {r['code']}")
module, address, size, note, instructions = found[0]
hits = {a: n for m, a, n in r["landed"] if m == module and address <= a < address + size}
all_hits = sum(n for _, _, n in r["landed"])
if sum(hits.values()) < .7 * all_hits:	# the rest is the kernel's
    sys.exit(f"of {all_hits} samples only {hits} in spin")
starts = [i[0] for i in instructions]
if starts[0] != address or not set(hits) <= set(starts):
    sys.exit(f"samples that are on no instruction: {hits}, {starts}")
back = [(i[2][0], i[0]) for i in instructions if i[2] and address <= i[2][0] <= i[0]]
if len(back) != 1:
    sys.exit(f"not one loop: {instructions}")
hottest = max(hits, key=hits.get)
if not back[0][0] <= hottest <= back[0][1]:
    sys.exit(f"the hottest instruction {hottest:x} is not in the loop {back}")
lines = {i[3][-1][1] for i in instructions if back[0][0] <= i[0] <= back[0][1]}
source = open(sys.argv[1]).read().split("\n")
if "sink++" not in "".join(source[n - 1] for n in lines):
    sys.exit(f"the loop is in lines {lines}")
END
}

check "perf: the hottest instruction is in the loop" the_loop_is_hot perf
check "perf: and again with names from the cache" the_loop_is_hot perf
check "ptrace: the hottest instruction is in the loop" the_loop_is_hot ptrace
finish
