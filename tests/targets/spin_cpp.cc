// SPDX-License-Identifier: Apache-2.0
/* The same in C++: inlined calls, templates, a virtual call, an exception. */
#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

static volatile unsigned long sink;

namespace shapes {

struct shape {
	virtual ~shape() = default;
	virtual int area() const = 0;
};

[[noreturn]] __attribute__((noinline)) static void spin()
{
	for (;;)
		sink = sink + 1;
}

static inline __attribute__((always_inline)) void deepest(int n)
{
	if (n > 0)
		spin();
}

static inline __attribute__((always_inline)) int middle(int n)
{
	deepest(n + 1);
	return n;
}

template <typename T>
struct box : shape {
	T side;
	explicit box(T s) : side(s) {}
	int area() const override
	{
		return static_cast<int>(side) * middle(static_cast<int>(side));
	}
};

} // namespace shapes

__attribute__((noinline)) static int total(const std::vector<std::unique_ptr<shapes::shape>> &all)
{
	int sum = 0;

	std::for_each(all.begin(), all.end(), [&](const auto &s) { sum += s->area(); });
	return sum;
}

int main()
{
	std::vector<std::unique_ptr<shapes::shape>> all;
	std::function<int()> run = [&] { return total(all); };

	all.push_back(std::make_unique<shapes::box<double>>(3.0));
	try {
		return run();
	} catch (...) {
		return 1;
	}
}
