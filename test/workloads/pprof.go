// Writes its own CPU and heap profile: what the tests read as a stranger's.
package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"
)

var kept [][]byte

// CPU time of this process: on a busy machine it passes more slowly than the clock.
func used() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano())
}

//go:noinline
func spin(cpuTime time.Duration) int {
	sum := 0
	for used() < cpuTime {
		for i := 0; i < 1000000; i++ {
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
	spin(600 * time.Millisecond)
	pprof.StopCPUProfile()
	check(cpu.Close())
	allocate()
	runtime.GC()
	heap, err := os.Create(os.Args[2])
	check(err)
	check(pprof.WriteHeapProfile(heap))
	check(heap.Close())
}
