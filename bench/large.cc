// SPDX-License-Identifier: Apache-2.0
/*
 * A file full of templates, built many times with another FUNCTION each: together
 * a large C++ program.  The one that is also built with -DMAIN calls all of them
 * for ever (or measures nothing and serves as a file to symbolize).
 */
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
struct item {
	std::string name;
	int weight;
	std::vector<double> values;
};

template <int N> int walk(std::vector<item> v)
{
	std::sort(v.begin(), v.end(), [](auto &a, auto &b) { return a.weight * N % 7 < b.weight * N % 7; });
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

int FUNCTION(int n)
{
	std::vector<item> v;
	for (int i = 0; i < n; i++)
		v.push_back({ std::string((size_t)(i % 9), 'a') + std::to_string(i), i, { 1.0, 2.0 } });
	return walk<1>(v) + walk<2>(v) + walk<3>(v);
}

#ifdef MAIN
#define ALL(X) X(f1) X(f2) X(f3) X(f4) X(f5) X(f6) X(f7) X(f8)
#define DECLARE(f) int f(int n);
#define CALL(f) sum += f(20);
ALL(DECLARE)

int main()
{
	volatile int sum = 0;
	for (;;) {
		ALL(CALL)
	}
}
#endif
