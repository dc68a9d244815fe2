package attribute_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/spend"
)

func TestRemote(t *testing.T) {
	for address, want := range map[string]string{
		"https://github.com/acme/shop":                        "github.com/acme/shop",
		"https://github.com/Acme/Shop.git":                    "github.com/acme/shop",
		" https://GITHUB.com/acme/shop.git/ \n":               "github.com/acme/shop",
		"http://github.com/acme/shop/":                        "github.com/acme/shop",
		"https://u:ghp_0123456789@github.com/acme/shop":       "github.com/acme/shop",
		"https://github.com/acme/shop?x=y#z":                  "github.com/acme/shop",
		"https://github.com//acme/shop":                       "",
		"HTTPS://github.com/acme/shop":                        "github.com/acme/shop",
		"git@github.com:acme/shop.git":                        "github.com/acme/shop",
		"git@github.com:/acme/shop.git":                       "github.com/acme/shop",
		"github.com:acme/shop":                                "github.com/acme/shop",
		"org-12345@github.com:Acme/shop.git":                  "github.com/acme/shop",
		"ssh://git@github.com/acme/shop.git":                  "github.com/acme/shop",
		"ssh://git@github.com:22/acme/shop.git":               "github.com/acme/shop",
		"ssh://git@ssh.github.com:443/acme/shop.git":          "github.com/acme/shop",
		"git@ssh.github.com:acme/shop.git":                    "github.com/acme/shop",
		"git+ssh://git@github.com/acme/shop.git":              "github.com/acme/shop",
		"git://github.com/acme/shop.git":                      "github.com/acme/shop",
		"github.com./acme/shop":                               "github.com/acme/shop",
		"github.com/acme/shop":                                "github.com/acme/shop",
		"https://www.github.com/acme/shop":                    "github.com/acme/shop",
		"https://ghes.acme.example:8443/acme/shop":            "ghes.acme.example/acme/shop",
		"git@github-work:acme/shop.git":                       "github-work/acme/shop",
		"https://gitlab.com/group/sub/shop.git":               "gitlab.com/group/sub/shop",
		"git@gitlab.com:group/sub/shop.git":                   "gitlab.com/group/sub/shop",
		"https://github.com/acme/shop.js":                     "github.com/acme/shop.js",
		"https://github.com/acme/.github":                     "github.com/acme/.github",
		"https://localhost:3000/acme/shop":                    "localhost/acme/shop",
		"":                                                    "",
		"-":                                                   "",
		"origin":                                              "",
		"acme/shop":                                           "",
		"home/me/shop":                                        "",
		"/home/me/shop":                                       "",
		"/home/me/shop.git":                                   "",
		"./shop":                                              "",
		"../acme/shop":                                        "",
		"~/acme/shop":                                         "",
		"file:///home/me/shop":                                "",
		`C:\code\shop`:                                        "",
		"C:/code/shop":                                        "",
		"build.example:/srv/git/acme/shop.git":                "",
		"https://github.com":                                  "",
		"https://github.com/acme":                             "",
		"https://gist.github.com/0123456789abcdef":            "",
		"https://github.com/../shop":                          "",
		"https://github.com/acme/shop.git.git":                "",
		"https://github.com/acme/a b":                         "",
		"https://github.com/acme/%2e%2e":                      "",
		"https://[::1]/acme/shop":                             "",
		"https://github.com/acme/shop\x00":                    "",
		"shop.bundle":                                         "",
		"ext::sh -c whoami% github.com/acme/shop":             "",
		"https://github.com/acme/" + strings.Repeat("x", 300): "",
	} {
		if got := attribute.Remote(address); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

// FuzzRemote shows that a name is one that an entry can have, that it stays what it is, and that nothing of a user, a
// password or a folder gets into it.
func FuzzRemote(f *testing.F) {
	for _, s := range []string{"git@github.com:Acme/Shop.git", "https://u:p@h.example:1/a/b?c#d", "ssh://git@ssh.github.com:443/a/b/", "C:/a/b", "/a/b/c", "a.b/c/d.git", "x:/a/b", "h.:a/b", "git@a:b/c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		got := attribute.Remote(address)
		if got == "" {
			return
		}
		if strings.Count(got, "/") < 2 || strings.Trim(got, "abcdefghijklmnopqrstuvwxyz0123456789-_.~+/") != "" || len(got) > spend.MaxText || strings.HasSuffix(got, ".git") {
			t.Errorf("%q: got %q", address, got)
		}
		if again := attribute.Remote(got); again != got && again != "" {
			t.Errorf("%q: got %q, and of that %q", address, got, again)
		}
		if strings.HasPrefix(strings.TrimSpace(address), "/") || strings.HasPrefix(strings.TrimSpace(address), ".") {
			t.Errorf("the folder %q is called %q", address, got)
		}
	})
}
