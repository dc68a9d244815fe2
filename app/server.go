package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqlqueue"
	"github.com/pertask/pertask/app/sqldb/sqlrecord"
	"github.com/pertask/pertask/app/sqldb/sqlsecret"
	"github.com/pertask/pertask/meter"
)

// World is what the server needs besides its Config.
type World struct {
	Getenv func(string) string
	// Keys reads provider keys from variables, or from the files that those with _FILE after their name say.
	Keys    func(getenv func(string) string, ups []meter.Upstream) (meter.Keys, error)
	Version string
	Log     *slog.Logger
	// Terminal is where whoever started the server looks.
	Terminal io.Writer
	// Listening is told where the server listens, once it does; may be nil.
	Listening func(address string)
}

// Server is the App. New makes one, Run runs it, and Close gives back what it holds.
type Server struct {
	cfg     Config
	world   World
	log     *slog.Logger
	db      *sqldb.DB
	queue   queue.Queue
	records *sqlrecord.Store
	scratch *measure.Scratch
	slots   *measure.Slots
	metrics *metrics
	hub     http.RoundTripper // to GitHub
	// handler is what is served below the server's own pages: the set-up, and then the App.
	handler  atomic.Value
	working  atomic.Bool
	secrets  map[string]string // of Secrets
	box      *secret.Box
	values   *sqlsecret.Secrets
	sessions *sqlsecret.Sessions
	// public is where the server is reached, by people on this machine at least.
	public *url.URL
}

// New opens the database and the folders.
func New(ctx context.Context, cfg Config, world World) (*Server, error) {
	s := &Server{cfg: cfg, world: world, log: world.Log, public: cfg.Public}
	var err error
	if s.secrets, err = secretsOf(world.Getenv); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if s.secrets[EnvKey] == "" {
		return nil, fmt.Errorf("%w: %s is not set, nor %s: it seals what is secret in the database; \"pertask-app keygen\" makes one", ErrUsage, EnvKey, EnvKey+fileSuffix)
	}
	if s.box, err = secret.New(s.secrets[EnvKey]); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrUsage, EnvKey, err)
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of data: %w", err)
	}
	if s.db, err = sqldb.Open(ctx, cfg.Database); err != nil {
		return nil, err
	}
	s.records, s.values, s.sessions = sqlrecord.New(s.db), sqlsecret.NewSecrets(s.db), sqlsecret.NewSessions(s.db)
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) open() error {
	q, err := sqlqueue.New(s.db, sqlqueue.Options{Lease: s.cfg.Lease, Sweep: s.cfg.Lease / 3, Log: s.log})
	if err != nil {
		return err
	}
	s.queue = q
	swept := 0
	if s.scratch, swept, err = measure.OpenScratch(filepath.Join(s.cfg.Data, "work")); err != nil {
		return err
	}
	if swept > 0 {
		s.log.Info("folders of processes that have gone were removed", "folders", swept)
	}
	s.slots = measure.NewSlots(s.cfg.Reviews, s.cfg.Each)
	s.metrics = newMetrics(s)
	s.hub = s.toGitHub()
	s.handler.Store(shown{http.HandlerFunc(starting)})
	return nil
}

// starting is served until the App is ready.
func starting(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "starting", http.StatusServiceUnavailable)
}

// Close closes the database and removes the folder of this process's trials.
func (s *Server) Close() error {
	var errs []error
	if s.scratch != nil {
		errs = append(errs, s.scratch.Close())
	}
	return errors.Join(append(errs, s.db.Close())...)
}

// Limits of what a client may take of a connection.
const (
	headerTime = 10 * time.Second
	readTime   = 60 * time.Second // the webhook's body has a limit of its own
	writeTime  = 60 * time.Second
	idleTime   = 2 * time.Minute
	stopTime   = 10 * time.Second // for requests that are being answered
)

// Run serves and works until the context ends, and returns when all that runs has ended.
func (s *Server) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	main, err := s.serve(s.cfg.Listen, s.routes(), stop)
	if err != nil {
		return err
	}
	servers := []*http.Server{main.Server}
	if s.cfg.Metrics != "" {
		extra, err := s.serve(s.cfg.Metrics, s.metrics.routes(), stop)
		if err != nil {
			return errors.Join(err, main.Close())
		}
		servers = append(servers, extra.Server)
	}
	if s.public == nil {
		s.public = &url.URL{Scheme: "http", Host: main.address}
	}
	s.log.Info("listening", "address", main.address, "version", s.world.Version)
	if s.world.Listening != nil {
		s.world.Listening(main.address)
	}
	sealed := make(chan struct{})
	go func() {
		defer close(sealed)
		s.keepSealing(ctx)
	}()
	defer func() {
		stop(nil)
		<-sealed
	}()
	err = s.work(ctx)
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	s.log.Info("stopping")
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	for _, srv := range servers {
		err = errors.Join(err, srv.Shutdown(last))
	}
	return err
}

// served is a server with its address.
type served struct {
	*http.Server
	address string
}

// serve serves at an address until the server is shut down.
func (s *Server) serve(address string, h http.Handler, stop context.CancelCauseFunc) (served, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return served{}, fmt.Errorf("listening: %w", err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			stop(fmt.Errorf("serving: %w", err))
		}
	}()
	return served{srv, l.Addr().String()}, nil
}

// work waits for credentials and then works on notes until the context ends.
func (s *Server) work(ctx context.Context) error {
	c, err := s.credentials(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	return s.run(ctx, c)
}
