#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Asks python_lines, which started this, for what this interpreter knows itself.
#	library EVERY	the lines of all instructions in each EVERYth file of its library
#	live		of its own functions, read from its memory
# Runs under Python 3.6 and later; says what differs and what was compared on stderr.
import ctypes
import dis
import os
import sys
import warnings

VERSION = "%x" % (sys.version_info[0] << 8 | sys.version_info[1])
warnings.simplefilter("ignore")


def ask(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        sys.exit("no answer to: %s" % " ".join(map(str, words[:4])))
    return answer[:-1]


def fail(code, what, mine, its):
    sys.exit("%s:%d: %s of %s: %s, read as %s" % (
        code.co_filename, code.co_firstlineno, what, code.co_name, mine, its))


# The lines of all instructions, and before them of none that has run.
def lines_of(code):
    last = code.co_firstlineno
    lines = [last, last]
    if hasattr(code, "co_lines"):
        for start, end, line in code.co_lines():
            if end == start:
                continue
            if line is not None:
                last = line
            lines += [last] * ((end - start) // 2)
    else:
        starts = dict(dis.findlinestarts(code))
        for at in range(0, len(code.co_code), 2):
            last = starts.get(at, last)
            lines.append(last)
    if len(lines) != 2 + len(code.co_code) // 2:
        sys.exit("%s: %d lines for %d bytes" % (code, len(lines), len(code.co_code)))
    return lines


def offsets_of(code):
    return range(-4, len(code.co_code), 2)


def compare_lines(code, answer):
    mine = lines_of(code)
    its = list(map(int, answer.split()))
    for offset, a, b in zip(offsets_of(code), mine, its):
        if a != b:
            fail(code, "line at byte %d" % offset, a, b)
    if len(mine) != len(its):
        fail(code, "number of lines", len(mine), len(its))
    return len(mine)


def codes_in(code):
    yield code
    for const in code.co_consts:
        if hasattr(const, "co_code"):
            for inner in codes_in(const):
                yield inner


def library(every):
    top = os.path.dirname(os.__file__)
    files = []
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(f for f in folders if f not in ("site-packages", "dist-packages"))
        files += [os.path.join(folder, n) for n in sorted(names) if n.endswith(".py")]
    n_files = n_codes = n_lines = 0
    for path in files[every // 2::every]:
        with open(path, "rb") as file:
            try:
                code = compile(file.read(), path, "exec", dont_inherit=True)
            except (SyntaxError, ValueError, UnicodeDecodeError):  # the library tests those
                continue
        n_files += 1
        for c in codes_in(code):
            table = c.co_linetable if hasattr(c, "co_linetable") else c.co_lnotab
            answer = ask("table", VERSION, c.co_firstlineno, table.hex() or "-", *offsets_of(c))
            n_lines += compare_lines(c, answer)
            n_codes += 1
    if not n_files:
        sys.exit("no file in %s" % top)
    sys.stderr.write("# %s: %d files, %d code objects, %d lines\n" % (
        sys.version.split()[0], n_files, n_codes, n_lines))


FILE = "/tmp/\u00fc/\u30d5.py"
SOURCE = '''
def plain(n):
    total = 0
    for i in range(n):
        total += i
    return total

def caf\u00e9(n):
    def inner():
        return n
    return inner

def \u65e5\u672c(n):
    return [x
            for x in range(n)
            if x]

def \U00020000(n):
    try:
        return 1 // n
    except ZeroDivisionError:
        return 0
    finally:
        n = None

class Outer:
    class Inner:
        def method(self):
            return lambda x: (
                x +
                1)

    async def waits(self):
        async with self as x:
            yield x
'''


def unhex(text):
    return bytes.fromhex(text).decode("utf-8")


def shown(text):
    bad = "".join("\ufffd" if c == "\0" or "\ud800" <= c < "\ue000" else c for c in text)
    return bad if len(bad) <= 1000 else bad[:1000] + "..."


class Word(str):
    pass


def compare(code):
    answer = ask("code", VERSION, id(type(code)), id(code), *offsets_of(code))
    if answer in ("none", "no layout"):
        fail(code, "all", "a code object", answer)
    name, file, first_line, instructions, stamp, lines = answer.split(" ", 5)
    want = getattr(code, "co_qualname", code.co_name)
    for what, mine, its in (("name", shown(want), unhex(name)),
                            ("file", shown(code.co_filename), unhex(file)),
                            ("first line", code.co_firstlineno, int(first_line))):
        if mine != its:
            fail(code, what, ascii(mine), ascii(its))
    if not hasattr(code, "_co_code_adaptive"):
        if instructions != "0":
            fail(code, "place of instructions", 0, instructions)
    elif code.co_filename == FILE:  # of others that run here they change
        mine = code._co_code_adaptive
        its = ctypes.string_at(id(code) + int(instructions), len(mine))
        if mine != its:
            fail(code, "instructions", mine, its)
    return stamp, compare_lines(code, lines)


def renamed(code, name, file):
    if hasattr(code, "replace"):
        more = {"co_qualname": name} if hasattr(code, "co_qualname") else {}
        return code.replace(co_name=name, co_filename=file, **more)
    c = code
    return type(c)(c.co_argcount, c.co_kwonlyargcount, c.co_nlocals, c.co_stacksize, c.co_flags,
                   c.co_code, c.co_consts, c.co_names, c.co_varnames, file, name,
                   c.co_firstlineno, c.co_lnotab, c.co_freevars, c.co_cellvars)


def live():
    if ask("code", VERSION, 1, 1) == "no layout":
        sys.stderr.write("# no layout of %s\n" % sys.version.split()[0])
        sys.exit(77)
    n_codes = n_lines = 0
    space = {}
    module = compile(SOURCE, FILE, "exec")
    exec(module, space)
    plain = space["plain"]
    first_stamp, _ = compare(plain.__code__)
    names = ["", "x" * 1000, "x" * 1001, "\u00e9" * 1001, "\u65e5" * 1500, "\U0001d518" * 1001,
             "a\ud800b", "a\0b", "\uffff\U0010ffff\x7f\x80\xff\u0100", Word("word"),
             Word("w\u00f6rd"), Word("\u8a9e"), Word("\U0001f40d")]
    codes = list(codes_in(module)) + list(codes_in(sys._getframe().f_code))
    codes += [renamed(plain.__code__, n, m) for n, m in zip(names, reversed(names))]
    codes.append(eval("lambda: (\n1,\n\nprint)").__code__)
    for loaded in list(sys.modules.values()):
        if getattr(loaded, "__file__", None):
            for value in list(vars(loaded).values()):
                if type(value) is type(live):
                    codes += codes_in(value.__code__)
    for code in codes:
        n_lines += compare(code)[1]
        n_codes += 1
    if not {"caf\u00e9", "\u65e5\u672c", "\U00020000"} <= {c.co_name for c in codes}:
        sys.exit("the names are not there")

    # A code object stays the same while it runs, is looked at and traced.
    for i in range(3000):
        plain(3)
    plain(100000)
    sys.settrace(lambda *arguments: None)
    plain(3)
    sys.settrace(None)
    hash(plain.__code__)
    stamp, _ = compare(plain.__code__)
    if stamp != first_stamp:
        sys.exit("the stamp changed: %s, %s" % (first_stamp, stamp))

    # Another one where one was is another.
    known = {}
    n_again = 0
    for i in range(300):
        code = compile("x = 1\n" + "\n" * (i % 7) + "y = 1\n", "<made %d>" % i, "exec")
        stamp, _ = compare(code)
        if known.get(id(code)) == stamp:
            sys.exit("the stamp is that of another code object")
        n_again += id(code) in known
        known[id(code)] = stamp
        del code
    if n_again < 10:
        sys.exit("an address came again only %d times" % n_again)

    # What is no code object is none.
    for other in (live, "text", b"bytes", [], None, sys):
        if ask("code", VERSION, id(type(live.__code__)), id(other), 0) != "none":
            sys.exit("%r is a code object" % (other,))
    sys.stderr.write("# %s: %d code objects, %d lines, %d at a known address\n" % (
        sys.version.split()[0], n_codes, n_lines, n_again))


if sys.argv[1] == "library":
    library(int(sys.argv[2]))
else:
    live()
