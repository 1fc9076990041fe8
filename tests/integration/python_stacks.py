#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Python functions are on the stacks of a recording.

	python_stacks.py frozen FILE FROZEN.json	those that torture.py freeze printed
	python_stacks.py torture FILE [symbols]		those that its scenarios have
	python_stacks.py chains FILE			those that can be; how many samples
	python_stacks.py made FILE LOG			none that was not running then
	python_stacks.py deep FILE DEPTH		a recursion of that depth
	python_stacks.py internals FILE			C functions only where they are
	python_stacks.py has FILE NAME...		these

Prints what was found in a line, or ends with what is wrong.
"""
import collections
import json
import struct
import sys

from read_recording import read_recording

PYTHON = 4		# kind of a module
UNREADABLE = "[Python function that cannot be read]"
LEFT_OUT, PENDING, COMPLETE = 10, 9, 0
NOT_WHOLE = 12, 13, 14		# its Python frames

Frame = collections.namedtuple("Frame", "python name file line")


class Stacks:
    """The frames of each sample, the innermost first."""

    def __init__(self, path):
        self.recording, _ = read_recording(path)
        with open(path, "rb") as file:
            self.start_ns = struct.unpack("<Q", file.read(40)[32:])[0]
        self.known = {}

    def frame(self, number):
        r = self.recording
        if number not in self.known:
            module = r.frames[number][0]
            function = r.function_of.get(number)
            python = r.kinds[module] == PYTHON
            self.known[number] = Frame(
                python, None if function is None else r.functions[function],
                r.files[function] if python else r.modules[module],
                r.lines[number][-1] if python else 0)
        return self.known[number]

    def samples(self):
        for s in self.recording.samples:
            yield s, [self.frame(f) for f in reversed(s[3])]


def python_of(frames):
    return [tuple(f[1:]) for f in frames if f.python]


def last_part(name):
    """Of a qualified name, which there is from 3.11 on."""
    return name.split(".")[-1]


# ---- frozen ----

def frozen(stacks, path):
    """Every sample of every thread is what the interpreter itself said."""
    expected = {t["native_id"]: (t["name"], [(f["name"], f["file"], f["line"]) for f in t["frames"]])
                for t in json.load(open(path))["threads"]}
    n = collections.Counter()
    for s, frames in stacks.samples():
        name, wanted = expected[stacks.recording.threads[s[1]][0]]
        if s[2] == PENDING:	# its file was still being read: it says nothing
            continue
        found = python_of(frames)
        if found != wanted or s[2] != COMPLETE:
            sys.exit(f"{name}: outcome {s[2]}, {found}, not {wanted}")
        n[name] += 1
    if len(n) != len(expected) or min(n.values()) < 3:
        sys.exit(f"too few samples: {n}")
    return f"{sum(n.values())} samples of {len(n)} threads"


# ---- running ----

# Who may call whom, from each scenario's function on.
CALLS = {
    "recursion": "recursion fib work; fib fib",
    "generators": "generators outer_numbers middle_numbers inner_numbers work",
    "coroutines": "coroutines outer_step middle_step inner_step work; middle_step suspend",
    "event_loop": "outer_task inner_task work; outer_task sleep; inner_task sleep",
    "made_code": "made_code <module> made work",
    "callbacks": "callbacks by_map by_reduce add work",
    "no_gil": "no_gil work",
    "größe_日本": "größe_日本 ελάχιστο work",
    "lambdas": "lambdas <lambda> work; <lambda> <lambda>",
    "comprehensions": "comprehensions <listcomp> work; <listcomp> <listcomp>; comprehensions work",
    "generator_expression": "generator_expression <genexpr> zero work",
    "methods": "methods draw make area work; make __init__",
    "wrapper": "wrapper decorator work",
    "del_slot": "del_slot __del__ work; del_slot __init__",
    "eq_slot": "eq_slot __eq__ work; eq_slot __init__",
    "fork": "fork work; fork fib; fib fib; fib work",
}
WAITING = {"lock_wait", "asleep"}
# Where each is met now and then; these two spend their time elsewhere.
INNERMOST = dict.fromkeys(CALLS, "work")
INNERMOST.update(event_loop="event_loop", no_gil="no_gil")
# What lies between Python functions, where the interpreter has symbols.
BETWEEN = {("callbacks", "by_map"): ("builtin_sorted", "sorted"),
           ("by_map", "by_reduce"): ("map_next",),
           ("by_reduce", "add"): ("functools_reduce",)}


def edges_of(scenario):
    edges = set()
    for path in CALLS[scenario].split(";"):
        names = path.split()
        edges.update(zip(names, names[1:]))
    return edges


def wrong_path(scenario, path):
    """What is wrong with the names called by a scenario's function, outermost first."""
    own = [last_part(f.name) for f in path if f.python and f.file.endswith(("torture.py", "<made>"))]
    if scenario == "event_loop":        # asyncio's functions lie between
        own = own[1:]
        if own and own[0] != "outer_task":
            return own
    allowed = edges_of(scenario)
    return own if any(edge not in allowed for edge in zip(own, own[1:])) else None


def not_between(path):
    """Two Python functions without the C function that should be between them."""
    at, names = None, []
    for f in path:
        if not f.python:
            names.append(f.name or "")
            continue
        name = last_part(f.name)
        wanted = BETWEEN.get((at, name))
        if wanted and not any(n.startswith(wanted) for n in names):
            return f"{at}, {names}, {name}"
        at, names = name, []
    return None


def torture(stacks, symbols=""):
    n, met, unreadable, without = collections.Counter(), set(), 0, 0
    not_whole = collections.Counter()
    for s, frames in stacks.samples():
        path = frames[::-1]
        if s[2] in NOT_WHOLE:
            not_whole[s[2]] += 1
            continue
        if any(f.python and f.name == UNREADABLE for f in path):
            unreadable += 1
            continue
        if any(f.python and f.file == "__init__" for f in path):
            sys.exit("a frame of the interpreter's own is among those of Python")
        own = [i for i, f in enumerate(path)
               if f.python and last_part(f.name) == "run" and f.file.endswith("torture.py")]
        if not own:
            without += 1
            continue
        below = path[own[0] + 1:]
        python = [f for f in below if f.python]
        if not python:
            continue
        scenario = last_part(python[0].name)
        # That of a loop that was left behind, whoever collects it.
        if scenario in WAITING or scenario == "__del__":
            continue
        if scenario not in CALLS:
            sys.exit(f"run calls {scenario}: {python}")
        what = wrong_path(scenario, below)
        if what:
            sys.exit(f"{scenario}: {what}")
        what = symbols == "symbols" and s[2] == COMPLETE and not_between(below)
        if what:
            sys.exit(f"{scenario}: {what}")
        n[scenario] += 1
        if INNERMOST[scenario] in [last_part(f.name) for f in python]:
            met.add(scenario)
    if met != set(CALLS):
        sys.exit(f"not seen to its end: {set(CALLS) - met} of {n}")
    if sum(not_whole.values()) * 100 > sum(n.values()):
        sys.exit(f"stacks by outcome that are said not to be whole: {dict(not_whole)}, beside {sum(n.values())}")
    if unreadable:
        sys.exit(f"{unreadable} samples have a function that cannot be read")
    return f"{sum(n.values())} samples, {without} of no scenario"


# ---- chains ----

CHAINS = "abcdefgh", "ijklmnop", "ABCDEFGH", "IJKLMNOP"


def chains(stacks):
    """No stack that cannot be: a chain is there from its first function on."""
    n, deepest, bad, not_whole = 0, 0, collections.Counter(), 0
    for s, frames in stacks.samples():
        if s[2] in NOT_WHOLE:
            not_whole += 1
            continue
        python = [f for f in frames[::-1] if f.python]
        names = [last_part(f.name) if f.file.endswith("chains.py") else f"{f.name} of {f.file}"
                 for f in python]
        called = [name for name in names if name != "__init__"]
        if called[:2] != ["<module>", "main"]:
            bad[" ".join(names)] += bool(called)
            continue
        path = "".join(name for name in called[2:] if name != "<lambda>")
        if not path.startswith(tuple(c[0] for c in CHAINS)) and path:
            bad[" ".join(names)] += 1
        elif path not in [c[:len(path)] for c in CHAINS] or any(
                name == "__init__" and not "I" <= before <= "O"
                for before, name in zip(names, names[1:])):
            bad[" ".join(names)] += 1
        n += 1
        deepest += len(path) > 5
    bad += collections.Counter()
    if bad:
        sys.exit(f"{sum(bad.values())} of {n} stacks cannot be: {bad.most_common(5)}")
    if deepest * 20 < n:
        sys.exit(f"{deepest} of {n} samples are deep in them")
    if not_whole * 100 > n:
        sys.exit(f"{not_whole} stacks are said not to be whole, beside {n}")
    return n


# ---- made and thrown away ----

def made(stacks, log):
    """No function of made.py was seen but while it ran."""
    ran = {}
    for line in open(log):
        start, end, name = line.split()
        ran[name] = int(start), int(end)
    samples = list(stacks.samples())
    times = [stacks.start_ns + s[0] * 1000 for s, _ in samples]
    if stacks.recording.meta["engine"] == "ptrace":
        # It stops some time after it was told to, and before the next time.
        until = times[1:] + [times[-1] + 10 ** 9]
    else:
        until = times
    n = unreadable = 0
    for (_, frames), first, last in zip(samples, times, until):
        seen = [f.name for f in frames if f.python and f.file == "<made>" and f.name != "<module>"]
        unreadable += any(f.name == UNREADABLE for f in frames)
        for name in seen:
            start, end = ran[name]
            if start > last + 1000 or end < first - 1000:
                sys.exit(f"{name} at {first} to {last} ran {start} to {end}")
        n += bool(seen)
    if n < 100 or unreadable * 4 > n:
        sys.exit(f"{n} samples in them, {unreadable} that cannot be read")
    return f"{n} samples in {len(ran)} functions, {unreadable} that cannot be read"


# ---- a deep recursion ----

def deep(stacks, depth):
    """All of it from 3.11 on; before, what is not there of the C stack is counted."""
    counts, outcomes, gap = collections.Counter(), collections.Counter(), 0
    for s, frames in stacks.samples():
        names = [last_part(f.name) for f in frames if f.python]
        if "leaf" in names[:1]:
            n = names.count("down")
            if names[1:n + 2] != ["down"] * n + ["start"]:
                sys.exit(f"{names[:5]} ... {names[n:]}")
            counts[n] += 1
            outcomes[s[2]] += 1
            gap = max(gap, s[6])
    if set(counts) != {int(depth)} or sum(counts.values()) < 10 or set(outcomes) - {COMPLETE, LEFT_OUT}:
        sys.exit(f"depths {counts.most_common(5)}, outcomes {outcomes}")
    return f"{sum(counts.values())} samples, up to {gap} frames of C left out"


# ---- C functions ----

def internals(stacks):
    """A C function of an interpreter without symbols is named only where it is one."""
    r, n, named = stacks.recording, 0, 0
    interpreter = [i for i, path in enumerate(r.modules) if path.endswith("/python3.11")]
    for number, (module, flags, address) in enumerate(r.frames):
        if module not in interpreter:
            continue
        function = r.function_of.get(number)
        n += 1
        if function is None or not r.functions[function]:
            continue
        start, size = r.places[function]
        named += 1
        if not start <= address - (flags & 1) < start + size:
            sys.exit(f"{address:x} is called {r.functions[function]}, which is at {start:x}, {size} bytes")
    if not 0 < named < n:
        sys.exit(f"{named} of {n} frames have a name")
    return f"{named} of {n} frames have a name"


# ---- functions that are there ----

def has(stacks, *wanted):
    """Each of these names is on some stack, and nothing that cannot be read."""
    seen = collections.Counter(last_part(f.name) for _, frames in stacks.samples()
                               for f in frames if f.python)
    if seen[UNREADABLE] or any(not seen[name] for name in wanted):
        sys.exit(f"not {wanted} but {seen.most_common(20)}")
    return f"{sum(seen.values())} frames of {len(seen)} functions"


def main():
    what, path, *rest = sys.argv[1:]
    found = CHECKS[what](Stacks(path), *rest)
    print(found if isinstance(found, int) else f"  # {found}")


CHECKS = {"frozen": frozen, "torture": torture, "chains": chains, "made": made, "deep": deep,
          "internals": internals, "has": has}
main()
