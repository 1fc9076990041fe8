#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where Python frames of a stack are missing, the stack and the ledger say so and why.
. "${top_srcdir:?}/tests/integration/lib.sh"

old=$(pythons | grep '/3\.8\.' | head -n 1)
new=$(pythons | grep '/3\.1[1-3]\.' | tail -n 1)
several=$(printf '%s\n' "$old" "$new" | grep . | sort -u)
[ -z "${CPROFD_LONG:-}" ] || several=$(pythons)
[ -n "$old" ] || echo "skip - Python 3.8, whose frames are objects: it is not on this machine"
[ -n "$new" ] || echo "skip - Python 3.11 to 3.13: it is not on this machine"

# Starts program $2 of interpreter $1, which makes the file "ready", for engine $3.
begin() {
	engine=$3
	needs_engine "$engine" "$name"
	rm -f ready
	"$1" "$2" >target.txt 2>&1 &
	pid=$!
	echo $pid >>"$scratch/pids"
	wait_for 20 test -e ready || fail "it does not start: $(cat target.txt)"
}

# Nearly all samples have outcome $1, with fix $2, and a stack of Python of the names $3:
# where the machine is busy, in a longer recording.
ends() {
	for seconds in .4 2; do
		"$cprofd" record --force -p "$pid" --engine "$engine" -d $seconds -o rec.cprof 2>err.txt ||
			fail "$(cat err.txt)"
		! (ends_in_recording "$@") >said.txt || return 0
	done
	cat said.txt
	exit 1
}

ends_in_recording() {
	report rec.cprof '[(100 * x["samples"] // r["totals"]["received"]["samples"], x["outcome"], x["fix"])
		for x in r["ledger"]["rows"] if x["samples"]]' >rows.txt
	"$python" - "$1" "$2" <<-'END' || fail "not \"$1\": $(cat rows.txt)"
		import ast, sys
		rows = ast.literal_eval(open("rows.txt").read())
		sys.exit(not any(share >= 80 and outcome == sys.argv[1] and sys.argv[2] in fix
		                 for share, outcome, fix in rows))
	END
	# What has begun elsewhere, as the machine was busy, is not asked for.
	"$cprofd" export --force --format folded --frames python -o folded.txt rec.cprof 2>err.txt ||
		fail "$(cat err.txt)"
	grep -q "$3" folded.txt || fail "no $3 in $(cut -c 1-300 folded.txt | head -n 5)"
}

beyond_the_limit() {
	cat >deep.py <<-'END'
		import sys, threading
		def down(n):
		    if n:
		        down(n - 1)
		    else:
		        leaf()
		def leaf():
		    open("ready", "w").close()
		    while True:
		        for _ in range(1000): pass
		sys.setrecursionlimit(10000)
		threading.stack_size(256 << 20)
		thread = threading.Thread(target=down, args=(5000,), daemon=True)
		thread.start()
		thread.join()
	END
	begin "$1" deep.py "$2"
	case $2 in bpf) most=3,584 ;; *) most=4,096 ;; esac
	ends "Python frame limit" "more than $most Python frames" \
		'^\(.*;\)\?\[Python frames beyond the limit\];down;down;.*;down;leaf'
}

# The caller of a function that does not return is somewhere else.
unreadable() {
	cat >nowhere.py <<-'END'
		import ctypes, sys
		def word(at):
		    return ctypes.c_uint64.from_address(at)
		def outer(): middle()
		def middle(): inner()
		def inner():
		    caller = id(sys._getframe(1))
		    back = caller + 24
		    if sys.version_info >= (3, 11):
		        back = word(back).value + (48 if sys.version_info < (3, 12) else 8)
		    word(back).value = 4096
		    busy()
		def busy():
		    open("ready", "w").close()
		    while True:
		        for _ in range(1000): pass
		outer()
	END
	begin "$1" nowhere.py "$2"
	ends "unreadable Python frame" "could not be read" \
		'^\[Python frames missing: unreadable memory\];middle;inner;busy '
	! grep -q "outer\|<module>" folded.txt || fail "$(cut -c 1-300 folded.txt | head -n 5)"
}

# Both engines and both kinds of frames; in the long version each with each.
wanted() { [ -n "${CPROFD_LONG:-}" ] || [ "$interpreter-$engine" = "$1" ] || [ "$interpreter-$engine" = "$2" ]; }

for interpreter in $several; do
	for engine in bpf ptrace; do
		! wanted "$old-ptrace" "$new-bpf" ||
			check "more Python frames than are kept: $interpreter, $engine" \
				beyond_the_limit "$interpreter" $engine
		! wanted "$old-bpf" "$new-ptrace" ||
			check "a Python frame that cannot be read: $interpreter, $engine" \
				unreadable "$interpreter" $engine
	done
done
finish
