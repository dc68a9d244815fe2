package progress_test

import (
	"context"
	"testing"
	"time"

	"github.com/pertask/pertask/review/progress"
)

func TestWatch(t *testing.T) {
	pulse, looked := make(chan time.Time), make(chan bool)
	stop := progress.Watch(t.Context(), pulse, func() { looked <- true })
	for range 3 {
		pulse <- time.Time{}
		<-looked
	}
	pulse <- time.Time{}
	ended := make(chan bool)
	go func() { stop(); close(ended) }()
	select {
	case <-ended:
		t.Fatal("it does not wait for the last look")
	case <-looked:
	}
	<-ended
	ctx, cancel := context.WithCancel(t.Context())
	stop = progress.Watch(ctx, nil, func() { t.Error("it looked at once") })
	cancel()
	stop()
}
