package paste_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/page/paste"
	"github.com/pertask/pertask/internal/document"
)

// ran is what a shell has in its environment after the lines, with a git that says where the work tree is from.
func ran(t *testing.T, text string) map[string]string {
	t.Helper()
	cmd := exec.Command("sh", "-c", `git() { if [ "$1" = remote ]; then echo git@github.com:acme/shop.git; else echo fix-date; fi; }
`+text+"\nenv")
	cmd.Env = []string{"PATH=/usr/bin:/bin"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	env := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if strings.HasPrefix(name, "OTEL_") || strings.HasPrefix(name, "GEMINI_") || strings.HasPrefix(name, "CLAUDE_") {
			env[name] = value
		}
	}
	return env
}

const place = "vcs.repository.url.full=git@github.com:acme/shop.git,vcs.ref.head.name=fix-date"

// TestAll has a shell, and a reader of TOML, make of the lines what internal/agentstest gives the real agents.
func TestAll(t *testing.T) {
	all := paste.All("https://pertask.example.com/it's/otlp", "pti_abc")
	if len(all) != 4 {
		t.Fatalf("%d pieces", len(all))
	}
	const endpoint, header = "https://pertask.example.com/it's/otlp", "Authorization=Bearer pti_abc"
	for i, want := range []map[string]string{
		{"CLAUDE_CODE_ENABLE_TELEMETRY": "1", "OTEL_LOGS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
			"OTEL_EXPORTER_OTLP_HEADERS": header, "OTEL_RESOURCE_ATTRIBUTES": place},
		nil,
		{"OTEL_RESOURCE_ATTRIBUTES": place},
		{"GEMINI_TELEMETRY_ENABLED": "true", "GEMINI_TELEMETRY_TARGET": "local", "GEMINI_TELEMETRY_LOG_PROMPTS": "false", "GEMINI_TELEMETRY_OTLP_PROTOCOL": "http", "GEMINI_TELEMETRY_OTLP_ENDPOINT": endpoint,
			"OTEL_EXPORTER_OTLP_HEADERS": header, "OTEL_RESOURCE_ATTRIBUTES": place},
	} {
		if want == nil {
			continue
		}
		if diff := cmp.Diff(want, ran(t, all[i].Text)); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", all[i].Agent, all[i].Where, diff)
		}
	}
	d, err := document.Parse("config.toml", []byte(all[1].Text))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"otel.log_user_prompt": "false", "otel.exporter.otlp-http.endpoint": endpoint + "/v1/logs", "otel.exporter.otlp-http.protocol": "binary", "otel.exporter.otlp-http.headers.Authorization": "Bearer pti_abc"} {
		at, err := document.ParseSelector(key)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok, err := d.Scalar(at); err != nil || !ok || v.Text != want {
			t.Errorf("%s is %q, %v; want %q", key, v.Text, err, want)
		}
	}
}

func TestToken(t *testing.T) {
	for s, want := range map[string]bool{"pti_AZaz09-_": true, "pti_": false, "": false, "abcd": false, "pti_ab cd": false, `pti_ab"`: false, "pti_$(x)": false, "pti_a`b`": false, "pti_ab\ncd": false} {
		if got := paste.Token(s); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}
