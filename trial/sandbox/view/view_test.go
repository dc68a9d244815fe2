//go:build linux

package view_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/trial/sandbox/view"
	"github.com/pertask/pertask/trial/sandbox/view/viewtest"
)

// What is shown of a home is what programs on the PATH need, and no place where people keep secrets.
func TestStatic(t *testing.T) {
	tests := []struct {
		name    string
		entries []string
		path    string // folder of the PATH, from the home
		env     map[string]string
		hide    string
		want    map[string]any // what is mounted below the home, by path from there
	}{
		{name: "nothing is needed", entries: []string{".netrc", ".ssh/id"}, path: "none", want: map[string]any{}},
		{name: "an installation of its own", entries: []string{".nvm/versions/v22/bin/node", ".nvm/versions/v22/lib/x"}, path: ".nvm/versions/v22/bin",
			want: map[string]any{".nvm/versions/v22": view.Read}},
		{name: "a shared place", entries: []string{".local/bin/x", ".local/lib/y", ".local/share/keyrings/z"}, path: ".local/bin",
			want: map[string]any{".local/bin": view.Read, ".local/lib": view.Read}},
		{name: "the home's own bin", entries: []string{"bin/x", "lib/secret"}, path: "bin", want: map[string]any{"bin": view.Read}},
		{name: "the home itself", entries: []string{"x"}, path: ".", want: map[string]any{}},
		{name: "a package's link", entries: []string{".local/bin/agent", "->", "../../pkg/node_modules/agent/cli.js", "pkg/node_modules/agent/cli.js", "pkg/node_modules/other/", "pkg/token"},
			path: ".local/bin", want: map[string]any{".local/bin": view.Read, "pkg/node_modules": view.Read}},
		{name: "packages", entries: []string{"a/b/node_modules/.bin/agent", "a/b/.env"}, path: "a/b/node_modules/.bin",
			want: map[string]any{"a/b/node_modules": view.Read}},
		{name: "a link to a file", entries: []string{"bin/agent", "->", "../agent.sh", "agent.sh"}, path: "bin",
			want: map[string]any{"bin": view.Read, "agent.sh": view.Read}},
		{name: "a chain of links", entries: []string{".local/bin/agent", "->", "../../current", "current", "->", "opt/v1/run/agent", "opt/v1/run/agent"}, path: ".local/bin",
			want: map[string]any{".local/bin": view.Read, "current": view.Link, "opt/v1/run": view.Read}},
		{name: "a link into a checkout", entries: []string{".local/bin/agent", "->", "../../src/project/agent.py", "src/project/.git/config", "src/project/.env", "src/project/agent.py"},
			path: ".local/bin", want: map[string]any{".local/bin": view.Read, "src/project/agent.py": view.Read}},
		{name: "a link into a checkout's bin", entries: []string{".local/bin/agent", "->", "../../src/project/bin/agent", "src/project/.git", "src/project/bin/agent", "src/project/token"},
			path: ".local/bin", want: map[string]any{".local/bin": view.Read, "src/project/bin/agent": view.Read}},
		{name: "a link deep into a checkout", entries: []string{".local/bin/agent", "->", "../../src/mono/tools/a/bin/agent", "src/mono/.hg/", "src/mono/tools/a/bin/agent", "src/mono/tools/a/key"},
			path: ".local/bin", want: map[string]any{".local/bin": view.Read, "src/mono/tools/a/bin/agent": view.Read}},
		{name: "a link by a link into a checkout", entries: []string{".local/bin/agent", "->", "../../now/app/bin/agent", "now/app", "->", "../src/project", "src/project/.git/", "src/project/bin/agent"},
			path: ".local/bin", want: map[string]any{".local/bin": view.Read, "src/project/bin/agent": view.Read, "now/app/bin/agent": view.Read}},
		{name: "packages of a checkout", entries: []string{".local/bin/agent", "->", "../../src/project/node_modules/a/cli.js", "src/project/.git/", "src/project/node_modules/a/cli.js", "src/project/.env"},
			path: ".local/bin", want: map[string]any{".local/bin": view.Read, "src/project/node_modules": view.Read}},
		{name: "an environment of a checkout", entries: []string{".local/bin/agent", "->", "../../src/project/.venv/bin/agent", "src/project/.git/", "src/project/.venv/bin/agent", "src/project/.venv/pyvenv.cfg"},
			path: ".local/bin", want: map[string]any{".local/bin": view.Read, "src/project/.venv": view.Read}},
		{name: "a tool that is a clone", entries: []string{".local/bin/python", "->", "../../.pyenv/versions/3.14/bin/python", ".pyenv/.git/", ".pyenv/versions/3.14/bin/python", ".pyenv/versions/3.14/lib/x"},
			path: ".local/bin", want: map[string]any{".local/bin": view.Read, ".pyenv/versions/3.14": view.Read}},
		{name: "a home that is a checkout", entries: []string{".git/", ".local/bin/x", "->", "../../opt/v1/bin/x", "opt/v1/bin/x", "opt/v1/lib/x"}, path: ".local/bin",
			want: map[string]any{".local/bin": view.Read, "opt/v1": view.Read}},
		{name: "a checkout in the path", entries: []string{"src/project/.git/", "src/project/bin/x", "src/project/lib/y", "src/project/.env"}, path: "src/project/bin",
			want: map[string]any{"src/project/bin": view.Read, "src/project/lib": view.Read}},
		{name: "a link into what is to be hidden", entries: []string{".local/bin/agent", "->", "../../repo/scripts/agent", "repo/scripts/agent", "repo/scripts/deploy"}, path: ".local/bin", hide: "repo",
			want: map[string]any{".local/bin": view.Read, "repo/scripts/agent": view.Read}},
		{name: "a link that leads nowhere", entries: []string{"bin/agent", "->", "nowhere"}, path: "bin", want: map[string]any{"bin": view.Read}},
		{name: "a link in the path", entries: []string{"jdk/current", "->", "v1", "jdk/v1/bin/java", "jdk/v1/lib/"}, path: "jdk/current/bin",
			want: map[string]any{"jdk/v1": view.Read, "jdk/current": view.Read}},
		{name: "variables", entries: []string{"go/mod/", "cache/", "sdk/go/src/", "proxy/"}, path: "none",
			env:  map[string]string{"GOMODCACHE": "go/mod", "GOCACHE": "cache", "GOROOT": "sdk/go", "HTTP_PROXY": "proxy"},
			want: map[string]any{"go/mod": view.Store, "cache": view.Cache, "sdk/go": view.Read}},
		{name: "a variable that names the home", entries: []string{"x"}, path: "none", env: map[string]string{"VIRTUAL_ENV": "."}, want: map[string]any{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			home := viewtest.Temporary(t, tt.entries...)
			env := map[string]string{"HOME": home, "PATH": filepath.Join(home, tt.path) + ":relative:/nowhere"}
			for name, value := range tt.env {
				env[name] = filepath.Join(home, value)
			}
			got := map[string]any{}
			var hide []string
			if tt.hide != "" {
				hide = []string{filepath.Join(home, tt.hide)}
			}
			all, _, err := view.Static(hide, func(name string) string { return env[name] })
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range all {
				if rel, err := filepath.Rel(home, m.Path); err == nil && filepath.IsLocal(rel) && m.Kind != view.Hide {
					got[rel] = m.Kind
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("mounts of the home (-want +got):\n%s", diff)
			}
		})
	}
}

// The folders of a trial can be written, and the first closed folder above them, which holds those of others, is hidden.
func TestWithin(t *testing.T) {
	dir := viewtest.Temporary(t, "open/closed/trial/work/", "open/closed/other/")
	if err := os.Chmod(filepath.Join(dir, "open/closed"), 0o700); err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(dir, "open/closed/trial/work")
	got := view.Within(nil, []string{work})
	want := []view.Mount{{Kind: view.Hide, Path: filepath.Join(dir, "open/closed")}, {Kind: view.Write, Path: work, From: work}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mounts (-want +got):\n%s", diff)
	}
}
