// Writes its own CPU and heap profile: what the tests read as a stranger's.
package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"time"
)

var kept [][]byte

//go:noinline
func spin(until time.Time) int {
	sum := 0
	for time.Now().Before(until) {
		for i := 0; i < 1000; i++ {
			sum += i * i
		}
	}
	return sum
}

//go:noinline
func allocate() {
	for i := 0; i < 64; i++ {
		kept = append(kept, make([]byte, 1<<20))
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	cpu, err := os.Create(os.Args[1])
	check(err)
	check(pprof.StartCPUProfile(cpu))
	spin(time.Now().Add(600 * time.Millisecond))
	pprof.StopCPUProfile()
	check(cpu.Close())
	allocate()
	runtime.GC()
	heap, err := os.Create(os.Args[2])
	check(err)
	check(pprof.WriteHeapProfile(heap))
	check(heap.Close())
}
