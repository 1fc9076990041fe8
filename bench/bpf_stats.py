#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bpf_stats.py NAME COMMAND...: what a BPF program costs while a command runs.

Has the kernel time its BPF programs for as long as this runs (BPF_ENABLE_STATS, no
sysctl), and prints of the one called NAME:

	runs N
	ns_per_run N
"""
import ctypes
import json
import subprocess
import sys
import time

SYS_BPF, ENABLE_STATS, RUN_TIME = 321, 32, 0


def enable():
    libc = ctypes.CDLL(None, use_errno=True)
    attr = (ctypes.c_uint32 * 4)(RUN_TIME, 0, 0, 0)
    if libc.syscall(SYS_BPF, ENABLE_STATS, attr, 16) < 0:
        sys.exit("bpf_stats.py: may not: errno %d" % ctypes.get_errno())


def read(name):
    out = subprocess.run(["bpftool", "-j", "prog", "show", "name", name],
                         capture_output=True, text=True, check=False).stdout
    try:
        found = json.loads(out)
    except ValueError:
        return None
    found = found if isinstance(found, list) else [found]
    counts = [(p["run_cnt"], p["run_time_ns"]) for p in found if p.get("run_cnt")]
    return max(counts, default=None)


def main():
    enable()
    command = subprocess.Popen(sys.argv[2:])
    last = None
    while command.poll() is None:
        time.sleep(0.1)
        last = read(sys.argv[1]) or last
    if not last:
        sys.exit("bpf_stats.py: it never ran")
    print("runs", last[0])
    print("ns_per_run", last[1] // last[0])


main()
