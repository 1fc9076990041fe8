# SPDX-License-Identifier: Apache-2.0
"""A file system whose one file never gives its contents: mounted at argv[1] until
this ends.  Says "ready"."""
import ctypes
import os
import struct
import sys

ROOT, FILE, BYTES = 1, 2, 65536
LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT, OPENDIR, BATCH_FORGET = (
    1, 2, 3, 14, 15, 18, 25, 26, 27, 42)


def attributes(node):
    mode = 0o40755 if node == ROOT else 0o100755
    return struct.pack("<6Q10I", node, BYTES, BYTES // 512, 0, 0, 0, 0, 0, 0,
                       mode, 1, 0, 0, 0, 4096, 0)


def answer(opcode, node):
    """What to say to a request; None for nothing at all, a number for an error."""
    if opcode == INIT:
        return struct.pack("<4I2H2I2H2I", 7, 31, 4096, 0, 0, 0, 4096, 0, 0, 0, 0, 0) + bytes(24)
    if opcode == GETATTR:
        return struct.pack("<QII", 1, 0, 0) + attributes(node)
    if opcode == LOOKUP:
        return struct.pack("<4QII", FILE, 0, 1, 1, 0, 0) + attributes(FILE)
    if opcode in (OPEN, OPENDIR):
        return struct.pack("<QII", 1, 0, 0)
    if opcode in (RELEASE, FLUSH):
        return b""
    return None if opcode in (READ, FORGET, BATCH_FORGET) else 38


fuse = os.open("/dev/fuse", os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
if libc.mount(b"stuck", sys.argv[1].encode(), b"fuse", 0,
              b"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % fuse) < 0:
    sys.exit(os.strerror(ctypes.get_errno()))
print("ready", flush=True)
while True:
    opcode, number, node = struct.unpack_from("<4xIQQ", os.read(fuse, 1 << 17))
    said = answer(opcode, node)
    if said is None:
        continue
    data, error = (b"", said) if isinstance(said, int) else (said, 0)
    os.write(fuse, struct.pack("<IiQ", 16 + len(data), -error, number) + data)
