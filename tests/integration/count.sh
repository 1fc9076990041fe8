#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run --count: how often Python functions were called is exactly that, and the program does not
# see that it is counted.
. "${top_srcdir:?}/tests/integration/lib.sh"

mkdir "$scratch/tmp"
export TMPDIR="$scratch/tmp"
# Both ways of counting, and the system's own.
several=$(pythons | grep -E '/usr/bin|/3\.(6|13)\.')
[ -z "${CPROFD_LONG:-}" ] && [ -n "$several" ] || several=$(pythons)

# Nothing of it is left where it was.
is_clean() { [ -z "$(ls -A "$TMPDIR")" ] || fail "left: $(ls -A "$TMPDIR")"; }

count() { "$cprofd" run --quiet --force --count -o c.cprof -- "$@" >out.txt 2>err.txt; }

cat >"$scratch/compare.py" <<'END'
import json, pstats, sys
said, report = pstats.Stats(sys.argv[1]).stats, json.load(open(sys.argv[2]))
here = [f for f in report["functions"] if f["file"] and f["file"].endswith("calls.py")]
got = {(f["line"], f["name"].split(".")[-1]): f["calls"] for f in here if f["line"] > 1}
want = {(line, name): v[1] for (file, line, name), v in said.items()
        if file.endswith("calls.py") and line > 1}
# cProfile calls it a call when a generator goes on.
of = [12, 7, 8, 9, 7, 8, 7, 8, 9, 10, 6, 5, 4, 2, 11, 3]
generator = [k for k in want if k[1] == "countdown"][0]
assert want[generator] == sum(n + 1 for n in of), want[generator]
want[generator] = len(of)
assert len(want) > 10 and {k: got.get(k) for k in want} == want, (want, got)
# And it knows one function of a name, file and line where there were several.
made = [f["calls"] for f in report["functions"] if f["name"] == "made"]
assert made == [4 * len(of)], made
by = "monitoring" if sys.argv[3] in ("3.12", "3.13", "3.14") else "setprofile"
assert {f["calls_by"] for f in here if f["calls"]} == {by}, (by, here)
assert all(0 <= f["calls_from"] < report["recording"]["duration_ns"] / 1e9 and f["calls_seconds"] > 0
           for f in here if f["calls"])
END

# In threads, and in processes that are forked, started, replaced and killed.
exact() {
	for interpreter in $several; do
		version=$("$interpreter" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
		"$interpreter" "$top_srcdir/tests/targets/calls.py" judge said.pstats || fail "$interpreter"
		count "$interpreter" "$top_srcdir/tests/targets/calls.py" || fail "$interpreter: exit $?: $(cat err.txt)"
		# A pool may end one of its own before that has begun.
		grep -q "counting the calls slowed the program: it took about .* in 1[01] Python processes" err.txt ||
			fail "$interpreter: it is not said: $(cat err.txt)"
		grep -q "not all calls" err.txt && fail "$interpreter: $(cat err.txt)"
		"$cprofd" report --json c.cprof >c.json || fail "exit $?"
		"$python" "$scratch/compare.py" said.pstats c.json "$version" 2>err.txt || fail "$interpreter: $(cat err.txt)"
	done
	"$python" "$top_srcdir/tests/integration/read_recording.py" c.cprof >read.txt 2>&1 || fail "$(cat read.txt)"
	is_clean
}

# fib(n) is called 2 F(n + 1) - 1 times.
printed() {
	# A build with sanitizers needs some time to find out that this is Python.
	cat >fib.py <<-'END'
		sum(range(30000000))
		def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
		for _ in range(3): fib(20)
	END
	count "$python" fib.py || fail "exit $?: $(cat err.txt)"
	grep -q " CALLS " out.txt && grep -q " 65,673 .* P fib " out.txt || fail "$(cat out.txt)"
	grep -q "! warning  *counting the calls slowed the program" out.txt || fail "$(cat out.txt)"
	grep -q " more functions, without a sample here: [0-9,]* calls" out.txt || fail "$(cat out.txt)"
	"$cprofd" view --render functions --size 120x60 c.cprof >out.txt || fail "exit $?"
	grep -q " 65,673 .* P fib " out.txt || fail "$(cat out.txt)"
	is_clean
}

# What it looks at, with a sitecustomize and a PYTHONPATH of its own, and without.
unseen() {
	mkdir other
	echo 'import os; other = os.__name__' >other/sitecustomize.py
	cat >look.py <<-'END'
		import os, signal, sys
		sys.stdout = open(sys.argv[1], "w")
		print(sorted(os.environ.items()), sys.path)
		site = sys.modules.get("sitecustomize")
		print(getattr(site, "__file__", None), getattr(site, "other", None))
		print(sorted(m for m in sys.modules if "cprofd" in m), os._exit, os.execv)
		print(sys.version_info < (3, 7) or os.fork)
		print(signal.getsignal(signal.SIGTERM), sorted(sys.path_importer_cache))
	END
	paths="none: other:/nowhere"
	for interpreter in $several; do
		for path in $paths; do
			path=${path#none:}
			PYTHONPATH=$path "$interpreter" look.py plain || fail "$interpreter"
			PYTHONPATH=$path "$cprofd" record --quiet --force --count -o c.cprof -- "$interpreter" look.py counted 2>err.txt || fail "exit $?: $(cat err.txt)"
			# An empty one is as good as none.
			sed -i "s/('PYTHONPATH', ''), //" plain
			cmp -s plain counted || fail "$interpreter: $(diff plain counted)"
		done
		paths=other:/nowhere
	done
	is_clean
}

# Without --count the environment is what it was.
untouched() {
	env -u _ >plain
	"$cprofd" run --quiet -o e.cprof -- env -u _ >out.txt 2>err.txt
	for line in PYTHONPATH cprofd-count; do
		[ "$(grep -c "$line" plain)" = "$(grep -c "^[^ ].*$line" out.txt)" ] || fail "$(grep "$line" out.txt)"
	done
}

nothing() {
	count "$python" -I -c pass || fail "exit $?: $(cat err.txt)"
	grep -q "no calls were counted: Python did not load what counts (-I" err.txt || fail "$(cat err.txt)"
	count true || fail "exit $?: $(cat err.txt)"
	grep -q "no calls were counted: no Python was seen" err.txt || fail "$(cat err.txt)"
	"$python" -c 'import sys; sys.exit(sys.version_info >= (3, 12))' && {
		count "$python" -c 'import sys; sys.setprofile(None)'
		grep -q "not all calls were counted: 1 process set a profile function" err.txt || fail "$(cat err.txt)"
	}
	count ./no-such-program
	[ $? = 127 ] || fail "exit of a program that is not there: $(cat err.txt)"
	expect 125 "--force" "$cprofd" run --count -o c.cprof -- true
	expect 2 "not with -d" "$cprofd" run --count -d 1 -- true
	expect 2 "not with -p" "$cprofd" record --count -p $$
	expect 2 "unknown" "$cprofd" attach --count $$
	is_clean
}

check "every call is counted, in threads and processes too" exact
check "counts are printed, and what they cost" printed
check "the program does not see that it is counted" unseen
check "without --count its environment is as it was" untouched
check "where nothing was counted it is said why" nothing
finish
