package enroll_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/enroll"
)

// env reads lines as container runtimes do.
func env(text string) func(string) string {
	m := map[string]string{}
	for line := range strings.Lines(text) {
		k, v, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		m[k] = v
	}
	return func(k string) string { return m[k] }
}

func TestEnvRoundTrip(t *testing.T) {
	got, err := enroll.FromEnv(env(credentials.Env()))
	if err != nil {
		t.Fatal(err)
	}
	want := credentials
	want.Name, want.Owner = "", "" // for people only
	want.PrivateKey = strings.TrimSpace(want.PrivateKey)
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}

func TestEncodeRoundTrip(t *testing.T) {
	b, err := credentials.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := enroll.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, credentials); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}

func TestIncompleteEnvironment(t *testing.T) {
	if _, err := enroll.FromEnv(func(string) string { return "" }); !errors.Is(err, enroll.ErrNone) {
		t.Errorf("nothing set: %v, want ErrNone", err)
	}
	for line := range strings.Lines(credentials.Env()) {
		name, value, _ := strings.Cut(line, "=")
		_, err := enroll.FromEnv(env(strings.Replace(credentials.Env(), line, "", 1)))
		if err == nil || errors.Is(err, enroll.ErrNone) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), strings.TrimSpace(value)) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	for _, id := range []string{"x", "-1", "0"} {
		if _, err := enroll.FromEnv(env(strings.Replace(credentials.Env(), "_ID=77", "_ID="+id, 1))); err == nil || !strings.Contains(err.Error(), enroll.EnvID) {
			t.Errorf("id %s: %v", id, err)
		}
	}
}

func TestDecodeGarbage(t *testing.T) {
	for _, text := range []string{"", "null", "[]", "{}", `{"id":"x"}`} {
		if _, err := enroll.Decode([]byte(text)); err == nil {
			t.Errorf("Decode(%q) took it", text)
		}
	}
}
