package journals_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pertask/pertask/review/journals"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
)

// closing is a journal that has to be closed.
type closing struct {
	trial.Journal
	closed *int
	err    error
}

func (c closing) Close() error { *c.closed++; return c.err }

func TestEachIsOpenedOnce(t *testing.T) {
	opened, closed := 0, 0
	s := journals.Set{Opener: func(key string) (trial.Journal, string, error) {
		opened++
		return closing{journal.NewMemory(), &closed, errors.New("closing " + key)}, key + ".jsonl", nil
	}}
	a, name, err := s.Of("a")
	if err != nil || name != "a.jsonl" {
		t.Fatalf("journal %q, %v", name, err)
	}
	if again, _, _ := s.Of("a"); again != a || opened != 1 {
		t.Errorf("asked for again it is another one; %d were opened", opened)
	}
	if _, _, err := s.Of("b"); err != nil {
		t.Fatal(err)
	}
	err = s.Close()
	if closed != 2 || err == nil || !strings.Contains(err.Error(), "closing a") || !strings.Contains(err.Error(), "closing b") {
		t.Errorf("%d were closed: %v; want 2 and both errors", closed, err)
	}
	if err := s.Close(); closed != 2 || err != nil {
		t.Errorf("closed again: %d, %v", closed, err)
	}
	if _, _, err := s.Of("a"); err != nil || opened != 3 {
		t.Errorf("after that %d were opened, %v; want 3", opened, err)
	}
}

// One that is not to be closed stays as it is, and one that could not be opened is tried again.
func TestOthers(t *testing.T) {
	fail := errors.New("no room")
	s := journals.Set{Opener: func(string) (trial.Journal, string, error) { return journal.NewMemory(), "x", fail }}
	if j, _, err := s.Of("a"); !errors.Is(err, fail) || j != nil {
		t.Errorf("%v, %v; want the error", j, err)
	}
	if fail = nil; s.Close() != nil {
		t.Error("nothing was open")
	}
	if _, _, err := s.Of("a"); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
