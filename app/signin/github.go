package signin

import (
	"context"
	"errors"
	"fmt"

	"github.com/pertask/pertask/github"
	ghapp "github.com/pertask/pertask/github/app"
)

// GitHub is the Access that asks GitHub. Its zero value asks github.com. It is safe for concurrent use.
type GitHub struct {
	// Config says where GitHub is. Token and App are not used.
	Config github.Config
}

// User returns what GitHub says of a person, as fresh as it is. People see installations that are suspended, too: what the App has
// of those repositories, GitHub still lets them read.
func (h GitHub) User(ctx context.Context, token string) (User, error) {
	cfg := h.Config
	if cfg.MaxRetries == 0 {
		cfg.MaxRetries = 1 // somebody waits for the page
	}
	client, err := ghapp.NewUser(cfg, token)
	if err != nil {
		return User{}, fmt.Errorf("asking for access: %w", err)
	}
	me, err := client.Me(ctx)
	if err != nil {
		return User{}, revoked(err)
	}
	all, err := client.Installations(ctx)
	if err != nil {
		return User{}, revoked(err)
	}
	u := User{ID: me.ID, Login: me.Login}
	for _, i := range all {
		repos, err := client.Repos(ctx, i.ID)
		if errors.Is(err, github.ErrNotFound) {
			continue // it was uninstalled since
		}
		if err != nil {
			return User{}, revoked(err)
		}
		g := Grant{Installation: i.ID, Account: i.Account}
		for _, r := range repos {
			if may, ok := granted(r); ok {
				g.Repos = append(g.Repos, may)
			}
		}
		u.Grants = append(u.Grants, g)
	}
	return u, nil
}

// granted is what a person may do in a repository, and false for nothing: GitHub lists what can be read, but a level that is not
// known lets nobody in.
func granted(r ghapp.Repo) (Repo, bool) {
	out := Repo{ID: r.ID, Name: r.Name.String()}
	switch r.Level {
	case "admin":
		out.Write, out.Admin = true, true
	case "maintain", "write":
		out.Write = true
	case "triage", "read":
	default:
		return Repo{}, false
	}
	return out, true
}

func revoked(err error) error {
	if errors.Is(err, github.ErrAuth) {
		return fmt.Errorf("%w: %w", ErrRevoked, err)
	}
	return err
}
