package telemetry

import (
	"slices"
	"strconv"
	"strings"

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
		Branch:     strings.TrimPrefix(first(refName, bags...), "refs/heads/"),
		Commit:     first(refRevision, bags...),
	}
	if n, err := strconv.Atoi(first(changeID, bags...)); err == nil && n > 0 {
		p.Pull = n
	}
	if t := first(teamName, bags...); t != "" {
		p.Labels = []string{"team:" + t}
	}
	slices.Sort(p.Labels)
	return p
}
