package ollama_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/ollama"
)

// split returns the lines of a text that comes in pieces of a size.
func split(text string, size, most int) (got []string, dropped bool) {
	l := ollama.Lines{Max: most, Handle: func(name string, data []byte) {
		if name != "" {
			data = append([]byte(name+": "), data...)
		}
		got = append(got, string(data))
	}}
	for len(text) > 0 {
		n := min(size, len(text))
		_, _ = l.Write([]byte(text[:n]))
		text = text[n:]
	}
	l.End()
	return got, l.Dropped()
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 100)
	cases := []struct {
		name, text string
		max        int
		want       []string
		dropped    bool
	}{
		{"nothing", "", 0, nil, false},
		{"two", "a\nb\n", 0, []string{"a", "b"}, false},
		{"no newline at the end", "a\nb", 0, []string{"a", "b"}, false},
		{"carriage returns and blanks", "a\r\n\r\n  \n b\r\n", 0, []string{"a", "b"}, false},
		{"as long as allowed", "ab\ncd\n", 2, []string{"ab", "cd"}, false},
		{"too long in the middle", "a\n" + long + "\nb\n", 99, []string{"a", "b"}, true},
		{"too long at the end", "a\n" + long, 99, []string{"a"}, true},
		{"long", long + "\n" + long + "\n", 0, []string{long, long}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for size := 1; size <= len(c.text)+1; size++ {
				got, dropped := split(c.text, size, c.max)
				if diff := cmp.Diff(c.want, got); diff != "" || dropped != c.dropped {
					t.Fatalf("in pieces of %d: dropped %t, lines differ (-want +got):\n%s", size, dropped, diff)
				}
			}
		})
	}
}

// TestLongLinesAreRead has a line that many line readers give up on.
func TestLongLinesAreRead(t *testing.T) {
	long := strings.Repeat("x", 5<<20)
	got, dropped := split(long+"\nb\n", 4096, 0)
	if len(got) != 2 || got[0] != long || dropped {
		t.Errorf("%d lines, dropped %t", len(got), dropped)
	}
}

func TestLinesWithoutAHandler(t *testing.T) {
	var l ollama.Lines
	if n, err := l.Write([]byte("a\nb")); n != 3 || err != nil {
		t.Errorf("wrote %d bytes, error %v", n, err)
	}
	l.End()
}

func FuzzLines(f *testing.F) {
	f.Add("a\nb\r\n\nc", uint8(2), uint8(0))
	f.Fuzz(func(t *testing.T, text string, size, most uint8) {
		want, dropped := split(text, len(text)+1, int(most))
		got, also := split(text, int(size)+1, int(most))
		if diff := cmp.Diff(want, got); diff != "" || dropped != also {
			t.Errorf("in pieces of %d: dropped %t, not %t; lines differ (-whole +pieces):\n%s", size+1, also, dropped, diff)
		}
		for _, line := range got {
			if line == "" || strings.Contains(line, "\n") {
				t.Errorf("%q is no line", line)
			}
		}
	})
}
