package simulation

import (
	"runtime"
	"sync"
)

// each calls do for 0 to n-1, on every processor, and returns when all are done.
func each(n int, do func(i int)) {
	next := make(chan int)
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
}
