package attribute

import (
	"net/url"
	"strings"

	"github.com/pertask/pertask/ledger/spend"
)

// Remote returns the name of a repository, "host/owner/name" in lower case, of the address of a git remote: an https or
// ssh address, the short form "git@host:owner/name.git", or a name that is in this form already. User, password, port and
// query are left out. It returns "" for what is no repository of a server: a folder, a bundle, something malformed.
func Remote(address string) string {
	host, path, ok := split(strings.TrimSpace(address))
	if !ok {
		return ""
	}
	host = strings.TrimRight(strings.ToLower(host), ".")
	if other := otherHosts[host]; other != "" {
		host = other
	}
	path = strings.TrimRight(path, "/")
	path = strings.ToLower(strings.TrimPrefix(path, "/"))
	path = strings.TrimRight(strings.TrimSuffix(path, ".git"), "/")
	parts := strings.Split(path, "/")
	if !word(host) || strings.ContainsAny(host[:1], "-_.~+") || len(parts) < 2 {
		return ""
	}
	for _, p := range parts {
		if !word(p) || strings.HasSuffix(p, ".git") {
			return ""
		}
	}
	if len(host)+1+len(path) > spend.MaxText {
		return ""
	}
	return host + "/" + path
}

// otherHosts are names of a server by which it is also reached. GitHub's documentation has the first under "Using SSH over
// the HTTPS port".
var otherHosts = map[string]string{"ssh.github.com": "github.com", "www.github.com": "github.com"}

// split takes an address apart.
func split(s string) (host, path string, ok bool) {
	if scheme, rest, is := strings.Cut(s, "://"); is {
		switch strings.ToLower(scheme) {
		case "https", "http", "ssh", "git", "git+ssh", "ssh+git", "git+https":
		default:
			return "", "", false
		}
		u, err := url.Parse("x://" + rest)
		if err != nil || strings.Contains(u.Host, "[") {
			return "", "", false
		}
		return u.Hostname(), u.Path, true
	}
	host, path, colon := strings.Cut(s, ":")
	if !colon || strings.Contains(host, "/") { // a name already; of a host with a dot, since a folder looks like the others
		host, path, _ = strings.Cut(s, "/")
		return host, path, strings.Contains(strings.Trim(host, "."), ".") && !strings.Contains(path, ":")
	}
	if _, after, user := strings.Cut(host, "@"); user {
		host = after
	}
	// One letter is a drive, and an absolute path of more than two parts a folder of a server.
	return host, path, len(host) > 1 && (!strings.HasPrefix(path, "/") || strings.Count(path, "/") == 2)
}

// word reports whether s can be a part of a name.
func word(s string) bool {
	return s != "" && strings.Trim(s, ".") != "" && len(s) <= 200 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_.~+") == ""
}

// name is Remote for what is a name already, also of a host without a dot.
func name(repository string) string {
	if n := Remote(repository); n != "" {
		return n
	}
	n := strings.ToLower(strings.TrimSpace(repository))
	parts := strings.Split(n, "/")
	for _, p := range parts {
		if !word(p) {
			return ""
		}
	}
	if len(parts) < 3 {
		return ""
	}
	return n
}
