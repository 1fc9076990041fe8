#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is shown of a Python program: frames in each way, lines with the C that they call.
. "${top_srcdir:?}/tests/integration/lib.sh"

lookup=$top_srcdir/samples/lookup.py

recorded() {
	"$cprofd" record --quiet -o lookup.cprof -- "$python" "$lookup" 1 >out.txt 2>err.txt ||
		fail "$(cat err.txt)"
	"$cprofd" report --json --tree lookup.cprof >merged.json 2>err.txt || fail "$(cat err.txt)"
	grep -q '"kind":"P"' merged.json || fail "no Python function: $(cat err.txt)"
}

# Nearly all of in_list is one line, in C that it calls.
lines() {
	"$cprofd" report --json --lines in_list lookup.cprof >lines.json || fail "no lines"
	"$python" - "$lookup" >judge.txt 2>&1 <<-'END' || fail "$(cat judge.txt)"
		import json, sys
		r = json.load(open("lines.json"))
		source = open(sys.argv[1]).read().splitlines()
		lines = r["lines_of"]["lines"]
		hot = max(lines, key=lambda l: l["total"]["weight_ns"])
		assert r["lines_of"]["kind"] == "P", r["lines_of"]
		assert source[hot["line"] - 1].strip() == "if name in members:", hot
		assert hot["in_c"]["weight_ns"] > .9 * hot["total"]["weight_ns"] > 0, hot
		for l in lines:
		    assert l["self"]["samples"] + l["in_c"]["samples"] <= l["total"]["samples"], l
	END
	"$cprofd" report --width 100 --lines in_list lookup.cprof >lines.txt
	grep -q "IN C% TOTAL%  TOTAL s" lines.txt || fail "$(cat lines.txt)"
	grep -q "if name in members:" lines.txt || fail "$(cat lines.txt)"
}

# All samples are there in each of them, and only frames of the kinds that it has.
frames() {
	for mode in merged python native mixed; do
		"$cprofd" report --json --frames $mode lookup.cprof >$mode.json || fail "report $mode"
		"$cprofd" export --format folded --frames $mode -o $mode.folded lookup.cprof ||
			fail "folded $mode"
	done
	"$python" >judge.txt 2>&1 - <<-'END' || fail "$(cat judge.txt)"
		import json
		modes = {m: json.load(open(m + ".json")) for m in ("merged", "python", "native", "mixed")}
		base = modes["merged"]["totals"]["received"]
		for mode, r in modes.items():
		    assert r["selection"]["frames"] == mode
		    assert r["totals"]["received"] == base, (mode, r["totals"])
		    assert sum(f["self"]["samples"] for f in r["functions"]) == base["samples"], mode
		    lines = open(mode + ".folded").read().splitlines()
		    us = sum(int(line.rsplit(" ", 1)[1]) for line in lines)
		    assert abs(us * 1000 - base["weight_ns"]) < 1000 * len(lines), mode
		kinds = {m: {f["kind"] for f in r["functions"]} for m, r in modes.items()}
		assert kinds["python"] <= {"P", "?"} and "P" in kinds["python"], kinds
		assert "P" not in kinds["native"] and "L" in kinds["native"], kinds
		assert {"P", "L"} <= kinds["mixed"] & kinds["merged"], kinds
		names = {f["name"] for f in modes["merged"]["functions"]}
		assert not any(n.startswith("_PyEval_Eval") for n in names), names
		named = {m: next((f for f in r["functions"] if f["name"] == "in_list"), None)
		         for m, r in modes.items()}
		assert named["native"] is None, named
		assert named["python"]["self"]["samples"] == named["merged"]["total"]["samples"], named
		assert named["merged"]["self"]["samples"] < .1 * named["python"]["self"]["samples"], named
	END
	expect 2 "not merged, python, native or mixed" "$cprofd" report --frames x lookup.cprof
}

# What an event loop runs is called by one frame, and not by what the loop is made of; in
# its select the thread waits for input.
event_loop() {
	cat >tasks.py <<-'END'
		import asyncio, time
		def spin():
		    end = time.process_time() + .02
		    while time.process_time() < end: pass
		async def part(): spin()
		async def worker():
		    for _ in range(10):
		        await part()
		        await asyncio.sleep(.15)
		async def main(): await asyncio.gather(worker(), worker(), worker())
		asyncio.run(main())
	END
	"$cprofd" record --quiet --force -F 999 -o tasks.cprof -- "$1" tasks.py 2>err.txt ||
		fail "$(cat err.txt)"
	"$cprofd" report --json --threads tasks.cprof >threads.json || fail "no threads"
	for mode in merged python mixed; do
		"$cprofd" export --force --format folded --frames $mode -o $mode.folded tasks.cprof ||
			fail "folded $mode"
	done
	"$python" >judge.txt 2>&1 - <<-'END' || fail "$(cat judge.txt)"
		import json
		stacks = {}
		for mode in ("merged", "python", "mixed"):
		    lines = [line.rsplit(" ", 1) for line in open(mode + ".folded")]
		    stacks[mode] = [(s.split(";"), int(n)) for s, n in lines]
		def us(mode, wanted):
		    return sum(n for s, n in stacks[mode] if wanted(s))
		loop = "[asyncio event loop]"
		parts = {"run", "Runner.run"} | {base + f for base in ("", "BaseEventLoop.")
		    for f in ("run_forever", "run_until_complete", "_run_once")} | {"_run", "Handle._run"}
		all_us = us("mixed", lambda s: "spin" in s)
		assert all_us > 300000, all_us
		for mode in ("merged", "python"):
		    in_loop = us(mode, lambda s: any(s[i:i + 4] == [loop, "worker", "part", "spin"] for i in range(len(s))))
		    assert in_loop > .95 * all_us, (mode, in_loop, all_us, stacks[mode])
		    odd = [s for s, n in stacks[mode] if "worker" in s and s.count(loop) > 1 or parts & set(s)]
		    assert not odd, (mode, odd[:3])
		assert us("mixed", lambda s: "spin" in s and len(parts & set(s)) >= 4) > .95 * all_us
		assert not us("mixed", lambda s: loop in s)
		waiting = [t for t in json.load(open("threads.json"))["thread_activity"]
		           if t["name"] == "MainThread"][0]["waiting"]
		weights = {a: v["weight_ns"] for a, v in waiting.items()}
		assert weights.get("wait-io", 0) > .8 * sum(weights.values()) > 0, weights
	END
}

doctor() {
	start "$python" "$lookup" 20
	"$cprofd" doctor --json "$pid" >doctor.json || fail "$(cat doctor.json)"
	"$python" >judge.txt 2>&1 - <<-'END' || fail "$(cat judge.txt)"
		import json, sys
		engines = {e["name"]: e for e in json.load(open("doctor.json"))["engines"]}
		version = "Python %d.%d" % sys.version_info[:2]
		for name in ("bpf", "ptrace"):
		    e = engines[name]
		    assert not e["works"] or not e["samples"] or e["python"] == version, e
		assert engines["perf"]["python"] is None, engines["perf"]
		assert any(e["python"] for e in engines.values()), engines
	END
}

# Before 3.9 a program knows itself as it was called: that is in the folder where it ran.
relative() {
	old=$(pythons | grep '/3\.[678]\.' | tail -n 1)
	[ -n "$old" ] || skip "$name" "no Python before 3.9"
	mkdir -p there/folder elsewhere
	cat >there/folder/prog.py <<-'END'
		def busy():
		    while True:
		        sum(range(100))   # the line
		busy()
	END
	cd there
	start "$old" folder/prog.py
	cd ../elsewhere
	for engine in bpf ptrace; do
		"$cprofd" record --force -p "$pid" -d .4 --engine $engine -o rec.cprof 2>err.txt ||
			{ echo "  # $engine: $(cat err.txt)"; continue; }
		"$cprofd" report --width 100 --lines busy rec.cprof >lines.txt
		grep -q "sum(range(100))   # the line" lines.txt || fail "$engine: $(cat lines.txt)"
		tr -s ' \n' ' ' <lines.txt | tr -d '\n' >flat.txt
		grep -qF "folder/prog.py relative to $scratch/there, where the program ran" flat.txt ||
			fail "$engine: $(cat lines.txt)"
	done
	[ -s lines.txt ] || skip "$name" "$(cat err.txt)"
	# Nothing is made up of what is not there.
	mv ../there/folder ../there/moved
	"$cprofd" report --width 100 --lines busy rec.cprof | tr -s ' \n' ' ' >flat.txt
	grep -qF "folder/prog.py is not in $scratch/there, where the program ran" flat.txt ||
		fail "$(cat flat.txt)"
}

# An exec between the kernel's program and the first event is in no record: what is told of
# the program from then on has to be believed all the same.
execs_as_it_is_attached_to() {
	printf 'def loop():\n    while True:\n        for _ in range(1000): pass\nloop()\n' >loop.py
	for delay in 0 0.05 0.1 0.15 0.2; do
		for seconds in 1.5 10; do	# a busy machine needs longer
			start sh -c "sleep $delay; exec env sh -c 'exec \"\$0\" loop.py' $python"
			"$cprofd" record --force -p "$pid" -d $seconds -o exec.cprof 2>err.txt || fail "$(cat err.txt)"
			end_started
			"$cprofd" export --force --format folded --frames python -o folded.txt exec.cprof 2>err.txt ||
				fail "$(cat err.txt)"
			! grep -q ";loop " folded.txt || break
			[ $seconds = 1.5 ] || fail "after $delay s: $(cut -c 1-300 folded.txt | head -n 5)"
		done
	done
}

check "a Python program has Python functions" recorded
check "lines of Python have the C that they call" lines
check "frames are shown in each way" frames
for interpreter in "$python" $(pythons | grep '/3\.8\.'); do
	check "an event loop is one frame: $interpreter" event_loop "$interpreter"
done
check "the source of a relative path" relative
check "the doctor says which engine sees Python functions" doctor
check "a program that executes Python as it is attached to" execs_as_it_is_attached_to
finish
