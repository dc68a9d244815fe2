package process_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pertask/pertask/trial/process"
)

// TestConcealHelper is no test: it is the process that TestConceal starts with a secret in its environment. It
// writes what it finds to its standard output.
func TestConcealHelper(t *testing.T) {
	dir := os.Getenv("PROCESS_TEST_CONCEAL")
	if dir == "" {
		t.Skip("this is the process that TestConceal starts")
	}
	getenv, err := process.Conceal("PATH", "LANG")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"SECRET_KEY", "EMPTY_KEY", "LANG", "HOME"} {
		fmt.Printf("%s: getenv %q, os.Getenv %q\n", name, getenv(name), os.Getenv(name))
	}
	if n, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || n != 0 {
		fmt.Println("dumpable:", n, err)
	}
	for _, entry := range os.Environ() {
		if strings.Contains(entry, "sk-") {
			fmt.Println("a child would inherit", entry)
		}
	}
	p := process.Program{
		Argv: []string{"sh", "-c", climb}, Dir: dir, Env: []string{"PATH=" + getenv("PATH"), fmt.Sprint("CONCEALED=", os.Getpid())},
		Keep: 1 << 16, Limit: time.Minute,
	}
	end, err := p.Run(t.Context(), time.Now)
	fmt.Printf("%s%v %v\n", end.Output, end, err)
}

// climb looks for the secret in the environments of the process's parents, as an agent can.
const climb = `p=$PPID
seen=no
while test "$p" -gt 0; do
	test "$p" = "$CONCEALED" && seen=yes
	if grep -q -a -F -f pattern "/proc/$p/environ" 2>/dev/null; then echo "the secret is in the environment of a parent"; fi
	p=$(sed 's/.*) //' "/proc/$p/stat" | cut -d ' ' -f 2)
done
echo "passed the process: $seen"`

// A program that is run finds no secret of the process that runs it, also where it may read everything.
func TestConceal(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("there is no /proc to find secrets in")
	}
	const secret = "sk-0123456789-conceal"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pattern"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestConcealHelper$", "-test.v=false")
	cmd.Env = []string{
		"AWS_SECRET=" + secret, "PATH=" + os.Getenv("PATH"), "SECRET_KEY=" + secret, "EMPTY_KEY=", "LANG=C", "HOME=/nowhere",
		"PROCESS_TEST_CONCEAL=" + dir, secret, "LAST=" + secret,
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := `SECRET_KEY: getenv "` + secret + `", os.Getenv ""
EMPTY_KEY: getenv "", os.Getenv ""
LANG: getenv "C", os.Getenv "C"
HOME: getenv "/nowhere", os.Getenv "/nowhere"
passed the process: yes
exit status 0 <nil>
`
	if got := strings.TrimSuffix(string(out), "PASS\n"); got != want {
		t.Errorf("the process says\n%s\nwant\n%s", got, want)
	}
}
