package spending

import "testing"

// TestServer holds which token goes to which server: the names of servers come from the remotes of work trees.
func TestServer(t *testing.T) {
	const own, theirs = "own-token", "enterprise-token"
	for _, test := range []struct {
		name, host  string
		env         map[string]string
		token, base string // "" is none
	}{
		{"github.com", "github.com", map[string]string{"GH_TOKEN": own}, own, ""},
		{"the other variable", "github.com", map[string]string{"GITHUB_TOKEN": own}, own, ""},
		{"no token", "github.com", nil, "", ""},
		{"an enterprise token is not for github.com", "github.com", map[string]string{"GH_ENTERPRISE_TOKEN": theirs, "GH_HOST": "github.com"}, "", ""},
		{"another server", "evil.example", map[string]string{"GH_TOKEN": own, "GH_ENTERPRISE_TOKEN": theirs}, "", ""},
		{"another server than the named one", "evil.example", map[string]string{"GH_TOKEN": own, "GH_ENTERPRISE_TOKEN": theirs, "GH_HOST": "git.acme.example"}, "", ""},
		{"the named one", "git.acme.example", map[string]string{"GH_TOKEN": own, "GH_ENTERPRISE_TOKEN": theirs, "GH_HOST": "Git.Acme.Example"}, theirs, "https://git.acme.example/api/v3"},
		{"the named one without its token", "git.acme.example", map[string]string{"GH_TOKEN": own, "GH_HOST": "git.acme.example"}, "", ""},
		{"data residency", "acme.ghe.com", map[string]string{"GH_TOKEN": own, "GH_HOST": "acme.ghe.com"}, own, "https://api.acme.ghe.com"},
		{"not a tenant", "ghe.com.evil.example", map[string]string{"GH_TOKEN": own, "GH_HOST": "acme.ghe.com"}, "", ""},
		{"a job's server", "git.acme.example", map[string]string{"GITHUB_TOKEN": own, "GITHUB_SERVER_URL": "https://git.acme.example"}, own, "https://git.acme.example/api/v3"},
		{"a job's interface", "git.acme.example", map[string]string{"GITHUB_TOKEN": own, "GITHUB_SERVER_URL": "https://git.acme.example", "GITHUB_API_URL": "https://api.acme.example"}, own, "https://api.acme.example"},
		{"github.com from a job of another server", "github.com", map[string]string{"GITHUB_TOKEN": own, "GITHUB_SERVER_URL": "https://git.acme.example"}, "", ""},
		{"nothing", "", map[string]string{"GITHUB_TOKEN": own, "GH_ENTERPRISE_TOKEN": theirs}, "", ""},
	} {
		c, ok := server(test.host, func(name string) string { return test.env[name] })
		if ok != (test.token != "") || ok && (c.Token != test.token || c.BaseURL != test.base) {
			t.Errorf("%s: %v, token %q, %q; want %q, %q", test.name, ok, c.Token, c.BaseURL, test.token, test.base)
		}
	}
}
