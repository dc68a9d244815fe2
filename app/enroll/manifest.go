package enroll

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

// manifest describes the App to GitHub, which shows it to the person before it makes it. Field names are GitHub's: "Registering
// a GitHub App from a manifest" in its documentation.
type manifest struct {
	Name        string            `json:"name"`
	URL         string            `json:"url"`
	Hook        hook              `json:"hook_attributes"`
	Redirect    string            `json:"redirect_url"`
	Callbacks   []string          `json:"callback_urls"`
	Setup       string            `json:"setup_url,omitempty"`
	Description string            `json:"description"`
	Public      bool              `json:"public"`
	Events      []string          `json:"default_events"`
	Permissions map[string]string `json:"default_permissions"`
}

type hook struct {
	URL    string `json:"url"`
	Active bool   `json:"active"`
}

// Permission is one that the App asks for, and why.
type Permission struct{ Name, Level, Why string }

// Permissions lists what the App asks for: no more than it uses. With actions, reviews run as workflows of the repositories.
func Permissions(actions bool) []Permission {
	p := []Permission{
		{"checks", "write", "the check run of a pull request, with its buttons"},
		{"contents", "read", "the configuration, the suite and the model settings"},
		{"merge_queues", "read", "the groups of a merge queue"},
		{"metadata", "read", "which repositories there are, and who may write to them"},
		{"pull_requests", "write", "the comment on a pull request"},
	}
	if actions {
		p = append(p, Permission{"actions", "write", "starting the repository's own workflow and reading its result"})
	}
	return p
}

// Events lists what GitHub is to tell the App. It tells of installations without being asked.
func Events() []string {
	return []string{"check_run", "check_suite", "issue_comment", "merge_group", "pull_request", "push"}
}

// The paths below the public address, which the manifest tells GitHub.
const (
	PathWebhook  = "/webhook"
	PathCallback = "/signin/callback"
	pathDone     = "/setup/done"
)

func (c Config) manifest(name string) ([]byte, error) {
	m := manifest{Name: name, URL: c.Public.String(), Hook: hook{URL: c.at(PathWebhook), Active: true}, Redirect: c.at(pathDone),
		Callbacks: []string{c.at(PathCallback)}, Description: "Measures what a model change costs per completed task, on the pull request that makes it.",
		Events: Events(), Permissions: map[string]string{}}
	for _, p := range Permissions(c.Actions) {
		m.Permissions[p.Name] = p.Level
	}
	return json.Marshal(m)
}

// at returns the public address of a path.
func (c Config) at(path string) string { return strings.TrimSuffix(c.Public.String(), "/") + path }

// form is GitHub's page that makes an App of a manifest, for a person's own account or for an organisation.
func (c Config) form(owner, state string) string {
	u := *c.GitHub
	u.Path = strings.TrimSuffix(u.Path, "/") + "/settings/apps/new"
	if owner != "" {
		u.Path = strings.TrimSuffix(c.GitHub.Path, "/") + "/organizations/" + owner + "/settings/apps/new"
	}
	u.RawQuery = url.Values{"state": {state}}.Encode()
	return u.String()
}

var (
	login   = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?$`)
	appName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,33}$`)
)
