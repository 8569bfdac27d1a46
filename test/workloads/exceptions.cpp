// Virtual calls into a shared library through the PLT, and exceptions that pass three frames on their way back.
#include "exceptions.h"

__attribute__((noipa)) static long visit(long n)
{
	const long size = n % 64;
	long area = measure(shape_of(n), size);
	__asm__ volatile("" : "+r"(area));
	return area - size;
}

__attribute__((noipa)) static long attempt(long n)
{
	try {
		return visit(n) + 1;
	} catch (const TooLarge &large) {
		return large.size;
	}
}

int main()
{
	for (long n = 0, sum = 0;; n++) {
		sum += attempt(n);
		__asm__ volatile("" : "+r"(sum));
	}
}
