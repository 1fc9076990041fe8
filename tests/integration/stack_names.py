# SPDX-License-Identifier: Apache-2.0
"""The names of a stack from spin() to the root, as two tools can agree on them.

Inside gdb (gdb -x): of the selected thread.  As a program: of the most frequent
stack in folded stacks on stdin, cprofd's or any other's.  Each line begins with
"frame ", as gdb prints lines of its own.

What is left out of a name: parameters, template arguments and the scopes before
it (for inlined functions DWARF has often no more than the last part), and the
__GI_ that glibc puts before its inner aliases.
"""
import re
import sys

try:
    import gdb
except ImportError:
    gdb = None


def plain(name):
    name = re.sub(r"_\[[ik]\]$", "", name)
    name = re.sub(r"\{\{(\w+)\}\}|\{(\w+)#\d+\}", r"{\1\2}", name)
    name = name.replace("operator()", "operator_call").removesuffix(" const")
    depth, out = 0, ""
    for c in name.replace("->", ""):
        depth += c in "<("
        if not depth:
            out += c
        depth -= c in ">)"
    parts = [p for p in out.replace(" const", "").split("::") if p]
    return parts[-1].removeprefix("__GI_") if parts else name


def gdb_names():
    gdb.execute("set backtrace past-main on")
    gdb.execute("set backtrace limit unlimited")
    frame = gdb.newest_frame()
    while frame:
        # gdb infers these from call sites: a function that ended by jumping to
        # the next has left nothing on the stack that an unwinder could see.
        if frame.type() != gdb.TAILCALL_FRAME:
            yield frame.name() or "?"
        frame = frame.older()


def folded_names():
    stacks = [line.rstrip("\n").rpartition(" ") for line in sys.stdin]
    best = max(stacks, key=lambda s: int(s[2]))
    return reversed(best[0].split(";"))


names = [plain(name) for name in (gdb_names() if gdb else folded_names())]
# Where the program was when it was stopped may be an inlined call in spin().
for name in names[names.index("spin"):] if "spin" in names else names:
    print("frame", name)
