package logbuffer_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/pertask/pertask/internal/logbuffer"
)

func TestBuffer(t *testing.T) {
	var b logbuffer.Buffer
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				fmt.Fprintln(&b, "line")
				_ = b.String()
			}
		})
	}
	all.Wait()
	if got, want := b.String(), strings.Repeat("line\n", 800); got != want {
		t.Errorf("%d bytes, want %d", len(got), len(want))
	}
}
