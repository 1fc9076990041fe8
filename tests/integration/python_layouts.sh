#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The table of CPython's structures is what the headers on this machine say.
. "${top_srcdir:?}/tests/integration/lib.sh"
generate=$top_srcdir/src/python/layout_generate

# Version and last patch release of the row in file $1.
of() { sed -n 2,3p "$1"; }

# The row in file $1 of the table is that of all headers of its version.
is_of_headers() {
	n_headers=0
	for row in "$scratch"/headers.*[0-9]; do
		[ -s "$row" ] && [ "$(of "$row")" = "$(of "$1")" ] || continue
		n_headers=$((n_headers + 1))
		sed 1d "$row" >theirs.txt
		sed 1d "$1" | diff - theirs.txt >diff.txt || fail "$(head -n 1 "$row"): $(cat diff.txt)"
	done
	[ $n_headers != 0 ] || skip "$name" "its headers are not here"
}

# The headers of folder $1, whose row is in $2, compile and have a row in the table.
has_row() {
	[ -s "$2" ] || fail "$(cat "$2.err")"
	for row in "$scratch"/table.*; do
		[ "$(of "$row")" != "$(of "$2")" ] || return 0
	done
	fail "no row of $(of "$2")"
}

field() { sed -n "s/.*\.$1 = \(.*\),/\1/p" "$2"; }

# What no header says up to 3.10: the keys of a dictionary, asked of the interpreter
# beside the headers.
has_its_keys() {
	python_beside=${1%/include/*}/bin/python$(echo "${1##*/python}" | tr -d m)
	[ -x "$python_beside" ] || skip "$name" "no $python_beside"
	"$python_beside" - "$(field dict_keys "$2")" "$(field dictkeys_nentries "$2")" \
		"$(field dictkeys_size "$2")" "$(field dictkeys_log2_size "$2")" >keys.txt 2>&1 <<'END'
import ctypes, sys
keys_at, nentries, size, log2_size = sys.argv[1:]
d = {"a": 1, "b": 2, "c": 3}
keys = ctypes.c_size_t.from_address(id(d) + int(keys_at)).value
assert ctypes.c_ssize_t.from_address(keys + int(nentries)).value == 3, "nentries"
if size == "LAYOUT_NONE":
    n = 1 << ctypes.c_uint8.from_address(keys + int(log2_size)).value
else:
    n = ctypes.c_ssize_t.from_address(keys + int(size)).value
assert n == 8, "size %d" % n
END
	[ $? = 0 ] || fail "$(cat keys.txt)"
}

awk -v to="$scratch/table." '/^\{/ { n++ } n { print >(to n) }' \
	"$top_srcdir/src/python/layouts.inc"
n=0
for folder in $("$generate" folders); do
	n=$((n + 1))
	row=$scratch/headers.$n
	"$generate" row "$folder" >"$row" 2>"$row.err"
	check "the headers in $folder have a row" has_row "$folder" "$row"
	check "a dictionary of $folder has its keys where the row says" has_its_keys "$folder" "$row"
done
[ $n != 0 ] || echo "skip - headers: none here"
for row in "$scratch"/table.*; do
	release=$(sed -n '1s/.*\* \(.*\) \*.*/\1/p' "$row")
	check "the row of $release is that of its headers" is_of_headers "$row"
done
finish
