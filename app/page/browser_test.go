package page_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/internal/need"
)

// browsed is what testdata/browser.cjs says.
type browsed struct {
	Asked, Landed, Script string
	Views                 []struct {
		Page, Heading, Scheme, Background string
		Status, Width, Plots, Rules       int
		Wrong                             []string
	}
	Done map[string]any
}

// TestInABrowser signs in with Chromium and looks at every page on a phone and on a desk, in light and in dark. There must be
// nothing that axe-core finds, no request to anybody else, no word on the console, and nothing wider than the window but what
// scrolls in its own box. Then it sets a key, revives work, signs out, and lets another site try to send a form and to show the
// dashboard in a frame. PERTASK_PICTURES names a folder for screenshots.
func TestInABrowser(t *testing.T) {
	x := newWorld(t)
	x.mu.Lock()
	x.login = "olga"
	x.mu.Unlock()
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/frame" {
			fmt.Fprintf(w, `<iframe src="%s/i/7/keys"></iframe>`, x.URL)
			return
		}
		fmt.Fprintf(w, `<form method="post" action="%s/i/7/keys/remove"><input name="name" value="ANTHROPIC_API_KEY"><button>win</button></form>`, x.URL)
	}))
	defer evil.Close()
	args := []string{"testdata/browser.cjs", need.Web(t), need.Browser(t), os.Getenv("PERTASK_PICTURES"), x.URL, evil.URL}
	plots := map[string]int{"/i/7/spend": 1, "/i/9/spend": 0, "/i/7/cost": 4, "/i/7/agents": 1, "/i/9/agents": 0, "/i/7/cost?model=gpt-5.5&repo=71": 1}
	paths := []string{"/i/77/reviews", "/", "/i/7/reviews", "/i/7/verdicts", "/i/7/spend", "/i/7/cost", "/i/7/audit", "/i/7/audit?what=verdicts", "/i/9/queue", "/i/7/queue", "/i/7/keys", "/i/7/agents", "/i/7/agents?by=label&repo=71", "/i/9/agents", "/i/7/predictions", "/i/7/senders", "/i/9/spend", "/i/7/cost?model=gpt-5.5&repo=71",
		"/i/7/reviews/" + reviewID(1), "/i/7/reviews/" + reviewID(2), "/i/7/reviews/" + reviewID(2) + "/report"}
	node := exec.Command("node", append(args, paths...)...)
	node.Stderr = os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatalf("opening the dashboard in a browser: %v", err)
	}
	var got browsed
	if err := json.Unmarshal(out, &got); err != nil || len(got.Views) != 4*(len(paths)+1) {
		t.Fatalf("%d views of %d pages: %v", len(got.Views), len(paths), err)
	}
	if got.Asked != "Sign in" || got.Landed != "/i/7/reviews?state=ended" || got.Script != "" {
		t.Errorf("signing in: asked %q, landed on %s, and scripts can read %q", got.Asked, got.Landed, got.Script)
	}
	for i, v := range got.Views {
		wrong := slices.DeleteFunc(v.Wrong, func(s string) bool { return v.Status >= 400 && strings.Contains(s, "Failed to load resource") })
		if len(wrong) > 0 || v.Rules < 15 {
			t.Errorf("%s, %d pixels, %s, %d rules of axe-core: %q", v.Page, v.Width, v.Scheme, v.Rules, wrong)
		}
		want := 200
		if v.Page == "/i/77/reviews" {
			want = 404
		}
		if i >= 4*len(paths) {
			want = 401
		}
		if dark := v.Background != "rgb(255, 255, 255)"; v.Status != want || dark != (v.Scheme == "dark") {
			t.Errorf("%s: status %d, and the background in %s is %s", v.Page, v.Status, v.Scheme, v.Background)
		}
		if n, listed := plots[v.Page]; listed && v.Plots != n {
			t.Errorf("%s: %d plots, want %d", v.Page, v.Plots, n)
		}
	}
	want := map[string]any{"set": "Provider keys|The key is set.", "there": true, "made": "Senders|The sender desk of olga is made. This is its token; it is not shown again: " + token, "lines": 3.0, "revive": "Queue|The work is taken up again.", "form from 127.0.0.1": "Refused|", "form from localhost": "Refused|",
		"frame": "refused", "filter": "Reviews|", "filtered": "/i/7/reviews?repo=&suite=&model=&state=broken&since=", "out": "Sign in|"}
	if diff := cmp.Diff(want, got.Done); diff != "" {
		t.Errorf("what was done (-want +got):\n%s", diff)
	}
	if x.values["7/OPENAI_API_KEY"] != "sk-typed-in-a-browser" || len(x.keys[7]) != 2 || len(x.revived) != 1 {
		t.Errorf("keys %v, revived %v", x.keys[7], x.revived)
	}
}
