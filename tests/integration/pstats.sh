#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pstats files: what every Python's own pstats reads of an export is what the report says,
# and what an import says is what the file says.
. "${top_srcdir:?}/tests/integration/lib.sh"

# The oldest, the newest and the one at hand; in the long version all.
several=$({ pythons | sort -V | sed -n '1p;$p'; echo "$python"; } | sort -u)
[ -z "${CPROFD_LONG:-}" ] || several=$(pythons)

cat >"$scratch/load.py" <<'END'
import io, json, os, pstats, sys
s = pstats.Stats(sys.argv[1], stream=io.StringIO())
report = json.load(open(sys.argv[2]))
def near(a, b): return abs(a - b) < 1e-6
want, n = {}, {}
for f in report["functions"]:
    name = f["name"]
    if not f["file"] and f["module"] and f["named"] and name[0] != "[":
        name = "<%s in %s>" % (name, os.path.basename(f["module"]))
    key = (f["file"], f["line"] or 0, name) if f["file"] else ("~", 0, name)
    want[key] = want.get(key, 0) + f["self"]["weight_ns"] / 1e9
    n[key] = f if key not in n else None
for key, self_s in want.items():
    cc, nc, tt, ct, callers = s.stats[key]
    assert near(tt, self_s), (key, tt, self_s)
    if n[key]:
        assert near(ct, n[key]["total"]["weight_ns"] / 1e9), (key, ct, n[key])
        assert cc == nc == n[key]["total"]["samples"], (key, cc, nc, n[key])
for key, (cc, nc, tt, ct, callers) in s.stats.items():
    assert tt == 0 or key in want, key
    for caller, c in callers.items():
        assert c[3] <= min(ct, s.stats[caller][3]) + 1e-6, (key, caller)
assert near(s.total_tt, report["totals"]["base_ns"] / 1e9), (s.total_tt, report["totals"])
fib = [k for k in s.stats if k[2] == "fib"]
assert len(fib) == 1 and fib[0][0].endswith("fib.py") and fib[0][1] > 0, fib
assert {k[2] for k in s.stats[fib[0]][4]} >= {"fib", "main"}, s.stats[fib[0]][4]
s.strip_dirs().sort_stats("tottime").print_stats(3)
s.print_callees("main")
END

export_read() {
	"$cprofd" record -F 999 -o fib.cprof -- "$python" "$top_srcdir/samples/fib.py" 1 20 2>err.txt || fail "$(cat err.txt)"
	"$cprofd" export --format pstats fib.cprof 2>err.txt || fail "exit $?: $(cat err.txt)"
	grep -q "pstats: its calls are samples" err.txt || fail "it is not said: $(cat err.txt)"
	"$cprofd" report --json fib.cprof >fib.json 2>err.txt || fail "exit $?: $(cat err.txt)"
	for interpreter in $several; do
		"$interpreter" "$scratch/load.py" fib.pstats fib.json 2>err.txt || fail "$interpreter: $(cat err.txt)"
		printf 'strip\nsort cumtime\nstats 5\ncallers [(]fib[)]\n' |
			"$interpreter" -m pstats fib.pstats >out.txt 2>&1 || fail "$interpreter: $(cat out.txt)"
		grep -q "fib.py:[0-9]*(fib)  *<- .*fib.py:[0-9]*(" out.txt || fail "$interpreter: $(cat out.txt)"
	done
}

# The programs that read and write here run with Python 2 as well.
cat >"$scratch/work.py" <<'END'
import time
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def caller():
    for _ in range(3):
        fib(10)
    return sorted([3, 1, 2], key=lambda x: -x)
caller()
time.sleep(.01)
END
cat >"$scratch/run.py" <<'END'
import importlib, sys
namespace = {}
text = "exec(compile(open('work.py').read(), 'work.py', 'exec'), globals())"
importlib.import_module(sys.argv[1]).runctx(text, namespace, namespace, "was.pstats")
END
cat >"$scratch/as_json.py" <<'END'
import json, pstats, sys
out = []
for key, (cc, nc, tt, ct, callers) in pstats.Stats(sys.argv[1]).stats.items():
    # The module profile of old counts callers, without times.
    out.append([key, [cc, nc, tt, ct], [[k, list(v) if isinstance(v, tuple) else v]
                                        for k, v in callers.items()]])
json.dump(out, open(sys.argv[2], "w"))
END
cat >"$scratch/compare.py" <<'END'
import json, sys
was, now, report = [json.load(open(f)) for f in sys.argv[1:]]
def key(k): return ("~", 0, k[2]) if k[:2] == ["", 0] else tuple(k)   # of the module profile
was, now = [{key(k): (v, {key(c): s for c, s in callers}) for k, v, callers in x}
            for x in (was, now)]
def near(a, b): return abs(a - b) < 2e-9
assert was.keys() == now.keys(), set(was) ^ set(now)
for k, ((cc, nc, tt, ct), callers) in was.items():
    v, now_callers = now[k]
    assert v[:2] == [cc, nc] and near(v[2], max(tt, 0)) and near(v[3], max(ct, 0)), (k, v, was[k])
    assert callers.keys() == now_callers.keys(), k
    for c, s in callers.items():
        s = s if isinstance(s, list) else [s, s, 0, 0]
        assert s[:2] == now_callers[c][:2] and near(s[2], now_callers[c][2]), (k, c, s, now_callers[c])
fib = [v for k, v in was.items() if k[2] == "fib"][0]
assert fib[0][:2] == [3, 531], fib      # 3 * 177
got = {f["name"]: f for f in report["functions"]}
assert got["fib"]["total"]["calls"] == 531 and got["fib"]["kind"] == "P", got["fib"]
assert got["fib"]["self"]["low"] == got["fib"]["self"]["share"] == got["fib"]["self"]["high"]
assert near(got["fib"]["total"]["weight_ns"] / 1e9, fib[0][3]), (got["fib"], fib)
assert "samples" not in got["fib"]["self"] and report["totals"]["measured"] is True
assert abs(report["totals"]["base_ns"] / 1e9 - sum(max(v[0][2], 0) for v in was.values())) < 1e-6
END

# Profiles by cProfile and by profile of every Python, old and new, with a name as hostile
# as can be: in, out again, and what Python then reads is what it wrote.
import_read() {
	for interpreter in $several $(command -v /root/.pyenv/versions/2.7*/bin/python2.7); do
		for profiler in cProfile profile; do
			"$interpreter" run.py $profiler >out.txt 2>&1 || fail "$interpreter: $(cat out.txt)"
			"$cprofd" import --force -o p.cprof was.pstats 2>err.txt || fail "$interpreter: exit $?: $(cat err.txt)"
			"$cprofd" export --format pstats --force -o now.pstats p.cprof 2>err.txt || fail "exit $?: $(cat err.txt)"
			is_silent err.txt || fail "calls were counted, not sampled: $(cat err.txt)"
			"$interpreter" as_json.py was.pstats was.json && "$interpreter" as_json.py now.pstats now.json ||
				fail "$interpreter cannot read it"
			"$cprofd" report --json p.cprof >p.json 2>err.txt || fail "exit $?: $(cat err.txt)"
			"$python" compare.py was.json now.json p.json 2>err.txt || fail "$interpreter $profiler: $(cat err.txt)"
			"$cprofd" report p.cprof >out.txt || fail "exit $?"
			grep -q "no samples, so no" out.txt || fail "it is not said: $(cat out.txt)"
			! grep -q "±" out.txt || fail "intervals of what was counted: $(cat out.txt)"
			! [ $profiler = profile ] || grep -q "has no times by caller" out.txt || fail "not said: $(cat out.txt)"
		done
	done
	"$python" "$top_srcdir/tests/integration/read_recording.py" p.cprof >read.txt 2>&1 || fail "$(cat read.txt)"
	"$cprofd" report --callers fib p.cprof >out.txt || fail "exit $?"
	grep -q "531 calls, " out.txt && grep -q " P caller " out.txt && grep -q "(again) fib" out.txt || fail "$(cat out.txt)"
	"$cprofd" view --render functions p.cprof | grep -q " 531 .* P .*fib " || fail "view shows no calls"
	# A lesson speaks of samples: with the numbers of its example.
	"$cprofd" view --lesson --size 120x30 --render functions p.cprof | grep -q "example:" || fail "a lesson calls calls samples"
	"$cprofd" view --render tree p.cprof | grep -q "there are no samples" || fail "view shows a tree"
	expect 2 "there are no stacks" "$cprofd" report --tree p.cprof
	expect 2 "it has no times" "$cprofd" report --from 1 p.cprof
	expect 5 "pstats can hold it" "$cprofd" export --format folded -o - p.cprof
	expect 8 "--force" "$cprofd" import -o p.cprof was.pstats
}

# Files that nobody should have to read: an exit code, a line, and nothing left.
import_hostile() {
	cat >hostile.py <<-'EOF'
		import marshal, random, sys
		f = ("a;\x1b[31m\udcff\0\n.py", 1, "\x9b2J<b>;{}")
		good = {f: (1, 2, 0.5, 1.0, {f: (2, 1, .25, .5)}), ("~", 0, ""): (0, 0, 0, 0, {})}
		data = marshal.dumps(good)
		open("good.pstats", "wb").write(data)
		many = []
		for i in range(40):
		    many.append(data[:i * len(data) // 40])
		many.append(marshal.dumps(compile("1", "x", "eval")))
		many.append(b"(" + b"\xff" * 4)
		many.append(b"(\x01\0\0\0" * 100000 + b"N")
		many.append(marshal.dumps({f: (1 << 70, 1 << 70, 1e8, 1e8, {}), ("b", 1, "c"): (1 << 62, 1 << 62, 1e8, 1e8, {})}))
		many.append(b"not a profile at all")
		for i, b in enumerate(many):
		    open("bad%d.pstats" % i, "wb").write(b)
	EOF
	"$python" hostile.py || fail "no files"
	"$cprofd" import good.pstats 2>err.txt || fail "exit $?: $(cat err.txt)"
	"$cprofd" report good.cprof >out.txt || fail "exit $?"
	! LC_ALL=C grep -q "$(printf '\033\|\233')" out.txt || fail "control characters: $(cat -v out.txt)"
	for file in bad*.pstats; do
		expect 9 "$file: " "$cprofd" import "$file"
		[ ! -e "${file%.pstats}.cprof" ] || fail "$file: left a recording"
	done
	truncate -s 100M large.pstats
	expect 10 "large.pstats: " "$cprofd" import large.pstats
	expect 9 "none.pstats: " "$cprofd" import none.pstats
}

check "an export is what the report says, in every Python" export_read
check "an import is what Python wrote" import_read
check "an import of what is no profile" import_hostile
finish
