package change

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pertask/pertask/trial/journal"
)

// JournalName is the name of a journal beside the report.
const JournalName = "trials.jsonl"

// JournalPath is where the journal of a report in a folder is.
func JournalPath(out string) string { return filepath.Join(out, JournalName) }

// Unused refuses a journal that an earlier run has left: what it holds was paid for, and going on with it, or not, is
// for the user to say.
func Unused(path string) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	j, err := journal.Open(path)
	if err != nil {
		return err
	}
	defer j.Close()
	evidence, err := j.Load()
	if err != nil {
		return err
	}
	trials, calls := len(evidence.Results), len(evidence.Open)+len(evidence.Stray)
	for _, r := range evidence.Results {
		calls += len(r.Calls)
	}
	if trials == 0 && calls == 0 {
		return nil
	}
	return fmt.Errorf("%s has %d trials and %d calls of an earlier run, which were paid for; go on with them by --resume, or name another folder with --out",
		path, trials, calls)
}
