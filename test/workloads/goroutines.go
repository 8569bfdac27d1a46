// Recursion in the main goroutine, and a goroutine that is handed work over a channel.
package main

const depth = 20

//go:noinline
func burn(x uint64, rounds int) uint64 {
	for i := 0; i < rounds; i++ {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

//go:noinline
func descend(level int, x uint64) uint64 {
	if level == 1 {
		return burn(x, 100000) ^ 1
	}
	return descend(level-1, x+uint64(level)) ^ uint64(level)
}

//go:noinline
func serve(requests <-chan uint64, replies chan<- uint64) {
	for x := range requests {
		replies <- burn(x, 50000)
	}
}

func main() {
	requests, replies := make(chan uint64), make(chan uint64)
	go serve(requests, replies)
	for x := uint64(1); ; {
		requests <- descend(depth, x)
		x = <-replies
	}
}
