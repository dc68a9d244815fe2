package marker_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github/marker"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// storedMarker is a comment's first line as version 1 wrote it. It stands on pull requests: it must be read for ever.
const storedMarker = "<!-- pertask:comment eyJ2IjoxLCJzdWl0ZSI6IndvcnN0LXRocmVlIiwiaGVhZCI6ImFiYyIsInRpbWUiOiIyMDI2LTExLTIyVDEyOjAwOjAwWiJ9 -->"

func TestStoredMarker(t *testing.T) {
	want := marker.Marker{Version: 1, Suite: "worst-three", Head: "abc", Time: noon}
	got, ok := marker.Parse(storedMarker + "\r\ntext")
	if diff := cmp.Diff(got, want); !ok || diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
	if line, err := want.Line(); err != nil || line != storedMarker {
		t.Errorf("got %s, %v, want the stored form", line, err)
	}
}

func TestMarkerCannotBreakOut(t *testing.T) {
	evil := "--> <script> --!> \n\r -- > ]]> \x00 é"
	m := marker.Marker{Version: 1, Key: evil, Suite: evil, Head: evil, Time: noon, Data: []byte(evil)}
	line, err := m.Line()
	if err != nil {
		t.Fatal(err)
	}
	inner := strings.TrimSuffix(strings.TrimPrefix(line, "<!--"), "-->")
	if strings.ContainsAny(inner, "<>\r\n") || strings.Contains(inner, "--") {
		t.Errorf("the marker ends the comment: %s", line)
	}
	got, ok := marker.Parse(line)
	if diff := cmp.Diff(got, m); !ok || diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}

func TestParseMarkerIsStrict(t *testing.T) {
	line := func(json string) string {
		return "<!-- pertask:comment " + base64.StdEncoding.EncodeToString([]byte(json)) + " -->"
	}
	later, ok := marker.Parse(line(`{"v":7,"suite":"s","time":"2026-11-22T12:00:00Z","new":[1]}`))
	if !ok || later.Version != 7 || later.Suite != "s" {
		t.Errorf("a later version: got %+v, %v", later, ok)
	}
	for _, body := range []string{
		"", "text", " " + storedMarker, "\n" + storedMarker, storedMarker + " ", "x" + storedMarker,
		strings.TrimSuffix(storedMarker, " -->"), strings.Replace(storedMarker, "comment ", "comment  ", 1),
		strings.Replace(storedMarker, "eyJ2", "eyJ!", 1), "<!-- pertask:comment  -->", "<!-- pertask:comment -->",
		line(`{}`), line(`{"v":0}`), line(`{"v":-1}`), line(`null`), line(`{"v":1} {"v":1}`), line(`{"v":1,"time":"yesterday"}`),
		line(`{"v":1,"time":"0000-01-01T00:00:00+23:00"}`), line(`{"v":"1"}`),
		line(`{"v":1,"time":"2026-11-22T12:00:00Z","suite":"` + strings.Repeat("x", 100_000) + `"}`),
		"<!-- pertask:comment eyJ2\rIjox\rfQ== -->",
	} {
		if m, ok := marker.Parse(body); ok {
			t.Errorf("%.60q: got %+v, want none", body, m)
		}
	}
}

func TestMarkerLimits(t *testing.T) {
	for _, m := range []marker.Marker{
		{Data: make([]byte, 16<<10+1)}, {Suite: strings.Repeat("x", 64<<10)}, {Time: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		if _, err := m.Line(); !errors.Is(err, marker.ErrMarker) {
			t.Errorf("got %v, want ErrMarker", err)
		}
	}
	m := marker.Marker{Data: make([]byte, 16<<10)}
	line, err := m.Line()
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := marker.Parse(line); !ok || len(got.Data) != 16<<10 {
		t.Errorf("the largest data: got %d bytes, %v", len(got.Data), ok)
	}
}

func TestAlike(t *testing.T) {
	m := marker.Marker{Version: 1, Key: "k", Suite: "s", Head: "h", Time: noon, Data: []byte("d")}
	later := m
	later.Version, later.Time = 2, noon.Add(time.Hour)
	if !m.Alike(later) {
		t.Error("markers that differ in time and version are not alike")
	}
	for name, change := range map[string]func(*marker.Marker){
		"key": func(m *marker.Marker) { m.Key = "x" }, "suite": func(m *marker.Marker) { m.Suite = "x" },
		"head": func(m *marker.Marker) { m.Head = "x" }, "data": func(m *marker.Marker) { m.Data = nil },
	} {
		other := m
		change(&other)
		if m.Alike(other) {
			t.Errorf("markers of another %s are alike", name)
		}
	}
}

func TestText(t *testing.T) {
	for body, want := range map[string]string{
		"": "", "marker": "", "marker\ntext": "text", "marker\r\na\r\nb \r\n\r\n": "a\nb", "marker\n\n  text\t\n": "\n  text",
	} {
		if got := marker.Text(body); got != want {
			t.Errorf("%q: got %q, want %q", body, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(storedMarker + "\ntext")
	f.Add("<!-- pertask:comment eyJ2IjoxfQ== -->")
	f.Add("<!-- pertask:comment  -->\r\n")
	f.Fuzz(func(t *testing.T, body string) {
		m, ok := marker.Parse(body)
		if !ok {
			return
		}
		line, err := m.Line()
		if err != nil {
			t.Fatalf("%+v was read and cannot be written: %v", m, err)
		}
		again, ok := marker.Parse(line)
		m.Version = marker.Version
		if diff := cmp.Diff(again, m, cmp.Comparer(func(a, b []byte) bool { return string(a) == string(b) })); !ok || diff != "" {
			t.Errorf("got-want:\n%s", diff)
		}
	})
}
