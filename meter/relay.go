package meter

import (
	"net/http"
	"sync"
	"time"
)

// relay writes to a client that may leave or stop reading at any time.
type relay struct {
	w       http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration // how long a client may not read before it counts as gone
	flush   bool

	mu    sync.Mutex
	begun bool // something was sent
	gone  bool
	until time.Time // the write deadline that is set
}

// headersSoon sends the headers alone when the first bytes of a stream are slow to come. Mostly they are not,
// and then one write carries both. The function that it returns ends this.
func (o *relay) headersSoon() (stop func()) {
	if !o.flush {
		return func() {}
	}
	const soon = 5 * time.Millisecond
	timer := time.AfterFunc(soon, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if !o.begun {
			o.begun = true
			o.flushed()
		}
	})
	return func() {
		timer.Stop()
		o.mu.Lock()
		o.begun = true // a timer that has fired already finds nothing to do
		o.mu.Unlock()
	}
}

func (o *relay) send(b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone || len(b) == 0 {
		return
	}
	o.begun = true
	if now := time.Now(); o.until.Sub(now) < o.stall {
		o.until = now.Add(o.stall + time.Second)
		_ = o.control.SetWriteDeadline(o.until) // a writer without deadlines waits for its client
	}
	if _, err := o.w.Write(b); err != nil {
		o.gone = true
		return
	}
	if o.flush {
		o.flushed()
	}
}

// whole says that everything was sent: the client need not wait for the call to be wound up.
func (o *relay) whole() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.gone && !o.flush {
		o.flushed()
	}
}

func (o *relay) flushed() {
	if err := o.control.Flush(); err != nil {
		o.gone = true
	}
}

func (o *relay) left() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.gone
}
