package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/app/secret"
)

// say runs a command in this process.
func say(t *testing.T, env map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	var names []string
	for n := range env {
		names = append(names, n)
	}
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, func(n string) string { return env[n] }, names, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestCommands(t *testing.T) {
	dir := t.TempDir()
	env := map[string]string{"PERTASK_APP_DATA": filepath.Join(dir, "data")}
	if err := os.Mkdir(env["PERTASK_APP_DATA"], 0o700); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "copy.db")
	for _, c := range []struct {
		name      string
		args      []string
		code      int
		out, errs string
	}{
		{"nothing", nil, exitUsage, "", "pertask-app serve [FLAGS]"},
		{"help", []string{"--help"}, exitOK, "pertask-app keygen", ""},
		{"an unknown one", []string{"fly"}, exitUsage, "", `there is no command "fly"`},
		{"version", []string{"version"}, exitOK, "devel", ""},
		{"version of what", []string{"version", "x"}, exitUsage, "", "takes nothing"},
		{"keygen of what", []string{"keygen", "x"}, exitUsage, "", "takes nothing"},
		{"help of serve", []string{"serve", "--help"}, exitOK, "-public-url URL", ""},
		{"a wrong flag", []string{"serve", "--what"}, exitUsage, "", "-what"},
		{"serve without a key", []string{"serve"}, exitUsage, "", "PERTASK_APP_KEY is not set"},
		{"migrate", []string{"migrate"}, exitOK, "", ""},
		{"migrate again", []string{"migrate"}, exitOK, "", ""},
		{"backup of nothing", []string{"backup"}, exitUsage, "", "a FILE is needed"},
		{"backup with flags first", []string{"backup", "--data", dir}, exitUsage, "", "a FILE is needed"},
		{"backup", []string{"backup", copied}, exitOK, "", ""},
		{"backup in its place", []string{"backup", copied}, exitFailed, "", "pertask-app backup: "},
		{"restore over what is there", []string{"restore", copied}, exitFailed, "", "pertask-app restore: "},
		{"restore", []string{"restore", copied, "--data", filepath.Join(dir, "other")}, exitOK, "", ""},
		{"restore of PostgreSQL", []string{"restore", copied, "--database", "postgres://db/x"}, exitFailed, "", "pg_restore"},
		{"migrate what was restored", []string{"migrate", "--data", filepath.Join(dir, "other")}, exitOK, "", ""},
	} {
		code, out, errs := say(t, env, c.args...)
		if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errs, c.errs) || c.errs == "" && errs != "" {
			t.Errorf("%s: %d, %q, %q; want %d, %q, %q", c.name, code, out, errs, c.code, c.out, c.errs)
		}
	}
}

func TestKeygen(t *testing.T) {
	code, out, _ := say(t, nil, "keygen")
	box, err := secret.New(out)
	if code != exitOK || err != nil {
		t.Fatalf("%d: %v", code, err)
	}
	about := secret.About{Scope: 1, Name: "x"}
	sealed, err := box.Seal(about, []byte("v"))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := box.Open(about, sealed); err != nil || string(v) != "v" {
		t.Errorf("%q, %v", v, err)
	}
	if _, again, _ := say(t, nil, "keygen"); again == out {
		t.Error("the second key is the first")
	}
}

func TestNames(t *testing.T) {
	if got := strings.Join(names([]string{"A=1", "B=", "=C:=x", "D"}), ","); got != "A,B" {
		t.Errorf("got %q", got)
	}
	list(io.Discard)
}
