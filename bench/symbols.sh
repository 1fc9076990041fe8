#!/bin/sh
# Names, lines and inlined calls of addresses: ours and llvm-symbolizer's by turns,
# medians of CPU seconds and peak MiB, and whether the frames are the same.
# Run in the build folder after `make bench/bench_symbols bench/cost`.
#	bench_symbols.sh [RUNS]
set -e
runs=${1:-9}
dir=$(mktemp -d "${TMPDIR:-/tmp}/symbols.XXXXXX")
trap 'rm -rf "$dir"' EXIT

# N addresses spread evenly over .text, with a little disorder.
spread() {	# FILE N
	readelf -SW "$1" | sed 's/^ *\[ *[0-9]*\] //' | awk -v n="$2" '
	function hex(s,  i, v) {
		for (i = 1; i <= length(s); i++)
			v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
		return v
	}
	$1 == ".text" {
		start = hex($3); size = hex($5)
		for (i = 0; i < n; i++)
			printf "0x%x\n", start + int((i + (i * 7 % 10) / 10) * size / n)
	}'
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# Two lines a frame, the column cut off; ??:0 stands where nothing is known.
frames() {
	sed 's/^\(.*:[0-9]*\):[0-9]*$/\1/' "$1" | awk 'NF' | paste -d' ' - - | grep -v '^??'
}

measure() {	# NAME FILE N [DEBUG-FILE]
	spread "$2" "$3" >"$dir/addresses"
	: >"$dir/ours"
	: >"$dir/llvm"
	for run in $(seq "$runs"); do
		./bench/cost ./bench/bench_symbols "$2" ${4:+"$4"} \
			<"$dir/addresses" >"$dir/ours.out" 2>"$dir/err"
		sed -n 's/^cost //p' "$dir/err" >>"$dir/ours"
		./bench/cost llvm-symbolizer --inlines --functions=short --no-demangle --obj="$2" \
			<"$dir/addresses" >"$dir/llvm.out" 2>"$dir/err"
		sed -n 's/^cost //p' "$dir/err" >>"$dir/llvm"
	done
	echo "$1: $(wc -l <"$dir/addresses") addresses, median of $runs"
	for who in ours llvm; do
		printf '    %s  CPU %s s  peak %s MiB  %s frames\n' "$who" \
			"$(cut -d' ' -f1 "$dir/$who" | median)" \
			"$(cut -d' ' -f2 "$dir/$who" | median)" \
			"$(frames "$dir/$who.out" | wc -l)"
	done
}

debug_file() {
	id=$(readelf -n "$1" | sed -n 's/.*Build ID: //p' | head -1)
	echo "/usr/lib/debug/.build-id/$(echo "$id" | cut -c1-2)/$(echo "$id" | cut -c3-).debug"
}

# Thirty files full of templates.
make_large() {
	cat >"$dir/large.cc" <<'EOF'
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>
namespace {
struct item { std::string name; int weight; std::vector<double> values; };
template <int N> int walk(std::vector<item> v)
{
	std::sort(v.begin(), v.end(), [](auto &a, auto &b) { return a.weight + N < b.weight; });
	std::map<std::string, std::set<int>> by_name;
	std::unordered_map<int, std::string> by_weight;
	std::regex re("a+" + std::to_string(N));
	for (auto &i : v) {
		by_name[i.name].insert(i.weight);
		if (std::regex_search(i.name, re))
			by_weight[i.weight] += i.name;
	}
	std::ostringstream out;
	for (auto &[k, s] : by_name)
		out << k << s.size();
	std::function<int(int)> f = [&](int x) { return x + (int)by_weight.size() + N; };
	return f((int)out.str().size());
}
}
int FUNCTION(int argc, char **argv)
{
	std::vector<item> v;
	for (int i = 0; i < argc; i++)
		v.push_back({ argv[i], i, { 1.0, 2.0 } });
	return walk<1>(v) + walk<2>(v) + walk<3>(v);
}
EOF
	objects=
	for i in $(seq 30); do
		function=f$i
		[ "$i" = 1 ] && function=main
		g++ -std=c++17 -O2 -g -DFUNCTION=$function -c "$dir/large.cc" -o "$dir/$i.o"
		objects="$objects $dir/$i.o"
	done
	# shellcheck disable=SC2086
	g++ $objects -o "$dir/large"
}

python=/usr/bin/python3.11
libc=/lib/x86_64-linux-gnu/libc.so.6
measure "python3.11 with its debug file" $python 1000 "$(debug_file $python)"
measure "libc with its debug file" $libc 1000 "$(debug_file $libc)"
make_large
measure "C++, $(($(wc -c <"$dir/large") >> 20)) MiB" "$dir/large" 5000
