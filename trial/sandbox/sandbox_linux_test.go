package sandbox_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/trial/sandbox"
	"github.com/pertask/pertask/trial/sandbox/view/viewtest"
)

func TestMain(m *testing.M) {
	if status, mine := sandbox.Main(os.Args[1:]); mine {
		syscall.Exit(status) // os.Exit lets the race detector sleep for a second, and a part has not the variable that says otherwise
	}
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "lurk":
			os.Exit(lurk())
		case "afterSetup":
			os.Exit(afterSetup())
		}
	}
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "hostile":
			os.Exit(hostileAgent(os.Args[2]))
		case "hostileSetup":
			os.Exit(hostileSetup(os.Args[2]))
		case "keyring":
			os.Exit(keyring(os.Args[2], os.Args[3]))
		case "runSetup":
			os.Exit(runSetup(os.Args[2]))
		case "runHostile":
			os.Exit(runHostile(os.Args[2]))
		case "grader":
			os.Exit(grader(os.Args[2], os.Args[3]))
		}
	}
	os.Exit(m.Run())
}

// proxy is a server at a unix socket that stands for the metering proxy. Its address is free on this machine: inside,
// the forwarder has it.
func proxy(t testing.TB) (address, socket string) {
	t.Helper()
	return "127.0.0.1:18087", serve(t, filepath.Join(short(t), "proxy.sock"))
}

// short makes a folder with a name that leaves room for the 107 bytes of a socket's path.
func short(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "p")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func serve(t testing.TB, socket string) string {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "the proxy's word") })}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return socket
}

// lab is a sandbox with a room.
type lab struct {
	*sandbox.Sandbox
	way  string
	in   string // folder that holds the rooms; "" for one of each test's own
	work string
	room trial.Room
}

func newLab(t testing.TB, way string) *lab {
	t.Helper()
	address, socket := proxy(t)
	l := &lab{way: way, room: trial.Room{Proxy: true}}
	l.find(t, sandbox.Options{Proxy: address, Socket: socket})
	return l
}

// find takes a sandbox with other options.
func (l *lab) find(t testing.TB, opts sandbox.Options) {
	t.Helper()
	s, err := sandbox.FindWay(t.Context(), opts, l.way)
	if errors.Is(err, sandbox.ErrNone) && (os.Getenv("CI") == "" || l.way == "root namespaces by sudo") {
		t.Skip(err) // CI has to have every way but sudo's, which is not set up for the users of these tests
	}
	if err != nil {
		t.Fatal(err)
	}
	l.Sandbox = s
}

// run runs a shell script in a new room.
func (l *lab) run(t testing.TB, script string, change func(*process.Program)) (process.Ending, error) {
	t.Helper()
	return l.prepare(t, script, change).Run(t.Context(), time.Now)
}

func (l *lab) prepare(t testing.TB, script string, change func(*process.Program)) process.Program {
	t.Helper()
	dir := t.TempDir()
	if l.in != "" {
		made, err := os.MkdirTemp(l.in, "room-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(made) })
		dir = made
	}
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
	// Where the race detector finds something in a part, that ends at once and without word of how the program ended.
	in.Env = append(in.Env, "GORACE=halt_on_error=1")
	return in
}

// eachWay runs a test with every way that this user may have here, beside other such tests: they mostly wait.
func eachWay(t *testing.T, test func(t *testing.T, l *lab)) {
	t.Parallel()
	names := []string{"root namespaces by sudo", "bubblewrap", "user namespaces"}
	if os.Getuid() == 0 {
		names[0] = "root namespaces"
	}
	if testing.Short() { // the race detector's run has no more to find in the others, which are the same program
		names = names[:1]
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
		end, err := l.run(t, `env | grep -v ^PWD= | sort; id -u; id -G | wc -w; ps -e -o comm= > /tmp/seen; grep -v -e sandbox.test -e bwrap -e pertask /tmp/seen | tr "\\n" " "
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
		want := fmt.Sprintf("GIVEN=1\nPATH=%s\n%d\n1\nsh ps typed\nread\nout\n", os.Getenv("PATH"), uid)
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

// A program's own end is told from the sandbox's, whatever it is.
func TestWayEndings(t *testing.T) {
	// Some of the scripts kill all that they see. Where that is more than their own sandbox they do not begin.
	here, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		t.Fatal(err)
	}
	guard := `case $(readlink /proc/self/ns/pid) in "" | "` + here + `") echo loose; exit 99 ;; esac; `
	limited := func(d time.Duration) func(*process.Program) { return func(p *process.Program) { p.Limit = d } }
	tests := []struct {
		name   string
		script string
		change func(*process.Program)
		want   process.Ending
	}{
		{name: "accepts", script: "echo yes", want: process.Ending{Output: []byte("yes\n")}},
		{name: "a status that means something else outside", script: "exit 125", want: process.Ending{Status: 125}},
		{name: "a signal", script: "kill -KILL $$", want: process.Ending{Status: -1, Signal: "killed"}},
		{name: "another signal", script: "kill -SEGV $$", want: process.Ending{Status: -1, Signal: "segmentation fault"}},
		{name: "everything else is killed", script: "sleep 600 & kill -KILL -1; wait; echo alone", want: process.Ending{Output: []byte("alone\n")}},
		{name: "its parent is asked to end", script: "kill -KILL 1; kill -TERM 1; kill -QUIT 1; kill -ABRT 1; kill -TERM -1; sleep 0.1; echo alive", want: process.Ending{Output: []byte("alive\n")}},
		{name: "not found", change: func(p *process.Program) { p.Argv = []string{"no-such-program"} }, want: process.Ending{Status: 127}},
		{name: "not executable", change: func(p *process.Program) { p.Argv = []string{"/etc/passwd"} }, want: process.Ending{Status: 126}},
		{name: "out of time", script: "exec sleep 600", change: limited(time.Second), want: process.Ending{Status: -1, Signal: "terminated", TimedOut: true}},
		{name: "out of time, and polite about it", script: "trap 'exit 5' TERM; while :; do sleep 0.01; done", change: limited(3 * time.Second),
			want: process.Ending{Status: 5, TimedOut: true}},
		{name: "out of time, and deaf", script: "trap '' TERM; while :; do sleep 0.01; done", change: limited(3 * time.Second),
			want: process.Ending{Status: -1, Signal: "killed", TimedOut: true}},
		{name: "a file too large", script: "exec head -c 2000000 /dev/zero > big", change: func(p *process.Program) { p.FileSize = 1 << 20 },
			want: process.Ending{Status: -1, Signal: "file size limit exceeded"}},
	}
	eachWay(t, func(t *testing.T, l *lab) {
		for _, tt := range tests {
			l := *l
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				got, err := l.run(t, guard+tt.script, tt.change)
				if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(process.Ending{}, "Seconds")); diff != "" || err != nil {
					t.Errorf("%v, ending (-want +got):\n%s", err, diff)
				}
			})
		}
	})
}

// A program that needs too much memory is ended, whoever it belongs to.
func TestWayMemory(t *testing.T) {
	eachWay(t, func(t *testing.T, l *lab) {
		got, err := l.run(t, "head -c 300000000 /dev/zero | tail -c 300000000 | sleep 600", func(p *process.Program) { p.Memory = 100 << 20 })
		if err != nil || !got.Memory {
			t.Errorf("%v, %v, want it to be out of memory", got, err)
		}
	})
}

// Without the proxy in its room a program reaches nothing, and its own loopback works.
func TestWayWithoutProxy(t *testing.T) {
	need.Program(t, "curl")
	eachWay(t, func(t *testing.T, l *lab) {
		const ask = `curl -s --max-time 20 http://127.0.0.1:18087/ || echo "refused $?"`
		for _, reach := range []bool{true, false} {
			l.room.Proxy = reach
			got, err := l.run(t, ask, nil)
			want := map[bool]string{true: "the proxy's word", false: "refused 7\n"}[reach]
			if err != nil || string(got.Output) != want {
				t.Errorf("with the proxy %t: %q, %v, want %q", reach, got.Output, err, want)
			}
		}
	})
}

// A sandbox that breaks before the program is started is no ending of the program.
func TestWayBroken(t *testing.T) {
	eachWay(t, func(t *testing.T, l *lab) {
		for name, breaking := range map[string]func(p *process.Program, aside string) error{
			"no description":  func(_ *process.Program, aside string) error { return os.Remove(filepath.Join(aside, "spec.json")) },
			"no such folder":  func(*process.Program, string) error { return os.RemoveAll(l.work) },
			"nobody's leash":  func(_ *process.Program, aside string) error { return os.Remove(filepath.Join(aside, "leash")) },
			"no such program": func(p *process.Program, _ string) error { p.Argv[0] = "/no/such/program"; return nil },
		} {
			in := l.prepare(t, "echo started", nil)
			if err := breaking(&in, l.room.Aside); err != nil {
				t.Fatal(err)
			}
			if got, err := in.Run(t.Context(), time.Now); !errors.Is(err, process.ErrKeeper) {
				t.Errorf("%s: %v %q, %v, want the sandbox's error", name, got, got.Output, err)
			}
		}
	})
}

// TestKilledHelper is no test: it is the runner that TestWayKilled kills.
func TestKilledHelper(t *testing.T) {
	way := os.Getenv("SANDBOX_TEST_KILLED")
	if way == "" {
		t.Skip("this is the process that TestWayKilled starts")
	}
	l := newLab(t, way)
	_, _ = l.run(t, "setsid sleep "+os.Getenv("SANDBOX_TEST_SLEEP")+" & echo > started; trap '' TERM; while :; do sleep 0.01; done", nil)
}

// When the runner is killed, everything in the sandbox dies at once.
func TestWayKilled(t *testing.T) {
	eachWay(t, func(t *testing.T, l *lab) {
		mark := fmt.Sprint(time.Now().UnixNano() % 1e9)
		dir := short(t)
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledHelper$")
		cmd.Env = append(os.Environ(), "SANDBOX_TEST_KILLED="+l.Name(), "SANDBOX_TEST_SLEEP="+mark, "TMPDIR="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		alive := func() bool {
			text, _ := exec.Command("ps", "-e", "-o", "args=").Output()
			return strings.Contains(string(text), "sleep "+mark)
		}
		await(t, "the program to start", alive)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		await(t, "everything to end", func() bool { return !alive() })
	})
}

// await waits until something holds, and fails when that takes much longer than it should.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 1000 {
		if holds() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("waiting for %s", what)
}

// What PATH and the allow-listed variables name is there to be used, also in a hidden folder, and nothing beside it.
func TestWayTools(t *testing.T) {
	home := t.TempDir()
	modules, cache := filepath.Join(home, ".npm", "lib", "node_modules"), filepath.Join(home, ".cache", "go-build")
	for _, dir := range []string{filepath.Join(modules, "agent", "dist"), filepath.Join(home, ".local", "bin"), cache} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	main := filepath.Join(modules, "agent", "dist", "main.sh")
	files := map[string]string{main: "#!/bin/sh\ncat $(dirname $(readlink -f $0))/../data", filepath.Join(modules, "agent", "data"): "of the package\n", filepath.Join(home, ".netrc"): "secret",
		filepath.Join(home, ".local", "credentials"): "secret", filepath.Join(cache, "entry"): "old\n"}
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(main, filepath.Join(home, ".local", "bin", "agent")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"HOME": home, "PATH": filepath.Join(home, ".local", "bin") + ":" + os.Getenv("PATH"), "GOCACHE": cache}
	eachWay(t, func(t *testing.T, l *lab) {
		l.find(t, sandbox.Options{Getenv: func(name string) string { return env[name] }})
		l.room.Proxy = false
		got, err := l.run(t, "agent; cd "+home+" && find . -type f | grep -v node_modules | sort; echo new > .cache/go-build/made && echo built; echo x > .local/bin/x || echo kept",
			func(p *process.Program) { p.Env = []string{"PATH=" + env["PATH"]} })
		want := "of the package\nbuilt\nkept\n"
		if text := strings.ReplaceAll(string(got.Output), "./.cache/go-build/entry\n", ""); text != want || err != nil {
			t.Errorf("%q, %v, want %q", got.Output, err, want)
		}
		if _, err := os.Stat(filepath.Join(cache, "made")); err == nil {
			t.Error("the cache of the machine was written")
		}
	})
}

// Of a checkout that a link in the PATH leads into a program sees the file that the link names.
func TestWayCheckout(t *testing.T) {
	home := viewtest.Open(t, ".local/bin/agent", "->", "../../src/project/bin/agent", "src/project/bin/agent", "src/project/bin/deploy", "src/project/.git/config", "src/project/.env")
	if err := os.WriteFile(home+"/src/project/bin/agent", []byte("#!/bin/sh\necho agent\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"HOME": home, "PATH": filepath.Join(home, ".local", "bin") + ":" + os.Getenv("PATH")}
	eachWay(t, func(t *testing.T, l *lab) {
		l.find(t, sandbox.Options{Getenv: func(name string) string { return env[name] }})
		l.room.Proxy = false
		got, err := l.run(t, "agent; cd "+home+"/src; find . -type f", func(p *process.Program) { p.Env = []string{"PATH=" + env["PATH"]} })
		if want := "agent\n./project/bin/agent\n"; string(got.Output) != want || err != nil {
			t.Errorf("%q, %v, want %q", got.Output, err, want)
		}
	})
}

// Where this is root, all of it works for a user without rights too.
func TestUnprivileged(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the other tests are without rights already")
	}
	if testing.Short() {
		t.Skip("takes as long as all the other tests")
	}
	t.Parallel()
	dir, err := os.MkdirTemp("/var/tmp", "sandbox-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "sandbox.test")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	if err == nil {
		err = errors.Join(os.Chmod(dir, 0o755), os.WriteFile(program, text, 0o755), os.Mkdir(filepath.Join(dir, "tmp"), 0o700), os.Lchown(filepath.Join(dir, "tmp"), nobody, nobody))
	}
	if err != nil {
		t.Fatal(err)
	}
	shown := viewtest.Open(t)
	if err := os.Lchown(shown, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run=^TestWay", "-test.v")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + dir, "TMPDIR=" + filepath.Join(dir, "tmp"), "CI=" + os.Getenv("CI"), viewtest.OpenVariable + "=" + shown}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "--- PASS: TestWaySeen/user_namespaces") {
		t.Logf("user namespaces were not tested:\n%s", out)
	}
}

const nobody = 65534

// Find takes a way that works, and says why there is none otherwise.
func TestFind(t *testing.T) {
	address, socket := proxy(t)
	s, err := sandbox.Find(t.Context(), sandbox.Options{Proxy: address, Socket: socket})
	switch {
	case errors.Is(err, sandbox.ErrNone) && os.Getenv("CI") == "":
		t.Log(err)
	case err != nil:
		t.Error(err)
	case !strings.Contains(s.Name(), "namespaces") && s.Name() != "bubblewrap":
		t.Errorf("the sandbox is called %q", s.Name())
	}
	if _, err := sandbox.Find(t.Context(), sandbox.Options{Proxy: address}); err == nil || errors.Is(err, sandbox.ErrNone) {
		t.Errorf("a proxy without a socket: %v", err)
	}
	dead := filepath.Join(t.TempDir(), "dead")
	if _, err := sandbox.Find(t.Context(), sandbox.Options{Proxy: address, Socket: dead}); !errors.Is(err, sandbox.ErrNone) || !strings.Contains(err.Error(), "proxy") {
		t.Errorf("a proxy that does not answer: %v, want ErrNone and the reason", err)
	}
}

// BenchmarkStart is what a program costs in a sandbox, and without one.
func BenchmarkStart(b *testing.B) {
	for _, name := range []string{"none", "root namespaces", "root namespaces by sudo", "bubblewrap", "user namespaces"} {
		b.Run(name, func(b *testing.B) {
			var l *lab
			if name != "none" {
				l = newLab(b, name)
			}
			for b.Loop() {
				p := process.Program{Argv: []string{"true"}, Dir: "/", Env: []string{"PATH=" + os.Getenv("PATH")}, Limit: time.Minute}
				if l != nil {
					p = l.prepare(b, "", func(p *process.Program) { p.Argv = []string{"true"} })
				}
				if end, err := p.Run(b.Context(), time.Now); err != nil || end.Status != 0 {
					b.Fatal(end, err)
				}
			}
		})
	}
}
