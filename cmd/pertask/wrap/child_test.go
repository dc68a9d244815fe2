package wrap_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/wrap"
	"github.com/pertask/pertask/internal/need"
)

func TestCommandRuns(t *testing.T) {
	need.Program(t, "sh")
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -TERM $$": 128 + 15} {
		var out, msg bytes.Buffer
		c := wrap.Command{Argv: []string{"sh", "-c", `cat; echo "$WORD" >&2; ` + script}, Env: []string{"WORD=own", "PATH=/usr/bin:/bin"}, Stdin: strings.NewReader("in"), Stdout: &out, Stderr: &msg}
		status, err := c.Run()
		if err != nil || status != want || out.String() != "in" || msg.String() != "own\n" {
			t.Errorf("%s: status %d, %v; %q, %q", script, status, err, out.String(), msg.String())
		}
	}
	if _, err := (wrap.Command{Argv: []string{"no-such-program-here"}}).Run(); err == nil || !strings.Contains(err.Error(), "starting the command") {
		t.Errorf("a program that does not exist: %v", err)
	}
}
