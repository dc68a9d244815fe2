package recordtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
)

// Memory keeps records as long as the process lasts, for tests. Its zero value is empty. It is safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	reviews map[string]record.Review
	acts    []numbered
	number  int64
	repos   map[int64]map[int64]string // names by installation and repository
	gone    map[int64]bool
	touched map[string]time.Time
}

// numbered is an act with its number in the log.
type numbered struct {
	record.Act
	number int64
}

// SaveReview implements record.Reviews.
func (m *Memory) SaveReview(ctx context.Context, r record.Review) error {
	r, err := r.Checked()
	if err != nil {
		return err
	}
	return m.with(ctx, func() error {
		have, there := m.reviews[r.ID]
		switch {
		case m.gone[r.Repo.Installation]:
			return fmt.Errorf("saving review %s: %w", r.ID, record.ErrGone)
		case there && (have.Repo.Installation != r.Repo.Installation || have.Repo.ID != r.Repo.ID):
			return fmt.Errorf("saving review %s: %w", r.ID, record.ErrOther)
		case there && have.Epoch > r.Epoch:
			return fmt.Errorf("saving review %s: %w", r.ID, record.ErrLate)
		case m.reviews == nil:
			m.reviews, m.touched = map[string]record.Review{}, map[string]time.Time{}
		}
		m.reviews[r.ID], m.touched[r.ID] = r, time.Now()
		return nil
	})
}

// Reserve implements record.Reviews.
func (m *Memory) Reserve(ctx context.Context, r record.Review, b record.Bounds) (left record.Left, err error) {
	err = m.with(ctx, func() error {
		have, there := m.reviews[r.ID]
		if !there || have.Repo.Installation != r.Repo.Installation || have.Repo.ID != r.Repo.ID || have.Epoch > r.Epoch {
			return fmt.Errorf("setting aside for review %s: %w", r.ID, record.ErrLate)
		}
		own := price.Known(price.Money{})
		var others []record.Booked
		for id, o := range m.reviews {
			switch {
			case o.Repo.Installation != r.Repo.Installation || o.Started.Before(b.Since):
			case id == r.ID:
				own = have.Own()
			default:
				others = append(others, record.Booked{Repo: o.Repo.ID, Spent: o.Spent, Reserved: o.Reserved, Count: 1,
					Running: o.Ended.IsZero() && !m.touched[id].Before(b.Stale)})
			}
		}
		if left = b.Left(r.Repo.ID, own, others); left.Taken {
			have.Reserved = b.Reservation(have.Own())
			m.reviews[r.ID], m.touched[r.ID] = have, time.Now()
		}
		return nil
	})
	return left, err
}

// List implements record.Reviews.
func (m *Memory) List(ctx context.Context, s record.Scope, f record.Filter) ([]record.Review, error) {
	var out []record.Review
	err := m.with(ctx, func() error {
		for _, r := range m.reviews {
			if s.Sees(r.Repo) && f.Has(r) && m.after(s, r, f.Before) {
				out = append(out, m.shown(r, false))
			}
		}
		return nil
	})
	slices.SortFunc(out, func(a, b record.Review) int {
		return cmp.Or(b.Started.Compare(a.Started), strings.Compare(b.ID, a.ID))
	})
	return out[:min(len(out), f.Count())], err
}

// after reports whether a review comes after another one of the scope in the list.
func (m *Memory) after(s record.Scope, r record.Review, before string) bool {
	if before == "" {
		return true
	}
	last, there := m.reviews[before]
	if !there || !s.Sees(last.Repo) {
		return false
	}
	return cmp.Or(r.Started.Compare(last.Started), strings.Compare(r.ID, before)) < 0
}

// Review implements record.Reviews.
func (m *Memory) Review(ctx context.Context, s record.Scope, id string) (out record.Review, found bool, err error) {
	err = m.with(ctx, func() error {
		r, there := m.reviews[id]
		if found = there && s.Sees(r.Repo); found {
			out = m.shown(r, true)
		}
		return nil
	})
	return out, found, err
}

// Spent implements record.Reviews.
func (m *Memory) Spent(ctx context.Context, installation, repo int64, since time.Time) (price.Amount, error) {
	sum := price.Known(price.Money{})
	err := m.with(ctx, func() error {
		for _, r := range m.reviews {
			if r.Repo.Installation == installation && (repo == 0 || r.Repo.ID == repo) && !r.Started.Before(since) {
				sum = sum.Plus(r.Spent)
			}
		}
		return nil
	})
	if err != nil {
		return price.Amount{}, err
	}
	return sum, nil
}

// Append implements record.Audit.
func (m *Memory) Append(ctx context.Context, a record.Act) error {
	a, err := a.Checked()
	if err != nil {
		return err
	}
	return m.with(ctx, func() error {
		if m.gone[a.Repo.Installation] {
			return fmt.Errorf("adding to the audit log: %w", record.ErrGone)
		}
		m.number++
		m.acts = append(m.acts, numbered{a, m.number})
		return nil
	})
}

// Acts implements record.Audit.
func (m *Memory) Acts(ctx context.Context, s record.Scope, f record.Filter, before time.Time) ([]record.Act, error) {
	var out []record.Act
	err := m.with(ctx, func() error {
		for _, a := range slices.Backward(m.acts) {
			if s.Sees(a.Repo) && (f.Repo == 0 || f.Repo == a.Repo.ID) && !a.Time.Before(f.Since) && (before.IsZero() || a.Time.Before(before)) {
				a.Repo.Name = cmp.Or(m.repos[a.Repo.Installation][a.Repo.ID], a.Repo.Name)
				out = append(out, a.Act)
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b record.Act) int { return b.Time.Compare(a.Time) })
	n := min(len(out), f.Count())
	for n > 0 && n < len(out) && out[n].Time.Equal(out[n-1].Time) {
		n++
	}
	return out[:n], err
}

// Log implements record.Log.
func (m *Memory) Log(ctx context.Context, s record.Scope, f record.LogFilter) ([]record.Entry, error) {
	var out []record.Entry
	err := m.with(ctx, func() error {
		for _, a := range m.acts {
			if act := a.Act; s.Sees(act.Repo) {
				act.Repo.Name = cmp.Or(m.repos[act.Repo.Installation][act.Repo.ID], act.Repo.Name)
				out = append(out, record.Entry{Place: record.Place{At: act.Time, Act: a.number}, Act: &act})
			}
		}
		for _, r := range m.reviews {
			if r = m.shown(r, false); s.Sees(r.Repo) && !r.Ended.IsZero() {
				out = append(out, record.Entry{Place: record.Place{At: r.Ended, Review: r.ID}, Review: &r})
			}
		}
		return nil
	})
	out = slices.DeleteFunc(out, func(e record.Entry) bool { return !f.Has(e) })
	slices.SortFunc(out, func(a, b record.Entry) int { return b.Place.Compare(a.Place) })
	return out[:min(len(out), f.Count())], err
}

// Booked implements record.Accounts.
func (m *Memory) Booked(ctx context.Context, s record.Scope, since, stale time.Time) (out []record.Booked, err error) {
	err = m.with(ctx, func() error {
		for id, r := range m.reviews {
			if s.Sees(r.Repo) && !r.Started.Before(since) {
				out = append(out, record.Booked{Repo: r.Repo.ID, Spent: r.Spent, Reserved: r.Reserved, Count: 1, Running: r.Ended.IsZero() && !m.touched[id].Before(stale)})
			}
		}
		return nil
	})
	return out, err
}

// SaveRepos implements record.Repos.
func (m *Memory) SaveRepos(ctx context.Context, repos ...record.Repo) error {
	return m.with(ctx, func() error {
		for i, r := range repos {
			var err error
			if repos[i], err = r.Checked(); err != nil {
				return err
			}
			if m.gone[r.Installation] {
				return fmt.Errorf("saving repositories: %w", record.ErrGone)
			}
		}
		for _, r := range repos {
			if m.repos == nil {
				m.repos = map[int64]map[int64]string{}
			}
			if m.repos[r.Installation] == nil {
				m.repos[r.Installation] = map[int64]string{}
			}
			m.repos[r.Installation][r.ID] = r.Name
		}
		return nil
	})
}

// RemoveRepos implements record.Repos.
func (m *Memory) RemoveRepos(ctx context.Context, installation int64, ids ...int64) error {
	return m.with(ctx, func() error {
		for _, id := range ids {
			delete(m.repos[installation], id)
		}
		if len(ids) > 0 {
			return nil
		}
		if m.gone == nil {
			m.gone = map[int64]bool{}
		}
		m.gone[installation] = true
		delete(m.repos, installation)
		m.acts = slices.DeleteFunc(m.acts, func(a numbered) bool { return a.Repo.Installation == installation })
		for id, r := range m.reviews {
			if r.Repo.Installation == installation {
				delete(m.reviews, id)
			}
		}
		return nil
	})
}

// Installed implements record.Repos.
func (m *Memory) Installed(ctx context.Context, installation int64) ([]record.Repo, error) {
	var out []record.Repo
	err := m.with(ctx, func() error {
		for id, name := range m.repos[installation] {
			out = append(out, record.Repo{Installation: installation, ID: id, Name: name})
		}
		return nil
	})
	slices.SortFunc(out, func(a, b record.Repo) int { return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out, err
}

// Prune implements record.Pruner.
func (m *Memory) Prune(ctx context.Context, before time.Time) (n int, err error) {
	err = m.with(ctx, func() error {
		for id, r := range m.reviews {
			if r.Ended.IsZero() || !r.Ended.Before(before) {
				continue
			}
			r.Suites = slices.Clone(r.Suites)
			for i := range r.Suites {
				if r.Suites[i].Report != nil {
					r.Suites[i].Report = nil
					n++
				}
			}
			m.reviews[id] = r
		}
		return nil
	})
	return n, err
}

// with does something alone, unless the context has ended.
func (m *Memory) with(ctx context.Context, do func() error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return do()
}

// shown is a copy of a review, with the name that its repository has now.
func (m *Memory) shown(r record.Review, reports bool) record.Review {
	r.Repo.Name = cmp.Or(m.repos[r.Repo.Installation][r.Repo.ID], r.Repo.Name)
	r, _ = r.Checked() // a copy: it was checked before
	for i := range r.Suites {
		if !reports {
			r.Suites[i].Report = nil
		}
	}
	return r
}
