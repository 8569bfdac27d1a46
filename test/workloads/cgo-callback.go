// C that Go calls and that calls Go, in a goroutine whose stack the callback makes grow: it moves while C is on another.
package main

/*
#cgo CFLAGS: -O2 -fomit-frame-pointer
#include <stdint.h>

uint64_t goVisit(uint64_t x);

__attribute__((noipa)) static uint64_t c_burn(uint64_t x)
{
	for (int i = 0; i < 100000; i++)
		x = x * 6364136223846793005u + 1442695040888963407u;
	return x;
}

__attribute__((noipa)) static uint64_t c_visit(int depth, uint64_t x)
{
	uint64_t below = depth == 1 ? goVisit(c_burn(x)) : c_visit(depth - 1, x + (uint64_t)depth);
	__asm__ volatile("" : "+r"(below));
	return c_burn(below) ^ (uint64_t)depth;
}
*/
import "C"

//export goVisit
func goVisit(x C.uint64_t) C.uint64_t {
	return C.uint64_t(grow(40, uint64(x)))
}

//go:noinline
func grow(level int, x uint64) uint64 {
	var words [128]uint64
	words[level] = x
	if level == 0 {
		return burn(x)
	}
	return grow(level-1, x+words[level/2]) + words[level]
}

//go:noinline
func burn(x uint64) uint64 {
	for i := 0; i < 200000; i++ {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

//go:noinline
func visit(x uint64) uint64 {
	return uint64(C.c_visit(3, C.uint64_t(x))) ^ 1
}

func main() {
	for x := uint64(1); ; {
		done := make(chan uint64)
		go func() { done <- visit(x) }()
		x = <-done
	}
}
