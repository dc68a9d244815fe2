package sandbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/trial/sandbox"
	"github.com/pertask/pertask/trial/sandbox/view/viewtest"
)

// How a program ended is what the inner part has said last; of one that went without a word the program was killed.
func TestReadReport(t *testing.T) {
	tests := []struct {
		name, text   string
		started      bool
		exit, signal int
		problem, err string
	}{
		{name: "an end", text: `{"started":true,"exit":-1}{"started":true,"exit":3}`, started: true, exit: 3},
		{name: "a signal", text: `{"started":true,"exit":-1}` + "\n" + `{"started":true,"exit":0,"signal":11}`, started: true, signal: 11},
		{name: "killed", text: `{"started":true,"exit":-1}`, started: true, signal: 9},
		{name: "killed while it wrote", text: `{"started":true,"exit":-1}{"started":true,"ex`, started: true, signal: 9},
		{name: "the sandbox's problem", text: `{"started":false,"problem":"no mounts"}`, problem: "no mounts"},
		{name: "nothing", text: ""},
		{name: "something else", text: "bwrap: no", err: "report"},
	}
	for _, tt := range tests {
		started, exit, signal, problem, err := sandbox.ReadReport(strings.NewReader(tt.text))
		if started != tt.started || exit != tt.exit || signal != tt.signal || problem != tt.problem {
			t.Errorf("%s: started %t, status %d, signal %d, problem %q", tt.name, started, exit, signal, problem)
		}
		if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: error %v, want one about %q", tt.name, err, tt.err)
		}
	}
}

func TestNotStartable(t *testing.T) {
	for want, err := range map[int]error{
		0: errors.New("no mounts"), 127: fmt.Errorf("%w: %w", sandbox.ErrStart, sandbox.ErrNotThere), 126: fmt.Errorf("%w: %w", sandbox.ErrStart, os.ErrPermission),
	} {
		if got := sandbox.NotStartable(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
}

// Main leaves alone what is not for it, and refuses what pertask itself does not say.
func TestMainArguments(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "spec.json")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	defer func() { os.Stderr = stderr }()
	os.Stderr, _ = os.Open(os.DevNull) // what they say is for people
	for _, args := range [][]string{nil, {"compare"}, {"compare", sandbox.Command}, {""}} {
		if _, mine := sandbox.Main(args); mine {
			t.Errorf("%q was taken", args)
		}
	}
	for _, args := range [][]string{{}, {"enter"}, {"leave", broken}, {"enter", broken}, {"inner", broken + "x"}, {"inner", broken, broken}, {"probe", "{"}} {
		if status, mine := sandbox.Main(append([]string{sandbox.Command}, args...)); !mine || status != 2 {
			t.Errorf("%q: status %d, mine %t, want 2", args, status, mine)
		}
	}
}

// The smoke run sees what does not hold: it is told here to look for what is otherwise in the sandbox.
func TestWaySmokeRun(t *testing.T) {
	dir := viewtest.Open(t, "seen")
	text, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(dir+"/program", text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	eachWay(t, func(t *testing.T, l *lab) {
		for name, tt := range map[string]struct {
			change func(look map[string]any)
			want   string
		}{
			"all is well":            {change: func(map[string]any) {}, want: "kept in"},
			"no proxy":               {change: func(look map[string]any) { look["Proxy"] = "127.0.0.1:1" }, want: "proxy: "},
			"a port of the machine":  {change: func(look map[string]any) { look["Port"] = look["Proxy"] }, want: "network: tcp"},
			"a file that is hidden":  {change: func(look map[string]any) { look["Secret"] = dir + "/seen" }, want: "files: a hidden file is there"},
			"a folder to write":      {change: func(look map[string]any) { look["Write"] = dir }, want: "files: "},
			"another's environment":  {change: func(look map[string]any) { look["Env"] = []string{"OTHER=1"} }, want: "environment: "},
			"several things at once": {change: func(look map[string]any) { look["Proxy"], look["Secret"] = "127.0.0.1:1", dir+"/seen" }, want: "; files: "},
		} {
			got, err := l.run(t, "", func(p *process.Program) {
				p.Env = []string{"GIVEN=1", "GOCOVERDIR=" + l.work}
				look := map[string]any{"Proxy": "127.0.0.1:18087", "Port": "127.0.0.1:9", "Name": "@nobody", "Secret": "/none", "Write": l.work, "Env": p.Env}
				tt.change(look)
				text, err := json.Marshal(look)
				if err != nil {
					t.Fatal(err)
				}
				p.Argv = []string{dir + "/program", sandbox.Command, "probe", string(text)}
			})
			if err != nil || !strings.Contains(string(got.Output), tt.want) || (got.Status == 0) != (tt.want == "kept in") {
				t.Errorf("%s: %v %q, %v, want %q", name, got, got.Output, err, tt.want)
			}
		}
	})
}
