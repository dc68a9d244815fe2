package telemetry

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/spend"
)

// The names are those of OpenTelemetry's semantic conventions for version control. No agent sets them by itself: whoever
// starts it does, in OTEL_RESOURCE_ATTRIBUTES. docs/spend.md shows how.
const (
	repositoryURL = "vcs.repository.url.full"
	refName       = "vcs.ref.head.name"
	refRevision   = "vcs.ref.head.revision"
	changeID      = "vcs.change.id"
	teamName      = "team"
)

// place finds where something was consumed, in the record's own attributes before those of its resource.
func place(bags ...bag) spend.Place {
	p := spend.Place{
		Repository: attribute.Remote(first(repositoryURL, bags...)),
	}
	// What the ledger does not take is left out: a short commit or a long name is no reason to lose what was consumed.
	if b := strings.TrimPrefix(first(refName, bags...), "refs/heads/"); fits(b, spend.MaxText) {
		p.Branch = b
	}
	if c := first(refRevision, bags...); object.MatchString(c) {
		p.Commit = c
	}
	if n, err := strconv.Atoi(first(changeID, bags...)); err == nil && n > 0 && n <= spend.MaxPull {
		p.Pull = n
	}
	if t := first(teamName, bags...); t != "" && fits("team:"+t, spend.MaxName) {
		p.Labels = []string{"team:" + t}
	}
	if len(p.Repository) > spend.MaxText {
		p.Repository = ""
	}
	return p
}

var object = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// fits reports whether a text is one that an entry can have.
func fits(s string, most int) bool {
	return len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
