#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What became of the samples of real programs: in which file stacks end, and the cure;
# the rows are all that there is.
. "${top_srcdir:?}/tests/integration/lib.sh"

# Record "$@" for a second, once it runs, with at most $most_frames frames of a stack.
most_frames=2000
record() {
	start "$@"
	wait_for 10 runs_file $pid "$1" || fail "$1 does not start"
	rm -f rec.cprof
	timeout 60 "$cprofd" record --force --engine perf --max-frames $most_frames -o rec.cprof -d 1 \
		-p $pid >/dev/null 2>err.txt
	code=$?
	case $(cat err.txt) in
	*"seccomp filter"* | *"does not let you use perf"* | *"has no perf events"*)
		skip "$name" "$(head -n 1 err.txt)" ;;
	esac
	[ $code = 0 ] || fail "exit $code: $(cat err.txt)"
}

# More than nine of ten samples are in the row of outcome $1 and, if given, file $2,
# whose cure has the text $3; and the rows are 100 %.
mostly() {
	"$cprofd" report --json rec.cprof >report.json 2>err.txt || fail "$(cat err.txt)"
	"$python" - "$@" <<'END' >judge.txt 2>&1 || fail "$(cat judge.txt)"
import json, sys
outcome, file, fix = sys.argv[1:]
ledger = json.load(open("report.json"))["ledger"]
rows = ledger["rows"]
if sum(r["weight_ns"] for r in rows) != ledger["whole_ns"]:
    sys.exit(f"the rows are not all: {ledger}")
mine = [r for r in rows if r["outcome"] == outcome and
        (r["module"] or "").rpartition("/")[2] == file]
if len(mine) != 1 or mine[0]["samples"] * 10 < sum(r["samples"] for r in rows) * 9:
    sys.exit(f"not most are {outcome} in {file}: {rows}")
if fix not in (mine[0]["fix"] or ""):
    sys.exit(f"the cure has no \"{fix}\": {mine}")
END
}

no_unwind_information() {
	have objcopy || skip "$name" "no objcopy"
	objcopy --remove-section .eh_frame --remove-section .eh_frame_hdr "$targets/spin" bare ||
		fail "objcopy"
	record ./bare plain
	mostly "no unwind rule" bare "-fasynchronous-unwind-tables"
	"$cprofd" report rec.cprof | grep -q "no unwind rule in bare" || fail "the text has no file"
}

copy_that_is_too_small() {
	record "$targets/deep" 1500 200 600
	mostly "copy too small" "" "bpf and ptrace"
}

frame_limit() {
	most_frames=100
	record "$targets/deep" 300 16 600
	mostly "middle left out" "" "--max-frames"
}

check "a file without unwind information is named, with what to build it with" \
	no_unwind_information
check "a copy that is too small has its cure" copy_that_is_too_small
check "what lies beyond the frame limit has its cure" frame_limit
finish
