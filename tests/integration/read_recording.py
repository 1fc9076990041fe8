#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second reader of recordings, written from cprofd-recording(5) alone.

	read_recording.py FILE	prints what it counted, as JSON

It shares no code with cprofd, so that the page is proved to be enough.  zstd and
XXH3, which the page refers to, come from their libraries.  Whatever the page does
not allow ends it with a message.
"""
import ctypes
import json
import struct
import sys

zstd = ctypes.CDLL("libzstd.so.1")
zstd.ZSTD_createDCtx.restype = ctypes.c_void_p
zstd.ZSTD_DCtx_refPrefix.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
zstd.ZSTD_decompressDCtx.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t,
                                     ctypes.c_char_p, ctypes.c_size_t]
zstd.ZSTD_decompressDCtx.restype = ctypes.c_size_t
xxhash = ctypes.CDLL("libxxhash.so.0")
xxhash.XXH3_64bits_withSeed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
xxhash.XXH3_64bits_withSeed.restype = ctypes.c_uint64

FIRST_STACK = 16


class Damaged(Exception):
    pass


def must(condition, text):
    if not condition:
        raise Damaged(text)


def xxh3(data, seed=0):
    return xxhash.XXH3_64bits_withSeed(data, len(data), seed)


# ---- the file: header and blocks ----

def read_header(data):
    must(len(data) >= 64, "shorter than a header")
    magic, major, minor, size, uuid, mono, real, reserved, checksum = struct.unpack(
        "<8sHHI16sQQQQ", data[:64])
    must(magic == b"CPROFD\r\n", "magic of the file")
    must(checksum == xxh3(data[:56]), "checksum of the header")
    must(major == 1, f"major version {major}")
    must(64 <= size <= 4096, f"header of {size} bytes")
    return size


def blocks(data):
    """The decompressed payload of each whole block; returns at a torn one."""
    context = zstd.ZSTD_createDCtx()
    at, before = read_header(data), b""
    while len(data) - at >= 24:
        head = data[at:at + 24]
        magic, codec, flags, reserved, stored, raw, checksum = struct.unpack("<IBBHIIQ", head)
        must(magic == 0x4b425043 and codec <= 1, f"byte {at}: no block")
        must(1 <= stored <= 1 << 20 and 1 <= raw <= 1 << 20, f"byte {at}: sizes")
        payload = data[at + 24:at + 24 + stored]
        if len(payload) < stored:
            return
        must(checksum == xxh3(payload, xxh3(head[:16])), f"byte {at}: checksum of a block")
        if codec == 1:
            out = ctypes.create_string_buffer(raw)
            zstd.ZSTD_DCtx_refPrefix(context, before, len(before))
            must(zstd.ZSTD_decompressDCtx(context, out, raw, payload, stored) == raw,
                 f"byte {at}: does not decompress")
            payload = out.raw
        must(len(payload) == raw, f"byte {at}: size")
        yield payload
        before = payload
        at += 24 + stored


# ---- varints and fields ----

class Fields:
    """The fields of a record, or the items of a column."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def left(self):
        return len(self.data) - self.at

    def bytes(self, n):
        must(n <= self.left(), "a field is cut short")
        self.at += n
        return self.data[self.at - n:self.at]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.bytes(1)[0]
            value |= (byte & 0x7f) << shift
            shift += 7
            if not byte & 0x80:
                must(value < 1 << 64, "a varint of more than 64 bits")
                return value

    def varints(self, n):
        return [self.varint() for _ in range(n)]

    def signed(self):
        value = self.varint()
        return -(value >> 1) - 1 if value & 1 else value >> 1

    def text(self):
        return self.bytes(self.varint())

    def rest(self):
        return self.bytes(self.left())


class Differences:
    """Values that are each told as the difference to the one before."""

    def __init__(self, column):
        self.column, self.value = column, 0

    def next(self):
        self.value = (self.value + self.column.signed()) % (1 << 64)
        return self.value


def batch(fields, n_columns):
    n = fields.varint()
    columns = []
    while fields.left() and len(columns) < n_columns:
        columns.append(Fields(fields.text()))
    while len(columns) < n_columns:
        columns.append(Fields(b""))
    return n, columns


def used_up(columns, what):
    for i, column in enumerate(columns):
        must(not column.left(), f"{what}: column {i + 1} has more than its items")


# ---- records ----

class Recording:
    def __init__(self):
        self.meta = {}
        self.strings = [b""]
        self.processes, self.threads, self.modules, self.frames = [], [], [], []
        self.kinds = []			# of modules
        self.functions, self.named = [], {}
        self.files = []			# of functions
        self.lines = {}			# by frame: those of its levels
        self.places = []		# of functions: (address, size)
        self.measured = []		# [function, caller or None, calls, outermost, self ns, total ns]
        self.counted = {}		# by function: (calls, from ns, duration ns, how)
        self.calls = {}			# by frame: (kind, target, function there or None)
        self.function_of = {}		# by frame: the one that has the code
        self.stacks = []		# of this epoch, from FIRST_STACK on
        self.path, self.path_outcome = [], None
        self.samples = []		# (time_us, thread, outcome, frames, weight, state, gap)
        self.activities = []		# of each sample what its thread does
        self.code = []			# (module, address, size, note, instructions)
        self.n_lost = 0
        self.windows = []
        self.end = None
        self.unknown = 0

    def string(self, number):
        must(number < len(self.strings), f"string {number} is not there yet")
        return self.strings[number].decode("utf-8", "replace")

    def read(self, payload):
        fields = Fields(payload)
        while fields.left():
            type_, record = fields.varint(), Fields(fields.text())
            take = getattr(self, f"on_{type_}", None)
            must(not self.end, "a record after the end")
            if take:
                take(record)
            else:
                self.unknown += 1

    def on_1(self, r):	# META
        key, value = r.text(), r.text()
        self.meta[key.decode()] = value.decode("utf-8", "replace")

    def on_2(self, r):	# STRING
        self.strings.append(r.rest())

    def on_3(self, r):	# PROCESS
        pid, parent, _, how, name, exe = r.varint(), r.varint(), r.signed(), *r.varints(3)
        must(how <= 2, "how a process began")
        self.processes.append((pid, self.string(name), self.string(exe)))

    def on_4(self, r):	# PROCESS_END
        process, _, how, status = r.varint(), r.signed(), *r.varints(2)
        must(process < len(self.processes) and how <= 2, "end of a process")

    def on_22(self, r):	# PROCESS_INFO
        process, _, name, exe, cgroup = r.varints(5)
        must(process < len(self.processes), "facts about a process")
        pid, old_name, old_exe = self.processes[process]
        self.processes[process] = (pid, self.string(name) or old_name, self.string(exe) or old_exe)
        self.string(cgroup)

    def on_5(self, r):	# THREAD
        process, tid, _, name = r.varint(), r.varint(), r.signed(), r.varint()
        must(process < len(self.processes), "process of a thread")
        self.threads.append([tid, self.string(name)])

    def on_6(self, r):	# THREAD_NAME
        thread, name = r.varints(2)
        must(thread < len(self.threads), "name of a thread")
        self.threads[thread][1] = self.string(name)

    def on_7(self, r):	# MODULE
        kind, path = r.varints(2)
        must(kind <= 4, "kind of a module")
        self.modules.append(self.string(path))
        self.kinds.append(kind)

    def on_8(self, r):	# MAPPING
        process, module, start, size, off = r.varints(5)
        r.signed()
        must(process < len(self.processes) and module < len(self.modules), "mapping")

    def on_9(self, r):	# FRAMES
        n, c = batch(r, 3)
        address = Differences(c[2])
        for _ in range(n):
            module, flags = c[0].varint(), c[1].varint()
            must(module < len(self.modules) and flags <= 7, "frame")
            self.frames.append((module, flags, address.next()))
        used_up(c, "frames")

    def on_10(self, r):	# STACKS
        n, c = batch(r, 4)
        for _ in range(n):
            outcome, shared, more = c[0].varint(), c[1].varint(), c[2].varint()
            must(outcome <= 14, "outcome")
            must(shared <= len(self.path) and (not shared or outcome == self.path_outcome),
                 "a stack shares what is not there")
            self.path = self.path[:shared] + c[3].varints(more)
            self.path_outcome = outcome
            must(all(f < len(self.frames) for f in self.path), "frame of a stack")
            # (module, flags, address); why they are missing is in their address
            missing = [self.frames[f][2] or 10 for f in self.path if self.frames[f][1] & 4]
            must(all(10 == why or 12 <= why <= 14 for why in missing), "frames left out")
            must(missing.count(10) <= 1 and (outcome != 10 or missing == [10]), "frames left out")
            self.stacks.append((outcome, self.path))
        used_up(c, "stacks")

    def stack(self, number):
        if number < FIRST_STACK:
            must(number <= 14, "outcome of a sample without a stack")
            return number, []
        must(number - FIRST_STACK < len(self.stacks), f"stack {number} is not there yet")
        return self.stacks[number - FIRST_STACK]

    def on_11(self, r):	# SAMPLES
        n, c = batch(r, 8)
        weights = [w for (w,) in struct.iter_unpack("<I", c[6].rest())]
        time_us, with_activity = 0, c[7].left()
        for _ in range(n):
            time_us += c[0].varint()
            thread, stack, weight, where = (c[i].varint() for i in (1, 2, 3, 4))
            state, gap = where & 3, c[5].varint() if where & 4 else 0
            outcome, frames = self.stack(stack)
            must(thread < len(self.threads) and weight < len(weights) and state <= 1, "sample")
            left_out = any(self.frames[f][1] & 4 and not self.frames[f][2] for f in frames)
            must(not gap or outcome == 1 or left_out, "a gap in a stack that has none")
            must(gap or outcome != 10, "frames left out that nobody counted")
            self.samples.append((time_us, thread, outcome, frames, weights[weight], state, gap))
            self.activities.append(c[7].varint() if with_activity else 0)
        used_up(c[:6] + c[7:], "samples")

    def on_12(self, r):	# FUNCTIONS
        n, c = batch(r, 7)
        name, address = Differences(c[1]), Differences(c[4])
        for _ in range(n):
            module, file, line, size, source = (c[i].varint() for i in (0, 2, 3, 5, 6))
            self.places.append((address.next(), size))
            must(module < len(self.modules) and source <= 8, "function")
            self.files.append(self.string(file))
            self.functions.append(self.string(name.next()))
        used_up(c, "functions")

    def on_13(self, r):	# SYMBOLS
        n, c = batch(r, 4)
        frame, function = Differences(c[0]), Differences(c[2])
        for _ in range(n):
            number, n_levels = frame.next(), c[1].varint()
            levels = [(function.next(), c[3].varint()) for _ in range(n_levels)]
            must(number < len(self.frames) and n_levels <= 256 and
                 all(f < len(self.functions) for f, _ in levels), "symbol")
            self.named[number] = [self.functions[f] for f, _ in levels]
            self.lines[number] = [line for _, line in levels]
            self.function_of[number] = levels[-1][0] if levels else None
        used_up(c, "symbols")

    def on_14(self, r):	# COUNTER
        _, what, thread, _ = r.signed(), *r.varints(3)
        must(what <= 25 and thread <= len(self.threads), "counter")

    def on_15(self, r):	# LOST
        _, _, count, _ = r.signed(), *r.varints(3)
        self.n_lost += count

    def on_16(self, r):	# NOTE
        _, level, text = r.signed(), r.varint(), r.rest()
        must(level <= 1 and text, "note")

    def on_17(self, r):	# MARK
        r.signed()

    def on_18(self, r):	# EPOCH
        self.stacks, self.path, self.path_outcome = [], [], None

    def on_19(self, r):	# MODULE_INFO
        module, flags, build_id, _, _, _, note = (r.varint(), r.varint(), r.text(),
                                                  *r.varints(4))
        must(module < len(self.modules) and flags < 64, "module info")
        self.string(note)

    def on_20(self, r):	# END
        _, why, samples, lost = r.signed(), *r.varints(3)
        must(why <= 4, "why it ended")
        self.end = {"samples": samples, "lost": lost}


    def on_21(self, r):	# CODE
        module, address, size, note = r.varints(4)
        n, c = batch(r, 7)
        function, at, instructions = Differences(c[5]), address, []
        must(module < len(self.modules), "module of code")
        for _ in range(n):
            length, text, target = c[0].varint(), c[1].text(), None
            if length & 1:
                where, there = (at + c[2].signed()) % (1 << 64), c[3].varint()
                must(there <= len(self.functions), "function that code goes to")
                target = (where, self.functions[there - 1] if there else None)
            levels = [(function.next(), c[6].varint()) for _ in range(c[4].varint())]
            must(length > 1 and len(text) <= 128 and len(levels) <= 256 and
                 all(f < len(self.functions) for f, _ in levels), "instruction")
            instructions.append((at, text.decode(), target,
                                 [(self.functions[f], line) for f, line in levels]))
            at += length >> 1
        used_up(c, "code")
        must(self.string(note) or instructions, "code that is not there, without a reason")
        self.code.append((self.modules[module], address, size, self.string(note), instructions))

    def on_24(self, r):	# WINDOW
        _, ns, pair, on, _, cpu_ns = r.signed(), *r.varints(5)
        calls, _, _, _ = r.varints(4)
        must(on <= 1, "window")
        self.windows.append({"ns": ns, "pair": pair, "on": on, "cpu_ns": cpu_ns, "calls": calls - 1})


    def on_25(self, r):	# MEASURED
        n, c = batch(r, 9)
        function, later = Differences(c[0]), c[8].left() > 0
        for _ in range(n):
            number, caller, calls, outermost, self_ns, total_ns = function.next(), *(
                c[i].varint() for i in range(1, 6))
            must(number < len(self.functions) and caller <= len(self.functions), "measured function")
            must(outermost <= calls and self_ns <= total_ns, "measured times")
            start, duration, how = (c[6].signed(), c[7].varint(), c[8].varint()) if later else (0, 0, 0)
            if how:
                must(not total_ns, "times of what was only counted")
                self.counted[number] = (calls, start, duration, how)
            else:
                self.measured.append([number, caller - 1 if caller else None, calls, outermost,
                                      self_ns, total_ns])
        used_up(c, "measured times")

    def on_23(self, r):	# CALLS
        n, c = batch(r, 4)
        frame, target = Differences(c[0]), Differences(c[2])
        for _ in range(n):
            number, kind, where, there = frame.next(), c[1].varint(), None, None
            if kind == 2:
                where, there = target.next(), c[3].varint()
                must(there <= len(self.functions), "function that is called")
                there = there - 1 if there else None
            must(number < len(self.frames) and 1 <= kind <= 3, "call")
            must(self.frames[number][1] & 1, "a call before what is no return address")
            self.calls[number] = kind, where, there
        used_up(c, "calls")


def edges(recording, stacks):
    """What calls what: [caller, callee, samples], each with what is known of it."""
    counts = {}
    for frames in stacks:
        for edge in zip(frames, frames[1:]):
            counts[edge] = counts.get(edge, 0) + 1

    def about(frame):
        module, flags, address = recording.frames[frame]
        function = recording.function_of.get(frame)
        start, size = recording.places[function] if function is not None else (0, 0)
        call = recording.calls.get(frame)
        if call:
            kind, target, there = call
            call = kind, target, None if there is None else recording.functions[there]
        return {"module": recording.modules[module], "flags": flags, "address": address,
                "function": None if function is None else recording.functions[function],
                "start": start, "size": size, "call": call}

    return [(about(a), about(b), n) for (a, b), n in counts.items()]


def innermost(recording, frames):
    """Name of the function that a stack is in, or None."""
    names = recording.named.get(frames[-1]) if frames else None
    return names[0] if names else None


def read_recording(path):
    """All that is in the file, and how many blocks it has."""
    with open(path, "rb") as file:
        data = file.read()
    recording = Recording()
    n_blocks = 0
    for payload in blocks(data):
        recording.read(payload)
        n_blocks += 1
    return recording, n_blocks


def main():
    recording, n_blocks = read_recording(sys.argv[1])
    running = [s for s in recording.samples if s[5] == 0]
    by_tid, by_outcome, by_name, landed = {}, {}, {}, {}
    for _, thread, outcome, frames, weight, _, _ in running:
        tid = str(recording.threads[thread][0])
        name = innermost(recording, frames)
        if frames:
            module, _, address = recording.frames[frames[-1]]
            place = recording.modules[module], address
            landed[place] = landed.get(place, 0) + 1
        for table, key in ((by_tid, tid), (by_outcome, str(outcome)), (by_name, name)):
            if key is not None:
                count, total = table.get(key, (0, 0))
                table[key] = (count + 1, total + weight)
    json.dump({"blocks": n_blocks, "meta": recording.meta, "end": recording.end,
               "samples": len(recording.samples), "running": len(running),
               "weight_ns": sum(s[4] for s in running), "lost": recording.n_lost, "windows": recording.windows,
               "threads": by_tid, "outcomes": by_outcome, "names": by_name,
               "landed": [(*place, n) for place, n in landed.items()],
               "code": recording.code, "edges": edges(recording, [s[3] for s in running]),
               "unknown_records": recording.unknown}, sys.stdout)
    print()


try:
    if __name__ == "__main__":
        main()
except Damaged as e:
    sys.exit(f"read_recording.py: {e}")
