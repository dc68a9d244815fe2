package sqlsecret_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlsecret"
)

// The variables that make this test binary seal a database anew instead.
const childURL, childKeys = "PERTASK_RESEAL_CHILD", "PERTASK_RESEAL_KEYS"

// child seals anew, and after each batch says so and waits.
func child(url string) int {
	db, err := sqldb.Open(context.Background(), url)
	if err == nil {
		var box *secret.Box
		if box, err = secret.New(os.Getenv(childKeys)); err == nil {
			_, err = sqlsecret.Reseal(context.Background(), db, box, func(t sqlsecret.Tally) {
				fmt.Println("anew", t.Anew)
				_, _ = os.Stdin.Read(make([]byte, 1)) // until it is told to go on
			})
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// keys are an old and a new key, and boxes of the old one, of both with the new one first, and of the new one.
type keys struct {
	older, newer     string
	old, both, fresh *secret.Box
}

func newKeys(t *testing.T) (k keys) {
	t.Helper()
	var errs [5]error
	k.older, errs[0] = secret.Generate()
	k.newer, errs[1] = secret.Generate()
	k.old, errs[2] = secret.New(k.older)
	k.both, errs[3] = secret.New(k.newer + k.older)
	k.fresh, errs[4] = secret.New(k.newer)
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// fill keeps values of several installations and sessions, sealed by a box.
func fill(t *testing.T, db *sqldb.DB, box *secret.Box, n int) {
	t.Helper()
	s, x := sqlsecret.NewSecrets(db), sqlsecret.NewSessions(db)
	for i := range n {
		about := secret.About{Scope: int64(i % 5), Name: fmt.Sprintf("provider/KEY_%d", i)}
		sealed, err := box.Seal(about, fmt.Appendf(nil, "value %d", i))
		if err == nil {
			err = s.Put(t.Context(), about.Scope, sealed, mark(about.Name))
		}
		if err != nil {
			t.Fatal(err)
		}
		h := hash(fmt.Sprint("session ", i))
		token, err := box.Seal(signin.AboutSession(h), fmt.Appendf(nil, "token %d", i))
		if err == nil {
			err = x.Save(t.Context(), signin.Session{Hash: h, User: 1, Login: "octocat", Token: token, Created: noon, Used: noon, Expires: noon.Add(time.Hour)})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// opens counts what a box opens of what fill has kept, and holds that it says what it said.
func opens(t *testing.T, db *sqldb.DB, box *secret.Box, n int) (open int) {
	t.Helper()
	s, x := sqlsecret.NewSecrets(db), sqlsecret.NewSessions(db)
	for i := range n {
		about := secret.About{Scope: int64(i % 5), Name: fmt.Sprintf("provider/KEY_%d", i)}
		sealed, found, err := s.Get(t.Context(), about.Scope, about.Name)
		if err != nil || !found {
			t.Fatalf("%s is lost: %v", about.Name, err)
		}
		if v, err := box.Open(about, sealed); err == nil {
			if open++; string(v) != fmt.Sprintf("value %d", i) {
				t.Errorf("%s is %q", about.Name, v)
			}
		}
		h := hash(fmt.Sprint("session ", i))
		y, found, err := x.Load(t.Context(), h)
		if err != nil || !found {
			t.Fatalf("session %d is lost: %v", i, err)
		}
		if v, err := box.Open(signin.AboutSession(h), y.Token); err == nil {
			if open++; string(v) != fmt.Sprintf("token %d", i) {
				t.Errorf("the token of session %d is %q", i, v)
			}
		}
	}
	return open
}

func TestReseal(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		const n = 130
		k := newKeys(t)
		fill(t, db, k.old, n)
		put(t, sqlsecret.NewSecrets(db), 7, "broken", "what nobody has sealed")
		none := signin.Session{Hash: hash("without a token"), User: 1, Login: "octocat", Created: noon, Used: noon, Expires: noon.Add(time.Hour)}
		if err := sqlsecret.NewSessions(db).Save(t.Context(), none); err != nil {
			t.Fatal(err)
		}
		for i, want := range []sqlsecret.Tally{{All: 2*n + 1, Anew: 2 * n, Shut: 1}, {All: 2*n + 1, Shut: 1}} {
			var last sqlsecret.Tally
			told := 0
			got, err := sqlsecret.Reseal(t.Context(), db, k.both, func(x sqlsecret.Tally) { last, told = x, told+1 })
			if err != nil || got != want || last != want || told != 4 {
				t.Errorf("pass %d: %+v, told %d times and last %+v, %v; want %+v", i+1, got, told, last, err, want)
			}
		}
		if open := opens(t, db, k.fresh, n); open != 2*n {
			t.Errorf("%d of %d open with the new key", open, 2*n)
		}
		holds(t, sqlsecret.NewSecrets(db), 7, "broken", "what nobody has sealed")
		names(t, sqlsecret.NewSecrets(db), 7, mark("broken"))
		if got, err := sqlsecret.Reseal(t.Context(), db, k.old, nil); err != nil || got.Shut != 2*n+1 || got.Anew != 0 {
			t.Errorf("with the old key alone: %+v, %v", got, err)
		}
		if open := opens(t, db, k.fresh, n); open != 2*n {
			t.Errorf("%d of %d open with the new key, after one with another key has looked", open, 2*n)
		}
	})
}

// changing is a box whose user does something before each value is written.
type changing struct {
	*secret.Box
	before func(secret.About)
}

func (c changing) Reseal(about secret.About, sealed []byte) ([]byte, error) {
	anew, err := c.Box.Reseal(about, sealed)
	if anew != nil {
		c.before(about)
	}
	return anew, err
}

// What a person sets or removes while it is sealed anew stays as they have it.
func TestResealMeetsPeople(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		k, s := newKeys(t), sqlsecret.NewSecrets(db)
		seal := func(about secret.About, value string) {
			sealed, err := k.old.Seal(about, []byte(value))
			if err == nil {
				err = s.Put(t.Context(), about.Scope, sealed, mark(about.Name))
			}
			if err != nil {
				t.Error(err)
			}
		}
		set, gone, kept := secret.About{Scope: 7, Name: "set"}, secret.About{Scope: 7, Name: "gone"}, secret.About{Scope: 7, Name: "kept"}
		for _, about := range []secret.About{set, gone, kept} {
			seal(about, "before")
		}
		once := map[secret.About]*sync.Once{set: {}, gone: {}, kept: {}}
		got, err := sqlsecret.Reseal(t.Context(), db, changing{k.both, func(about secret.About) {
			once[about].Do(func() {
				switch about {
				case set: // by a process that has the old key in front yet
					seal(about, "meanwhile")
				case gone:
					if _, err := s.Delete(t.Context(), about.Scope, about.Name); err != nil {
						t.Error(err)
					}
				}
			})
		}}, nil)
		if want := (sqlsecret.Tally{All: 2, Anew: 2}); err != nil || got != want {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
		values := map[string]string{}
		for _, about := range []secret.About{set, gone, kept} {
			if sealed, found, err := s.Get(t.Context(), 7, about.Name); err != nil {
				t.Error(err)
			} else if found {
				v, err := k.fresh.Open(about, sealed)
				if err != nil {
					t.Errorf("%s: %v", about.Name, err)
				}
				values[about.Name] = string(v)
			}
		}
		if d := cmp.Diff(map[string]string{"set": "meanwhile", "kept": "before"}, values); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		// One who always is faster is told of.
		seal(kept, "0")
		n := 0
		got, err = sqlsecret.Reseal(t.Context(), db, changing{k.both, func(about secret.About) { n++; seal(about, fmt.Sprint(n)) }}, nil)
		if err != nil || got.Old != 1 || got.Shut != 0 {
			t.Errorf("beside somebody who is always faster: %+v, %v", got, err)
		}
	})
}

// Processes seal anew at the same time and are killed in the middle of it, at any moment; nothing is lost, and one that is not killed
// ends it.
func TestResealIsKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sqldbtest.EachURL(t, func(t *testing.T, url string) {
		const n = 250
		k := newKeys(t)
		db := sqldbtest.Open(t, url)
		fill(t, db, k.old, n)
		middle := 0
		for round := range 4 {
			kill := func() {
				cmd := exec.Command(self)
				cmd.Env = append(os.Environ(), childURL+"="+url, childKeys+"="+k.newer+k.older)
				cmd.Stderr = os.Stderr
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Error(err)
					return
				}
				in, err := cmd.StdinPipe()
				if err == nil {
					err = cmd.Start()
				}
				if err != nil {
					t.Error(err)
					return
				}
				lines := bufio.NewScanner(out)
				for range 1 + round%2 {
					lines.Scan() // a batch is written
					_, _ = in.Write([]byte{'\n'})
				}
				time.Sleep(rand.N(300 * time.Millisecond)) // somewhere in the next one
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			}
			var both sync.WaitGroup
			both.Go(kill)
			both.Go(kill)
			both.Wait()
			if open := opens(t, db, k.both, n); open != 2*n {
				t.Fatalf("round %d: %d of %d open", round, open, 2*n)
			}
			open := opens(t, db, k.fresh, n)
			if open > 0 && open < 2*n {
				middle++
			}
			t.Logf("round %d: %d of %d are sealed anew", round, open, 2*n)
			if round == 0 && middle == 0 {
				t.Error("the first kill was not in the middle")
			}
		}
		if got, err := sqlsecret.Reseal(t.Context(), db, k.both, nil); err != nil || got.Old != 0 || got.Shut != 0 || got.All != 2*n {
			t.Errorf("at the end: %+v, %v", got, err)
		}
		if open := opens(t, db, k.fresh, n); open != 2*n {
			t.Errorf("at the end %d of %d open with the new key", open, 2*n)
		}
	})
}

// An error of the box that is not about the value ends it.
func TestResealFails(t *testing.T) {
	db := sqldbtest.Open(t, sqldbtest.File(t))
	k := newKeys(t)
	fill(t, db, k.old, 1)
	if _, err := sqlsecret.Reseal(t.Context(), db, failing{}, nil); err == nil || !strings.Contains(err.Error(), "no entropy") {
		t.Errorf("got %v", err)
	}
}

type failing struct{}

func (failing) Reseal(secret.About, []byte) ([]byte, error) { return nil, fmt.Errorf("no entropy") }
