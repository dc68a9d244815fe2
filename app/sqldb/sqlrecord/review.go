package sqlrecord

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/sqldb/tenant"
	"github.com/pertask/pertask/price"
)

// SaveReview implements record.Reviews.
func (s *Store) SaveReview(ctx context.Context, r record.Review) error {
	r, err := r.Checked()
	if err == nil {
		err = s.write(ctx, func(tx *sql.Tx) error { return s.save(ctx, tx, r) })
	}
	if err != nil {
		return fmt.Errorf("saving review %.32s: %w", r.ID, err)
	}
	return nil
}

func (s *Store) save(ctx context.Context, tx *sql.Tx, r record.Review) error {
	if err := tenant.Enter(ctx, s.db, tx, r.Repo.Installation); err != nil {
		return err
	}
	const upsert = `INSERT INTO reviews (id, installation, repository, repository_name, pull, head, base, kind, asked_by, delivery, state, started, ended, title, conclusion, exit_status, spent, reserved, touched, epoch)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
ON CONFLICT (id) DO UPDATE SET repository_name = excluded.repository_name, pull = excluded.pull, head = excluded.head, base = excluded.base, kind = excluded.kind,
asked_by = excluded.asked_by, delivery = excluded.delivery, state = excluded.state, started = excluded.started, ended = excluded.ended, title = excluded.title,
conclusion = excluded.conclusion, exit_status = excluded.exit_status, spent = excluded.spent,
reserved = excluded.reserved, touched = excluded.touched, epoch = excluded.epoch
WHERE reviews.installation = excluded.installation AND reviews.repository = excluded.repository AND reviews.epoch <= excluded.epoch`
	done, err := tx.ExecContext(ctx, s.db.SQL(upsert), r.ID, r.Repo.Installation, r.Repo.ID, r.Repo.Name, r.Pull, r.Head, r.Base, r.Kind, r.By, r.Delivery, string(r.State),
		stamp(r.Started), stamp(r.Ended), r.Title, r.Conclusion, r.Exit, digits(r.Spent), digits(r.Reserved), s.now().UnixMicro(), r.Epoch)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		return s.why(ctx, tx, r)
	}
	if _, err := tx.ExecContext(ctx, s.db.SQL(`DELETE FROM review_suites WHERE review = $1`), r.ID); err != nil {
		return err
	}
	for i, suite := range r.Suites {
		if err := s.saveSuite(ctx, tx, r.ID, i, suite); err != nil {
			return fmt.Errorf("suite %d: %w", i, err)
		}
	}
	return nil
}

// why says why a review does not take the place of what there is of its ID.
func (s *Store) why(ctx context.Context, tx *sql.Tx, r record.Review) error {
	var epoch int64
	err := tx.QueryRowContext(ctx, s.db.SQL(`SELECT epoch FROM reviews WHERE id = $1 AND installation = $2 AND repository = $3`), r.ID, r.Repo.Installation, r.Repo.ID).Scan(&epoch)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return record.ErrOther
	case err != nil:
		return err
	}
	return record.ErrLate
}

func (s *Store) saveSuite(ctx context.Context, tx *sql.Tx, review string, place int, x record.Suite) error {
	const insert = `INSERT INTO review_suites (review, place, name, result, verdict, ratio, low, high, base_model, head_model, base_cost, head_cost, base_rate, head_rate, question, evidence, report)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`
	_, err := tx.ExecContext(ctx, s.db.SQL(insert), review, place, x.Name, x.Result, x.Verdict, x.Ratio, x.Low, x.High, x.BaseModel, x.HeadModel,
		digits(x.Base), digits(x.Head), x.BaseRate, x.HeadRate, x.Question, x.Evidence, x.Report)
	return err
}

// selectReviews reads reviews that are in a scope; conditions follow.
const selectReviews = `SELECT r.id, r.installation, r.repository, COALESCE(n.name, r.repository_name), r.pull, r.head, r.base, r.kind, r.asked_by, r.delivery, r.state,
r.started, r.ended, r.title, r.conclusion, r.exit_status, r.spent, r.reserved, r.epoch
FROM reviews r LEFT JOIN repositories n ON n.installation = r.installation AND n.id = r.repository AND n.name <> '' `

// scoped begins a query of what is in a scope.
func (s *Store) scoped(text string, scope record.Scope) (*query, error) {
	q := &query{db: s.db}
	q.say(text+"WHERE r.installation = ? AND ", scope.Installation)
	return q, among(q, "r.repository", scope.Repos)
}

// List implements record.Reviews.
func (s *Store) List(ctx context.Context, scope record.Scope, f record.Filter) ([]record.Review, error) {
	var out []record.Review
	err := s.read(ctx, func(tx *sql.Tx) (err error) {
		out, err = s.list(ctx, tx, scope, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing reviews: %w", err)
	}
	return out, nil
}

func (s *Store) list(ctx context.Context, tx *sql.Tx, scope record.Scope, f record.Filter) ([]record.Review, error) {
	if !sees(scope) || !plain(f.Suite, f.Model, string(f.State), f.Before) {
		return nil, nil
	}
	q, err := s.scoped(selectReviews, scope)
	if err != nil {
		return nil, err
	}
	narrow(q, f)
	if f.Before != "" {
		last, found, err := s.startOf(ctx, tx, scope, f.Before)
		if err != nil || !found {
			return nil, err
		}
		q.say(" AND (r.started, r.id) < (?, ?)", last, f.Before)
	}
	q.say(" ORDER BY r.started DESC, r.id DESC LIMIT ?", f.Count())
	return s.reviews(ctx, tx, q, false)
}

// narrow adds what a filter asks for.
func narrow(q *query, f record.Filter) {
	if f.Repo != 0 {
		q.say(" AND r.repository = ?", f.Repo)
	}
	if f.State != "" {
		q.say(" AND r.state = ?", string(f.State))
	}
	if !f.Since.IsZero() {
		q.say(" AND r.started >= ?", after(f.Since))
	}
	if f.Suite == "" && f.Model == "" {
		return
	}
	q.say(" AND EXISTS (SELECT 1 FROM review_suites x WHERE x.review = r.id")
	if f.Suite != "" {
		q.say(" AND x.name = ?", f.Suite)
	}
	if f.Model != "" {
		q.say(" AND (x.base_model = ? OR x.head_model = ?)", f.Model, f.Model)
	}
	q.say(")")
}

// after is the first microsecond that is not before a time.
func after(t time.Time) int64 {
	at := t.UnixMicro()
	if time.UnixMicro(at).Before(t) {
		at++
	}
	return at
}

// startOf returns when a review of the scope started.
func (s *Store) startOf(ctx context.Context, tx *sql.Tx, scope record.Scope, id string) (at int64, found bool, err error) {
	q, err := s.scoped("SELECT r.started FROM reviews r ", scope)
	if err != nil {
		return 0, false, err
	}
	q.say(" AND r.id = ?", id)
	err = q.rows(ctx, tx, func(rows *sql.Rows) error { found = true; return rows.Scan(&at) })
	return at, found, err
}

// Review implements record.Reviews.
func (s *Store) Review(ctx context.Context, scope record.Scope, id string) (record.Review, bool, error) {
	var found []record.Review
	err := s.read(ctx, func(tx *sql.Tx) error {
		if !sees(scope) || !plain(id) {
			return nil
		}
		q, err := s.scoped(selectReviews, scope)
		if err != nil {
			return err
		}
		q.say(" AND r.id = ?", id)
		found, err = s.reviews(ctx, tx, q, true)
		return err
	})
	if err != nil {
		return record.Review{}, false, fmt.Errorf("reading review %.32q: %w", id, err)
	}
	if len(found) == 0 {
		return record.Review{}, false, nil
	}
	return found[0], true, nil
}

// reviews reads reviews with their suites, and with their reports if they are wanted.
func (s *Store) reviews(ctx context.Context, tx *sql.Tx, q *query, reports bool) ([]record.Review, error) {
	var out []record.Review
	var ids []string
	place := map[string]int{}
	err := q.rows(ctx, tx, func(rows *sql.Rows) error {
		r, err := scanReview(rows)
		place[r.ID] = len(out)
		out, ids = append(out, r), append(ids, r.ID)
		return err
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	q = &query{db: s.db}
	report := "NULL"
	if reports {
		report = "report"
	}
	q.say("SELECT review, name, result, verdict, ratio, low, high, base_model, head_model, base_cost, head_cost, base_rate, head_rate, question, evidence, " + report +
		" FROM review_suites WHERE ")
	if err := among(q, "review", ids); err != nil {
		return nil, err
	}
	q.say(" ORDER BY review, place")
	err = q.rows(ctx, tx, func(rows *sql.Rows) error {
		id, x, err := scanSuite(rows)
		if err == nil {
			r := &out[place[id]]
			r.Suites = append(r.Suites, x)
		}
		return err
	})
	return out, err
}

func scanReview(rows *sql.Rows) (record.Review, error) {
	var r record.Review
	var started, ended sql.NullInt64
	var spent, reserved sql.NullString
	err := rows.Scan(&r.ID, &r.Repo.Installation, &r.Repo.ID, &r.Repo.Name, &r.Pull, &r.Head, &r.Base, &r.Kind, &r.By, &r.Delivery, &r.State,
		&started, &ended, &r.Title, &r.Conclusion, &r.Exit, &spent, &reserved, &r.Epoch)
	if err != nil {
		return r, err
	}
	r.Started, r.Ended = moment(started), moment(ended)
	if r.Spent, err = amount(spent); err != nil {
		return r, err
	}
	r.Reserved, err = amount(reserved)
	return r, err
}

func scanSuite(rows *sql.Rows) (review string, x record.Suite, err error) {
	var base, head sql.NullString
	err = rows.Scan(&review, &x.Name, &x.Result, &x.Verdict, &x.Ratio, &x.Low, &x.High, &x.BaseModel, &x.HeadModel, &base, &head, &x.BaseRate, &x.HeadRate,
		&x.Question, &x.Evidence, &x.Report)
	if err != nil {
		return review, x, err
	}
	if x.Base, err = amount(base); err != nil {
		return review, x, err
	}
	x.Head, err = amount(head)
	return review, x, err
}

// Spent implements record.Reviews.
func (s *Store) Spent(ctx context.Context, installation, repo int64, since time.Time) (price.Amount, error) {
	sum := price.Known(price.Money{})
	q := &query{db: s.db}
	q.say("SELECT spent, COUNT(*) FROM reviews WHERE installation = ?", installation)
	if repo != 0 {
		q.say(" AND repository = ?", repo)
	}
	if !since.IsZero() {
		q.say(" AND started >= ?", after(since))
	}
	q.say(" GROUP BY spent") // most cost nothing, and are one row so
	err := s.read(ctx, func(tx *sql.Tx) error {
		return q.rows(ctx, tx, func(rows *sql.Rows) error {
			var each sql.NullString
			var n int64
			if err := rows.Scan(&each, &n); err != nil {
				return err
			}
			a, err := amount(each)
			if err == nil {
				sum = sum.Plus(times(a, n))
			}
			return err
		})
	})
	if err != nil {
		return price.Amount{}, fmt.Errorf("adding up what was spent: %w", err)
	}
	return sum, nil
}

// times is an amount n times.
func times(a price.Amount, n int64) price.Amount {
	m, known := a.Value()
	if !known {
		return a
	}
	return price.Known(m.Times(n))
}

// batch is how many reports go in one transaction, so that writers do not wait long.
const batch = 100

// Prune implements record.Pruner.
func (s *Store) Prune(ctx context.Context, before time.Time) (int, error) {
	const prune = `UPDATE review_suites SET report = NULL WHERE (review, place) IN
(SELECT x.review, x.place FROM review_suites x JOIN reviews r ON r.id = x.review WHERE x.report IS NOT NULL AND r.ended < $1 LIMIT $2)`
	sum := 0
	for {
		var n int64
		err := s.write(ctx, func(tx *sql.Tx) error {
			done, err := tx.ExecContext(ctx, s.db.SQL(prune), after(before), batch)
			if err == nil {
				n, err = done.RowsAffected()
			}
			return err
		})
		if err != nil {
			return sum, fmt.Errorf("taking out old reports: %w", err)
		}
		if sum += int(n); n < batch {
			return sum, nil
		}
	}
}
