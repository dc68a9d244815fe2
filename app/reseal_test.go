package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlsecret"
)

// TestTheKeyIsChanged starts a server with a new key before the old one: a provider key of a customer is then opened by the new one
// alone.
func TestTheKeyIsChanged(t *testing.T) {
	s := newStage(t)
	old, err := secret.New(s.env["PERTASK_APP_KEY"])
	if err != nil {
		t.Fatal(err)
	}
	srv, err := s.open(nil) // makes the database
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	db := sqldbtest.Open(t, s.cfg.Database)
	values := sqlsecret.NewSecrets(db)
	about := secret.About{Scope: 77, Name: "provider/OPENAI_API_KEY"}
	sealed, err := old.Seal(about, []byte("sk-customer"))
	if err == nil {
		err = values.Put(t.Context(), about.Scope, sealed, sqlsecret.Mark{Name: about.Name, Time: time.Now()})
	}
	if err != nil {
		t.Fatal(err)
	}
	key, err := secret.Generate()
	if err != nil {
		t.Fatal(err)
	}
	s.env["PERTASK_APP_KEY"] = key + s.env["PERTASK_APP_KEY"]
	_, stop := s.run()
	const says = `"values":1,"sealed_anew":1,"under_old_keys":0,"do_not_open":0`
	s.until("the log says that the old key is not needed", func() bool { return strings.Contains(fmt.Sprint(&s.log), says) })
	stop()
	fresh, err := secret.New(key)
	if err != nil {
		t.Fatal(err)
	}
	sealed, _, err = values.Get(t.Context(), about.Scope, about.Name)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := fresh.Open(about, sealed); err != nil || string(v) != "sk-customer" {
		t.Errorf("the new key opens %q, %v", v, err)
	}
	s.env["PERTASK_APP_KEY"] = key // one key has nothing to do
	_, stop = s.run()
	stop()
	if n := strings.Count(fmt.Sprint(&s.log), `"sealed_anew"`); n != 1 {
		t.Errorf("values are sealed anew %d times", n)
	}
}
