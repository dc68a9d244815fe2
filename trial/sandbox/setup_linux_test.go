package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/trial/sandbox"
	"github.com/pertask/pertask/usage"
)

// token is what the proxy takes from the agent of noProxy's sessions.
const token = "ptk_token"

// raid is what a hostile set-up is told.
type raid struct {
	Errand errand
	Inside bool // set-ups run in the sandbox
}

// said, seen and beat are files of the workspace: what the set-up has found, what its process that stays behind has seen of
// the token, and that process's heartbeat.
const said, seen, beat = "said", "seen", "beat"

// hostileSetup looks for secrets and for ways out, tries to reach the proxy, leaves a process behind, and puts links to the
// outside wherever pertask reads and writes.
func hostileSetup(text string) int {
	var r raid
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		fmt.Println(err)
		return 2
	}
	if status := hostile(r.Errand.Prey); status != 0 || r.Errand.Prey.loose() {
		return status
	}
	if c, err := net.Dial("unix", r.Errand.Socket); err == nil {
		c.Close()
		fmt.Println("reached the proxy's socket")
	}
	lurker := exec.Command(r.Errand.Program, "lurk")
	lurker.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := lurker.Start(); err != nil {
		fmt.Println(err)
	}
	for _, err := os.Stat(beat); err != nil; _, err = os.Stat(beat) {
		time.Sleep(time.Millisecond)
	}
	plantLinks(r.Errand.Prey.Outside)
	return 0
}

// plantLinks puts links to the outside in the place of what pertask writes, hides, puts back, counts and deletes.
func plantLinks(outside string) {
	home, temp := os.Getenv("HOME"), os.Getenv("TMPDIR")
	settings := filepath.Join(filepath.Dir(home), "settings")
	for link, to := range map[string]string{
		".agent": outside, "tests": outside, "verify.sh": outside + "/verify.sh", "answer": outside + "/answer", "agent.json": outside + "/agent.json",
		"machine": "/usr", home + "/conf": outside, home + "/input": outside + "/input", temp + "/out": outside, settings + "/agent.json": outside + "/agent.json",
	} {
		_ = os.RemoveAll(link)
		if err := os.Symlink(to, link); err != nil {
			fmt.Println("planting", err)
		}
	}
	if err := os.Link(outside+"/agent.json", "hard"); err == nil {
		fmt.Println("linked a file from outside")
	}
	if err := os.MkdirAll("closed/in", 0o755); err != nil {
		fmt.Println(err)
	}
	_ = os.Symlink(outside, "closed/in/out")
	for _, dir := range []string{"closed/in", "closed"} {
		_ = os.Chmod(dir, 0)
	}
	// The folders themselves can be neither moved nor replaced.
	for _, dir := range []string{filepath.Dir(settings) + "/work", home, temp, settings} {
		if err := os.Rename(dir, dir+"-moved"); err == nil {
			fmt.Println("moved a folder of the trial")
		}
	}
	_ = os.Symlink(outside, filepath.Join(filepath.Dir(home), "beside"))
}

// lurk goes on for as long as it is let, and looks for the token in whatever processes it sees.
func lurk() int {
	for n := range 60_000 { // two minutes and more
		if n%20 == 0 {
			if f, err := os.OpenFile(beat, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666); err == nil {
				f.WriteString(".")
				f.Close()
			}
		}
		found, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, file := range found {
			if text, _ := os.ReadFile(file); bytes.Contains(text, []byte(token)) {
				_ = os.WriteFile(seen, nil, 0o666)
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	return 0
}

// afterSetup is the agent: it tells what the set-up has said and left.
func afterSetup() int {
	text, err := os.ReadFile(said)
	fmt.Print(string(text))
	if err != nil {
		fmt.Println(err)
	}
	size := func() int64 {
		info, err := os.Stat(beat)
		if err != nil {
			return 0
		}
		return info.Size()
	}
	before := size()
	time.Sleep(300 * time.Millisecond)
	if size() != before {
		fmt.Println("a process of the set-up goes on")
	}
	if _, err := os.Stat(seen); err == nil {
		fmt.Println("a process of the set-up has seen the token")
	}
	if text, err := os.ReadFile(filepath.Join(os.Getenv("HOME"), "conf", "settings.json")); string(text) != "ours" {
		fmt.Printf("its settings are %q, %v\n", text, err)
	}
	for _, name := range []string{".agent", filepath.Join(filepath.Dir(os.Getenv("HOME")), "beside")} {
		if _, err := os.Lstat(name); err == nil {
			fmt.Println(name, "is there")
		}
	}
	return 0
}

// runSetup runs a trial of each task, whose set-ups are hostile, the way pertask does, and prints what became of it.
func runSetup(text string) int {
	var r raid
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		fmt.Println(err)
		return 2
	}
	getenv, err := process.Conceal("PATH", "HOME")
	if err != nil {
		fmt.Println(err)
		return 2
	}
	e := r.Errand
	s, err := sandbox.FindWay(context.Background(), sandbox.Options{Proxy: e.Address, Socket: e.Socket, Hide: []string{e.Hide}, Getenv: getenv}, e.Way)
	if err != nil {
		fmt.Println(err)
		return 3
	}
	cfg := trial.Config{
		Source: raided, Suite: &suite.Suite{Tasks: r.tasks(text)}, Arms: map[trial.Side]arm.Arm{trial.Base: {}}, Proxy: noProxy{},
		Overlay:   map[trial.Side]map[string][]byte{trial.Base: {"w/agent.json": []byte("overlaid")}},
		Harnesses: map[string]trial.Harness{"plain": e.harness(".agent"), "through a link": e.harness(".agent/config")},
		Upstream:  func(arm.Arm) (string, error) { return "openai", nil }, Upstreams: []string{"openai"}, Journal: journal.NewMemory(),
		Scratch: e.Scratch, EvidenceKey: "k", Getenv: getenv, Sandbox: s, SetupsInside: r.Inside, Limits: trial.Limits{Disk: 64 << 20},
		Done: func(r trial.Result) { fmt.Println(r.Trial.Task, r.Trial.Outcome, r.Trial.Cause, r.Trial.Detail) },
	}
	runner, err := trial.New(cfg)
	if err == nil {
		var slots []trial.Slot
		for _, t := range cfg.Suite.Tasks {
			slots = append(slots, trial.Slot{Arm: trial.Base, Task: t.ID})
		}
		err = runner.Run(context.Background(), slots)
	}
	if err != nil {
		fmt.Println(err)
		return 2
	}
	return 0
}

// harness starts an agent with files of its own and hides a path of the workspace from it.
func (e errand) harness(hide string) trial.Harness {
	return trial.Harness{
		Name: "after", Hide: []string{hide},
		Start: func(j trial.Job) (trial.Process, error) {
			return trial.Process{
				Argv: []string{e.Program, "afterSetup"}, Env: []string{"TOKEN=" + j.Route.Token},
				Files: map[string][]byte{"conf/settings.json": []byte("ours"), "input": []byte("ours")},
			}, nil
		},
		SelfReport: func(_ trial.Job, answer []byte) (*usage.SelfReport, error) { os.Stdout.Write(answer); return nil, nil },
	}
}

// raided is the repository that the tasks are in.
var raided = fstest.MapFS{
	"w/main.txt":      {Data: []byte("main"), Mode: 0o644},
	"w/agent.json":    {Data: []byte("base"), Mode: 0o644},
	"w/.agent/config": {Data: []byte("own"), Mode: 0o644},
	"w/tests/a":       {Data: []byte("base"), Mode: 0o644},
	"g/verify.sh":     {Data: []byte("#!/bin/sh\ngrep -q base tests/a && ! test -L tests && ! test -L tests/a && ! test -L verify.sh\n"), Mode: 0o755},
}

// tasks are one whose grader has files, one whose grader reads a file that the agent is to leave, and one from whose agent
// something below a link is hidden.
func (r raid) tasks(text string) []suite.Task {
	setup := "exec " + r.Errand.Program + " hostileSetup '" + text + "' > " + said
	tasks := []suite.Task{
		{ID: "graded", Harness: "plain", GraderFiles: "g", Protect: []string{"tests/a"}, Grade: suite.Grader{Kind: suite.GradeCommand, Value: "./verify.sh"}},
		{ID: "read", Harness: "plain", Grade: suite.Grader{Kind: suite.GradeEquals, Of: "answer", Value: "the answer"}},
		{ID: "hidden", Harness: "through a link"},
	}
	if !r.Inside {
		tasks = tasks[:1]
	}
	for i := range tasks {
		tasks[i].Workspace, tasks[i].Setup, tasks[i].Timeout = "w", setup, time.Minute
	}
	return tasks
}

// victims fills the folder that everybody may write with what links can lead to, and returns its listing.
func victims(t *testing.T, outside string) []string {
	t.Helper()
	for name, text := range map[string]string{
		"config": "outside", "a": "outside", "verify.sh": "exit 0", "answer": "the answer", "agent.json": "outside", "settings.json": "outside", "input": "outside",
	} {
		file := filepath.Join(outside, name)
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, 0o666); err != nil { // nothing but care protects it
			t.Fatal(err)
		}
	}
	return listing(t, outside)
}

// listing describes what is in a folder: names, rights, owners and contents.
func listing(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		line := fmt.Sprint(strings.TrimPrefix(path, dir), " ", info.Mode(), " ", owner(t, path))
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			line += " " + string(text)
		}
		out = append(out, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// TestHostileSetup lets a set-up loose that is in the sandbox, as where strangers write suites. It finds no secret and no
// way out, not even to the proxy; it leaves no process behind; and no link of its leads pertask out of the trial's folders.
func TestHostileSetup(t *testing.T) {
	need.Program(t, "unshare")
	ways := []struct {
		way string
		uid int
	}{{"user namespaces", 65534}, {"root namespaces", 0}, {"bubblewrap", os.Getuid()}}
	if testing.Short() {
		ways = ways[:1]
	}
	for _, who := range ways {
		t.Run(who.way, func(t *testing.T) {
			switch {
			case who.way == "bubblewrap":
				need.Program(t, "bwrap")
			case os.Getuid() != 0 && who.uid == 0:
				t.Skip("only root has this way")
			case os.Getuid() != 0:
				who.uid = os.Getuid()
			}
			r := raid{Inside: true}
			wantRaid(t, r, who.way, who.uid, []string{
				"done", `graded completed  agent: exit status 0; grader: exit status 0`,
				"done", `read failed grader-refused agent: exit status 0; no answer in the file "answer"`,
				`hidden void setup-broke hiding the agent's own settings: RemoveAll .agent/config: path escapes from parent`,
			})
		})
	}
}

// Where set-ups run outside of the sandbox the same set-up says so: what it then finds is not tried, since it would do harm.
func TestTrustedSetupIsOutside(t *testing.T) {
	need.Program(t, "unshare")
	way := "root namespaces"
	if os.Getuid() != 0 {
		way = "user namespaces"
	}
	r := raid{}
	out := raidIn(t, &r, way, os.Getuid())
	if !strings.HasPrefix(out, "loose\n") {
		t.Errorf("outside of the sandbox the set-up says\n%s", out)
	}
}

func wantRaid(t *testing.T, r raid, way string, uid int, want []string) {
	t.Helper()
	out := raidIn(t, &r, way, uid)
	if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(out), "\n")); diff != "" {
		t.Errorf("what the set-up and the trials say (-want +got):\n%s", diff)
	}
}

// raidIn runs the trials in a process of their own, and checks that all outside of them is as it was.
func raidIn(t *testing.T, r *raid, way string, uid int) string {
	t.Helper()
	e, env := bait(t, uid)
	e.Way = way
	// Another trial, in whose home there is a secret.
	other := filepath.Join(e.Scratch, "other", "home")
	if err := os.MkdirAll(other, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, "token"), []byte(e.Prey.Secret), 0o644); err != nil {
		t.Fatal(err)
	}
	r.Errand = e
	before := victims(t, e.Prey.Outside)
	scratch := listing(t, e.Scratch)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(e.Program, "runSetup", string(text))
	cmd.Env, cmd.Dir = env, "/"
	if uid != os.Getuid() {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if cmd.ProcessState.ExitCode() == 3 && os.Getenv("CI") == "" {
		t.Skip(string(out))
	}
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, &problems)
	}
	if text, _ := exec.Command("ps", "-e", "-o", "args=").Output(); strings.Contains(string(text), e.Prey.Daemon+" 600") || strings.Contains(string(text), e.Program+" lurk") {
		t.Error("a process of the set-up goes on after the trials")
	}
	if diff := cmp.Diff(before, listing(t, e.Prey.Outside)); diff != "" {
		t.Errorf("outside of the trials (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(scratch, listing(t, e.Scratch)); diff != "" {
		t.Errorf("the folder of all trials (-want +got):\n%s", diff)
	}
	return string(out)
}
