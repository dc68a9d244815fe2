package github

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		limit    int
		want     string
	}{
		{"fits", "short", 5, "short"},
		{"on a line", "line one\nline two\n" + strings.Repeat("x", 100), 60, "line one\nline two\n\n" + cutNote},
		{"one long line", strings.Repeat("é", 100), 60, strings.Repeat("é", 9) + "\n\n" + cutNote},
		{"closes a fence", "a\n```go\nx := 1\n" + strings.Repeat("y\n", 100), 65, "a\n```go\nx := 1\ny\n```\n\n" + cutNote},
		{"closes a long fence of tildes", "~~~~ text\n~~~\n" + strings.Repeat("y\n", 100), 65, "~~~~ text\n~~~\n~~~~\n\n" + cutNote},
		{"leaves a closed fence", "```\nx\n```\nzz\n" + strings.Repeat("y", 100), 60, "```\nx\n```\nzz\n\n" + cutNote},
		{"not a fence", "``` a`b\n" + strings.Repeat("y\n", 100), 55, "``` a`b\ny\n\n" + cutNote},
		{"bad UTF-8", "a\xffb", 100, "a\uFFFDb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := cut(tt.in, tt.limit)
			if tt.name == "fits" || tt.name == "bad UTF-8" {
				if got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				return
			}
			head, _, _ := strings.Cut(tt.want, "\n\n"+cutNote)
			if len(got) > tt.limit || !strings.HasPrefix(got, firstLines(head)) || !strings.HasSuffix(got, "\n\n"+cutNote) || openFence(got) != "" {
				t.Errorf("got %q (%d bytes), want something like %q", got, len(got), tt.want)
			}
		})
	}
}

// firstLines is what must be kept whatever the length of the note is.
func firstLines(s string) string { return cutRune(s, 8) }

func TestOneLine(t *testing.T) {
	if got, want := oneLine(" a\nb\tc  d ", 100), "a b c d"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := oneLine(strings.Repeat("é", 100), 20); len(got) > 20 || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
		t.Errorf("got %q", got)
	}
}

func FuzzCut(f *testing.F) {
	f.Add("a\n```\nb\n", 10)
	f.Add(strings.Repeat("~", 90), 70)
	f.Add("é\xff```", 3)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 60 + max(limit, -limit)%1000
		got := cut(s, limit)
		if len(got) > limit || !utf8.ValidString(got) {
			t.Errorf("cut(%q, %d) = %q, %d bytes", s, limit, got, len(got))
		}
		if len(s) <= limit && utf8.ValidString(s) && got != s {
			t.Errorf("cut(%q, %d) = %q, want it whole", s, limit, got)
		}
	})
}
