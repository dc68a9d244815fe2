package commandtest_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
)

func TestRun(t *testing.T) {
	show := command.Command{Name: "show", Run: func(a command.App, _ *flag.FlagSet, args []string) (int, error) {
		fmt.Fprintln(a.Stdout, a.Getenv(args[0]))
		fmt.Fprintln(a.Stderr, strings.Join(slices.Sorted(slices.Values(a.Environ)), " "))
		return 3, a.Context.Err()
	}}
	t.Setenv("PERTASK_COMMANDTEST", "of this process")
	for _, tt := range []struct {
		name   string
		env    map[string]string
		ask    string
		stdout string
		stderr string
	}{
		{"a variable", map[string]string{"A": "b"}, "A", "b\n", "A PATH\n"},
		{"a variable of this process only", map[string]string{"A": "b"}, "PERTASK_COMMANDTEST", "\n", "A PATH\n"},
		{"no environment", nil, "PATH", os.Getenv("PATH") + "\n", "PATH\n"},
		{"a PATH of its own", map[string]string{"PATH": "/x"}, "PATH", "/x\n", "PATH\n"},
	} {
		stdout, stderr, code := commandtest.Run(commandtest.App(tt.env), command.Program{Commands: []command.Command{show}}, "show", tt.ask)
		if stdout != tt.stdout || stderr != tt.stderr || code != 3 {
			t.Errorf("%s: exit %d, %q, %q; want 3, %q, %q", tt.name, code, stdout, stderr, tt.stdout, tt.stderr)
		}
	}
}
