package sandbox_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/trial/sandbox"
)

func TestMain(m *testing.M) {
	if status, mine := sandbox.Main(os.Args[1:]); mine {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

// proxy is a server at a unix socket that stands for the metering proxy. Its address is free on this machine: inside,
// the forwarder has it.
func proxy(t testing.TB) (address, socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "proxy.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "the proxy's word") })}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return "127.0.0.1:18087", socket
}

// lab is a sandbox with a room.
type lab struct {
	*sandbox.Sandbox
	work string
	room trial.Room
}

func newLab(t testing.TB, way string) *lab {
	t.Helper()
	address, socket := proxy(t)
	s, err := sandbox.FindWay(t.Context(), sandbox.Options{Proxy: address, Socket: socket}, way)
	if errors.Is(err, sandbox.ErrNone) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &lab{Sandbox: s, room: trial.Room{Proxy: true}}
}

// run runs a shell script in a new room.
func (l *lab) run(t testing.TB, script string, change func(*process.Program)) (process.Ending, error) {
	t.Helper()
	dir := t.TempDir()
	l.work = filepath.Join(dir, "work")
	l.room.Write, l.room.Aside = []string{l.work}, filepath.Join(dir, "aside")
	for _, d := range []string{l.work, l.room.Aside} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	p := process.Program{Argv: []string{"sh", "-c", script}, Dir: l.work, Env: []string{"PATH=" + os.Getenv("PATH")}, Keep: 1 << 16, Limit: time.Minute}
	if change != nil {
		change(&p)
	}
	in, err := l.Inside(p, l.room)
	if err != nil {
		t.Fatal(err)
	}
	return in.Run(t.Context(), time.Now)
}

// eachWay runs a test with every way that this user may have here.
func eachWay(t *testing.T, test func(t *testing.T, l *lab)) {
	names := []string{"root namespaces by sudo", "bubblewrap", "user namespaces"}
	if os.Getuid() == 0 {
		names[0] = "root namespaces"
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			if name == "bubblewrap" {
				need.Program(t, "bwrap")
			}
			test(t, newLab(t, name))
		})
	}
}

// What a program prints is what it sees: its own environment, no rights, no other processes, no other files.
func TestWaySeen(t *testing.T) {
	eachWay(t, func(t *testing.T, l *lab) {
		end, err := l.run(t, `env | grep -v ^PWD= | sort; id -u; id -G | wc -w; ps -e -o comm= | grep -v -e sandbox.test -e bwrap -e pertask | tr "\\n" " "
			ls -A /home; cat; cat /dev/stdin < in; echo out > /dev/stdout; echo lost >&2; touch made
			for d in / /etc /dev /run; do touch $d/made 2>/dev/null && echo "$d is open"; done; touch /tmp/made /var/tmp/made /dev/shm/made; exit 3`,
			func(p *process.Program) {
				p.Env = append(p.Env, "GIVEN=1")
				p.Stdin = filepath.Join(filepath.Dir(l.work), "stdin")
				for name, text := range map[string]string{p.Stdin: "typed\n", filepath.Join(l.work, "in"): "read\n"} {
					if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			})
		if err != nil {
			t.Fatal(err)
		}
		uid := os.Getuid()
		if uid == 0 {
			uid = 65534
		}
		want := fmt.Sprintf("GIVEN=1\nPATH=%s\n%d\n1\nsh ps grep tr typed\nread\nout\n", os.Getenv("PATH"), uid)
		if diff := cmp.Diff(want, string(end.Output)); diff != "" || end.String() != "exit status 3" {
			t.Errorf("%v, output (-want +got):\n%s", end, diff)
		}
		if _, err := os.Stat(filepath.Join(l.work, "made")); err != nil {
			t.Error("what was written to the room is not there:", err)
		}
		for _, file := range []string{"/tmp/made", "/var/tmp/made", "/dev/shm/made"} {
			if _, err := os.Stat(file); err == nil {
				t.Errorf("%s was written to the machine", file)
			}
		}
	})
}
