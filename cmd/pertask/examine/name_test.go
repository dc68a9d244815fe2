package examine

import "testing"

func TestNameOf(t *testing.T) {
	for remote, want := range map[string]string{
		"https://github.com/acme/app":                "acme/app",
		"https://github.com/acme/app.git":            "acme/app",
		"https://user:secret@ghes.example/acme/app/": "acme/app",
		"ssh://git@github.com/acme/app.git":          "acme/app",
		"ssh://git@github.com:22/acme/app.git":       "acme/app",
		"git@github.com:acme/app.git":                "acme/app",
		"git@github.com:app.git":                     "",
		"https://example.com/a/b/c":                  "",
		"https://example.com":                        "",
		"file:///srv/app":                            "",
		"../app":                                     "",
		"":                                           "",
	} {
		if got := nameOf(remote); got != want {
			t.Errorf("%q: %q, want %q", remote, got, want)
		}
	}
}
