// Package scripted is a provider on this machine that answers by a script, for the tests of agents.
//
// It knows the wire formats in which coding agents ask, how each of them wants to be told to write a file, and what it
// has served: a ledger to hold the metered tokens against. It refuses to know the meter, prices and trials: it is an
// upstream like any other.
//
// A request whose text holds a Prompt and that offers a tool which can write is answered with the call of that tool; a
// request with a tool's result in it, or without any tool, is answered with words. No two answers have the same usage.
package scripted

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Config is the script. The zero value answers every request at once, whatever key it has.
type Config struct {
	// Keys are the provider keys that are accepted; empty accepts every one. A request with another one, or with
	// none, is answered with 401 and counted as Refused.
	Keys []string
	// Failures are what happens to the first requests, one each, instead of an answer.
	Failures []Failure
	// Delay is how long every answer waits before its first byte.
	Delay time.Duration
	// Serves says which model answers where it is another one than the one that is asked for.
	Serves map[string]string
	// Dump, when it is not nil, is given every request's method, path and body, for people who write scripts.
	Dump func(method, path string, body []byte)
}

// Failure is a way in which a request goes wrong.
type Failure struct {
	Status int  // HTTP status of the refusal, such as 429
	Cut    bool // the answer begins and breaks off before its end, with a status of 200
}

// Server is a running provider. It is safe for concurrent use.
type Server struct {
	cfg      Config
	listener net.Listener
	server   *http.Server
	served   chan error

	mu       sync.Mutex
	answered int // requests that were answered or failed by the script
	ledger   Ledger
}

// maxBody bounds a request's body in bytes.
const maxBody = 32 << 20

// Start starts a provider on a free port of 127.0.0.1.
func Start(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg, served: make(chan error, 1)}
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("starting the scripted provider: %w", err)
	}
	s.server = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 30 * time.Second}
	go func() { s.served <- s.server.Serve(s.listener) }()
	return s, nil
}

// URL returns the address without a path, such as http://127.0.0.1:40123. The paths of the providers' own APIs work
// below it, and below any other path.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Close stops the provider and cuts what is open.
func (s *Server) Close() error {
	err := s.server.Close()
	if e := <-s.served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	if err != nil {
		return fmt.Errorf("stopping the scripted provider: %w", err)
	}
	return nil
}

// Prompt returns the task that the script understands: to write a text into a file. Both must consist of letters,
// digits, '.', '_', '-' and, in the name, '/': the text finds its way through every agent's own quoting.
func Prompt(file, text string) string {
	return "Write the file [" + file + "] with exactly this text: [" + text + "]. Do nothing else."
}

// asked finds a Prompt in a request's body, whatever quotes are around it.
var asked = regexp.MustCompile(`Write the file \[([\w./-]+)\] with exactly this text: \[([\w.-]+)\]`)

// workingIn finds the folder in what Gemini CLI and Qwen Code tell the model. Qwen Code writes no relative path.
var workingIn = regexp.MustCompile(`working in the directory: (/[\w./-]+)`)

// errUnknownPath is what a path is answered with that is no call to a model.
var errUnknownPath = errors.New("the script has no answer for this path")

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return
	}
	if s.cfg.Dump != nil {
		s.cfg.Dump(r.Method, r.URL.RequestURI(), body)
	}
	key := presented(r)
	if !s.check(r, key, body) {
		fail(w, http.StatusUnauthorized, "this key is not known here")
		return
	}
	q, form, err := read(r, body)
	if err != nil {
		s.note(func(l *Ledger) { l.Strays = append(l.Strays, r.Method+" "+r.URL.Path) })
		fail(w, http.StatusNotFound, err.Error())
		return
	}
	served, failure := s.next(q, key)
	select {
	case <-time.After(s.cfg.Delay):
	case <-r.Context().Done():
		return
	}
	if served.Status != http.StatusOK {
		fail(w, served.Status, "the script lets this request fail")
		return
	}
	a := s.answer(q, served)
	if q.stream {
		stream(w, form.events(a), failure.Cut)
	} else {
		whole(w, form.whole(a), failure.Cut)
	}
}

// check records what is wrong with a request's key, and reports whether it may be answered.
func (s *Server) check(r *http.Request, key string, body []byte) bool {
	known := len(s.cfg.Keys) == 0
	for _, k := range s.cfg.Keys {
		known = known || k == key
	}
	leak := placeholder(r, body)
	s.note(func(l *Ledger) {
		if !known {
			l.Refused++
		}
		if leak != "" {
			l.Leaks = append(l.Leaks, leak)
		}
	})
	return known
}

// next decides what happens to a request and writes it into the ledger, before the first byte of an answer is sent:
// whoever has seen an answer finds it there.
func (s *Server) next(q request, key string) (Served, Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered++
	n := s.answered
	var f Failure
	if n <= len(s.cfg.Failures) {
		f = s.cfg.Failures[n-1]
	}
	served := Served{
		ID: fmt.Sprintf("scripted-%d-%d", s.listener.Addr().(*net.TCPAddr).Port, n), Format: q.format, Key: key, Model: q.model, Effort: q.effort,
		Stream: q.stream, Text: q.text, Status: http.StatusOK, Cut: f.Cut, Tool: q.writes(), Tokens: tokens(q.format, n),
	}
	if f.Status != 0 && !f.Cut {
		served.Status, served.Tool = f.Status, ""
		served.Tokens = none()
	}
	s.ledger.Calls = append(s.ledger.Calls, served)
	return served, f
}

func (s *Server) note(change func(*Ledger)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.ledger)
}

// answer is what the script says, in no provider's words.
type answer struct {
	id, model string
	call      *call  // the tool to call; nil for words alone
	text      string // the words
	tokens    counts
}

func (s *Server) answer(q request, served Served) answer {
	a := answer{id: served.ID, model: q.model, tokens: countsOf(served.Tokens), text: "Done: the script has nothing more to say."}
	if other, ok := s.cfg.Serves[q.model]; ok {
		a.model = other
	}
	if served.Tool != "" {
		a.call = q.call("call_" + strings.ReplaceAll(served.ID, "-", "_"))
	}
	return a
}
