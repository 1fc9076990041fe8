#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Recordings are what cprofd-recording(5) says: read_recording.py, written from
# that page alone, finds in them what `cprofd report` finds.
. "${top_srcdir:?}/tests/integration/lib.sh"
reader=$top_srcdir/tests/integration/read_recording.py

need_python() {
	have python3 || skip "$name" "no python3"
	python3 -c 'import ctypes; ctypes.CDLL("libzstd.so.1"); ctypes.CDLL("libxxhash.so.0")' \
		2>python.txt || skip "$name" "$(tail -n 1 python.txt)"
}

# Record into $1; the rest are options and the command.
record_or_skip() {
	file=$1
	shift
	"$cprofd" record --force -o "$file" "$@" >/dev/null 2>err.txt
	code=$?
	case $(cat err.txt) in
	*"seccomp filter"* | *"does not let you use perf"* | *"has no perf events"*)
		skip "$name" "$(head -n 1 err.txt)" ;;
	esac
	[ $code = 0 ] || fail "exit $code: $(cat err.txt)"
}

read_it() {
	"$reader" "$1" >read.json 2>err.txt || fail "$1: $(cat err.txt)"
}

# What both say about recording $1.
compare() {
	read_it "$1"
	"$cprofd" report --json "$1" >report.json 2>err.txt || fail "$1: $(cat err.txt)"
	python3 - "$cprofd" "$1" >compare.txt 2>&1 <<'END' || fail "$1: $(cat compare.txt)"
import json, subprocess, sys
cprofd, path = sys.argv[1:]
read, report = json.load(open("read.json")), json.load(open("report.json"))
OUTCOMES = ["complete", "copy too small", "frame limit", "no unwind rule", "unreadable memory",
            "code without a file", "register not known", "broken chain", "no user stack",
            "table not ready", "middle left out"]

def same(what, mine, its):
    if mine != its:
        sys.exit(f"{what}: {mine} was read, the report has {its}")

def pair(s):
    return [s["samples"], s["weight_ns"]]

def sums(rows):
    out = {}
    for key, s in rows:
        was = out.get(key, [0, 0])
        out[key] = [was[0] + s["samples"], was[1] + s["weight_ns"]]
    return out

same("meta", read["meta"], report["recording"]["meta"])
same("samples in all", read["samples"], report["recording"]["samples"])
if report["recording"]["finished"]:
    same("END record", read["end"], {"samples": read["samples"], "lost": read["lost"]})
same("running", [read["running"], read["weight_ns"]], pair(report["totals"]["received"]))
same("unknown records", read["unknown_records"], 0)
same("lost", read["lost"], report["totals"]["lost_of_all_threads"]["samples"])

same("outcomes", {OUTCOMES[int(k)]: v for k, v in read["outcomes"].items()},
     sums((r["outcome"], r) for r in report["ledger"]["rows"] if r["outcome"] in OUTCOMES))
same("functions", {k: v for k, v in read["names"].items() if k},
     sums((f["name"], f["self"]) for f in report["functions"]
          if f["named"] and f["self"]["samples"] and f["name"][:1] != "["))
tids = {str(t["tid"]) for t in report["threads"]}
if set(read["threads"]) - tids:
    sys.exit(f"threads that only the reader saw: {set(read['threads']) - tids}")
for tid in tids:
    one = json.loads(subprocess.run([cprofd, "report", "--json", "--thread", tid, path],
                                    capture_output=True, check=True).stdout)
    same(f"thread {tid}", read["threads"].get(tid, [0, 0]), pair(one["totals"]["received"]))
END
}

# A number of read.json, as a python expression of `r`.
number() { python3 -c "import json; r = json.load(open('read.json')); print($1)"; }

a_recording_of_perf() {
	need_python
	record_or_skip perf.cprof --engine perf -- "$targets/threads" 2 1 2
	compare perf.cprof
	[ "$(number "r['running']")" -ge 20 ] || fail "only $(number "r['running']") samples"
	[ "$(number "len(r['threads'])")" -ge 2 ] || fail "not two threads: $(cat read.json)"
	[ "$(number "r['names'].get('burn', [0])[0] > r['running'] / 2")" = True ] ||
		fail "most samples are not in burn: $(cat read.json)"
}

a_recording_of_ptrace_with_threads_that_wait() {
	need_python
	start "$targets/threads" 1 2 60
	record_or_skip ptrace.cprof --engine ptrace -d 2 -p $pid
	compare ptrace.cprof
	[ "$(number "r['running']")" -ge 5 ] || fail "only $(number "r['running']") samples"
	[ "$(number "r['samples'] > r['running']")" = True ] || fail "no waiting thread"
}

stacks_that_are_larger_than_their_copy() {
	need_python
	record_or_skip deep.cprof --engine perf -- "$targets/deep" 2000 200 1
	compare deep.cprof
	[ "$(number "r['outcomes'].get('1', [0])[0]")" -ge 1 ] || fail "no gap: $(cat read.json)"
}

stacks_without_their_middle() {
	need_python
	record_or_skip deep.cprof --engine auto --max-frames 100 -- "$targets/deep" 300 16 1
	compare deep.cprof
	[ "$(number "r['outcomes'].get('10', [0])[0]")" -ge 20 ] || fail "no gap: $(cat read.json)"
}

# The END block of a recovered one is not compressed.
what_recover_makes() {
	need_python
	[ -f perf.cprof ] || skip "$name" "perf.cprof could not be recorded"
	head -c $(($(stat -c %s perf.cprof) - 7)) perf.cprof >cut.cprof
	read_it cut.cprof
	[ "$(number "r['end']")" = None ] || fail "the torn block was read"
	"$cprofd" recover -o whole.cprof cut.cprof >/dev/null || fail "recover failed"
	compare whole.cprof
	[ "$(number "r['end'] is not None and r['running'] > 0")" = True ] || fail "$(cat read.json)"
}

# Otherwise the comparison would prove little.
the_reader_refuses_what_is_damaged() {
	need_python
	[ -f perf.cprof ] || skip "$name" "perf.cprof could not be recorded"
	for at in 3 9 20 60 66 70 74 80 100 300; do
		python3 - $at <<'END' || fail "cannot change a byte"
import sys
data = bytearray(open("perf.cprof", "rb").read())
data[int(sys.argv[1])] ^= 0x10
open("bad.cprof", "wb").write(data)
END
		"$reader" bad.cprof >out.txt 2>err.txt && fail "byte $at was changed, and nobody saw it"
		grep -q '^read_recording.py: ' err.txt || fail "byte $at: $(cat err.txt)"
		"$cprofd" report bad.cprof >out.txt 2>&1
		[ $? = 9 ] || fail "byte $at: cprofd took it"
	done
}

check a_recording_of_perf a_recording_of_perf
check a_recording_of_ptrace_with_threads_that_wait a_recording_of_ptrace_with_threads_that_wait
check stacks_that_are_larger_than_their_copy stacks_that_are_larger_than_their_copy
check stacks_without_their_middle stacks_without_their_middle
check what_recover_makes what_recover_makes
check the_reader_refuses_what_is_damaged the_reader_refuses_what_is_damaged
finish
