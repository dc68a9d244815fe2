package main

import (
	"html/template"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/redact"
	"github.com/pertask/pertask/report/markup"
)

// Reports are escaped before they are redacted, and an escaped key is still one to a reader.
func TestRedactorFindsEscapedSecrets(t *testing.T) {
	for _, key := range []string{"sk-proj-abc_def_ghi_123456", "8f3a9c0d1e2b4f5a8f3a9c0d1e2b4f5a", "abc+def/ghi&jkl==12345678", "sk-ordinary-0123456789xyz"} {
		env := map[string]string{"OPENAI_API_KEY": key, "PERTASK_GITHUB_TOKEN": "ghs_" + key}
		r := newRedactor(func(name string) string { return env[name] })
		for name, shown := range map[string]string{"Markdown": markup.Text("said " + key), "code": markup.Code(key), "HTML": template.HTMLEscapeString("said " + key),
			"token": markup.Text("said ghs_" + key)} {
			got := r.redact("first\n" + shown + "\nlast\n")
			if strings.Contains(redact.Unescape(got), key) || !strings.HasPrefix(got, "first\n") || !strings.HasSuffix(got, "last\n") {
				t.Errorf("%s in %s: %q", key, name, got)
			}
		}
	}
	r := newRedactor(func(name string) string {
		return map[string]string{"OPENAI_API_KEY": "sk-proj-abc_def_ghi_123456"}[name]
	})
	if text := `a\_b &#8203; &amp; c`; r.redact(text) != text {
		t.Errorf("text without a key: %q", r.redact(text))
	}
}
