// Go that calls C, which is built without frame pointers.
package main

/*
#cgo CFLAGS: -O2 -fomit-frame-pointer
#include <stdint.h>

__attribute__((noipa)) static uint64_t c_burn(uint64_t x)
{
	for (int i = 0; i < 100000; i++)
		x = x * 6364136223846793005u + 1442695040888963407u;
	return x;
}

__attribute__((noipa)) static uint64_t c_descend(int depth, uint64_t x)
{
	uint64_t below = depth == 1 ? c_burn(x) : c_descend(depth - 1, x + (uint64_t)depth);
	__asm__ volatile("" : "+r"(below));
	return below ^ (uint64_t)depth;
}
*/
import "C"

//go:noinline
func callC(level int, x uint64) uint64 {
	if level == 1 {
		return uint64(C.c_descend(10, C.uint64_t(x))) ^ 1
	}
	return callC(level-1, x+uint64(level)) ^ uint64(level)
}

func main() {
	for x := uint64(1); ; {
		x = callC(5, x)
	}
}
