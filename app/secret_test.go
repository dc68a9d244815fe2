package app_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/app"
)

// TestDatabaseFile reads the address of a database, which may have a password, from a file.
func TestDatabaseFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "database")
	if err := os.WriteFile(file, []byte("postgres://pertask:secret@db/pertask\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name      string
		env       map[string]string
		args      []string
		want, err string
	}{
		{"file", map[string]string{"PERTASK_APP_DATABASE_FILE": file}, nil, "postgres://pertask:secret@db/pertask", ""},
		{"flag first", map[string]string{"PERTASK_APP_DATABASE_FILE": file}, []string{"--database", "sqlite:x.db"}, "sqlite:x.db", ""},
		{"both variables", map[string]string{"PERTASK_APP_DATABASE_FILE": file, "PERTASK_APP_DATABASE": "sqlite:x.db"}, nil, "", "are both set"},
		{"no file", map[string]string{"PERTASK_APP_DATABASE_FILE": file + ".none"}, nil, "", "PERTASK_APP_DATABASE_FILE: the file cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var names []string
			for name := range tt.env {
				names = append(names, name)
			}
			c, err := app.Parse(tt.args, func(name string) string { return tt.env[name] }, names, io.Discard)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "secret@") {
					t.Errorf("error %v, want %q in it", err, tt.err)
				}
				return
			}
			if err != nil || c.Database != tt.want {
				t.Errorf("database %q, %v; want %q", c.Database, err, tt.want)
			}
		})
	}
}
