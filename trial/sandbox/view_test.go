//go:build linux

package sandbox_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/trial/sandbox"
)

// tree makes folders (with a slash at the end), files and links ("from -> to") in a folder, and returns it.
func tree(t *testing.T, entries ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "view-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	plant(t, dir, entries...)
	return dir
}

// plant makes the entries of a tree in a folder.
func plant(t *testing.T, dir string, entries ...string) {
	t.Helper()
	for i := 0; i < len(entries); i++ {
		path := filepath.Join(dir, entries[i])
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		switch {
		case err != nil:
		case entries[i][len(entries[i])-1] == '/':
			err = os.MkdirAll(path, 0o755)
		case i+2 < len(entries) && entries[i+1] == "->":
			err = os.Symlink(entries[i+2], path)
			i += 2
		default:
			err = os.WriteFile(path, []byte("x"), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What is shown of a home is what programs on the PATH need, and no place where people keep secrets.
func TestView(t *testing.T) {
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
			want: map[string]any{".nvm/versions/v22": sandbox.Read}},
		{name: "a shared place", entries: []string{".local/bin/x", ".local/lib/y", ".local/share/keyrings/z"}, path: ".local/bin",
			want: map[string]any{".local/bin": sandbox.Read, ".local/lib": sandbox.Read}},
		{name: "the home's own bin", entries: []string{"bin/x", "lib/secret"}, path: "bin", want: map[string]any{"bin": sandbox.Read}},
		{name: "the home itself", entries: []string{"x"}, path: ".", want: map[string]any{}},
		{name: "a package's link", entries: []string{".local/bin/agent", "->", "../../pkg/node_modules/agent/cli.js", "pkg/node_modules/agent/cli.js", "pkg/node_modules/other/", "pkg/token"},
			path: ".local/bin", want: map[string]any{".local/bin": sandbox.Read, "pkg/node_modules": sandbox.Read}},
		{name: "packages", entries: []string{"a/b/node_modules/.bin/agent", "a/b/.env"}, path: "a/b/node_modules/.bin",
			want: map[string]any{"a/b/node_modules": sandbox.Read}},
		{name: "a link to a file", entries: []string{"bin/agent", "->", "../agent.sh", "agent.sh"}, path: "bin",
			want: map[string]any{"bin": sandbox.Read, "agent.sh": sandbox.Read}},
		{name: "a chain of links", entries: []string{".local/bin/agent", "->", "../../current", "current", "->", "opt/v1/run/agent", "opt/v1/run/agent"}, path: ".local/bin",
			want: map[string]any{".local/bin": sandbox.Read, "current": sandbox.Link, "opt/v1/run": sandbox.Read}},
		{name: "a link into a checkout", entries: []string{".local/bin/agent", "->", "../../src/project/agent.py", "src/project/.git/config", "src/project/.env", "src/project/agent.py"},
			path: ".local/bin", want: map[string]any{".local/bin": sandbox.Read, "src/project/agent.py": sandbox.Read}},
		{name: "a link into a checkout's bin", entries: []string{".local/bin/agent", "->", "../../src/project/bin/agent", "src/project/.git", "src/project/bin/agent", "src/project/token"},
			path: ".local/bin", want: map[string]any{".local/bin": sandbox.Read, "src/project/bin/agent": sandbox.Read}},
		{name: "a link deep into a checkout", entries: []string{".local/bin/agent", "->", "../../src/mono/tools/a/bin/agent", "src/mono/.hg/", "src/mono/tools/a/bin/agent", "src/mono/tools/a/key"},
			path: ".local/bin", want: map[string]any{".local/bin": sandbox.Read, "src/mono/tools/a/bin/agent": sandbox.Read}},
		{name: "a link by a link into a checkout", entries: []string{".local/bin/agent", "->", "../../now/app/bin/agent", "now/app", "->", "../src/project", "src/project/.git/", "src/project/bin/agent"},
			path: ".local/bin", want: map[string]any{".local/bin": sandbox.Read, "src/project/bin/agent": sandbox.Read, "now/app/bin/agent": sandbox.Read}},
		{name: "packages of a checkout", entries: []string{".local/bin/agent", "->", "../../src/project/node_modules/a/cli.js", "src/project/.git/", "src/project/node_modules/a/cli.js", "src/project/.env"},
			path: ".local/bin", want: map[string]any{".local/bin": sandbox.Read, "src/project/node_modules": sandbox.Read}},
		{name: "an environment of a checkout", entries: []string{".local/bin/agent", "->", "../../src/project/.venv/bin/agent", "src/project/.git/", "src/project/.venv/bin/agent", "src/project/.venv/pyvenv.cfg"},
			path: ".local/bin", want: map[string]any{".local/bin": sandbox.Read, "src/project/.venv": sandbox.Read}},
		{name: "a tool that is a clone", entries: []string{".local/bin/python", "->", "../../.pyenv/versions/3.14/bin/python", ".pyenv/.git/", ".pyenv/versions/3.14/bin/python", ".pyenv/versions/3.14/lib/x"},
			path: ".local/bin", want: map[string]any{".local/bin": sandbox.Read, ".pyenv/versions/3.14": sandbox.Read}},
		{name: "a home that is a checkout", entries: []string{".git/", ".local/bin/x", "->", "../../opt/v1/bin/x", "opt/v1/bin/x", "opt/v1/lib/x"}, path: ".local/bin",
			want: map[string]any{".local/bin": sandbox.Read, "opt/v1": sandbox.Read}},
		{name: "a checkout in the path", entries: []string{"src/project/.git/", "src/project/bin/x", "src/project/lib/y", "src/project/.env"}, path: "src/project/bin",
			want: map[string]any{"src/project/bin": sandbox.Read, "src/project/lib": sandbox.Read}},
		{name: "a link into what is to be hidden", entries: []string{".local/bin/agent", "->", "../../repo/scripts/agent", "repo/scripts/agent", "repo/scripts/deploy"}, path: ".local/bin", hide: "repo",
			want: map[string]any{".local/bin": sandbox.Read, "repo/scripts/agent": sandbox.Read}},
		{name: "a link that leads nowhere", entries: []string{"bin/agent", "->", "nowhere"}, path: "bin", want: map[string]any{"bin": sandbox.Read}},
		{name: "a link in the path", entries: []string{"jdk/current", "->", "v1", "jdk/v1/bin/java", "jdk/v1/lib/"}, path: "jdk/current/bin",
			want: map[string]any{"jdk/v1": sandbox.Read, "jdk/current": sandbox.Read}},
		{name: "variables", entries: []string{"go/mod/", "cache/", "sdk/go/src/", "proxy/"}, path: "none",
			env:  map[string]string{"GOMODCACHE": "go/mod", "GOCACHE": "cache", "GOROOT": "sdk/go", "HTTP_PROXY": "proxy"},
			want: map[string]any{"go/mod": sandbox.Store, "cache": sandbox.Cache, "sdk/go": sandbox.Read}},
		{name: "a variable that names the home", entries: []string{"x"}, path: "none", env: map[string]string{"VIRTUAL_ENV": "."}, want: map[string]any{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			home := tree(t, tt.entries...)
			env := map[string]string{"HOME": home, "PATH": filepath.Join(home, tt.path) + ":relative:/nowhere"}
			for name, value := range tt.env {
				env[name] = filepath.Join(home, value)
			}
			got := map[string]any{}
			opts := sandbox.Options{Getenv: func(name string) string { return env[name] }}
			if tt.hide != "" {
				opts.Hide = []string{filepath.Join(home, tt.hide)}
			}
			all, err := sandbox.View(opts)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range all {
				if rel, err := filepath.Rel(home, m.Path); err == nil && filepath.IsLocal(rel) && m.Kind != sandbox.Hide {
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
	dir := tree(t, "open/closed/trial/work/", "open/closed/other/")
	if err := os.Chmod(filepath.Join(dir, "open/closed"), 0o700); err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(dir, "open/closed/trial/work")
	got := sandbox.Within(nil, []string{work})
	want := []sandbox.Mount{{Kind: sandbox.Hide, Path: filepath.Join(dir, "open/closed")}, {Kind: sandbox.Write, Path: work, From: work}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mounts (-want +got):\n%s", diff)
	}
}
