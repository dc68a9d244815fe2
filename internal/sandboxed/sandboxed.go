// Package sandboxed lets a test measure agents that a sandbox keeps in, as users' agents are.
//
// It knows an agent that tells what it can reach, where a sandbox shows it, and whether this machine has a sandbox. It
// refuses to know what is measured. It is for tests.
package sandboxed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/trial/sandbox"
)

// agentWord is the first argument of a test binary that is to be the agent.
const agentWord = "sandboxed-agent"

// program is the agent's name in the folder that Tools makes.
const program = "boxed"

// Main is what a TestMain calls first: the test binary is then a part of a sandbox, or the agent, where it is started
// as one, and Main does not return.
func Main() {
	if status, mine := sandbox.Main(os.Args[1:]); mine {
		os.Exit(status)
	}
	if len(os.Args) > 1 && os.Args[1] == agentWord {
		os.Exit(Agent(os.Args[2:], os.Getenv, os.Stdout))
	}
}

// Need returns the name of this machine's sandbox. It skips the test where there is none, with the reason, and fails it
// in CI.
func Need(t testing.TB) string {
	t.Helper()
	s, err := sandbox.Find(t.Context(), sandbox.Options{})
	switch {
	case errors.Is(err, sandbox.ErrNone):
		need.Missing(t, err.Error())
	case err != nil:
		t.Fatal(err)
	}
	return s.Name()
}

// Tools makes a folder with the agent in it. A sandbox that hides it shows it all the same where it is in the PATH.
func Tools(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tools")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	Put(t, filepath.Join(dir, program))
	return dir
}

// Put puts the agent at a path.
func Put(t testing.TB, path string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if os.Link(self, path) == nil && os.Chmod(path, 0o755) == nil {
		return
	}
	data, err := os.ReadFile(self)
	if err == nil {
		err = os.WriteFile(path, data, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Command is the command of a task that the agent in Tools does. It fails if it sees one of the paths, or reaches one of
// the URLs by itself: a sandbox keeps it from them. None may have white space in it.
func Command(forbidden ...string) string { return CommandAt(program, forbidden...) }

// CommandAt is Command for an agent at a path.
func CommandAt(path string, forbidden ...string) string {
	return strings.Join(append([]string{path, agentWord}, forbidden...), " ")
}

// Agent asks the model once and prints its answer, unless it can reach what is forbidden: then it prints that, and its
// status is 10 for the first that is forbidden, 11 for the second and so on. Status 1 is a key in its environment that is not its token, and
// status 2 a call that came to nothing: a journal says the status.
func Agent(forbidden []string, getenv func(string) string, stdout io.Writer) (status int) {
	for i, what := range forbidden {
		if reaches(what) {
			fmt.Fprintf(stdout, "reached %s\n", what)
			return 10 + i
		}
	}
	for _, name := range []string{"OPENAI_API_KEY", "PERTASK_GITHUB_TOKEN"} {
		if v := getenv(name); v != "" && v != getenv("PERTASK_TOKEN") {
			fmt.Fprintf(stdout, "has %s\n", name)
			return 1
		}
	}
	answer, err := ask(getenv)
	if err != nil {
		fmt.Fprintln(stdout, err)
		return 2
	}
	fmt.Fprintln(stdout, answer)
	return 0
}

// reaches reports whether a URL answers or a path is there and is no empty folder.
func reaches(what string) bool {
	if strings.Contains(what, "://") {
		client := http.Client{Timeout: 10 * time.Second}
		res, err := client.Get(what)
		if err == nil {
			res.Body.Close()
		}
		return err == nil
	}
	info, err := os.Stat(what)
	if err != nil || !info.IsDir() {
		return err == nil
	}
	entries, _ := os.ReadDir(what) // a folder that cannot be read tells nothing
	return len(entries) > 0
}

func ask(getenv func(string) string) (string, error) {
	body, err := json.Marshal(map[string]any{"model": getenv("PERTASK_MODEL"),
		"messages": []map[string]string{{"role": "user", "content": getenv("PERTASK_PROMPT")}}})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequest("POST", getenv("PERTASK_BASE_URL")+"/chat/completions", strings.NewReader(string(body)))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+getenv("PERTASK_TOKEN"))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var answer struct {
		Choices []struct{ Message struct{ Content string } }
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&answer); err != nil {
		return "", fmt.Errorf("reading the answer with status %d: %w", res.StatusCode, err)
	}
	if res.StatusCode != http.StatusOK || len(answer.Choices) == 0 {
		return "", fmt.Errorf("status %d with %d choices", res.StatusCode, len(answer.Choices))
	}
	return answer.Choices[0].Message.Content, nil
}
