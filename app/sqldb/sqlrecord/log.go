package sqlrecord

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/app/record"
)

// Log implements record.Log. Reviews and acts are read apart, each as many as are wanted at most, by an index each.
func (s *Store) Log(ctx context.Context, scope record.Scope, f record.LogFilter) ([]record.Entry, error) {
	var out []record.Entry
	err := s.read(ctx, func(tx *sql.Tx) error {
		if !sees(scope) || !plain(f.Who) || !plain(f.Only...) {
			return nil
		}
		var err error
		if out, err = s.loggedReviews(ctx, tx, scope, f); err != nil {
			return err
		}
		acts, err := s.loggedActs(ctx, tx, scope, f)
		out = append(out, acts...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the log: %w", err)
	}
	slices.SortFunc(out, func(a, b record.Entry) int { return b.Place.Compare(a.Place) })
	return out[:min(len(out), f.Count())], nil
}

func (s *Store) loggedReviews(ctx context.Context, tx *sql.Tx, scope record.Scope, f record.LogFilter) ([]record.Entry, error) {
	verdicts, others := f.Reviews()
	if !verdicts && !others {
		return nil, nil
	}
	q, err := s.scoped(selectReviews, scope)
	if err != nil {
		return nil, err
	}
	q.say(" AND r.ended IS NOT NULL")
	if verdicts != others {
		not := ""
		if others {
			not = "NOT "
		}
		q.say(" AND " + not + "EXISTS (SELECT 1 FROM review_suites x WHERE x.review = r.id AND ")
		if err := among(q, "x.result", record.WithVerdict); err != nil {
			return nil, err
		}
		q.say(")")
	}
	q.of("r.ended", "r.asked_by", f)
	if p := f.After; !p.IsZero() && p.Review != "" {
		q.say(" AND (r.ended, r.id) < (?, ?)", p.At.UnixMicro(), p.Review)
	} else if !p.IsZero() { // of the same time it comes after all reviews
		q.say(" AND r.ended < ?", p.At.UnixMicro())
	}
	q.say(" ORDER BY r.ended DESC, r.id DESC LIMIT ?", f.Count())
	all, err := s.reviews(ctx, tx, q, false)
	out := make([]record.Entry, len(all))
	for i := range all {
		out[i] = record.Entry{Place: record.Place{At: all[i].Ended, Review: all[i].ID}, Review: &all[i]}
	}
	return out, err
}

// of adds what a filter asks for of both, but for its place.
func (q *query) of(at, who string, f record.LogFilter) {
	if f.Repo != 0 {
		q.say(" AND r.repository = ?", f.Repo)
	}
	if f.Pull != 0 {
		q.say(" AND r.pull = ?", f.Pull)
	}
	if f.Who != "" { // logins are ASCII, and the same in any case
		q.say(" AND LOWER("+who+") = ?", strings.ToLower(f.Who))
	}
	if !f.Since.IsZero() {
		q.say(" AND "+at+" >= ?", after(f.Since))
	}
}

func (s *Store) loggedActs(ctx context.Context, tx *sql.Tx, scope record.Scope, f record.LogFilter) ([]record.Entry, error) {
	verbs, all := f.Acts()
	if !all && len(verbs) == 0 {
		return nil, nil
	}
	q, err := s.inActs(scope)
	if err != nil {
		return nil, err
	}
	if !all {
		q.say(" AND ")
		if err := among(q, "r.verb", verbs); err != nil {
			return nil, err
		}
	}
	q.of("r.at", "r.actor", f)
	if p := f.After; !p.IsZero() && p.Review == "" {
		q.say(" AND (r.at, r.id) < (?, ?)", p.At.UnixMicro(), p.Act)
	} else if !p.IsZero() {
		q.say(" AND r.at <= ?", p.At.UnixMicro())
	}
	q.say(" ORDER BY r.at DESC, r.id DESC LIMIT ?", f.Count())
	var out []record.Entry
	err = q.rows(ctx, tx, func(rows *sql.Rows) error {
		n, a, err := scanAct(rows)
		out = append(out, record.Entry{Place: record.Place{At: a.Time, Act: n}, Act: &a})
		return err
	})
	return out, err
}

// inActs begins a query of the acts of a scope.
func (s *Store) inActs(scope record.Scope) (*query, error) {
	q := &query{db: s.db}
	q.say(`SELECT r.id, r.installation, r.repository, COALESCE(n.name, r.repository_name), r.pull, r.head, r.at, r.actor, r.verb, r.reason
FROM acts r LEFT JOIN repositories n ON n.installation = r.installation AND n.id = r.repository AND n.name <> '' WHERE r.installation = ? AND (r.repository = 0 OR `, scope.Installation)
	err := among(q, "r.repository", scope.Repos)
	q.say(")")
	return q, err
}

func scanAct(rows *sql.Rows) (n int64, a record.Act, err error) {
	var at sql.NullInt64
	err = rows.Scan(&n, &a.Repo.Installation, &a.Repo.ID, &a.Repo.Name, &a.Pull, &a.Head, &at, &a.Actor, &a.Verb, &a.Reason)
	a.Time = moment(at)
	return n, a, err
}

// Booked implements record.Accounts.
func (s *Store) Booked(ctx context.Context, scope record.Scope, since, stale time.Time) (out []record.Booked, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		if !sees(scope) {
			return nil
		}
		q := &query{db: s.db}
		q.counted(scope.Installation, since, stale)
		q.say(" AND ")
		if err := among(q, "repository", scope.Repos); err != nil {
			return err
		}
		out, err = q.booked(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what counts in a month: %w", err)
	}
	return out, nil
}
