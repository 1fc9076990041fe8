#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Are the stacks of a recursion what they should be?

	deep_stacks.py FILE LEAF FUNCTION LEAST MOST MAX_FRAMES OUTCOME

Every stack with LEAF goes from _start through main to it, ends in OUTCOME (its number
in the file), has LEAST to MOST frames of FUNCTION together with those left out, and
keeps at most MAX_FRAMES of the program.  Prints what is wrong, or how many samples and
stacks there are and how many frames were left out.
"""
import collections
import sys

from read_recording import read_recording

LEFT_OUT = 10		# outcome


def wrong(recording, sample, leaf, function, least, most, max_frames, outcome):
    """What is wrong with a sample, or None; False if it is not about LEAF."""
    _, _, end, frames, _, _, gap = sample
    names = [None if recording.frames[f][1] & 4 else (recording.named.get(f) or ["?"])[-1]
             for f in frames]
    if leaf not in names:
        return False
    kept = [n for n in names[:names.index(leaf) + 1] if n]
    left_out = gap if end == LEFT_OUT else 0
    if end != outcome:
        return f"outcome {end}"
    if not least <= names.count(function) + left_out <= most:
        return f"{names.count(function)} times {function}, {left_out} left out"
    if names[0] != "_start" or "main" not in names[:5]:
        return f"begins with {names[:5]}"
    if len(kept) > max_frames:
        return f"{len(kept)} frames are kept"
    return None


def main():
    path, leaf, function = sys.argv[1:4]
    numbers = [int(n) for n in sys.argv[4:]]
    recording, _ = read_recording(path)
    found, stacks, gaps = collections.Counter(), set(), []
    for sample in recording.samples:
        what = wrong(recording, sample, leaf, function, *numbers)
        if what is not False:
            found[what] += 1
            stacks.add(tuple(sample[3]))
            if sample[2] == LEFT_OUT:
                gaps.append(sample[6])
    n = sum(found.values())
    # What comes before the tables are there is a copy.
    if found[None] < 20 or n - found[None] > 2 + n / 50:
        sys.exit(f"{n} samples in {leaf}, of which {found[None]} are right; "
                 f"wrong: {[(k, v) for k, v in found.most_common(4) if k]}")
    print(n, len(stacks), min(gaps, default=0), max(gaps, default=0))


main()
