package statusstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github/githubtest/statusstore"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newStore() *statusstore.Store {
	n := int64(0)
	return statusstore.New(func() int64 { n++; return n })
}

func text(s string) *string { return &s }

func TestAdd(t *testing.T) {
	st := newStore()
	for _, in := range []statusstore.Input{
		{State: text("pending")},
		{State: text("success"), Context: text("pertask"), Description: text(strings.Repeat("ü", 140)), TargetURL: text("https://example.com/")},
	} {
		if _, bad := st.Add("abc", "ada", in, noon); bad != nil {
			t.Fatal(*bad)
		}
	}
	want := []statusstore.Status{
		{ID: 1, SHA: "abc", State: "pending", Context: "default", Creator: "ada", Created: noon},
		{ID: 2, SHA: "abc", State: "success", Context: "pertask", Description: strings.Repeat("ü", 140), TargetURL: "https://example.com/", Creator: "ada", Created: noon},
	}
	if diff := cmp.Diff(st.On("abc"), want); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
	if got := st.On("def"); got != nil {
		t.Errorf("got %v of another commit", got)
	}
}

func TestAddRefuses(t *testing.T) {
	for _, tt := range []struct {
		field string
		in    statusstore.Input
	}{
		{"state", statusstore.Input{}},
		{"state", statusstore.Input{State: text("neutral")}},
		{"description", statusstore.Input{State: text("error"), Description: text(strings.Repeat("x", 141))}},
		{"target_url", statusstore.Input{State: text("error"), TargetURL: text("javascript:x")}},
		{"target_url", statusstore.Input{State: text("error"), TargetURL: text("%zz")}},
	} {
		st := newStore()
		if _, bad := st.Add("abc", "ada", tt.in, noon); bad == nil || bad.Field != tt.field {
			t.Errorf("%s: got %v", tt.field, bad)
		}
		if len(st.On("abc")) != 0 {
			t.Errorf("%s: what was refused is there", tt.field)
		}
	}
}

func TestThousandOfAContext(t *testing.T) {
	st := newStore()
	for i := range 1001 {
		_, bad := st.Add("abc", "ada", statusstore.Input{State: text("pending"), Context: text("a")}, noon)
		if (bad != nil) != (i == 1000) {
			t.Fatalf("number %d: %v", i+1, bad)
		}
	}
	for _, other := range []string{"b", "c"} {
		if _, bad := st.Add("abc", "ada", statusstore.Input{State: text("pending"), Context: &other}, noon); bad != nil {
			t.Errorf("context %s: %v", other, *bad)
		}
	}
	if _, bad := st.Add("def", "ada", statusstore.Input{State: text("pending"), Context: text("a")}, noon); bad != nil {
		t.Errorf("another commit: %v", *bad)
	}
}
