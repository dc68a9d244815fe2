// Package recordedtest holds what the tests of the formats below recorded share.
//
// It knows how a test writes the files of a runner down and reads the one trial in them. It refuses to know any format.
package recordedtest

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/recorded"
)

// Root is how messages name the folder of Folder.
const Root = "run"

// Files are the files of a folder by their slash-separated names.
type Files map[string]string

// Folder is a folder with the files, which messages name Root.
func Folder(files Files) recorded.Source {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return recorded.Source{FS: fsys, Name: ".", Path: Root}
}

// One reads the one trial that the files hold. The test ends if there is another number of them.
func One(t testing.TB, f recorded.Format, files Files, o recorded.Options) (recorded.Row, recorded.Records) {
	t.Helper()
	got, err := f.Read(Folder(files), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != 1 {
		t.Fatalf("%d rows, want 1", len(got.Rows))
	}
	return got.Rows[0], got
}

// Word says what became of a trial: "completed", "failed" or "unknown".
func Word(passed *bool) string {
	switch {
	case passed == nil:
		return "unknown"
	case *passed:
		return "completed"
	}
	return "failed"
}

// Refusal is what a format says of files that it refuses: the error begins with Want.
type Refusal struct {
	Name  string
	Files Files
	Opts  recorded.Options
	Want  string
}

// Refuses holds that a format refuses files with the right words, returns no records along with the error, and says so
// of the place in every mistake.
func Refuses(t *testing.T, f recorded.Format, refusals ...Refusal) {
	t.Helper()
	for _, r := range refusals {
		t.Run(r.Name, func(t *testing.T) {
			got, err := f.Read(Folder(r.Files), r.Opts)
			if err == nil || !strings.HasPrefix(err.Error(), r.Want) {
				t.Errorf("error %.300v, want it to begin with %q", err, r.Want)
			}
			if len(got.Rows) > 0 || len(got.Notes) > 0 {
				t.Errorf("%d rows and notes %q came with the error", len(got.Rows), got.Notes)
			}
			if err != nil && !placed(err) {
				t.Errorf("a mistake without its place: %.300v", err)
			}
		})
	}
}

// placed reports whether every line of an error begins with the path of a file, or says that a file is not there.
func placed(err error) bool {
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	for line := range strings.Lines(err.Error()) {
		if !strings.HasPrefix(line, Root) {
			return false
		}
	}
	return true
}

// Truncated holds that a format refuses its own files at every length but the whole, or reads what no cut can show:
// never a trial that the whole file does not have. The file is cut step bytes at a time.
func Truncated(t *testing.T, f recorded.Format, name, text string, step int) {
	t.Helper()
	whole, err := f.Read(Folder(Files{name: text}), recorded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, r := range whole.Rows {
		have[fmt.Sprintf("%+v", plain(r))] = true
	}
	for n := 0; n < len(text); n += step {
		got, err := f.Read(Folder(Files{name: text[:n]}), recorded.Options{})
		if err != nil {
			if len(got.Rows) > 0 || !placed(err) {
				t.Errorf("cut at %d: %d rows and the error %.200v", n, len(got.Rows), err)
			}
			continue
		}
		for _, r := range got.Rows {
			if !have[fmt.Sprintf("%+v", plain(r))] {
				t.Errorf("cut at %d: the trial %+v is not in the whole file", n, plain(r))
			}
		}
	}
}

// plain is a row without pointers.
func plain(r recorded.Row) any {
	seconds := "unknown"
	if r.Seconds != nil {
		seconds = fmt.Sprint(*r.Seconds)
	}
	return []any{r.Dataset, r.Model, r.Task, Word(r.Passed), r.Tokens, r.Cost.String(), seconds, r.Label, r.Provider, r.Prompt, r.Others}
}
