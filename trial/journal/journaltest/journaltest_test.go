package journaltest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/trial/journal/journaltest"
	"github.com/pertask/pertask/usage"
)

// broken are journals that break a promise each.
var broken = map[string]func(*journal.Memory) trial.Journal{
	"forgets admissions":      func(j *journal.Memory) trial.Journal { return forgetful{j} },
	"takes what is nobody's":  func(j *journal.Memory) trial.Journal { return lax{j} },
	"drops what was replaced": func(j *journal.Memory) trial.Journal { return tidy{j} },
}

type forgetful struct{ *journal.Memory }

func (f forgetful) AppendCall(c usage.Call) error {
	if c.State == usage.Admitted && c.Trial != "" {
		return nil
	}
	return f.Memory.AppendCall(c)
}

type lax struct{ *journal.Memory }

func (l lax) AppendTrial(t trial.Trial) error {
	_ = l.Memory.AppendTrial(t)
	return nil
}

type tidy struct{ *journal.Memory }

func (l tidy) Load() (trial.Evidence, error) {
	ev, err := l.Memory.Load()
	ev.Replaced = nil
	return ev, err
}

// TestBroken: the suite fails for journals that break what it is about. It runs in a process of its own, whose end tells.
func TestBroken(t *testing.T) {
	const variable = "JOURNALTEST_BROKEN"
	if make, mine := broken[os.Getenv(variable)]; mine {
		journaltest.Run(t, func(*testing.T) func() trial.Journal {
			j := journal.NewMemory()
			return func() trial.Journal { return make(j) }
		})
		return
	}
	for name := range broken {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestBroken$")
			cmd.Env = append(os.Environ(), variable+"="+name)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestBroken/") || strings.Contains(string(out), "panic:") {
				t.Errorf("the suite ends with %v and says\n%s", err, out)
			}
		})
	}
}
