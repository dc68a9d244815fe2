package wire_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github/wire"
)

func (s *server) caller(t *testing.T, change ...func(*wire.Config)) *wire.Caller {
	t.Helper()
	return wire.NewCaller(s.transport(t, change...), address(t, rest))
}

func TestCall(t *testing.T) {
	s := &server{answers: []answer{{201, "", `{"id":7}`}}}
	var out struct{ ID int }
	next, err := s.caller(t).Do(context.Background(), wire.Call{Method: "POST", Path: "repos/a/b/x", In: map[string]int{"n": 1}, Out: &out})
	if err != nil || next != 0 || out.ID != 7 {
		t.Errorf("got %d, %+v and %v", next, out, err)
	}
	if diff := cmp.Diff(s.got, []string{`POST /api/v3/repos/a/b/x Bearer ghs_secret_token|pertask-test {"n":1}`}); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}

func TestCallFails(t *testing.T) {
	for name, tt := range map[string]struct {
		a    answer
		want error
	}{
		"refused":             {answer{404, "", `{"message":"Not Found"}`}, wire.ErrNotFound},
		"not JSON":            {answer{200, "", `<html>`}, nil},
		"unasked not-changed": {answer{304, "", ""}, nil},
	} {
		var out struct{}
		if _, err := (&server{answers: []answer{tt.a}}).caller(t).Do(context.Background(), wire.Call{Path: "x", Out: &out}); err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	if _, err := (&server{}).caller(t).Do(context.Background(), wire.Call{Path: "x", Method: "POST", In: func() {}}); err == nil {
		t.Error("what is not JSON was sent")
	}
}

// TestWritesAreRepeatedWhenAsked tells the writes that may happen twice from the others.
func TestWritesAreRepeatedWhenAsked(t *testing.T) {
	for _, again := range []bool{false, true} {
		s := &server{answers: []answer{{502, "", ""}, {}, {200, "", "{}"}}}
		_, err := s.caller(t).Do(context.Background(), wire.Call{Method: "POST", Path: "x", In: 1, Again: again})
		want := map[bool]int{false: 1, true: 3}[again]
		if len(s.got) != want || (err == nil) != again {
			t.Errorf("again %v: got %v after %d requests, want %d", again, err, len(s.got), want)
		}
	}
	s := &server{answers: []answer{{422, "", ""}}}
	if _, err := s.caller(t).Do(context.Background(), wire.Call{Method: "POST", Path: "x", In: 1, Again: true}); err == nil || len(s.got) != 1 {
		t.Errorf("got %v after %d requests: a refusal is repeated", err, len(s.got))
	}
	s = &server{}
	for range 9 {
		s.answers = append(s.answers, answer{500, "", ""})
	}
	if _, err := s.caller(t).Do(context.Background(), wire.Call{Method: "POST", Path: "x", In: 1, Again: true}); err == nil || len(s.got) != 4 {
		t.Errorf("got %v after %d requests, want 4", err, len(s.got))
	}
}

func TestPoll(t *testing.T) {
	s := &server{answers: []answer{
		{200, `ETag: W/"a"`, `{"n":1}`}, {304, "", ""}, {200, `ETag: W/"b"`, `{"n":2}`}, {304, "", ""}, {200, "", `{"n":3}`},
	}}
	c := s.caller(t)
	var got []int
	for range 5 {
		var out struct{ N int }
		if _, err := c.Do(context.Background(), wire.Call{Path: "x", Query: url.Values{"a": {"b"}}, Out: &out, Poll: true}); err != nil {
			t.Fatal(err)
		}
		got = append(got, out.N)
	}
	if diff := cmp.Diff(got, []int{1, 1, 2, 2, 3}); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
	var other struct{ N int }
	s.answers = []answer{{304, "", ""}}
	if _, err := c.Do(context.Background(), wire.Call{Path: "x", Query: url.Values{"a": {"c"}}, Out: &other, Poll: true}); err == nil {
		t.Error("the answer of another address was taken")
	}
}

// TestPollForgets bounds what is kept.
func TestPollForgets(t *testing.T) {
	s := &server{}
	c := s.caller(t)
	for _, pass := range []string{"first", "second"} {
		for i := range 70 {
			s.answers = []answer{{200, `ETag: "x"`, `{}`}}
			if _, err := c.Do(context.Background(), wire.Call{Path: strings.Repeat("x", i+1), Poll: true}); err != nil {
				t.Fatalf("%s pass: %v", pass, err)
			}
		}
	}
}

func link(page string) string {
	return `Link: <https://ghes.example/api/v3/repositories/7/x?per_page=100&page=1>;rel="prev", <https://ghes.example/api/v3/repositories/7/x?page=` + page + `&per_page=100>;rel="next"`
}

func TestPages(t *testing.T) {
	for name, tt := range map[string]struct {
		answers []answer
		most    int
		want    []int
		more    bool
		fails   bool
	}{
		"one":           {[]answer{{200, "", "[1]"}}, 9, []int{1}, false, false},
		"two":           {[]answer{{200, link("2"), "[1]"}, {200, "", "[2]"}}, 9, []int{1, 2}, false, false},
		"more":          {[]answer{{200, link("2"), "[1]"}, {200, link("3"), "[2]"}}, 2, []int{1, 2}, true, false},
		"in a circle":   {[]answer{{200, link("2"), "[1]"}, {200, link("2"), "[2]"}}, 9, nil, false, true},
		"second fails":  {[]answer{{200, link("2"), "[1]"}, {404, "", ""}}, 9, nil, false, true},
		"bad number":    {[]answer{{200, link("x"), "[1]"}}, 9, []int{1}, false, false},
		"huge number":   {[]answer{{200, link("9999999999"), "[1]"}}, 9, []int{1}, false, false},
		"negative page": {[]answer{{200, link("-2"), "[1]"}}, 9, []int{1}, false, false},
	} {
		var page, got []int
		s := &server{answers: tt.answers}
		more, err := s.caller(t).Pages(context.Background(), wire.Call{Path: "x", Out: &page}, tt.most, func(int) { got, page = append(got, page...), nil })
		if (err != nil) != tt.fails || more != tt.more {
			t.Errorf("%s: got %v and %v", name, more, err)
		}
		if diff := cmp.Diff(got, tt.want); err == nil && diff != "" {
			t.Errorf("%s: got-want:\n%s", name, diff)
		}
	}
}

func TestIsSHA(t *testing.T) {
	for s, want := range map[string]bool{
		strings.Repeat("0a", 20): true, strings.Repeat("0a", 32): true, strings.Repeat("0A", 20): false, "": false, strings.Repeat("0a", 21): false, strings.Repeat("0g", 20): false,
	} {
		if wire.IsSHA(s) != want {
			t.Errorf("%q: got %v", s, !want)
		}
	}
}
