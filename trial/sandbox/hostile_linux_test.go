package sandbox_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/trial/sandbox"
	"github.com/pertask/pertask/usage"
)

// prey is what the hostile agent is after, and what it is told to make its work easier.
type prey struct {
	Key     string   // in the environment that the runner was started with
	Secret  string   // in files of the machine
	Folders []string // where those are
	Address string   // listener on the machine's loopback
	Socket  string   // of a service of the machine, such as a container daemon
	Name    string   // abstract socket of such a service
	Proxy   string   // URL; the only thing that answers
	Outside string   // folder that everybody may write
	Daemon  string   // name of a program to leave behind
	Spaces  []string // namespaces of the machine: in them the agent only reads, since what it tries would do harm
}

// loose reports whether the agent is in a namespace of the machine.
func (p prey) loose() bool {
	return slices.ContainsFunc(spaces(), func(s string) bool { return s == "" || slices.Contains(p.Spaces, s) })
}

// spaces names the process and mount namespaces of this process.
func spaces() []string {
	pids, _ := os.Readlink("/proc/self/ns/pid")
	mounts, _ := os.Readlink("/proc/self/ns/mnt")
	return []string{pids, mounts}
}

// hostileAgent is hostile with the prey that it is told.
func hostileAgent(text string) int {
	var p prey
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		fmt.Println(err)
		return 2
	}
	return hostile(p)
}

// hostile looks for keys and for ways out, and prints what it found.
func hostile(p prey) int {
	p.searchProcesses()
	if p.loose() {
		fmt.Println("loose")
		return 0
	}
	p.searchFiles()
	p.reachOut()
	p.breakOut()
	fmt.Println("done")
	return 0
}

// has reports whether a text has one of the secrets, and which.
func (p prey) has(where string, text []byte) {
	for what, secret := range map[string]string{"the key": p.Key, "a secret": p.Secret} {
		if bytes.Contains(text, []byte(secret)) {
			fmt.Println("found", what, "in", where)
		}
	}
}

func (p prey) searchProcesses() {
	p.has("the environment", []byte(strings.Join(os.Environ(), "\n")))
	pids, _ := filepath.Glob("/proc/[0-9]*")
	if p.loose() {
		pids = []string{fmt.Sprint("/proc/", os.Getppid())} // the runner; other processes of the machine are nobody's business
	}
	for _, dir := range pids {
		for _, name := range []string{"environ", "cmdline", "maps", "status", "mountinfo", "net/unix"} {
			text, _ := os.ReadFile(filepath.Join(dir, name))
			if text = bytes.ReplaceAll(text, []byte(os.Args[2]), nil); name != "cmdline" { // its own arguments tell it what to look for
				p.has(name+" of a process", text)
			}
		}
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if pid == os.Getpid() || pid == 0 || p.loose() {
			continue
		}
		if f, err := os.OpenFile(filepath.Join(dir, "mem"), os.O_RDWR, 0); err == nil {
			f.Close()
			fmt.Println("opened the memory of another process")
		}
		if err := unix.PtraceSeize(pid); err == nil { // which, unlike attaching, stops nothing
			fmt.Println("traced another process")
		}
	}
}

func (p prey) searchFiles() {
	for _, dir := range slices.Concat(p.Folders, []string{"/root", "/home", "/run", "/var/run", "/var/tmp", "/dev/shm"}) {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && !strings.Contains(path, "/node_modules/") {
				if f, err := os.Open(path); err == nil {
					text, _ := io.ReadAll(io.LimitReader(f, 1<<16))
					f.Close()
					p.has("a file", bytes.ReplaceAll(text, []byte(os.Args[2]), nil))
				}
			}
			return nil
		})
	}
}

func (p prey) reachOut() {
	for _, to := range [][2]string{
		{"tcp", p.Address}, {"unix", p.Socket}, {"unix", p.Name}, {"unix", "/var/run/docker.sock"}, {"tcp", "192.0.2.1:443"},
		{"udp", "192.0.2.1:53"}, {"tcp", "169.254.169.254:80"}, {"tcp6", "[2001:db8::1]:443"},
	} {
		if c, err := net.DialTimeout(to[0], to[1], 2*time.Second); err == nil {
			c.Close()
			fmt.Println("reached", to[0], strings.TrimRight(to[1], "0123456789"))
		}
	}
	client := &http.Client{Timeout: 10 * time.Second}
	if r, err := client.Get(p.Proxy); err == nil {
		text, _ := io.ReadAll(r.Body)
		fmt.Printf("the proxy says %q\n", text)
	}
}

func (p prey) breakOut() {
	if err := unix.Mount("tmpfs", "/mnt", "tmpfs", 0, ""); err == nil {
		fmt.Println("mounted")
	}
	if err := unix.Unmount(p.Folders[0], unix.MNT_DETACH); err == nil {
		fmt.Println("unmounted")
	}
	if err := unix.Setuid(0); err == nil {
		fmt.Println("became root")
	}
	if f, err := os.OpenFile("/proc/sys/kernel/core_pattern", os.O_WRONLY, 0); err == nil { // and nothing is written
		f.Close()
		fmt.Println("opened a knob of the kernel")
	}
	for _, dir := range append([]string{p.Outside, "/etc", "/usr/local/bin", "/"}, p.Folders...) {
		file := filepath.Join(dir, "written")
		if err := os.WriteFile(file, nil, 0o600); err == nil {
			fmt.Println("wrote outside", os.Remove(file))
		}
	}
	// In namespaces of its own it is root again, and still sees no more.
	peel := "for i in 1 2 3; do umount -l /home /root /tmp " + p.Folders[0] + "; done 2>/dev/null; cat " + filepath.Join(p.Folders[0], "secret")
	text, _ := exec.Command("unshare", "-Urm", "sh", "-c", peel).Output()
	p.has("what it uncovered", text)
	d := exec.Command(p.Daemon, "600")
	d.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := d.Start(); err != nil {
		fmt.Println(err)
	}
}

// errand is what the process that runs the hostile agent's trial is told.
type errand struct {
	Way          string // "" for no sandbox
	Prey         prey
	Address      string // of the proxy
	Socket, Hide string
	Scratch      string
	Program      string // the hostile agent
}

// runHostile runs a trial of the hostile agent, the way pertask does, and prints what the agent said.
func runHostile(text string) int {
	var e errand
	getenv, err := process.Conceal("PATH", "HOME")
	if err := errors.Join(err, json.Unmarshal([]byte(text), &e)); err != nil {
		fmt.Println(err)
		return 2
	}
	arg, err := json.Marshal(e.Prey)
	if err != nil || getenv("SECRET_KEY") != e.Prey.Key {
		fmt.Println("the key is not there to be hidden", err)
		return 2
	}
	agent := trial.Harness{
		Name: "hostile",
		Start: func(trial.Job) (trial.Process, error) {
			return trial.Process{Argv: []string{e.Program, "hostile", string(arg)}}, nil
		},
		SelfReport: func(_ trial.Job, answer []byte) (*usage.SelfReport, error) { os.Stdout.Write(answer); return nil, nil },
	}
	cfg := trial.Config{
		Source: os.DirFS(e.Scratch), Suite: &suite.Suite{Tasks: []suite.Task{{
			ID: "x", Harness: "hostile", Timeout: time.Minute,
			Grade: suite.Grader{Kind: suite.GradeCommand, Value: e.Program + " grader " + e.Prey.Proxy + " " + e.Prey.Address},
		}}},
		Arms: map[trial.Side]arm.Arm{trial.Base: {}}, Harnesses: map[string]trial.Harness{"hostile": agent}, Proxy: noProxy{},
		Upstream: func(arm.Arm) (string, error) { return "openai", nil }, Upstreams: []string{"openai"}, Journal: journal.NewMemory(),
		Scratch: e.Scratch, EvidenceKey: "k", Getenv: getenv,
		Done: func(r trial.Result) { fmt.Println(r.Trial.Outcome, r.Trial.Cause, r.Trial.Detail) },
	}
	if e.Way != "" {
		s, err := sandbox.FindWay(context.Background(), sandbox.Options{Proxy: e.Address, Socket: e.Socket, Hide: []string{e.Hide}, Getenv: getenv}, e.Way)
		if err != nil {
			fmt.Println(err)
			return 3
		}
		cfg.Sandbox = s
	}
	r, err := trial.New(cfg)
	if err == nil {
		err = r.Run(context.Background(), []trial.Slot{{Arm: trial.Base, Task: "x"}})
	}
	if err != nil {
		fmt.Println(err)
		return 2
	}
	return 0
}

// noProxy opens sessions that nobody needs.
type noProxy struct{}

func (noProxy) Open(string) trial.Session { return noSession{} }

type noSession struct{}

func (noSession) URL(string) string { return "http://127.0.0.1:1" }
func (noSession) Token() string     { return "ptk_token" }

func (noSession) Refused() <-chan struct{} { return nil }

func (noSession) Close(context.Context) []usage.Call { return nil }

// grader is what the grader runs: it must reach nothing at all.
func grader(proxy, address string) int {
	if _, err := net.DialTimeout("tcp", address, time.Second); err == nil {
		return 1
	}
	if _, err := http.Get(proxy); err == nil {
		return 1
	}
	return 0
}

// bait prepares a machine with everything that an agent could want.
func bait(t *testing.T, uid int) (errand, []string) {
	t.Helper()
	// Not t.TempDir, whose parent is closed to other users.
	dir, err := os.MkdirTemp("/var/tmp", "hostile-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	e := errand{Scratch: filepath.Join(dir, "scratch"), Hide: filepath.Join(dir, "checkout"), Address: "127.0.0.1:18087"}
	e.Prey = prey{
		Key: "sk-env-" + rand.Text(), Secret: "sk-file-" + rand.Text(), Folders: []string{filepath.Join(dir, "home"), e.Hide, filepath.Join(dir, "other")},
		Proxy: "http://" + e.Address, Outside: filepath.Join(dir, "open"), Spaces: spaces(), Name: "@hostile-" + rand.Text(), Socket: filepath.Join(dir, "open", "docker.sock"),
	}
	tools := filepath.Join(dir, "tools", "bin")
	for _, d := range append([]string{e.Scratch, e.Prey.Outside, tools}, e.Prey.Folders...) {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range e.Prey.Folders {
		if err := os.WriteFile(filepath.Join(d, "secret"), []byte(e.Prey.Secret), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	e.Program, e.Prey.Daemon = filepath.Join(tools, "hostile"), filepath.Join(tools, "daemon-"+rand.Text())
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for to, from := range map[string]string{e.Program: self, e.Prey.Daemon: sleep} {
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, text, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var l net.Listener
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": e.Prey.Socket, "unix ": e.Prey.Name} {
		if l, err = net.Listen(strings.TrimSpace(network), address); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		if network == "tcp" {
			e.Prey.Address = l.Addr().String()
		}
	}
	e.Socket = serve(t, filepath.Join(dir, "proxy.sock"))
	modes := map[string]fs.FileMode{dir: 0o755, e.Prey.Outside: 0o777, e.Prey.Socket: 0o777, e.Socket: 0o777}
	for path, mode := range modes {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range append([]string{e.Scratch, dir}, e.Prey.Folders...) {
		if err := os.Lchown(path, uid, uid); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"PATH=" + tools + ":" + os.Getenv("PATH"), "HOME=" + e.Prey.Folders[0], "SECRET_KEY=" + e.Prey.Key, "TMPDIR=" + e.Scratch}
	return e, env
}

// TestHostileAgent lets an agent loose that wants keys and a way out. In a sandbox it finds none, and nothing but the
// proxy; without one it still does not find the key.
func TestHostileAgent(t *testing.T) {
	need.Program(t, "unshare")
	ways := []string{"", "root namespaces", "bubblewrap", "user namespaces"}
	users := []int{os.Getuid()}
	if users[0] == 0 && !testing.Short() {
		users = append(users, 65534)
	}
	for _, uid := range users {
		for _, way := range ways {
			if uid != 0 && strings.HasPrefix(way, "root") {
				continue
			}
			t.Run(fmt.Sprintf("%s as %d", way, uid), func(t *testing.T) {
				if way == "bubblewrap" {
					need.Program(t, "bwrap")
				}
				attackIn(t, way, uid)
			})
		}
	}
}

func attackIn(t *testing.T, way string, uid int) {
	e, env := bait(t, uid)
	e.Way = way
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(e.Program, "runHostile", string(text))
	cmd.Env, cmd.Dir = env, "/"
	if uid != os.Getuid() {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if cmd.ProcessState.ExitCode() == 3 && os.Getenv("CI") == "" {
		t.Skip(string(out))
	}
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, &said)
	}
	if text, _ := exec.Command("ps", "-e", "-o", "args=").Output(); strings.Contains(string(text), e.Prey.Daemon+" 600") {
		t.Error("the daemon goes on")
	}
	if way == "" {
		if strings.Contains(string(out), "found the key") || !strings.Contains(string(out), "loose") {
			t.Errorf("without a sandbox the agent says\n%s", out)
		}
		return
	}
	want := "the proxy says \"the proxy's word\"\ndone\ncompleted  agent: exit status 0; grader: exit status 0\n"
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Errorf("in the sandbox (-want +got):\n%s", diff)
	}
}
