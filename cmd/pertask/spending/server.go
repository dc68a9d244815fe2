package spending

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/pertask/pertask/github"
)

// wants says what is missing to read from a server.
func wants(host string) string {
	if host == "github.com" {
		return "set GH_TOKEN or GITHUB_TOKEN to a token that may read pull requests"
	}
	return "where it is a GitHub Enterprise server, name it in GH_HOST and set GH_ENTERPRISE_TOKEN to a token of it"
}

// server returns how a server is reached, and false without a token for it. The names of servers come from the remotes of work trees,
// so that a token must go to none but the one that it is of.
func server(host string, getenv func(string) string) (github.Config, bool) {
	own := cmp.Or(hostOf(getenv("GITHUB_SERVER_URL")), "github.com")
	token := cmp.Or(getenv("GH_TOKEN"), getenv("GITHUB_TOKEN"))
	named := strings.ToLower(getenv("GH_HOST"))
	enterprise := cmp.Or(getenv("GH_ENTERPRISE_TOKEN"), getenv("GITHUB_ENTERPRISE_TOKEN"))
	switch {
	case host == "":
		return github.Config{}, false
	case host == own:
		c := github.Config{BaseURL: getenv("GITHUB_API_URL"), GraphQLURL: getenv("GITHUB_GRAPHQL_URL"), Token: token}
		if c.BaseURL == "" && own != "github.com" {
			c.BaseURL, c.GraphQLURL = api(own)
		}
		return c, token != ""
	case host == "github.com":
		return github.Config{Token: token}, false // the token is of another server
	case host == named && strings.HasSuffix(host, ".ghe.com"):
		c := github.Config{Token: cmp.Or(enterprise, token)}
		c.BaseURL, c.GraphQLURL = api(host)
		return c, c.Token != ""
	case host == named:
		c := github.Config{Token: enterprise}
		c.BaseURL, c.GraphQLURL = api(host)
		return c, enterprise != ""
	}
	return github.Config{}, false
}

// api are the addresses of a server's interfaces.
func api(host string) (rest, graphql string) {
	if strings.HasSuffix(host, ".ghe.com") {
		return "https://api." + host, "https://api." + host + "/graphql"
	}
	return "https://" + host + "/api/v3", "https://" + host + "/api/graphql"
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
