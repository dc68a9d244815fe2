package cut

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCut(t *testing.T) {
	y := strings.Repeat("y\n", 100)
	for _, tt := range []struct {
		name, in, want string
		spare          int // bytes that the limit leaves beyond want
	}{
		{"on a line", "line one\nline two\n" + strings.Repeat("x", 100), "line one\nline two", 5},
		{"on a line that ends in CR LF", "line one\r\nline two\r\n" + strings.Repeat("x", 100), "line one\r\nline two", 5},
		{"one long line, on a rune", strings.Repeat("é", 100), strings.Repeat("é", 9), 2},
		{"closes a fence", "a\n```go\nx := 1\n" + y, "a\n```go\nx := 1\n```", 2},
		{"closes a long fence of tildes", "~~~~ text\n~~~\n" + y, "~~~~ text\n~~~\n~~~~", 2},
		{"closes a fence in a list", "- a\n\n  ```\n  x\n" + y, "- a\n\n  ```\n  x\n```", 2},
		{"leaves a closed fence", "```\nx\n```\nzz\n" + strings.Repeat("x", 100), "```\nx\n```\nzz", 5},
		{"not a fence", "``` a`b\nzz\n" + strings.Repeat("x", 100), "``` a`b\nzz", 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.want + "\n\n" + cutNote
			if got := Text(tt.in, len(want)+tt.spare); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	for in, want := range map[string]string{"": "", "fits": "fits", "a\xffb": "a\uFFFDb"} {
		if got := Text(in, 100); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	if got, want := Line(" a\nb\tc  d ", 100), "a b c d"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Line(strings.Repeat("é", 100), 20); len(got) > 20 || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
		t.Errorf("got %q", got)
	}
}

func FuzzCut(f *testing.F) {
	f.Add("a\n```\nb\n", 10)
	f.Add(strings.Repeat("~", 90), 70)
	f.Add("é\xff```", 3)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 60 + max(limit, -limit)%1000
		got := Text(s, limit)
		if len(got) > limit || !utf8.ValidString(got) {
			t.Errorf("Text(%q, %d) = %q, %d bytes", s, limit, got, len(got))
		}
		if len(s) <= limit && utf8.ValidString(s) && got != s {
			t.Errorf("Text(%q, %d) = %q, want it whole", s, limit, got)
		}
	})
}
