// SPDX-License-Identifier: Apache-2.0
/* Programs in several languages that tests of symbols compile. */
#ifndef CPROFD_TESTS_UNIT_SYMBOL_PROGRAMS_H
#define CPROFD_TESTS_UNIT_SYMBOL_PROGRAMS_H

#include "tests/unit/lab.h"

static const char c_program[] =
	"#include <stdio.h>\n"
	"#include <stdlib.h>\n"
	"static inline int square(int x) { return x * x; }\n"
	"static inline __attribute__((always_inline)) int both(int a, int b)\n"
	"{\n"
	"	int s = square(a) + square(b);\n"
	"	return s % 7 ? s : square(s);\n"
	"}\n"
	"static __attribute__((cold, noinline)) void complain(int x) { printf(\"%d\\n\", x); exit(1); }\n"
	"__attribute__((noinline)) int fib(int n)\n"
	"{\n"
	"	if (__builtin_expect(n < 0, 0))\n"
	"		complain(n);\n"
	"	return n < 2 ? n : fib(n - 1) + fib(n - 2);\n"
	"}\n"
	"__attribute__((noinline)) int work(int n)\n"
	"{\n"
	"	int t = 0;\n"
	"	for (int i = 0; i < n; i++)\n"
	"		t += both(i, t) ^ fib(i & 3);\n"
	"#include \"body.inc\"\n"
	"	return t;\n"
	"}\n"
	"int main(int c, char **v) { printf(\"%d\\n\", work(c + atoi(v[0]))); return 0; }\n";

static const char c_body[] =
	"	for (int k = 0; k < n; k += 3)\n"
	"		t -= square(t) / (k + 1);\n";

static const char cc_program[] =
	"#include <algorithm>\n"
	"#include <cstdio>\n"
	"#include <memory>\n"
	"#include <string>\n"
	"#include <vector>\n"
	"namespace app {\n"
	"namespace {\n"
	"struct shape { virtual ~shape() {} virtual double area() const = 0; };\n"
	"struct box : shape { double s; box(double x) : s(x) {}\n"
	"	double area() const override { return s * s; } };\n"
	"}\n"
	"template <typename T> struct holder {\n"
	"	std::vector<T> v;\n"
	"	template <typename F> int each(F f) { int n = 0; for (auto &x : v) n += f(x); return n; }\n"
	"};\n"
	"double total(const std::vector<std::unique_ptr<shape>> &v)\n"
	"{\n"
	"	double t = 0;\n"
	"	for (auto &s : v) t += s->area();\n"
	"	return t;\n"
	"}\n"
	"}\n"
	"int main(int argc, char **argv)\n"
	"{\n"
	"	struct local { int go(int x) { return x * 3 + (x % 7 ? 1 : 2); } } l;\n"
	"	std::vector<std::unique_ptr<app::shape>> v;\n"
	"	app::holder<std::string> h;\n"
	"	for (int i = 0; i < argc; i++) { v.emplace_back(new app::box(i)); h.v.push_back(argv[i]); }\n"
	"	std::sort(h.v.begin(), h.v.end(), [](auto &a, auto &b) { return a.size() < b.size(); });\n"
	"	int n = h.each([&](const std::string &s) { return l.go((int)s.size()); });\n"
	"	try { if (argc > 3) throw n; } catch (int e) { puts(\"no\"); }\n"
	"	printf(\"%d %f\\n\", n, app::total(v));\n"
	"}\n";

/* Functions whose entries are inside of functions. */
static const char nested_program[] =
	"#include <stdlib.h>\n"
	"int main(int c, char **v)\n"
	"{\n"
	"	__attribute__((noinline)) int inner(int x) { return x * c + rand(); }\n"
	"	__attribute__((noinline)) int other(int x) { return inner(x) / (c + 1) + rand() % c; }\n"
	"	return inner(c) + other(v[0][0]);\n"
	"}\n";

static const char local_program[] =
	"#include <cstdlib>\n"
	"int main(int c, char **v)\n"
	"{\n"
	"	struct local {\n"
	"		__attribute__((noinline)) int go(int x) { return x * rand() + rand() / 3; }\n"
	"	} l;\n"
	"	auto f = [&](int y) __attribute__((noinline)) { return l.go(y) / (c + 1) + rand() % c; };\n"
	"	return f(c) + l.go(v[0][0]);\n"
	"}\n";

static const char rust_program[] =
	"use std::collections::HashMap;\n"
	"enum Kind { A(u32), B(String) }\n"
	"impl Kind { #[inline(never)] fn len(&self) -> usize {\n"
	"	match self { Kind::A(n) => *n as usize, Kind::B(s) => s.len() } } }\n"
	"mod deep { #[inline(never)] pub fn work(v: &[u64]) -> u64 {\n"
	"	v.iter().filter(|x| **x % 3 == 0).map(|x| x * x).sum() } }\n"
	"fn main() {\n"
	"	let mut m = HashMap::new();\n"
	"	for (i, a) in std::env::args().enumerate() { m.insert(a.clone(), i); }\n"
	"	let v: Vec<u64> = (0..1000).collect();\n"
	"	let k = [Kind::A(3), Kind::B(\"abc\".into())];\n"
	"	println!(\"{} {} {:?}\", deep::work(&v), k.iter().map(|k| k.len()).sum::<usize>(), m);\n"
	"}\n";

static inline void write_programs(void)
{
	lab_write("program.c", c_program);
	lab_write("body.inc", c_body);
	lab_write("program.cc", cc_program);
	lab_write("program.rs", rust_program);
	lab_write("nested.c", nested_program);
	lab_write("local.cc", local_program);
}

#endif
