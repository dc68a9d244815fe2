package work

import (
	"context"
	"errors"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/github/event"
)

// enroll keeps which repositories an installation has, as an event says. That of an installation that is gone removes all that
// is kept of it.
func (w *Worker) enroll(ctx context.Context, e event.Event) error {
	switch {
	case e.Name == "installation" && e.Action == "deleted":
		return w.remove(ctx, e.Installation)
	case e.Name == "installation" && (e.Action == "suspend" || e.Action == "unsuspend"):
		return nil // GitHub sends no events of one that is suspended
	}
	added := reposOf(e.Installation, e.Added)
	if e.More && w.Listed != nil {
		all, err := w.Listed(ctx, e.Installation)
		if err != nil {
			return err
		}
		added = all
	}
	var errs []error
	if len(added) > 0 {
		errs = append(errs, w.Repos.SaveRepos(ctx, added...))
	}
	var ids []int64
	for _, r := range e.Removed {
		ids = append(ids, r.ID)
	}
	if len(ids) > 0 { // none would be all
		errs = append(errs, w.Repos.RemoveRepos(ctx, e.Installation, ids...))
	}
	if err := errors.Join(errs...); !errors.Is(err, record.ErrGone) {
		return err
	}
	return nil // an event that was on its way when the installation was removed
}

func (w *Worker) remove(ctx context.Context, installation int64) error {
	errs := []error{w.Repos.RemoveRepos(ctx, installation)}
	if w.Removed != nil {
		errs = append(errs, w.Removed(ctx, installation))
	}
	w.Measure.Forget(installation)
	return errors.Join(errs...)
}

func reposOf(installation int64, repos []event.InstallationRepo) []record.Repo {
	var out []record.Repo
	for _, r := range repos {
		out = append(out, record.Repo{Installation: installation, ID: r.ID, Name: r.Name.String()})
	}
	return out
}
