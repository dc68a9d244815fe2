package measure_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/meter"
)

func TestTheRedactorHidesKeys(t *testing.T) {
	const key = "sk-under_score*star+plus=0123456789"
	var r measure.Redactor
	r.Add(meter.KeysFromEnv(func(string) string { return key }, []meter.Upstream{{Name: "a", Auth: meter.Bearer, KeyEnv: "A_KEY"}}))
	for name, text := range map[string]string{
		"plain":    "it says " + key,
		"markdown": strings.NewReplacer("_", `\_`, "*", `\*`).Replace("first\nit says " + key + "\nlast"),
		"html":     strings.NewReplacer("+", "&#43;", "=", "&#61;").Replace(key),
	} {
		got := r.Redact(text)
		if strings.Contains(got, key) || strings.Contains(got, "0123456789") || !strings.Contains(got, "[redacted") {
			t.Errorf("%s: %q", name, got)
		}
		if name == "markdown" && (!strings.HasPrefix(got, "first\n") || !strings.HasSuffix(got, "\nlast")) {
			t.Errorf("other lines are gone: %q", got)
		}
	}
	if got := r.Redact("nothing \\_ here"); got != "nothing \\_ here" {
		t.Errorf("a text without a key became %q", got)
	}
	var b bytes.Buffer
	log := r.Logger(slog.New(slog.NewJSONHandler(&b, nil))).With("a", key).WithGroup("g").With("b", key)
	log.ErrorContext(context.Background(), "say "+key, "error", errors.New("of "+key), slog.Group("more", "c", key), "n", 1)
	if strings.Contains(b.String(), key) || strings.Count(b.String(), "[redacted key]") != 5 {
		t.Errorf("the log has %s", &b)
	}
}
