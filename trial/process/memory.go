package process

import "time"

// memoryInterval is how often the memory of a program is added up, at most.
const memoryInterval = 200 * time.Millisecond

// watchMemory closes the channel when the program needs more memory than it may. It ends with the program. Adding up
// takes time where there are many processes; the wait grows with it, so that a tenth of a core is the most that it
// takes.
func (t *tree) watchMemory(limit int64) <-chan struct{} {
	if limit <= 0 {
		return nil
	}
	over := make(chan struct{})
	go func() {
		for wait := memoryInterval; ; {
			select {
			case <-t.done:
				return
			case <-time.After(wait):
			}
			start := time.Now()
			if t.memory(limit) > limit {
				close(over)
				return
			}
			wait = max(memoryInterval, 9*time.Since(start))
		}
	}()
	return over
}
