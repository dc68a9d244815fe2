// Package meter is a reverse proxy on this machine that holds the provider keys, forwards the requests of
// trials, and counts what every answer consumed.
//
// It knows keys, sessions, routes, forwarding, and when a count can be trusted. It refuses to know money, tasks,
// arms and GitHub: whether a call may be made is asked of a function, and what it consumed is handed to another.
//
// An agent gets a token per session that works at the proxy only. Bytes go through as they are; usage is read
// from a copy, so that a decoder can never break an answer. A call that cannot be metered is not forwarded, and
// an answer whose usage was not seen is missing it: it is never counted as zero.
package meter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/pertask/pertask/meter/socket"
	"github.com/pertask/pertask/usage"
)

// Config is what a proxy needs. Admit is required; the rest has defaults.
type Config struct {
	// Upstreams are the providers that sessions can reach.
	Upstreams []Upstream
	// Keys are the provider keys; requests to an upstream without its key are refused.
	Keys Keys
	// Admit is asked before a call is forwarded, with what is known of it: trial, upstream, format, model, tier.
	// An error refuses the call, and its text goes to the agent and into the call's Problem; Final marks one that every
	// later call would get too. It may wait until the context ends, which it does when the client leaves or the session is
	// closed, and AskedOf tells how large the call can get. It is called from several goroutines.
	Admit func(ctx context.Context, c usage.Call) error
	// Record is told of every call when it is admitted (State Admitted) and again, with the same ID, when it
	// has ended; of a refused or free one only when it has ended; and once more in the rare case that a
	// later answer completes what was missing. A call whose admission cannot be recorded is refused. It is
	// called from several goroutines. Nil records nothing: calls are then only in what Session.Close returns.
	Record func(usage.Call) error
	// Socket is the absolute path of a unix socket to listen on as well, for agents in a sandbox without a network;
	// "" for none. The same sessions and tokens hold there. Only this user, and root, can connect (mode 0600): what
	// passes an agent's requests on to it has to connect as one of them, before it takes on the agent's user or from
	// outside of the sandbox. The folder must exist. A socket that a dead process left there is replaced, anything
	// else there is an error, and Close removes the socket.
	Socket string
	// Transport carries requests to providers. Nil is a transport tuned for streams that follows the proxy
	// settings of the environment.
	Transport http.RoundTripper
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Drain is how long an answer is still read for its usage after the client has left; 60 s when 0.
	Drain time.Duration
	// MaxRequest is the largest request body in bytes, decompressed; 64 MiB when 0.
	MaxRequest int64
	// Log gets ids, statuses and coverages; never a key, a prompt or an answer. Nil logs nothing.
	Log *slog.Logger
}

// The defaults of Config.
const (
	defaultDrain      = 60 * time.Second
	defaultMaxRequest = 64 << 20
)

// Proxy is a running proxy. It is safe for concurrent use.
type Proxy struct {
	cfg       Config
	upstreams map[string]upstream
	transport http.RoundTripper
	traced    bool // the transport tells how far a request came
	listener  net.Listener
	socket    net.Listener // nil for none
	server    *http.Server
	serving   sync.WaitGroup // the listeners

	mu       sync.Mutex
	closed   bool
	sessions map[string]*Session
	answers  map[answerKey]*flight // calls of open sessions by what they were answered with
}

// answerKey identifies an answer to a session. Response ids are unique within a provider, and what one trial has made
// is no business of another.
type answerKey struct {
	session            *Session
	upstream, response string
}

// Start checks the configuration and starts a proxy on a free port of 127.0.0.1, and on a socket if
// there is to be one.
func Start(cfg Config) (*Proxy, error) {
	if cfg.Admit == nil {
		return nil, errors.New("starting the meter: Admit is not set; a function that returns nil admits every call")
	}
	p := &Proxy{cfg: withDefaults(cfg), upstreams: make(map[string]upstream),
		sessions: make(map[string]*Session), answers: make(map[answerKey]*flight)}
	for _, u := range cfg.Upstreams {
		up, err := u.check()
		if err != nil {
			return nil, fmt.Errorf("starting the meter: %w", err)
		}
		if _, twice := p.upstreams[u.Name]; twice {
			return nil, fmt.Errorf("starting the meter: upstream %q is there twice; names are unique", u.Name)
		}
		p.upstreams[u.Name] = up
	}
	if p.transport = cfg.Transport; p.transport == nil {
		p.transport = newTransport()
	}
	_, p.traced = p.transport.(*http.Transport)
	var err error
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("starting the meter: %w", err)
	}
	if cfg.Socket != "" {
		if p.socket, err = socket.Listen(cfg.Socket); err != nil {
			_ = p.listener.Close()
			return nil, fmt.Errorf("starting the meter: %w", err)
		}
	}
	p.server = &http.Server{
		Handler:           http.HandlerFunc(p.serve),
		ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(p.cfg.Log.Handler(), slog.LevelDebug),
	}
	for _, l := range p.listeners() {
		p.serving.Go(func() { _ = p.server.Serve(l) }) // it ends with the proxy, and says nothing else
	}
	return p, nil
}

// listeners are where requests come in.
func (p *Proxy) listeners() []net.Listener {
	if p.socket == nil {
		return []net.Listener{p.listener}
	}
	return []net.Listener{p.listener, p.socket}
}

func withDefaults(cfg Config) Config {
	if cfg.Record == nil {
		cfg.Record = func(usage.Call) error { return nil }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Drain <= 0 {
		cfg.Drain = defaultDrain
	}
	if cfg.MaxRequest <= 0 {
		cfg.MaxRequest = defaultMaxRequest
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return cfg
}

// newTransport keeps as many idle connections per provider as there are trials at once: the standard two cost
// more than metering does. It asks for no compression, so that the bytes that come are the bytes that are read.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       45 * time.Second,
		DisableCompression:    true,
		ForceAttemptHTTP2:     true,
		ReadBufferSize:        16 << 10,
		WriteBufferSize:       16 << 10,
	}
}

// Addr returns the address that the proxy listens on, such as 127.0.0.1:40123.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// lastBytes is how long connections get to finish once every session is closed. What is left then are clients
// that have opened a connection and sent nothing.
const lastBytes = 250 * time.Millisecond

// Close closes every session, waits for the answers that are still read as Session.Close does, and stops the
// proxy. When ctx ends first it cuts what is left and returns an error. Closing again does nothing.
func (p *Proxy) Close(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	var open []*Session
	for _, s := range p.sessions {
		open = append(open, s)
	}
	p.mu.Unlock()

	var all sync.WaitGroup
	for _, s := range open {
		all.Go(func() { s.Close(ctx) })
	}
	all.Wait()
	err := ctx.Err()
	last, cancel := context.WithTimeout(ctx, lastBytes)
	defer cancel()
	if p.server.Shutdown(last) != nil {
		err = errors.Join(err, p.server.Close())
	}
	p.serving.Wait()
	if t, ok := p.transport.(interface{ CloseIdleConnections() }); ok && p.cfg.Transport == nil {
		t.CloseIdleConnections()
	}
	if err != nil {
		return fmt.Errorf("stopping the meter: %w", err)
	}
	return nil
}
