package sqldbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Binaries is where Debian keeps the programs of PostgreSQL; the last match, which is the latest version, is taken before what
// is on the path.
const Binaries = "/usr/lib/postgresql/*/bin"

// errNone says that there is no PostgreSQL on this machine.
var errNone = errors.New("no PostgreSQL found (initdb and postgres, in " + Binaries + " or on the path)")

// shared is the server of all tests of a package.
var shared server

// server is a PostgreSQL in a temporary folder that listens on a socket in it and nowhere else.
type server struct {
	once  sync.Once
	err   error
	dir   string
	cmd   *exec.Cmd
	ended chan struct{}
	mu    sync.Mutex
	count int
}

// Postgres returns the address of a new, empty database, which is dropped when the test ends. It skips the test where there is
// no PostgreSQL, and fails it with CI=true. The first caller waits for the server to start.
func Postgres(t testing.TB) string {
	t.Helper()
	running(t)
	return database(t, "")
}

// running has the server of all tests of a package run, or ends the test.
func running(t testing.TB) {
	t.Helper()
	shared.once.Do(func() { shared.err = shared.start() })
	if errors.Is(shared.err, errNone) {
		missing(t, shared.err.Error())
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
}

// database makes a database until the test ends, and returns its address. How says how: it is the end of a CREATE DATABASE.
func database(t testing.TB, how string) string {
	t.Helper()
	shared.mu.Lock()
	shared.count++
	name := "test" + strconv.Itoa(shared.count)
	shared.mu.Unlock()
	if err := shared.do("CREATE DATABASE " + name + how); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shared.do("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return shared.url(name)
}

func (s *server) url(name string) string {
	return "postgres:///" + name + "?" + url.Values{"host": {s.dir}, "user": {"pertask"}}.Encode()
}

func (s *server) do(text string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, text); err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	return nil
}

// program returns the path of one of PostgreSQL's programs.
func program(name string) (string, error) {
	found, _ := filepath.Glob(filepath.Join(Binaries, name))
	if len(found) > 0 {
		slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
		return found[len(found)-1], nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", errNone
	}
	return path, nil
}

// version returns the number in a path such as /usr/lib/postgresql/15/bin/initdb; 0 where there is none.
func version(path string) int {
	v, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return v
}

// Program returns the command of one of PostgreSQL's programs, such as pg_dump, or skips the test as Postgres does.
func Program(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := program(name)
	if err != nil {
		missing(t, err.Error())
	}
	return exec.Command(path, args...)
}

// start makes a cluster and waits until the server answers. PostgreSQL refuses to be root, so root's tests run it as somebody
// without privileges.
func (s *server) start() (err error) {
	initdb, err := program("initdb")
	if err != nil {
		return err
	}
	postgres, err := program("postgres")
	if err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "pg"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	uid, gid, err := unprivileged()
	if err != nil {
		return err
	}
	if uid != os.Getuid() {
		if err := os.Chown(s.dir, uid, gid); err != nil {
			return err
		}
	}
	data := filepath.Join(s.dir, "data")
	out, err := as(uid, gid, s.dir, initdb, "-D", data, "-U", "pertask", "-A", "trust", "-N", "-E", "UTF8", "--no-locale").CombinedOutput()
	if err != nil {
		return fmt.Errorf("making a cluster: %w\n%s", err, out)
	}
	// Tests kill clients, never the server, so only a benchmark needs it to wait for the disk.
	fsync := "off"
	if os.Getenv("PERTASK_FSYNC") != "" {
		fsync = "on"
	}
	s.cmd = as(uid, gid, s.dir, postgres, "-D", data, "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync="+fsync, "-c", "max_connections=200")
	return s.run()
}

func (s *server) run() error {
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.ended = make(chan struct{})
	started := make(chan error)
	go func() {
		started <- launch(s.cmd) // and stays on this thread; see launch
		_ = s.cmd.Wait()
		close(s.ended)
	}()
	if err := <-started; err != nil {
		s.cmd = nil
		return fmt.Errorf("starting PostgreSQL: %w", err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if err = s.do("SELECT 1"); err == nil {
			return nil
		}
		select {
		case <-s.ended:
		default:
			if time.Now().Before(deadline) {
				continue
			}
		}
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("starting PostgreSQL: %w\n%s", err, text)
	}
}

// stop ends the server and removes its folder. There is nothing in it that a checkpoint would be worth.
func (s *server) stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(quit)
		select {
		case <-s.ended:
		case <-time.After(20 * time.Second):
			_ = s.cmd.Process.Kill()
			<-s.ended
		}
		s.cmd = nil
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

// unprivileged returns who runs the server: this user, or for root somebody else.
func unprivileged() (uid, gid int, err error) {
	if os.Getuid() != 0 {
		return os.Getuid(), os.Getgid(), nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil && uid != 0 {
			return uid, gid, nil
		}
	}
	return 0, 0, errors.New("starting PostgreSQL: root has neither a user postgres nor nobody to run it as")
}
