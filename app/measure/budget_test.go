package measure_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pertask/pertask/app/measure"
)

func TestPublicOnly(t *testing.T) {
	for _, address := range []string{"http://127.0.0.1:1", "http://[::1]:1", "http://10.1.2.3", "http://169.254.169.254/latest", "http://192.168.0.1",
		"http://[::ffff:127.0.0.1]:1", "http://100.64.0.1", "http://0.0.0.0:1", "http://[fd00::1]", "http://[fe80::1]", "http://[2002:7f00:1::]", "http://[64:ff9b::7f00:1]"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = measure.PublicOnly().RoundTrip(r)
		if err == nil || !strings.Contains(err.Error(), "is no public address") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// An upstream in this machine's network is not reached, and the report says why nothing was measured.
func TestPrivateUpstreamsAreRefused(t *testing.T) {
	w := newWorld(t, "", mini)
	w.config.Provider = measure.PublicOnly()
	if err := w.measurer().Review(t.Context(), w.job(1)); err != nil {
		t.Fatal(err)
	}
	if r := w.kept(1); w.calls.Load() != 0 || r.Suites[0].Verdict == "dont-switch" {
		t.Errorf("%d calls, %+v", w.calls.Load(), r)
	}
}
