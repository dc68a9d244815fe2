//go:build linux

package view_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/trial/sandbox/view"
	"github.com/pertask/pertask/trial/sandbox/view/viewtest"
)

// A runner's own folder is above those of its jobs, or is where its program lies. Its credentials are hidden with it.
func TestHideRunner(t *testing.T) {
	tests := []struct {
		name    string
		entries []string
		env     map[string]string // paths from the folder
		hide    string
		want    map[string]any
	}{
		{name: "no runner", entries: []string{"work/repo/repo/x", "work/.env"}, env: map[string]string{"GITHUB_WORKSPACE": "work/repo/repo"}, want: map[string]any{}},
		{name: "GitHub, credentials two folders up", entries: []string{".credentials", "_work/repo/repo/x"}, env: map[string]string{"GITHUB_WORKSPACE": "_work/repo/repo"},
			want: map[string]any{".": view.Hide}},
		{name: "GitHub, settings only", entries: []string{"r/.runner", "r/_work/repo/repo/x", "beside"}, env: map[string]string{"RUNNER_WORKSPACE": "r/_work/repo"},
			want: map[string]any{"r": view.Hide}},
		{name: "GitHub, logs only", entries: []string{"r/_diag/log", "r/_work/repo/repo/x"}, env: map[string]string{"GITHUB_WORKSPACE": "r/_work/repo/repo"},
			want: map[string]any{"r": view.Hide}},
		{name: "GitHub, temporary files", entries: []string{"_temp/token", "repo/"}, env: map[string]string{"RUNNER_TEMP": "_temp", "GITHUB_WORKSPACE": "repo"},
			want: map[string]any{"_temp": view.Hide}},
		{name: "a checkout by its path only", entries: []string{"r/.credentials_rsaparams", "r/w/checkout/x"}, hide: "r/w/checkout", want: map[string]any{"r": view.Hide}},
		{name: "a checkout by a link", entries: []string{"r/.credentials", "r/w/checkout/x", "link", "->", "r/w/checkout"}, env: map[string]string{"GITHUB_WORKSPACE": "link"},
			want: map[string]any{"r": view.Hide}},
		{name: "Azure", entries: []string{"agent/.agent", "build/1/s/x"}, env: map[string]string{"AGENT_HOMEDIRECTORY": "agent", "AGENT_BUILDDIRECTORY": "build/1"},
			want: map[string]any{"agent": view.Hide}},
		{name: "GitLab", entries: []string{"builds/group/project/x", "builds/group/project.tmp/SECRET"}, env: map[string]string{"CI_PROJECT_DIR": "builds/group/project"},
			want: map[string]any{"builds/group/project.tmp": view.Hide}},
		{name: "Jenkins", entries: []string{"agent/ws/job/x", "agent/ws/job@tmp/secretFiles/x"}, env: map[string]string{"WORKSPACE": "agent/ws/job"},
			want: map[string]any{"agent/ws/job@tmp": view.Hide}},
		{name: "a variable that names nothing", env: map[string]string{"GITHUB_WORKSPACE": "none", "RUNNER_TEMP": "none"}, want: map[string]any{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := viewtest.Open(t, tt.entries...)
			var hide []string
			if tt.hide != "" {
				hide = []string{filepath.Join(dir, tt.hide)}
			}
			got := hidden(t, dir, hide, func(name string) string {
				if value, ok := tt.env[name]; ok {
					return filepath.Join(dir, value)
				}
				return ""
			})
			delete(got, tt.hide)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("hidden (-want +got):\n%s", diff)
			}
		})
	}
}

// The tools of a runner's cache are seen though they lie in its folder.
func TestHideRunnerTools(t *testing.T) {
	dir := viewtest.Open(t, ".credentials", "_work/repo/repo/x", "_work/_tool/node/22/x64/bin/node", "_work/_tool/node/22/x64/lib/x", "_work/_tool/token")
	env := map[string]string{"GITHUB_WORKSPACE": dir + "/_work/repo/repo", "PATH": dir + "/_work/_tool/node/22/x64/bin"}
	all, _, err := view.Static(nil, func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	var got []view.Mount
	for _, m := range all {
		if strings.HasPrefix(m.Path, dir) {
			got = append(got, m)
		}
	}
	tool := dir + "/_work/_tool/node/22/x64"
	want := []view.Mount{{Kind: view.Hide, Path: dir}, {Kind: view.Read, Path: tool, From: tool}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mounts (-want +got):\n%s", diff)
	}
}

// The test binary is the programs of these tests too.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "start":
			os.Exit(start(os.Args[2:]))
		case "printHidden":
			os.Exit(printHidden(os.Args[2]))
		}
	}
	os.Exit(m.Run())
}

// printHidden prints what a view hides below a folder, for the test that starts it below a runner.
func printHidden(dir string) int {
	all, _, err := view.Static(nil, nothing)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for _, m := range all {
		if strings.HasPrefix(m.Path, dir) {
			fmt.Println(m.Path)
		}
	}
	return 0
}

// A runner is found by its process too, wherever its jobs work: by where its program lies, and by where it was started.
func TestHideRunnerAbove(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func(dir string) *exec.Cmd{
		"by its program": func(dir string) *exec.Cmd {
			text, err := os.ReadFile(self)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, "r/bin/Runner.Worker"), text, 0o755)
			}
			if err != nil {
				t.Fatal(err)
			}
			return exec.Command(filepath.Join(dir, "r/bin/Runner.Worker"), "start", self, "printHidden", dir)
		},
		"by its folder": func(dir string) *exec.Cmd {
			cmd := exec.Command(self, "start", self, "printHidden", dir)
			cmd.Dir = filepath.Join(dir, "r")
			return cmd
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := viewtest.Open(t, "r/.credentials", "r/bin/", "elsewhere/")
			got, err := run(dir).Output()
			if want := dir + "/r\n"; string(got) != want || err != nil {
				t.Errorf("hidden: %q, %v, want %q", got, err, want)
			}
		})
	}
}

// start starts a program as its child, in another folder.
func start(argv []string) int {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = "/", os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}
