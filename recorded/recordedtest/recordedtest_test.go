package recordedtest_test

import (
	"testing"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/harbor"
	"github.com/pertask/pertask/recorded/recordedtest"
)

func TestWord(t *testing.T) {
	yes, no := true, false
	for want, passed := range map[string]*bool{"unknown": nil, "completed": &yes, "failed": &no} {
		if got := recordedtest.Word(passed); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// failing is a test that keeps whether it has failed.
type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Helper() {}

func (f *failing) Fatalf(string, ...any) { f.failed = true }

// TestOneIsOne holds that One tells one trial from two.
func TestOneIsOne(t *testing.T) {
	files := recordedtest.Files{"a/result.json": `{"task_name": "t", "trial_name": "a"}`}
	row, _ := recordedtest.One(t, harbor.Format(), files, recorded.Options{})
	if row.Task != "t" {
		t.Errorf("got the task %q", row.Task)
	}
	files["b/result.json"] = `{"task_name": "t", "trial_name": "b"}`
	f := &failing{}
	if recordedtest.One(f, harbor.Format(), files, recorded.Options{}); !f.failed {
		t.Error("two trials were taken for one")
	}
}
