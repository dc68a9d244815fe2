package github_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github"
)

// storedMarker is a comment's first line as version 1 wrote it. It stands on pull requests: it must be read for ever.
const storedMarker = "<!-- pertask:comment eyJ2IjoxLCJzdWl0ZSI6IndvcnN0LXRocmVlIiwiaGVhZCI6ImFiYyIsInRpbWUiOiIyMDI2LTExLTIyVDEyOjAwOjAwWiJ9 -->"

func TestStoredMarker(t *testing.T) {
	want := github.Marker{Version: 1, Suite: "worst-three", Head: "abc", Time: noon}
	got, ok := github.ParseMarker(storedMarker + "\r\ntext")
	if diff := cmp.Diff(got, want); !ok || diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
	if line, err := want.Line(); err != nil || line != storedMarker {
		t.Errorf("got %s, %v, want the stored form", line, err)
	}
}

func TestMarkerCannotBreakOut(t *testing.T) {
	evil := "--> <script> --!> \n\r -- > ]]> \x00 é"
	m := github.Marker{Version: 1, Key: evil, Suite: evil, Head: evil, Time: noon, Data: []byte(evil)}
	line, err := m.Line()
	if err != nil {
		t.Fatal(err)
	}
	inner := strings.TrimSuffix(strings.TrimPrefix(line, "<!--"), "-->")
	if strings.ContainsAny(inner, "<>\r\n") || strings.Contains(inner, "--") {
		t.Errorf("the marker ends the comment: %s", line)
	}
	got, ok := github.ParseMarker(line)
	if diff := cmp.Diff(got, m); !ok || diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}

func TestParseMarkerIsStrict(t *testing.T) {
	line := func(json string) string {
		return "<!-- pertask:comment " + base64.StdEncoding.EncodeToString([]byte(json)) + " -->"
	}
	later, ok := github.ParseMarker(line(`{"v":7,"suite":"s","time":"2026-11-22T12:00:00Z","new":[1]}`))
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
		if m, ok := github.ParseMarker(body); ok {
			t.Errorf("%.60q: got %+v, want none", body, m)
		}
	}
}

func TestMarkerLimits(t *testing.T) {
	for _, m := range []github.Marker{
		{Data: make([]byte, 16<<10+1)}, {Suite: strings.Repeat("x", 64<<10)}, {Time: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		if _, err := m.Line(); !errors.Is(err, github.ErrMarker) {
			t.Errorf("got %v, want ErrMarker", err)
		}
	}
	m := github.Marker{Data: make([]byte, 16<<10)}
	line, err := m.Line()
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := github.ParseMarker(line); !ok || len(got.Data) != 16<<10 {
		t.Errorf("the largest data: got %d bytes, %v", len(got.Data), ok)
	}
}

func FuzzParseMarker(f *testing.F) {
	f.Add(storedMarker + "\ntext")
	f.Add("<!-- pertask:comment eyJ2IjoxfQ== -->")
	f.Add("<!-- pertask:comment  -->\r\n")
	f.Fuzz(func(t *testing.T, body string) {
		m, ok := github.ParseMarker(body)
		if !ok {
			return
		}
		line, err := m.Line()
		if err != nil {
			t.Fatalf("%+v was read and cannot be written: %v", m, err)
		}
		again, ok := github.ParseMarker(line)
		m.Version = github.MarkerVersion
		if diff := cmp.Diff(again, m, cmp.Comparer(func(a, b []byte) bool { return string(a) == string(b) })); !ok || diff != "" {
			t.Errorf("got-want:\n%s", diff)
		}
	})
}
