package meter_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/meter"
)

// loadKeys loads the keys of two upstreams with the key A_KEY, one with B_KEY and one without a key, from a
// scripted environment and a scripted file system.
func loadKeys(env map[string]string, read func(string) ([]byte, error)) (meter.Keys, error) {
	ups := []meter.Upstream{
		{Name: "a", Auth: meter.Bearer, KeyEnv: "A_KEY"},
		{Name: "a2", Auth: meter.XGoog, KeyEnv: "A_KEY"},
		{Name: "b", Auth: meter.XAPIKey, KeyEnv: "B_KEY"},
		{Name: "local", Auth: meter.NoAuth, KeyEnv: "LOCAL_KEY"},
	}
	return meter.LoadKeys(func(name string) string { return env[name] }, read, ups)
}

func fileOf(text string) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		if path != "/run/secrets/a" {
			return nil, fmt.Errorf("asked for %q: %w", path, fs.ErrNotExist)
		}
		return []byte(text), nil
	}
}

func TestKeysFromFiles(t *testing.T) {
	for name, text := range map[string]string{
		"plain":            "sk-file-0123456789",
		"with a line end":  "sk-file-0123456789\n",
		"with another one": "sk-file-0123456789\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			k, err := loadKeys(map[string]string{"A_KEY_FILE": " /run/secrets/a ", "B_KEY": "sk-env-0123456789", "B_KEY_FILE": " "}, fileOf(text))
			if err != nil {
				t.Fatal(err)
			}
			if !k.Has("a") || !k.Has("a2") || !k.Has("b") || k.Has("local") {
				t.Error("an upstream lacks its key, or has one that it should not")
			}
			if got, want := k.Redact("sk-file-0123456789 sk-env-0123456789 x"), "[redacted key] [redacted key] x"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if diff := cmp.Diff([]string{"A_KEY", "A_KEY_FILE", "B_KEY", "B_KEY_FILE"}, k.Env()); diff != "" {
				t.Errorf("variables differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLongestKeyInAFile(t *testing.T) {
	for length, fits := range map[int]bool{16 << 10: true, 16<<10 + 1: false} {
		k, err := loadKeys(map[string]string{"A_KEY_FILE": "/run/secrets/a"}, fileOf(strings.Repeat("k", length)))
		if (err == nil) != fits || k.Has("a") != fits {
			t.Errorf("a key of %d bytes: got %v, key there %t; want %t", length, err, k.Has("a"), fits)
		}
	}
}

// TestKeyFilesThatAreWrong says what is wrong with the name of the variable, and never repeats what may be a key.
func TestKeyFilesThatAreWrong(t *testing.T) {
	const secret = "sk-secret-0123456789"
	for _, c := range []struct {
		name, path, text string
		read             error
		want             string
	}{
		{"no file", "/nowhere", "", fs.ErrNotExist, "A_KEY_FILE: there is no such file"},
		{"a key in place of a path", secret, "", &fs.PathError{Op: "open", Path: secret, Err: fs.ErrNotExist}, "A_KEY_FILE: there is no such file"},
		{"no rights", "/x", "", &fs.PathError{Op: "open", Path: secret, Err: fs.ErrPermission}, "A_KEY_FILE: the file may not be read"},
		{"a folder", "/x", "", fmt.Errorf("read %s: is a directory", secret), "A_KEY_FILE: the file cannot be read"},
		{"empty", "/x", "", nil, "A_KEY_FILE: the file is empty"},
		{"only a line end", "/x", "\n", nil, "A_KEY_FILE: the file is empty"},
		{"only blanks", "/x", " \t\n", nil, "A_KEY_FILE: the file is empty"},
		{"two lines", "/x", secret + "\n" + secret, nil, "A_KEY_FILE: the file has several lines"},
		{"two line ends", "/x", secret + "\n\n", nil, "A_KEY_FILE: the file has several lines"},
		{"an old line end inside", "/x", secret + "\r" + secret, nil, "A_KEY_FILE: the file has several lines"},
		{"a blank inside", "/x", secret + " x", nil, "A_KEY_FILE: the file has a space or a character that is in no key"},
		{"a blank at the end", "/x", secret + " \n", nil, "A_KEY_FILE: the file has a space or a character that is in no key"},
		{"a byte order mark", "/x", "\ufeff" + secret, nil, "A_KEY_FILE: the file has a space or a character that is in no key"},
		{"zero bytes", "/x", secret + "\x00", nil, "A_KEY_FILE: the file has a space or a character that is in no key"},
		{"bytes that are no text", "/x", secret + "\xff", nil, "A_KEY_FILE: the file has a space or a character that is in no key"},
		{"large", "/x", strings.Repeat(secret, 1000), nil, "A_KEY_FILE: the file has more than 16384 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := loadKeys(map[string]string{"A_KEY_FILE": c.path, "B_KEY": "sk-b"}, func(string) ([]byte, error) { return []byte(c.text), c.read })
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "A_KEY_FILE") != 1 {
				t.Errorf("error is %v, want %q once", err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), "sk-") || strings.Contains(err.Error(), "/x")) {
				t.Errorf("the error repeats what it may not: %v", err)
			}
			if k.Has("a") || k.Has("a2") || !k.Has("b") {
				t.Error("the upstreams of the wrong file have a key, or the other one has none")
			}
			if diff := cmp.Diff([]string{"A_KEY", "A_KEY_FILE", "B_KEY", "B_KEY_FILE"}, k.Env()); diff != "" {
				t.Errorf("variables differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKeyInBothPlaces(t *testing.T) {
	k, err := loadKeys(map[string]string{"A_KEY": "sk-env-0123456789", "A_KEY_FILE": "/run/secrets/a"}, fileOf("sk-file-0123456789"))
	if err == nil || !strings.Contains(err.Error(), "A_KEY and A_KEY_FILE are both set") || strings.Contains(err.Error(), "sk-") {
		t.Errorf("error is %v", err)
	}
	if k.Has("a") {
		t.Error("one of the two keys is used")
	}
	if got, want := k.Redact("sk-env-0123456789 sk-file-0123456789"), "[redacted key] [redacted key]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestKeysFromEnvReadsNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("sk-file-0123456789\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ups := []meter.Upstream{{Name: "a", Auth: meter.Bearer, KeyEnv: "A_KEY"}}
	env := func(name string) string { return map[string]string{"A_KEY_FILE": path}[name] }
	if meter.KeysFromEnv(env, ups).Has("a") {
		t.Error("it has read the file")
	}
	k, err := meter.LoadKeys(env, os.ReadFile, ups)
	if err != nil || !k.Has("a") {
		t.Errorf("LoadKeys has not read the file: %v", err)
	}
}
