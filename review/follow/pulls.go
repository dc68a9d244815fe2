package follow

import (
	"context"
	"fmt"

	"github.com/pertask/pertask/github/merged"
	"github.com/pertask/pertask/ledger/attribute"
)

// Pulls reads the pull requests of a repository whose name entries have as name, "host/owner/name". Where GitHub has it under another
// name by now, that one is a name of it, too.
func Pulls(ctx context.Context, r *merged.Reader, host, name string, q merged.Query) (attribute.Repository, error) {
	all, err := r.All(ctx, q)
	if err != nil {
		return attribute.Repository{}, fmt.Errorf("reading pull requests of %s: %w", name, err)
	}
	out := attribute.Repository{Name: name, DefaultBranch: all.DefaultBranch}
	if now := attribute.Remote("https://" + host + "/" + all.Repo); now != "" && now != name {
		out.Name, out.Former = now, []string{name}
	}
	for _, p := range all.Pulls {
		out.Pulls = append(out.Pulls, attribute.Pull(p))
	}
	return out, nil
}
