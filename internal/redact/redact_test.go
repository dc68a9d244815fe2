package redact_test

import (
	"html/template"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/redact"
)

func TestText(t *testing.T) {
	for _, key := range []string{"sk-proj-abc_def_ghi_123456", "abc+def/ghi&jkl==12345678", "a*b~c[d]e$f"} {
		hide := func(s string) string { return strings.ReplaceAll(s, key, "[redacted]") }
		markdown := strings.NewReplacer("_", `\_`, "*", `\*`, "~", `\~`, "[", `\[`, "]", `\]`, "$", "<span>$</span>").Replace(key)
		for name, shown := range map[string]string{"plain": key, "Markdown": markdown, "HTML": template.HTMLEscapeString(key), "broken up": key[:4] + "&#8203;" + key[4:]} {
			got := redact.Text("first\nsaid "+shown+"\r\nlast\n", hide)
			if strings.Contains(redact.Unescape(got), key) || !strings.HasPrefix(got, "first\n") || !strings.HasSuffix(got, "\r\nlast\n") || !strings.Contains(got, "[redacted") {
				t.Errorf("%s in %s: %q", key, name, got)
			}
		}
		if text := `a\_b &#8203; &amp; c` + "\n"; redact.Text(text, hide) != text {
			t.Errorf("text without a secret: %q", redact.Text(text, hide))
		}
	}
}
