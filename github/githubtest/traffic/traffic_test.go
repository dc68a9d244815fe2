package traffic_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github/githubtest/traffic"
)

func TestLog(t *testing.T) {
	var tr traffic.Traffic
	var hooked []string
	tr.OnRequest(func(r traffic.Request) {
		hooked = append(hooked, r.Path)
		tr.Count("", "") // without a lock
	})
	first := tr.Record(traffic.Request{Method: "GET", Path: "/a"})
	tr.Record(traffic.Request{Method: "POST", Path: "/a/b"})
	tr.Record(traffic.Request{Method: "GET", Path: "/c", Archive: true})
	tr.Settle(first, 200)
	want := []traffic.Request{{Method: "GET", Path: "/a", Status: 200, Done: true}, {Method: "POST", Path: "/a/b"}, {Method: "GET", Path: "/c", Archive: true}}
	if diff := cmp.Diff(tr.Requests(), want); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
	if diff := cmp.Diff(hooked, []string{"/a", "/a/b"}); diff != "" {
		t.Errorf("hook: got-want:\n%s", diff)
	}
	for _, tt := range []struct {
		method, path string
		want         int
	}{{"", "", 3}, {"GET", "", 2}, {"", "^/a", 2}, {"GET", "^/a", 1}, {"PUT", "", 0}} {
		if got := tr.Count(tt.method, tt.path); got != tt.want {
			t.Errorf("%s %s: got %d, want %d", tt.method, tt.path, got, tt.want)
		}
	}
	tr.ResetRequests()
	tr.Settle(2, 200) // of a request that was forgotten
	if got := tr.Requests(); len(got) != 0 {
		t.Errorf("got %v after a reset", got)
	}
}

func TestFaults(t *testing.T) {
	var tr traffic.Traffic
	get := traffic.Match("GET", "^/a")
	tr.Fail(get, 500, 2, false)
	tr.Delay(get, time.Second, 1)
	tr.Inject(traffic.Fault{Match: traffic.Match("", "."), Status: 403, After: true}) // once
	tr.Inject(traffic.Fault{Match: traffic.Match("PUT", "."), Times: -1})
	type met struct {
		Status            int
		Answers, Prevents bool
	}
	meet := func(method, path string) met {
		f := tr.Meet(traffic.Request{Method: method, Path: path})
		if f == nil {
			return met{-1, f.Answers(), f.Prevents()}
		}
		return met{f.Status, f.Answers(), f.Prevents()}
	}
	for i, tt := range []struct {
		method, path string
		want         met
	}{
		{"GET", "/a", met{500, true, true}},
		{"GET", "/b", met{403, true, false}},
		{"GET", "/b", met{-1, false, false}},
		{"GET", "/a", met{500, true, true}},
		{"GET", "/a", met{0, false, false}}, // late, and right
		{"GET", "/a", met{-1, false, false}},
		{"PUT", "/a", met{0, true, true}}, // cut, for ever
		{"PUT", "/a", met{0, true, true}},
	} {
		if diff := cmp.Diff(meet(tt.method, tt.path), tt.want); diff != "" {
			t.Errorf("request %d: got-want:\n%s", i, diff)
		}
	}
}
