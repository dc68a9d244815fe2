package sandboxed_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/sandboxed"
)

func TestMain(m *testing.M) {
	sandboxed.Main()
	os.Exit(m.Run())
}

// TestAgent holds that the agent would tell of what it reaches: else tests with it would show nothing.
func TestAgent(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer ptk" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		if r.URL.Path == "/broken/chat/completions" {
			return
		}
		fmt.Fprint(w, `{"choices":[{"message":{"content":"billing"}}]}`)
	}))
	defer srv.Close()
	empty, full := t.TempDir(), t.TempDir()
	file := filepath.Join(full, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	for _, c := range []struct {
		name      string
		forbidden []string
		env       map[string]string
		want      int
		says      string
	}{
		{"kept in", []string{empty, closed.URL, filepath.Join(full, "none")}, nil, 0, "billing"},
		{"sees a file", []string{file}, nil, 10, "reached " + file},
		{"sees a folder", []string{empty, full}, nil, 11, "reached " + full},
		{"reaches a server", []string{srv.URL}, nil, 10, "reached " + srv.URL},
		{"has its token", nil, map[string]string{"OPENAI_API_KEY": "ptk"}, 0, "billing"},
		{"has a key", nil, map[string]string{"OPENAI_API_KEY": "sk-1"}, 1, "has OPENAI_API_KEY"},
		{"has a token", nil, map[string]string{"PERTASK_GITHUB_TOKEN": "ghs_1"}, 1, "has PERTASK_GITHUB_TOKEN"},
		{"another token at the proxy", nil, map[string]string{"PERTASK_TOKEN": "x"}, 2, "status 401"},
		{"no answer", nil, map[string]string{"PERTASK_BASE_URL": srv.URL + "/broken"}, 2, "reading the answer"},
		{"no proxy", nil, map[string]string{"PERTASK_BASE_URL": closed.URL}, 2, "refused"},
		{"no address", nil, map[string]string{"PERTASK_BASE_URL": ":"}, 2, "missing protocol scheme"},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := map[string]string{"PERTASK_BASE_URL": srv.URL, "PERTASK_TOKEN": "ptk"}
			for k, v := range c.env {
				env[k] = v
			}
			var out bytes.Buffer
			got := sandboxed.Agent(c.forbidden, func(n string) string { return env[n] }, &out)
			if got != c.want || !strings.Contains(out.String(), c.says) {
				t.Errorf("status %d and %q, want %d and %q", got, &out, c.want, c.says)
			}
		})
	}
}

// TestTools holds that the agent starts from the folder that is put into the PATH.
func TestTools(t *testing.T) {
	dir := sandboxed.Tools(t)
	cmd := exec.Command("sh", "-c", sandboxed.Command(dir))
	cmd.Env = []string{"PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH")}
	out, err := cmd.Output()
	if cmd.ProcessState.ExitCode() != 10 || string(out) != "reached "+dir+"\n" {
		t.Errorf("printed %q: %v", out, err)
	}
}

func TestNeedNamesTheSandbox(t *testing.T) {
	if name := sandboxed.Need(t); name == "" {
		t.Error("a sandbox without a name")
	}
}
