package guard

import (
	"io"
	"net/http"
	"time"
)

// Paced returns what writes an answer to somebody who has so long for each Write, rather than the server's limit for the whole
// answer. Whoever takes longer, or for whom nothing is written for so long, has the connection closed.
func Paced(w http.ResponseWriter, each time.Duration) io.Writer {
	p := paced{w, http.NewResponseController(w), each}
	p.extend()
	return p
}

type paced struct {
	w       io.Writer
	control *http.ResponseController
	each    time.Duration
}

func (p paced) Write(b []byte) (int, error) {
	p.extend()
	return p.w.Write(b)
}

// extend puts off when the connection is closed. What has no deadlines has none to be put off; the one for reading ends a request, too.
func (p paced) extend() {
	limit := time.Now().Add(p.each)
	_, _ = p.control.SetWriteDeadline(limit), p.control.SetReadDeadline(limit)
}
