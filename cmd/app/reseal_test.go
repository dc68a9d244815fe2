package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqlsecret"
)

// TestReseal changes the key of a database by hand, and drops the old one.
func TestReseal(t *testing.T) {
	var keys []string
	for range 2 {
		key, err := secret.Generate()
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	file := "sqlite:" + filepath.Join(t.TempDir(), "app.db")
	db, err := sqldb.Open(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	old, err := secret.New(keys[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		sealed, err := old.Seal(secret.About{Scope: 7, Name: name}, []byte(name))
		if err == nil {
			err = sqlsecret.NewSecrets(db).Put(t.Context(), 7, sealed, sqlsecret.Mark{Name: name, Time: time.Now()})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		key, flag string
		code      int
		out, errs string
	}{
		{"", "", exitUsage, "", "there is no age identity"},
		{"x", "", exitUsage, "", "line 1 is no age identity"},
		{keys[1] + keys[0], "--what", exitUsage, "", "-what"},
		{keys[1] + keys[0], "", exitOK, "2 values: 2 sealed anew, 0 under old keys, 0 that no key opens\n", ""},
		{keys[1] + keys[0], "", exitOK, "2 values: 0 sealed anew, 0 under old keys, 0 that no key opens\n", ""},
		{keys[1], "", exitOK, "2 values: 0 sealed anew, 0 under old keys, 0 that no key opens\n", ""},
		{keys[0], "", exitOK, "2 values: 0 sealed anew, 0 under old keys, 2 that no key opens\n", ""},
	} {
		args := []string{"reseal"}
		if c.flag != "" {
			args = append(args, c.flag)
		}
		code, out, errs := say(t, map[string]string{"PERTASK_APP_KEY": c.key, "PERTASK_APP_DATABASE": file}, args...)
		if code != c.code || out != c.out || !strings.Contains(errs, c.errs) || c.errs == "" && errs != "" {
			t.Errorf("%d: status %d, %q, %q; want %d, %q, %q", i, code, out, errs, c.code, c.out, c.errs)
		}
	}
}
