#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who called whom according to stacks, and according to the code as objdump has it.
. "${top_srcdir:?}/tests/integration/lib.sh"
reader=$top_srcdir/tests/integration/read_recording.py

build() {
	have objdump || skip "$name" "no objdump"
	[ "$(uname -m)" = x86_64 ] || skip "$name" "calls are read of x86-64 only"
	"$python" -c 'import ctypes; ctypes.CDLL("libzstd.so.1"); ctypes.CDLL("libxxhash.so.0")' \
		2>python.txt || skip "$name" "$(tail -n 1 python.txt)"
	[ -x edges ] && return
	"$CC" -O2 -g -fPIC -shared -o libedges.so "$top_srcdir/tests/targets/edges_lib.c" &&
	"$CC" -O2 -g -fomit-frame-pointer -o edges "$top_srcdir/tests/targets/edges.c" \
		./libedges.so -Wl,-rpath,"$scratch" || fail "$CC cannot build the target"
}

# Record with engine $1; the rest is the command.
record_edges() {
	"$cprofd" record --force --engine "$1" -o edges.cprof -F 999 -- "$2" 0.6 >/dev/null 2>err.txt
	code=$?
	case $(cat err.txt) in
	*"seccomp filter"* | *"does not let you use perf"* | *"has no perf events"*)
		skip "$name" "$(head -n 1 err.txt)" ;;
	esac
	[ $code = 0 ] || fail "exit $code: $(cat err.txt)"
	"$python" "$reader" edges.cprof >read.json 2>err.txt || fail "$(cat err.txt)"
	"$cprofd" report --json edges.cprof >report.json 2>err.txt || fail "$(cat err.txt)"
}

# What the recording says of each call of our two files is what objdump says, and what
# the report counts follows from that.
judge() {
	"$python" - "$1" >judge.txt 2>&1 <<'END' || fail "$(cat judge.txt)"
import functools, json, re, subprocess, sys
read, edges = json.load(open("read.json"))["edges"], json.load(open("report.json"))["edges"]
stripped = sys.argv[1] == "stripped"
ends = {}			# of instructions: (kind, target, its name)

def disassemble(path):
    ends[path] = {}
    out = subprocess.run(["objdump", "-d", "--insn-width=16", path], capture_output=True, text=True)
    for line in out.stdout.split("\n"):
        m = re.match(r" *([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *\t(.*)", line)
        if not m:
            continue
        end, text = int(m[1], 16) + len(m[2].split()), m[3]
        call = re.search(r"\bcall +(\*|([0-9a-f]+) <([^>@]*)(@plt)?)", text)
        ends[path][end] = ((1, None, None) if not call else (3, None, None) if call[1] == "*"
                           else (2, int(call[2], 16), (call[3], bool(call[4]))))

@functools.cache
def starts(path):
    out = subprocess.run(["nm", path], capture_output=True, text=True).stdout.split("\n")
    return {l[2]: int(l[0], 16) for l in map(str.split, out) if len(l) == 3 and l[1] in "Tt"}

def is_ours(path):
    return path.rpartition("/")[2] in ("edges", "edges-stripped", "libedges.so")

kinds = dict.fromkeys(("proven", "pointer", "tail_call", "gap", "no_call", "unknown"), 0)
tail, judged, seen = 0, 0, set()
for caller, callee, n in read:
    path = caller["module"]
    if not caller["flags"] & 1 or path == "[kernel]":
        continue
    kind, target, there = caller["call"] or (0, None, None)
    called, stub = (there or "").removesuffix("@plt"), (there or "").endswith("@plt")
    if is_ours(path):
        if path not in ends:
            disassemble(path)
        expected = ends[path][caller["address"]]
        if (kind, target) != expected[:2]:
            sys.exit(f"{caller}: objdump has {expected}")
        if expected[2] and not stripped:
            called, stub = expected[2]
        # Of a stub, which has no symbol, objdump has said where it is.
        if is_ours(callee["module"]) and not stripped and not callee["function"].endswith("@plt"):
            start = starts(callee["module"])[callee["function"]]
            if start != callee["start"]:
                sys.exit(f"{callee}: nm has {start:x}")
        judged += n
    if kind == 1:
        what = "no_call"
    elif kind == 3:
        what = "pointer"
    elif kind == 0 or not callee["function"] and not callee["size"]:
        what = "unknown"
    elif path == callee["module"] and callee["start"] <= target < callee["start"] + max(callee["size"], 1):
        what = "proven"
    elif stub:
        what = "proven" if called == callee["function"] else "pointer"
    else:
        what = "unknown" if there is None else "gap" if caller["flags"] & 2 else "tail_call"
    kinds[what] += n
    seen.add((caller["function"], callee["function"], what))
    if (caller["function"], callee["function"]) == ("by_tail", "tail_target"):
        tail += n
for what in kinds:
    if kinds[what] != edges[what]["samples"]:
        sys.exit(f"{what}: {kinds[what]}, the report has {edges[what]}")
if sum(kinds.values()) != edges["samples"] or judged < 500:
    sys.exit(f"{judged} edges of ours in {edges}")
if not stripped:
    for edge in (("direct", "work", "proven"), ("recurse", "recurse", "proven"),
                 ("recurse", "work", "proven"), ("compare", "work", "proven"),
                 ("by_pointer", "work", "pointer"), ("by_tail", "tail_target", "tail_call"),
                 ("by_library", "lib_outer", "proven"), ("lib_outer", "inner", "proven"),
                 ("inner", "lib_work", "proven")):
        if edge not in seen:
            sys.exit(f"{edge} is not in {seen}")
    if any(callee == "compare" and what == "proven" for _, callee, what in seen):
        sys.exit(f"qsort does not call compare by its name: {seen}")
    told = [t for t in edges["tail_calls"]
            if (t["caller"], t["calls"], t["callee"]) == ("by_tail", "tail", "tail_target")]
    if len(told) != 1 or told[0]["samples"] != tail or not tail:
        sys.exit(f"{tail} tail calls, told are {edges['tail_calls']}")
    if edges["no_call"]["samples"] or edges["unknown"]["samples"] > 10:
        sys.exit(f"not to be explained: {edges}")
print(f"  # {edges['samples']} calls: {kinds}")
END
	cat judge.txt
}

agrees() {
	build
	record_edges "$1" ./edges
	judge named
	"$cprofd" report edges.cprof | tr -s ' \n' ' ' |
		grep -q "proven by the call in the code, .* through a pointer, .* with a tail call between" ||
		fail "the report does not say it: $("$cprofd" report edges.cprof)"
}

# Where functions begin is known from unwind information then.
agrees_stripped() {
	build
	strip -o edges-stripped edges || skip "$name" "no strip"
	record_edges perf ./edges-stripped
	judge stripped
}

# Where a frame is missing the code says so.
gap_is_seen() {
	build
	have objcopy || skip "$name" "no objcopy"
	"$CC" -O2 -g -fno-omit-frame-pointer -momit-leaf-frame-pointer -o gap-whole \
		"$top_srcdir/tests/targets/edges_gap.c" &&
	objcopy --remove-section .eh_frame --remove-section .eh_frame_hdr \
		--remove-section .debug_frame gap-whole gap || fail "cannot build the target"
	record_edges perf ./gap
	report edges.cprof '"%d %d" % (r["totals"]["received"]["samples"], sum(t["samples"]
		for t in r["edges"]["tail_calls"] if t["gap"] and
		(t["caller"], t["calls"], t["callee"]) == ("outer", "middle", "inner")))' >gap.txt
	read -r all seen <gap.txt
	[ "$all" -gt 20 ] && [ "$seen" -gt $((all * 9 / 10)) ] ||
		fail "$seen of $all have the gap: $("$cprofd" report --tree edges.cprof)"
}

check "perf: calls are what objdump says" agrees perf
check "perf: and again with what the cache has" agrees perf
check "ptrace: calls are what objdump says" agrees ptrace
check "perf: without symbols" agrees_stripped
check "perf: a frame that is missing is noticed" gap_is_seen
finish
