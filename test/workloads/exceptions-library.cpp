#include "exceptions.h"

namespace {

__attribute__((noinline)) long steps(long rounds)
{
	volatile long sum = 0;
	for (long i = 0; i < rounds; i++)
		sum = sum + i;
	return sum;
}

struct Square : Shape {
	__attribute__((noinline)) long area(long size) const override { return steps(size * 16) + size * size; }
};

struct Circle : Shape {
	__attribute__((noinline)) long area(long size) const override
	{
		if (size % 8 == 1)
			throw TooLarge{size};
		return steps(size * 12) + size * 3;
	}
};

const Square square;
const Circle circle;

} // namespace

const Shape &shape_of(long kind)
{
	return kind % 2 == 0 ? static_cast<const Shape &>(square) : circle;
}

long measure(const Shape &shape, long size)
{
	long area = shape.area(size);
	__asm__ volatile("" : "+r"(area)); // work after the call, so that it is no jump
	return area + 1;
}
