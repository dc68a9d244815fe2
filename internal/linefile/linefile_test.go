package linefile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/internal/linefile"
)

// all reads every line: those without an end are marked by a bar.
func all(r *linefile.Reader) ([]string, error) {
	var out []string
	for {
		line, ended, err := r.Next()
		switch {
		case err != nil:
			return out, err
		case ended:
			out = append(out, string(line))
		case len(line) > 0:
			out = append(out, string(line)+"|")
		default:
			return out, nil
		}
	}
}

func TestReader(t *testing.T) {
	const most = 70 << 10 // more than the buffer has
	long, longer := strings.Repeat("x", most), strings.Repeat("x", most+1)
	tests := []struct {
		name, text string
		want       []string
		wantErr    string
	}{
		{"nothing", "", nil, ""},
		{"lines", "a\n\nbc\n", []string{"a", "", "bc"}, ""},
		{"a torn end", "a\nb", []string{"a", "b|"}, ""},
		{"the longest line", long + "\n" + long, []string{long, long + "|"}, ""},
		{"a line too long", "a\n" + longer + "\n", []string{"a"}, "more than 71680 bytes"},
		{"an end too long", "a\n" + longer, []string{"a"}, "more than 71680 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := all(linefile.NewReader(strings.NewReader(tt.text), most))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%.400s", diff)
			}
			if (err == nil) != (tt.wantErr == "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
		})
	}
	t.Run("an endless line is not kept", func(t *testing.T) {
		if _, err := all(linefile.NewReader(endless{}, most)); err == nil || !strings.Contains(err.Error(), "more than") {
			t.Errorf("error %v, want one about the length", err)
		}
	})
	t.Run("an error of the file", func(t *testing.T) {
		broken := errors.New("broken")
		got, err := all(linefile.NewReader(io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken)), most))
		if !errors.Is(err, broken) || len(got) != 1 {
			t.Errorf("%q and error %v, want one line and the file's error", got, err)
		}
	})
}

// endless is a line that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func open(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	root := open(t, dir)
	if _, err := linefile.Open(root, "file", os.O_RDWR); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v for what is not there, want ErrNotExist", err)
	}
	for range 2 { // made, and there
		f, err := linefile.Open(root, "file", os.O_RDWR|os.O_CREATE)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	info, err := os.Stat(filepath.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may use the file: %v", info.Mode())
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := linefile.Open(root, "folder", os.O_RDONLY); !errors.Is(err, linefile.ErrNotAFile) {
		t.Errorf("error %v for a folder", err)
	}
}
