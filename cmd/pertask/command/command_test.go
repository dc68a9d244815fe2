package command_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/cmd/pertask/command"
)

// does returns a command that ends so.
func does(name string, code int, err error) command.Command {
	return command.Command{Name: name, Args: "[options]", Short: "ends", Long: "Ends.", Run: func(_ command.App, fs *flag.FlagSet, args []string) (int, error) {
		if _, err := command.Parse(fs, args, 0); err != nil {
			return code, err
		}
		return code, err
	}}
}

// carriedOut runs a program of these commands and returns what it printed and its exit status.
func carriedOut(args []string, commands ...command.Command) (stdout, stderr string, code int) {
	var out, msg bytes.Buffer
	p := command.Program{Before: "What it is for.\n", Commands: commands, After: "The end.\n"}
	code = p.Run(command.App{Stdout: &out, Stderr: &msg}, args)
	return out.String(), msg.String(), code
}

func TestExitStatus(t *testing.T) {
	tests := []struct {
		name string
		args string
		code int
		err  error
		want int
		says string // on the standard error
	}{
		{"done", "x", command.ExitOK, nil, command.ExitOK, ""},
		{"a verdict that blocks", "x", command.ExitVerdict, nil, command.ExitVerdict, ""},
		{"a command's own status", "x", 7, nil, 7, ""},
		{"an error", "x", command.ExitUsage, errors.New("no such file"), command.ExitUsage, "pertask x: no such file\n"},
		{"an error with the status of a verdict", "x", command.ExitVerdict, errors.New("cut off"), command.ExitVerdict, "pertask x: cut off\n"},
		{"an error that forgot its status", "x", command.ExitOK, errors.New("no such file"), command.ExitUsage, "pertask x: no such file\n"},
		{"a mistake", "x", command.ExitVerdict, command.Usagef("--a %d", 5), command.ExitUsage, "pertask x: --a 5\nRun \"pertask help x\" for its options.\n"},
		{"a mistake within an error", "x", command.ExitOK, errors.Join(command.Usage(io.EOF)), command.ExitUsage, "pertask x: EOF\nRun \"pertask help x\" for its options.\n"},
		{"an unknown option", "x --y", command.ExitOK, nil, command.ExitUsage, "pertask x: flag provided but not defined: -y\nRun \"pertask help x\" for its options.\n"},
		{"an argument too many", "x y", command.ExitOK, nil, command.ExitUsage, "pertask x: 1 arguments where 0 are expected: [\"y\"]\nRun \"pertask help x\" for its options.\n"},
		{"no such command", "y", command.ExitOK, nil, command.ExitUsage, "pertask: unknown command \"y\"; run \"pertask help\" for the commands there are\n"},
		{"no help of it", "help y", command.ExitOK, nil, command.ExitUsage, "pertask help: unknown command \"y\"\n"},
	}
	for _, tt := range tests {
		stdout, stderr, code := carriedOut(strings.Fields(tt.args), does("x", tt.code, tt.err))
		if code != tt.want || stderr != tt.says || stdout != "" {
			t.Errorf("%s: exit %d, %q, %q; want %d, %q", tt.name, code, stdout, stderr, tt.want, tt.says)
		}
	}
}

func TestNothingPanics(t *testing.T) {
	broken := command.Command{Name: "x", Run: func(command.App, *flag.FlagSet, []string) (int, error) { panic("out of order") }}
	stdout, stderr, code := carriedOut([]string{"x"}, broken)
	if code != command.ExitUsage || stdout != "" || stderr != "pertask: broke: out of order; please report this\n" {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
}

func TestList(t *testing.T) {
	hidden := does("secret", command.ExitOK, nil)
	hidden.Hidden = true
	want := "What it is for.\n\nCommands:\n  x         ends\n  longer    ends\nThe end.\n"
	for _, args := range []string{"help", "-h", "--help"} {
		stdout, stderr, code := carriedOut([]string{args}, does("x", 0, nil), hidden, does("longer", 0, nil))
		if stdout != want || stderr != "" || code != command.ExitOK {
			t.Errorf("%s: exit %d, %q\n%s", args, code, stderr, cmp.Diff(want, stdout))
		}
	}
	if stdout, stderr, code := carriedOut(nil, does("x", 0, nil), does("longer", 0, nil)); stdout != "" || stderr != want || code != command.ExitUsage {
		t.Errorf("without arguments: exit %d, %q, %q", code, stdout, stderr)
	}
	if stdout, _, code := carriedOut([]string{"help", "secret"}, hidden); stdout != "" || code != command.ExitUsage {
		t.Errorf("help of what is hidden: exit %d, %q", code, stdout)
	}
	if _, _, code := carriedOut([]string{"secret"}, hidden); code != command.ExitOK {
		t.Errorf("what is hidden: exit %d", code)
	}
	for _, arg := range []string{"version", "--version"} {
		if stdout, stderr, code := carriedOut([]string{arg}); stdout != "pertask "+command.Version()+"\n" || stderr != "" || code != command.ExitOK {
			t.Errorf("%s: exit %d, %q, %q", arg, code, stdout, stderr)
		}
	}
}

func TestHelp(t *testing.T) {
	c := command.Command{Name: "x", Args: "FILE [options]", Long: "\nSays what it does in a line that is so long that it must be broken, which is what help does.\n\n  pertask x file\n",
		Run: func(_ command.App, fs *flag.FlagSet, args []string) (int, error) {
			fs.String("format", "term", "`form` of it")
			fs.Bool("all", false, "everything, and that is so much that there is no end to it, not even in the next line")
			fs.Int("a-long-name", 3, "how `often`")
			_, err := command.Parse(fs, args, 1)
			return command.ExitUsage, err
		}}
	want := `Usage: pertask x FILE [options]

Says what it does in a line that is so long that it must be broken, which is
what help does.

  pertask x file

Options:
  --a-long-name OFTEN
                     how often (default 3)
  --all              everything, and that is so much that there is no end to
                     it, not even in the next line
  --format FORM      form of it (default term)
`
	for _, args := range []string{"help x", "x --help", "x -h", "x file --help", "help x file"} {
		stdout, stderr, code := carriedOut(strings.Fields(args), c)
		if code != command.ExitOK || stderr != "" || stdout != want {
			t.Errorf("%s: exit %d, %q (-want +got):\n%s", args, code, stderr, cmp.Diff(want, stdout))
		}
	}
}

func TestParse(t *testing.T) {
	tests := []struct {
		args       string
		positional int
		want       []string
		flag       string
		wrong      bool
	}{
		{"", 0, nil, "", false},
		{"a b", -1, []string{"a", "b"}, "", false},
		{"--f 1 a b", 2, []string{"a", "b"}, "1", false},
		{"a --f 1 b", 2, []string{"a", "b"}, "1", false},
		{"a b --f=1", 2, []string{"a", "b"}, "1", false},
		{"a --f 1 b --f 2", 2, []string{"a", "b"}, "2", false},
		{"a", 2, nil, "", true},
		{"a b c", 2, nil, "", true},
		{"a --g", -1, nil, "", true},
		{"a --f", -1, nil, "", true},
	}
	for _, tt := range tests {
		fs := flag.NewFlagSet("x", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		f := fs.String("f", "", "")
		got, err := command.Parse(fs, strings.Fields(tt.args), tt.positional)
		if (err != nil) != tt.wrong || !tt.wrong && *f != tt.flag || cmp.Diff(tt.want, got) != "" {
			t.Errorf("%q: %q, --f %q, %v; want %q, %q", tt.args, got, *f, err, tt.want, tt.flag)
		}
	}
}

func TestSub(t *testing.T) {
	parent := command.Command{Name: "up", Long: "Has others.", Run: func(a command.App, _ *flag.FlagSet, args []string) (int, error) {
		return command.Sub(a, "up", []command.Command{does("one", 0, nil), does("two", 7, io.EOF)}, args)
	}}
	tests := []struct {
		args           string
		want           int
		stdout, stderr string // what they begin with
	}{
		{"up one", command.ExitOK, "", ""},
		{"up two", 7, "", "pertask up two: EOF\n"},
		{"up two x", command.ExitUsage, "", "pertask up two: 1 arguments"},
		{"up", command.ExitUsage, "", "pertask up: say which: one, two\n"},
		{"up three", command.ExitUsage, "", "pertask up: say which: one, two\n"},
		{"up --help", command.ExitOK, "Usage: pertask up", ""},
		{"up -h", command.ExitOK, "Usage: pertask up", ""},
		{"help up", command.ExitOK, "Usage: pertask up", ""},
		{"help up one", command.ExitOK, "Usage: pertask up one [options]\n", ""},
	}
	for _, tt := range tests {
		stdout, stderr, code := carriedOut(strings.Fields(tt.args), parent)
		if code != tt.want || !strings.HasPrefix(stdout, tt.stdout) || !strings.HasPrefix(stderr, tt.stderr) || (tt.stdout == "") != (stdout == "") || (tt.stderr == "") != (stderr == "") {
			t.Errorf("%s: exit %d, %q, %q; want %d, %q, %q", tt.args, code, stdout, stderr, tt.want, tt.stdout, tt.stderr)
		}
	}
}
