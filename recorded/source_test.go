package recorded_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/excerpt"
	"github.com/pertask/pertask/usage"
)

func source(files fstest.MapFS) recorded.Source {
	return recorded.Source{FS: files, Name: ".", Path: "dir"}
}

func TestFilesAreShallowFirst(t *testing.T) {
	src := source(fstest.MapFS{"b/x.json": {}, "a/y/z.json": {}, "c.json": {}, "a/n.txt": {}, "link.json": {Mode: fs.ModeSymlink}})
	files, err := src.Files(func(name string) bool { return strings.HasSuffix(name, ".json") })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Path)
	}
	if diff := cmp.Diff([]string{"dir/c.json", "dir/b/x.json", "dir/a/y/z.json"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFoldersAreBounded(t *testing.T) {
	deep := source(fstest.MapFS{strings.Repeat("d/", 30) + "x.json": {}})
	if _, err := deep.Files(func(string) bool { return true }); err == nil || !strings.HasPrefix(err.Error(), "dir: the folder is more than 16 folders deep") {
		t.Errorf("a deep folder: %v", err)
	}
	wide := fstest.MapFS{}
	for i := range 200_001 {
		wide[fmt.Sprint(i)] = &fstest.MapFile{}
	}
	if _, err := source(wide).Files(func(string) bool { return false }); err == nil || !strings.HasPrefix(err.Error(), "dir: the folder has more than 200000 entries") {
		t.Errorf("a wide folder: %v", err)
	}
}

func TestHead(t *testing.T) {
	for _, tt := range []struct {
		name, in  string
		zip, json bool
		has       string
	}{
		{"object", `{"a": 1, "b": []}`, false, true, "b"},
		{"cut", `{"a": {"x": 1}, "b": [1, `, false, true, "b"},
		{"larger than what is looked at", `{"a": [` + strings.Repeat(`"`+strings.Repeat("x", 1<<20)+`", `, 70), false, true, "a"},
		{"zip", "PK\x03\x04rest", true, false, ""},
		{"list", `[{"a": 1}]`, false, false, ""},
		{"empty", ``, false, false, ""},
		{"binary", "\x00\x01\x02", false, false, ""},
	} {
		src := source(fstest.MapFS{"f": {Data: []byte(tt.in)}}).Sub("f")
		h, err := src.Head()
		if err != nil {
			t.Fatal(err)
		}
		if h.Zip != tt.zip || h.JSON != tt.json || tt.has != "" && !h.Has(tt.has) {
			t.Errorf("%s: %+v", tt.name, h)
		}
	}
}

func TestOpenRefusesWhatIsNoFile(t *testing.T) {
	src := source(fstest.MapFS{"d/f": {}, "p": {Mode: fs.ModeNamedPipe}})
	for _, name := range []string{"d", "p"} {
		if _, err := src.Sub(name).Open(); err == nil || err.Error() != "dir/"+name+": this is neither a file nor a folder" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFields(t *testing.T) {
	v, err := excerpt.Read(strings.NewReader(`{"n": 5, "zero": 0, "null": null, "s": "x", "neg": -1, "half": 0.5, "inf": Infinity, "b": true, "empty": "",
		"big": 99999999999999999999, "exp": 1.25e-05, "t0": "2026-07-06T02:00:00Z", "t1": "2026-07-06T02:00:01.5+00:00", "plain": "2026-07-06T02:00:03"}`),
		&excerpt.Shape{Any: excerpt.Leaf})
	if err != nil {
		t.Fatal(err)
	}
	f := recorded.Fields{Path: "f"}
	if f.Count(v.Get("n")) != usage.Known(5) || f.Count(v.Get("zero")) != usage.Known(0) || f.Positive(v.Get("zero")).IsKnown() ||
		f.Count(v.Get("null")).IsKnown() || f.Count(v.Get("gone")).IsKnown() {
		t.Error("counts")
	}
	if m, ok := f.Dollars(v.Get("exp")).Value(); !ok || m.String() != "0.0000125" {
		t.Errorf("dollars %v", m)
	}
	if f.PositiveDollars(v.Get("zero")).IsKnown() || f.Name(v.Get("n")) != "5" || f.Text(v.Get("null")) != "" || *f.Flag(v.Get("b")) != true || f.Flag(v.Get("null")) != nil {
		t.Error("a field that is not told is known, or one that is told is not")
	}
	if s := f.Between(v.Get("t0"), v.Get("t1")); s == nil || *s != 1.5 {
		t.Errorf("seconds %v", s)
	}
	if f.Between(v.Get("t1"), v.Get("t0")) != nil || f.Between(v.Get("t0"), v.Get("null")) != nil || f.Between(v.Get("t0"), v.Get("plain")) != nil ||
		*f.Between(v.Get("plain"), v.Get("plain")) != 0 {
		t.Error("durations")
	}
	if err := f.Err(); err != nil {
		t.Fatalf("mistakes where there are none: %v", err)
	}
	f.Count(v.Get("neg"))
	f.Count(v.Get("half"))
	f.Count(v.Get("big"))
	f.Count(v.Get("inf"))
	f.Dollars(v.Get("neg"))
	f.Flag(v.Get("s"))
	f.Seconds(v.Get("neg"))
	f.Name(v.Get("empty"))
	f.Name(v.Get("gone"))
	f.Between(v.Get("s"), v.Get("s"))
	want := `f: $.neg: this is -1; a whole number of 0 or more, or null when unknown
f: $.half: this is 0.5; a whole number of 0 or more, or null when unknown
f: $.big: this is 99999999999999999999; a whole number of 0 or more, or null when unknown
f: $.inf: this is "Infinity"; a whole number of 0 or more, or null when unknown
f: $.neg: this is -1; dollars of 0 or more, or null when unknown
f: $.s: this is "x"; true, false, or null when unknown
f: $.neg: this is -1; seconds of 0 or more
f: $.empty: this is empty; every trial has a name here
f: $.gone: this is missing; every trial has a name here
f: $.s: "x" is not an instant; such as 2026-07-06T02:00:00Z
f: $.s: "x" is not an instant; such as 2026-07-06T02:00:00Z`
	if diff := cmp.Diff(want, f.Err().Error()); diff != "" {
		t.Error(diff)
	}
}

func TestSourcesNameWhatIsBelowAndAbove(t *testing.T) {
	src := source(fstest.MapFS{"a/b/c.json": {Data: []byte(`{"n": 5}`)}})
	file := src.Sub("a").Sub("b/c.json")
	if file.Name != "a/b/c.json" || file.Path != "dir/a/b/c.json" || file.Dir().Path != "dir/a/b" || file.Dir().Dir().Dir().Name != "." {
		t.Errorf("%+v in %+v", file, file.Dir())
	}
	if v, err := file.JSON(excerpt.Keys("n")); err != nil || v.Get("n").Text != "5" {
		t.Errorf("got %+v, %v", v, err)
	}
	for _, tt := range []struct {
		name   string
		folder bool
	}{{"a", true}, {"a/b/c.json", false}} {
		if got, err := src.Sub(tt.name).IsFolder(); got != tt.folder || err != nil {
			t.Errorf("%s is a folder: %v (%v)", tt.name, got, err)
		}
	}
	if files, err := file.Files(nil); err != nil || len(files) != 1 || files[0].Name != file.Name || files[0].Path != file.Path {
		t.Errorf("a file lists %v (%v)", files, err)
	}
}

// sized is a file that says that it is large.
type sized struct{ fs.File }

type sizedInfo struct{ fs.FileInfo }

func (s sized) Stat() (fs.FileInfo, error) {
	info, err := s.File.Stat()
	return sizedInfo{info}, err
}

func (sizedInfo) Size() int64 { return 4<<30 + 1 }

type sizedFS struct{ fstest.MapFS }

func (s sizedFS) Open(name string) (fs.File, error) {
	f, err := s.MapFS.Open(name)
	return sized{f}, err
}

func TestSourcesThatCannotBeRead(t *testing.T) {
	missing := source(nil).Sub("none")
	for name, read := range map[string]func() error{
		"Open":     func() error { _, err := missing.Open(); return err },
		"JSON":     func() error { _, err := missing.JSON(nil); return err },
		"Head":     func() error { _, err := missing.Head(); return err },
		"IsFolder": func() error { _, err := missing.IsFolder(); return err },
		"Files":    func() error { _, err := missing.Files(nil); return err },
	} {
		if err := read(); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "reading dir/none: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	large := recorded.Source{FS: sizedFS{fstest.MapFS{"f": {}}}, Name: "f", Path: "f.json"}
	if _, err := large.Open(); err == nil || err.Error() != "f.json: the file has 4294967297 bytes; at most 4294967296" {
		t.Errorf("a large file: %v", err)
	}
	if _, err := source(fstest.MapFS{"f": {Data: []byte("{} {}")}}).Sub("f").JSON(nil); err == nil || !strings.HasPrefix(err.Error(), "dir/f:1:4: there is more text") {
		t.Errorf("two values: %v", err)
	}
}
