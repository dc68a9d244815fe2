package branch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github/branch"
	"github.com/pertask/pertask/github/wire"
)

var errRefused error = &wire.Error{Status: 422, Message: "no"}

// memory is a repository with one branch at most, as a list of the contents of its file.
type memory struct {
	commits []string // content of the file; the id of the first is "1"
	at      int      // 0: no branch
	// before is called before each move, and its error is the move's; with after, once the move was made.
	before, after func(m *memory) error
	moves         int
}

func (m *memory) Ref(context.Context, string) (string, error) {
	if m.at == 0 {
		return "", nil
	}
	return fmt.Sprint(m.at), nil
}

func (m *memory) Read(_ context.Context, commit, _ string) ([]byte, error) {
	var n int
	if _, err := fmt.Sscan(commit, &n); err != nil {
		return nil, err
	}
	return []byte(m.commits[n-1]), nil
}

func (m *memory) Commit(_ context.Context, _, _ string, data []byte, _ string) (string, error) {
	m.commits = append(m.commits, string(data))
	return fmt.Sprint(len(m.commits)), nil
}

func (m *memory) Move(_ context.Context, _, from, to string) error {
	m.moves++
	if m.before != nil {
		if err := m.before(m); err != nil {
			return err
		}
	}
	if now, _ := m.Ref(context.Background(), ""); now != from {
		return errRefused
	}
	if _, err := fmt.Sscan(to, &m.at); err != nil {
		return err
	}
	if m.after != nil {
		return m.after(m)
	}
	return nil
}

// other is another process's line on the branch.
func (m *memory) other(line string) {
	text := ""
	if m.at > 0 {
		text = m.commits[m.at-1]
	}
	m.commits = append(m.commits, text+line+"\n")
	m.at = len(m.commits)
}

func (m *memory) text() string {
	if m.at == 0 {
		return ""
	}
	return m.commits[m.at-1]
}

func appendLine(m *memory, line string) (waits int, err error) {
	l := branch.Line{Branch: "pertask", Path: "spend/2026-11.jsonl", Text: line, Message: "spend"}
	err = branch.Append(context.Background(), m, l, func(ctx context.Context, _ time.Duration) error { waits++; return ctx.Err() })
	return waits, err
}

func TestAppend(t *testing.T) {
	unclear := &wire.Error{Status: 502}
	once := func(f func(m *memory) error) func(m *memory) error {
		done := false
		return func(m *memory) error {
			if done {
				return nil
			}
			done = true
			return f(m)
		}
	}
	for _, tt := range []struct {
		name  string
		m     memory
		want  string
		moves int
		err   error
	}{
		{"makes the branch", memory{}, "new\n", 1, nil},
		{"adds", memory{commits: []string{"a\n"}, at: 1}, "a\nnew\n", 1, nil},
		{"ends the last line first", memory{commits: []string{"a"}, at: 1}, "a\nnew\n", 1, nil},
		{"is there already", memory{commits: []string{"new\r\na\n"}, at: 1}, "new\r\na\n", 0, nil},
		{"part of a line is another line", memory{commits: []string{"news\n"}, at: 1}, "news\nnew\n", 1, nil},
		{"another process was faster", memory{before: once(func(m *memory) error { m.other("other"); return nil })}, "other\nnew\n", 2, nil},
		{"not answered, not done", memory{before: once(func(*memory) error { return unclear })}, "new\n", 2, nil},
		{"not answered, done", memory{after: func(*memory) error { return unclear }}, "new\n", 1, nil},
		{"not answered, done, and another after it", memory{after: once(func(m *memory) error { m.other("other"); return unclear })}, "new\nother\n", 1, nil},
		{"refused by a rule", memory{commits: []string{"a\n"}, at: 1, before: func(*memory) error { return errRefused }}, "a\n", 1, errRefused},
		{"too large", memory{commits: []string{strings.Repeat("x", branch.MaxFile-4)}, at: 1}, strings.Repeat("x", branch.MaxFile-4), 0, wire.ErrTooLong},
	} {
		t.Run(tt.name, func(t *testing.T) {
			waits, err := appendLine(&tt.m, "new")
			if !errors.Is(err, tt.err) {
				t.Errorf("got %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.m.text(), tt.want); diff != "" {
				t.Errorf("got-want:\n%s", diff)
			}
			if tt.m.moves != tt.moves || waits > tt.moves {
				t.Errorf("%d moves and %d waits, want %d moves", tt.m.moves, waits, tt.moves)
			}
		})
	}
}

func TestAppendGivesUp(t *testing.T) {
	n := 0
	m := &memory{before: func(m *memory) error { n++; m.other(fmt.Sprint("other ", n)); return nil }}
	if _, err := appendLine(m, "new"); err == nil || !strings.Contains(err.Error(), "others keep moving") || m.moves != 10 {
		t.Errorf("got %v after %d moves", err, m.moves)
	}
}

func TestFilesThatAreNoText(t *testing.T) {
	m := &memory{commits: []string{"\xff\n"}, at: 1}
	if _, err := appendLine(m, "new"); err == nil || m.moves != 0 {
		t.Errorf("got %v after %d moves", err, m.moves)
	}
}

func TestBadNames(t *testing.T) {
	for _, name := range []string{"", "a b", "a..b", "-a", "a~", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "refs/heads/a", "a@{b", "a\nb", "a:b", strings.Repeat("a", 201)} {
		if _, _, err := branch.Read(context.Background(), &memory{}, name, "x"); err == nil {
			t.Errorf("%q is taken for a branch", name)
		}
	}
	for _, path := range []string{"", ".", "/a", "../a", "a/../b", "a//b"} {
		if _, _, err := branch.Read(context.Background(), &memory{}, "a", path); err == nil {
			t.Errorf("%q is taken for a path", path)
		}
	}
	for _, line := range []string{"", "a\nb", "a\r", "\xff"} {
		if _, err := appendLine(&memory{}, line); err == nil {
			t.Errorf("%q is taken for a line", line)
		}
	}
}

// FuzzAppend holds that a line lands at the end, once, and that nothing before it changes.
func FuzzAppend(f *testing.F) {
	f.Add("", "x")
	f.Add("a\r\nb", "b")
	f.Add("x\n\n", "\x00")
	f.Fuzz(func(t *testing.T, old, line string) {
		m := &memory{commits: []string{old}, at: 1}
		if _, err := appendLine(m, line); err != nil {
			if m.text() != old {
				t.Fatalf("%v, and yet it has changed", err)
			}
			return
		}
		got := m.text()
		if m.moves > 0 && (!strings.HasPrefix(got, old) || !strings.HasSuffix("\n"+got, "\n"+line+"\n")) {
			t.Fatalf("got %q of %q and %q", got, old, line)
		}
		if _, err := appendLine(m, line); err != nil || m.text() != got {
			t.Fatalf("the second time: got %q and %v", m.text(), err)
		}
	})
}
