package body_test

import (
	"net/url"
	"testing"

	"github.com/pertask/pertask/github/githubtest/body"
)

func TestPage(t *testing.T) {
	for _, test := range []struct {
		query    string
		total    int
		from, to int
		link     string
	}{
		{"", 0, 0, 0, ""},
		{"", 30, 0, 30, ""},
		{"", 31, 0, 30, `<u?page=2>; rel="next", <u?page=2>; rel="last"`},
		{"per_page=2&page=2", 5, 2, 4, `<u?page=1&per_page=2>; rel="prev", <u?page=3&per_page=2>; rel="next", <u?page=3&per_page=2>; rel="last", <u?page=1&per_page=2>; rel="first"`},
		{"per_page=1000", 150, 0, 100, `<u?page=2&per_page=1000>; rel="next", <u?page=2&per_page=1000>; rel="last"`},
		{"page=9", 5, 5, 5, `<u?page=8>; rel="prev", <u?page=1>; rel="first"`},
		{"page=-1&per_page=x", 5, 0, 5, ""},
	} {
		q, err := url.ParseQuery(test.query)
		if err != nil {
			t.Fatal(err)
		}
		from, to, link := body.Page(q, test.total, "u")
		if from != test.from || to != test.to || link != test.link {
			t.Errorf("%q of %d: %d to %d, %s; want %d to %d, %s", test.query, test.total, from, to, link, test.from, test.to, test.link)
		}
	}
}

func TestETag(t *testing.T) {
	a, b := body.ETag("", []byte("x")), body.ETag("l", []byte("x"))
	if a == b || a == body.ETag("", []byte("y")) || a != body.ETag("", []byte("x")) {
		t.Error("an ETag is not of its answer")
	}
	for header, want := range map[string]bool{a: true, b + ", " + a: true, a[2:]: true, "": false, b: false, "*": false} {
		if body.Has(header, a) != want {
			t.Errorf("%s has %s: %t", header, a, !want)
		}
	}
}
