package sqlsecret_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlsecret"
	"github.com/pertask/pertask/app/sqldb/tenant"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		os.Exit(child(url))
	}
	os.Exit(sqldbtest.Main(m))
}

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func mark(name string) sqlsecret.Mark {
	return sqlsecret.Mark{Name: name, Fingerprint: "0123abcd", By: "octocat", Time: noon}
}

func put(t *testing.T, s *sqlsecret.Secrets, scope int64, name, sealed string) {
	t.Helper()
	if err := s.Put(t.Context(), scope, []byte(sealed), mark(name)); err != nil {
		t.Fatal(err)
	}
}

// holds says what a name has; "" is nothing.
func holds(t *testing.T, s *sqlsecret.Secrets, scope int64, name, want string) {
	t.Helper()
	got, found, err := s.Get(t.Context(), scope, name)
	if err != nil || string(got) != want || found != (want != "") {
		t.Errorf("%d %q: %q, %v, %v; want %q", scope, name, got, found, err, want)
	}
}

func names(t *testing.T, s *sqlsecret.Secrets, scope int64, want ...sqlsecret.Mark) {
	t.Helper()
	got, err := s.List(t.Context(), scope)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
		t.Errorf("values of %d, %v (-want +got):\n%s", scope, err, diff)
	}
}

func TestSecrets(t *testing.T) {
	sqldbtest.EachURL(t, func(t *testing.T, url string) {
		s, other := sqlsecret.NewSecrets(sqldbtest.Open(t, url)), sqlsecret.NewSecrets(sqldbtest.Open(t, url))
		holds(t, s, 7, "provider/A", "")
		names(t, s, 7)
		put(t, s, 7, "provider/A", "sealed a\x00\xff")
		put(t, s, 7, "provider/B", "sealed b")
		put(t, s, 8, "provider/A", "of another")
		put(t, s, sqlsecret.App, "credentials", "of the App")
		holds(t, other, 7, "provider/A", "sealed a\x00\xff")
		holds(t, other, 8, "provider/A", "of another")
		holds(t, other, 8, "provider/B", "")
		holds(t, other, 8, "credentials", "")
		holds(t, other, sqlsecret.App, "credentials", "of the App")
		names(t, other, 7, mark("provider/A"), mark("provider/B"))
		names(t, other, 9)

		again := sqlsecret.Mark{Name: "provider/A", Time: noon.Add(time.Microsecond)}
		if err := s.Put(t.Context(), 7, []byte("new"), again); err != nil {
			t.Fatal(err)
		}
		holds(t, other, 7, "provider/A", "new")
		names(t, other, 7, again, mark("provider/B"))
		for _, want := range []bool{true, false} {
			if found, err := s.Delete(t.Context(), 7, "provider/A"); found != want || err != nil {
				t.Errorf("found %v, %v; want %v", found, err, want)
			}
		}
		holds(t, other, 7, "provider/A", "")
		holds(t, other, 8, "provider/A", "of another")
	})
}

func TestPutRefuses(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := sqlsecret.NewSecrets(db)
		long := strings.Repeat("x", sqlsecret.MaxText+1)
		for name, tt := range map[string]struct {
			scope  int64
			sealed []byte
			change func(*sqlsecret.Mark)
		}{
			"no name":              {7, []byte("x"), func(m *sqlsecret.Mark) { m.Name = "" }},
			"a long name":          {7, []byte("x"), func(m *sqlsecret.Mark) { m.Name = long }},
			"a name with a zero":   {7, []byte("x"), func(m *sqlsecret.Mark) { m.Name = "a\x00" }},
			"a name of two lines":  {7, []byte("x"), func(m *sqlsecret.Mark) { m.Name = "a\nb" }},
			"a name that is none":  {7, []byte("x"), func(m *sqlsecret.Mark) { m.Name = "\xff" }},
			"a long login":         {7, []byte("x"), func(m *sqlsecret.Mark) { m.By = long }},
			"a long fingerprint":   {7, []byte("x"), func(m *sqlsecret.Mark) { m.Fingerprint = long }},
			"no time":              {7, []byte("x"), func(m *sqlsecret.Mark) { m.Time = time.Time{} }},
			"no value":             {7, nil, func(*sqlsecret.Mark) {}},
			"a long value":         {7, make([]byte, sqlsecret.MaxSealed+1), func(*sqlsecret.Mark) {}},
			"no such installation": {-1, []byte("x"), func(*sqlsecret.Mark) {}},
		} {
			m := mark("a")
			tt.change(&m)
			if err := s.Put(t.Context(), tt.scope, tt.sealed, m); err == nil {
				t.Errorf("%s: it was taken", name)
			} else if strings.Contains(err.Error(), "\x00") {
				t.Errorf("%s: the error %q has what was given as it was", name, err)
			}
		}
		names(t, s, 7)
		for _, name := range []string{"", "\x00", "\xff", long} {
			holds(t, s, 7, name, "")
			if found, err := s.Delete(t.Context(), 7, name); found || err != nil {
				t.Errorf("%q: found %v, %v", name, found, err)
			}
		}
	})
}

func TestAtMostSoMany(t *testing.T) {
	db := sqldbtest.Open(t, sqldbtest.File(t))
	err := db.InTx(t.Context(), func(tx *sql.Tx) error {
		for i := range sqlsecret.MaxNames {
			if _, err := tx.Exec(db.SQL(`INSERT INTO secrets (installation, name, sealed, fingerprint, set_by, at) VALUES (7, $1, $2, '', '', 0)`), fmt.Sprint(i), []byte("x")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := sqlsecret.NewSecrets(db)
	if err := s.Put(t.Context(), 7, []byte("x"), mark("one more")); !errors.Is(err, sqlsecret.ErrMany) {
		t.Errorf("error %v, want ErrMany", err)
	}
	put(t, s, 7, "5", "another value of a name that is there")
	put(t, s, 8, "one", "of another installation")
}

func TestRemovedInstallation(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := sqlsecret.NewSecrets(db)
		put(t, s, 7, "a", "x")
		put(t, s, 8, "a", "y")
		err := db.InTx(t.Context(), func(tx *sql.Tx) error { return tenant.Remove(t.Context(), db, tx, 7, noon) })
		if err != nil {
			t.Fatal(err)
		}
		holds(t, s, 7, "a", "")
		holds(t, s, 8, "a", "y")
		if err := s.Put(t.Context(), 7, []byte("x"), mark("a")); !errors.Is(err, record.ErrGone) {
			t.Errorf("error %v, want ErrGone", err)
		}
	})
}

// What is sealed opens after it was in the database, and nothing of what it says is in the database's files.
func TestSealedValueGoesThrough(t *testing.T) {
	file := sqldbtest.File(t)
	db := sqldbtest.Open(t, file)
	s := sqlsecret.NewSecrets(db)
	key, err := secret.Generate()
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.New(key)
	if err != nil {
		t.Fatal(err)
	}
	value := []byte("sk-" + strings.Repeat("plain", 20))
	about := secret.About{Scope: 7, Name: "provider/A"}
	sealed, err := box.Seal(about, value)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, 7, about.Name, string(sealed))
	got, found, err := s.Get(t.Context(), 7, about.Name)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if plain, err := box.Open(about, got); err != nil || !bytes.Equal(plain, value) {
		t.Errorf("it opens as %d bytes, %v", len(plain), err)
	}
	path := strings.TrimPrefix(file, "sqlite:")
	for _, suffix := range []string{"", "-wal"} {
		text, err := os.ReadFile(path + suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if bytes.Contains(text, value) || bytes.Contains(text, []byte(key)) {
			t.Errorf("the value or its key is in %s", path+suffix)
		}
	}
}

func hash(of string) string {
	sum := sha256.Sum256([]byte(of))
	return hex.EncodeToString(sum[:])
}

func session(of string, user int64) signin.Session {
	return signin.Session{Hash: hash(of), User: user, Login: "octocat", Token: []byte("sealed \x00 " + of), Created: noon, Used: noon.Add(time.Minute), Expires: noon.Add(time.Hour)}
}

func save(t *testing.T, s *sqlsecret.Sessions, all ...signin.Session) {
	t.Helper()
	for _, x := range all {
		if err := s.Save(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
}

// there says which of some sessions are there.
func there(t *testing.T, s *sqlsecret.Sessions, want map[string]bool) {
	t.Helper()
	for of, want := range want {
		if _, found, err := s.Load(t.Context(), hash(of)); found != want || err != nil {
			t.Errorf("session %q: found %v, %v; want %v", of, found, err, want)
		}
	}
}

func TestSessions(t *testing.T) {
	sqldbtest.EachURL(t, func(t *testing.T, url string) {
		s, other := sqlsecret.NewSessions(sqldbtest.Open(t, url)), sqlsecret.NewSessions(sqldbtest.Open(t, url))
		one := session("one", 1)
		bare := session("bare", 2)
		bare.Token, bare.Login = nil, ""
		save(t, s, one, bare)
		for _, want := range []signin.Session{one, bare} {
			got, found, err := other.Load(t.Context(), want.Hash)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || !found || err != nil {
				t.Errorf("session, %v, %v (-want +got):\n%s", found, err, diff)
			}
		}
		if err := other.Save(t.Context(), one); err == nil {
			t.Error("a session that is there was saved again")
		}
		later := noon.Add(30 * time.Minute)
		for _, at := range []time.Time{later, noon} { // a request that took long tells nothing new
			if err := other.Touch(t.Context(), one.Hash, at); err != nil {
				t.Fatal(err)
			}
		}
		if got, _, err := s.Load(t.Context(), one.Hash); !got.Used.Equal(later) || err != nil {
			t.Errorf("used %v, %v; want %v", got.Used, err, later)
		}
		for range 2 {
			if err := other.Delete(t.Context(), one.Hash); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Touch(t.Context(), one.Hash, later); err != nil {
			t.Fatal(err)
		}
		there(t, s, map[string]bool{"one": false, "bare": true})
	})
}

func TestSessionsAreRefused(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := sqlsecret.NewSessions(db)
		for name, change := range map[string]func(*signin.Session){
			"the cookie instead of its hash": func(x *signin.Session) { x.Hash = "one" },
			"no hash":                        func(x *signin.Session) { x.Hash = "" },
			"a hash in upper case":           func(x *signin.Session) { x.Hash = strings.ToUpper(x.Hash) },
			"a long token":                   func(x *signin.Session) { x.Token = make([]byte, sqlsecret.MaxSealed+1) },
			"a login of two lines":           func(x *signin.Session) { x.Login = "a\nb" },
			"no end":                         func(x *signin.Session) { x.Expires = time.Time{} },
		} {
			x := session("one", 1)
			change(&x)
			if err := s.Save(t.Context(), x); err == nil {
				t.Errorf("%s: it was taken", name)
			}
		}
		for _, h := range []string{"", "\x00", "' OR ''='", "%"} {
			if _, found, err := s.Load(t.Context(), h); found || err != nil {
				t.Errorf("%q: found %v, %v", h, found, err)
			}
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := sqlsecret.NewSessions(db)
		ended, idle, good := session("ended", 1), session("idle", 1), session("good", 2)
		ended.Expires, ended.Used = noon.Add(10*time.Minute), noon.Add(9*time.Minute)
		idle.Used, good.Used = noon.Add(time.Minute), noon.Add(9*time.Minute)
		save(t, s, ended, idle, good, session("mine", 3), session("mine too", 3))
		if n, err := s.DeleteAll(t.Context(), 3); n != 2 || err != nil {
			t.Errorf("%d sessions ended, %v; want 2", n, err)
		}
		there(t, s, map[string]bool{"mine": false, "mine too": false, "good": true})
		for _, want := range []int64{2, 0} {
			if n, err := s.Prune(t.Context(), noon.Add(10*time.Minute), noon.Add(5*time.Minute)); n != want || err != nil {
				t.Errorf("%d sessions removed, %v; want %d", n, err, want)
			}
		}
		there(t, s, map[string]bool{"ended": false, "idle": false, "good": true})
	})
}

func TestWritersAtOnce(t *testing.T) {
	sqldbtest.EachURL(t, func(t *testing.T, url string) {
		dbs := []*sqldb.DB{sqldbtest.Open(t, url), sqldbtest.Open(t, url)}
		var all sync.WaitGroup
		for w := range 4 {
			all.Go(func() {
				s, sessions := sqlsecret.NewSecrets(dbs[w%2]), sqlsecret.NewSessions(dbs[w%2])
				for i := range 5 {
					err := errors.Join(s.Put(t.Context(), 7, []byte("x"), mark("all")), s.Put(t.Context(), 7, []byte("x"), mark(fmt.Sprint(w, i))),
						sessions.Save(t.Context(), session(fmt.Sprint(w, i), int64(w))))
					if err != nil {
						t.Errorf("writer %d: %v", w, err)
					}
				}
			})
		}
		all.Wait()
		if got, err := sqlsecret.NewSecrets(dbs[0]).List(t.Context(), 7); len(got) != 21 || err != nil {
			t.Errorf("%d values, %v; want 21", len(got), err)
		}
	})
}

func TestContextThatHasEnded(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		given := errors.New("given up")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(given)
		s, x := sqlsecret.NewSecrets(db), sqlsecret.NewSessions(db)
		_, _, errGet := s.Get(ctx, 7, "a")
		_, errList := s.List(ctx, 7)
		_, errDelete := s.Delete(ctx, 7, "a")
		_, errReseal := sqlsecret.Reseal(ctx, db, nil, nil)
		_, _, errLoad := x.Load(ctx, hash("a"))
		_, errAll := x.DeleteAll(ctx, 1)
		_, errPrune := x.Prune(ctx, noon, noon)
		for i, err := range []error{
			errGet, errList, errDelete, errReseal, errLoad, errAll, errPrune, s.Put(ctx, 7, []byte("x"), mark("a")), x.Save(ctx, session("a", 1)),
			x.Touch(ctx, hash("a"), noon), x.Delete(ctx, hash("a")),
		} {
			if !errors.Is(err, given) {
				t.Errorf("call %d: error %v, want the context's", i, err)
			}
		}
	})
}
