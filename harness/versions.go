package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"time"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/process"
)

// versionLimit is how long a program may take to say its version. The first start after an installation is slow.
const versionLimit = time.Minute

// version is a version with three numbers, and with what may stand behind them.
var version = regexp.MustCompile(`(?:^|[^0-9.])([0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z][0-9A-Za-z.-]*[0-9A-Za-z]|-[0-9A-Za-z])?)\b`)

// Versions asks the named agents that are in PATH for their exact versions, which it returns by name. The names of
// package trial's own harnesses are passed over. An agent that is not there is an error that says how to install it,
// and all of them are named in one. The programs are run with an empty home folder and with no other variables than
// those of trial.Inherited, which getenv looks up.
func Versions(ctx context.Context, names []string, getenv func(string) string) (map[string]string, error) {
	out := map[string]string{}
	var failed []error
	own := trial.Harnesses()
	for _, name := range names {
		if _, ok := own[name]; ok || out[name] != "" {
			continue
		}
		a, ok := find(name)
		if !ok {
			failed = append(failed, fmt.Errorf("there is no harness %q", name))
			continue
		}
		v, err := a.version(ctx, getenv)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		out[name] = v
	}
	return out, errors.Join(failed...)
}

// version asks the program in PATH.
func (a Agent) version(ctx context.Context, getenv func(string) string) (string, error) {
	if _, err := exec.LookPath(a.Program); err != nil {
		return "", fmt.Errorf("the harness %q needs the program %q, which is not in PATH; %s", a.Name, a.Program, a.install())
	}
	home, err := os.MkdirTemp("", "pertask-version-")
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w", a.Program, err)
	}
	defer os.RemoveAll(home)
	var end process.Ending
	v := ""
	// Some say it on their standard error, which is looked at second: others warn there.
	for _, argv := range [][]string{{a.Program, "--version"}, {"sh", "-c", `"$0" --version 2>&1`, a.Program}} {
		end, err = process.Program{Argv: argv, Dir: home, Env: versionEnv(home, getenv), Keep: 4 << 10, Limit: versionLimit}.Run(ctx, time.Now)
		if err != nil {
			return "", fmt.Errorf("asking %s for its version: %w", a.Program, err)
		}
		if end.TimedOut || end.Canceled || end.Status != 0 {
			return "", fmt.Errorf("asking %s for its version: %s", a.Program, end)
		}
		if v = readVersion(end.Output); v != "" {
			break
		}
	}
	if v == "" {
		return "", fmt.Errorf("asking %s for its version: it says %s, which holds none; %s", a.Program, shorten(string(end.Output)), a.install())
	}
	return v, nil
}

// readVersion returns the first version in a program's answer, or "". Four numbers are an address, and no version.
func readVersion(answer []byte) string {
	for _, m := range version.FindAllSubmatchIndex(answer, -1) {
		if rest := answer[m[3]:]; len(rest) < 2 || rest[0] != '.' || rest[1] < '0' || rest[1] > '9' {
			return string(answer[m[2]:m[3]])
		}
	}
	return ""
}

// install says how an exact version is installed. What is called latest need not be: package managers pick an older
// version where the newest one does not like their runtime.
func (a Agent) install() string {
	v := a.Tested
	if v == "" {
		v = "VERSION"
	}
	return fmt.Sprintf("install an exact version of the npm package, such as: npm install --global %s@%s", a.Package, v)
}

// versionEnv is the environment of a program that is asked for its version. The variables switch off what some do at
// every start.
func versionEnv(home string, getenv func(string) string) []string {
	env := []string{"HOME=" + home, "TMPDIR=" + home, "TERM=dumb", "CI=true", "DISABLE_AUTOUPDATER=1", "COPILOT_OFFLINE=true",
		"PI_OFFLINE=1", "OPENCODE_DISABLE_AUTOUPDATE=1", "OPENCODE_DISABLE_MODELS_FETCH=1", "CLINE_NO_AUTO_UPDATE=1", "DO_NOT_TRACK=1"}
	for _, name := range trial.Inherited() {
		if value := getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}
