package signin

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// TestRoom holds that the memory of what GitHub said stays bounded, and that it forgets what is over before what is not.
func TestRoom(t *testing.T) {
	var c cache
	now := time.Now()
	for i := range most {
		asked := now
		if i%2 == 0 {
			asked = now.Add(-Fresh)
		}
		c.put(fmt.Sprint(i), Viewer{ID: int64(i + 1)}, asked)
	}
	c.put("one more", Viewer{ID: 1}, now)
	if got, want := len(c.all), most/2+1; got != want {
		t.Fatalf("%d are remembered, want %d", got, want)
	}
	clock := func() time.Time { return now }
	for i, want := range []bool{true, false, true, false} {
		asked := false
		v, err := c.get(context.Background(), fmt.Sprint(i), clock, func() (Viewer, error) { asked = true; return Viewer{ID: int64(i + 1)}, nil })
		if asked != want || err != nil || v.ID != int64(i+1) {
			t.Errorf("session %d: asked %v, want %v: %v, %v", i, asked, want, v, err)
		}
	}
	for i := range 2 * most {
		c.put(fmt.Sprint("fresh", i), Viewer{}, now)
	}
	if len(c.all) > most {
		t.Errorf("%d are remembered", len(c.all))
	}
}

// TestGone holds that whoever waits for what another request asks gives up with its own request, and that an answer which did not
// come is not remembered.
func TestGone(t *testing.T) {
	var c cache
	in, out := make(chan struct{}), make(chan struct{})
	go func() {
		_, _ = c.get(context.Background(), "x", time.Now, func() (Viewer, error) { close(in); <-out; return Viewer{ID: 1}, errors.New("down") })
	}()
	<-in
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.get(ctx, "x", time.Now, nil); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a request that is gone: %v", err)
	}
	close(out)
	v, err := c.get(context.Background(), "x", time.Now, func() (Viewer, error) { return Viewer{ID: 2}, nil })
	if err != nil || v.ID != 2 {
		t.Errorf("after an answer that did not come: %v, %v", v, err)
	}
}
