package branch_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/branch"
	"github.com/pertask/pertask/github/wire"
)

// changed is a memory of which a commit is one file "f", whatever it is called.
type changed struct {
	*memory
	commitErr error
}

func (c changed) Commit(ctx context.Context, parent string, files map[string][]byte, message string) (string, error) {
	if c.commitErr != nil {
		return "", c.commitErr
	}
	if parent != "" && c.commits[c.memory.at-1] == string(files["f"]) {
		return parent, nil
	}
	return c.memory.Commit(ctx, parent, "f", files["f"], message)
}

func TestChange(t *testing.T) {
	unclear, broken := &wire.Error{Status: 502}, errors.New("broken")
	times := func(n int, f func(m *memory) error) func(m *memory) error {
		return func(m *memory) error {
			if n--; n < 0 {
				return nil
			}
			return f(m)
		}
	}
	for _, tt := range []struct {
		name   string
		m      memory
		commit error
		next   error
		want   string
		moves  int
		err    error
	}{
		{name: "makes the branch", want: "new\n", moves: 1},
		{name: "adds", m: memory{commits: []string{"a\n"}, at: 1}, want: "a\nnew\n", moves: 1},
		{name: "forty others were faster", m: memory{before: times(40, func(m *memory) error { m.other("x"); return nil })}, moves: 41,
			want: "x\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nnew\n"},
		{name: "not answered, not done", m: memory{before: times(1, func(*memory) error { return unclear })}, want: "new\n", moves: 2},
		{name: "not answered, done", m: memory{after: times(1, func(*memory) error { return unclear })}, want: "new\n", moves: 1},
		{name: "refused by a rule", m: memory{commits: []string{"a\n"}, at: 1, before: func(*memory) error { return errRefused }}, want: "a\n", moves: 1, err: errRefused},
		{name: "no commit", commit: broken, err: broken},
		{name: "nothing to add to", next: broken, err: broken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := tt.m
			err := branch.Change(t.Context(), changed{&m, tt.commit}, "data", "m", func(_ context.Context, at string) (map[string][]byte, error) {
				text := ""
				if at != "" {
					data, err := m.Read(t.Context(), at, "f")
					if text = string(data); err != nil {
						return nil, err
					}
				}
				if len(text) >= 4 && (text[:4] == "new\n" || text[len(text)-4:] == "new\n") {
					return nil, tt.next // it is there
				}
				return map[string][]byte{"f": []byte(text + "new\n")}, tt.next
			}, func(ctx context.Context, _ time.Duration) error { return ctx.Err() })
			if !errors.Is(err, tt.err) || m.text() != tt.want || m.moves != tt.moves {
				t.Errorf("error %v, text %q after %d moves; want %v, %q after %d", err, m.text(), m.moves, tt.err, tt.want, tt.moves)
			}
		})
	}
}

// A change that others always overtake ends, and so does one whose context is over.
func TestChangeEnds(t *testing.T) {
	files := map[string][]byte{"f": []byte("new\n")}
	m := &memory{before: func(m *memory) error { m.other("x"); return nil }}
	waits := 0
	next := func(context.Context, string) (map[string][]byte, error) { return maps.Clone(files), nil }
	err := branch.Change(t.Context(), changed{m, nil}, "data", "m", next, func(context.Context, time.Duration) error { waits++; return nil })
	if diff := cmp.Diff(99, waits); err == nil || diff != "" {
		t.Errorf("error %v, waits -want +got:\n%s", err, diff)
	}
	over := errors.New("over")
	m = &memory{before: func(m *memory) error { m.other("x"); return nil }}
	if err := branch.Change(t.Context(), changed{m, nil}, "data", "m", next, func(context.Context, time.Duration) error { return over }); !errors.Is(err, over) || !errors.Is(err, errRefused) {
		t.Errorf("error %v, want both why it was tried again and why not any more", err)
	}
}
