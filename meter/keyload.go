package meter

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// fileSuffix makes the name of a variable that holds a key into the name of one that says in which file it is, as
// is the custom with the secrets of containers.
const fileSuffix = "_FILE"

// maxKeyFile is the largest file in bytes that is taken for a key.
const maxKeyFile = 16 << 10

// KeysFromEnv reads the keys of the upstreams from the environment. A variable that is empty or blank holds
// no key. It reads no files; see LoadKeys.
func KeysFromEnv(getenv func(string) string, ups []Upstream) Keys {
	k, _ := LoadKeys(getenv, nil, ups) // only files can be wrong
	return k
}

// LoadKeys reads the keys of the upstreams from the environment, or from the files that the environment names: the
// key of OPENAI_API_KEY may as well be in the file whose path is in OPENAI_API_KEY_FILE. A variable that is empty
// or blank says nothing, and both of them are an error. A file holds one line of printable characters, with or
// without a line break at its end, and has up to 16 KiB.
//
// An error names the variables that are wrong and neither a path nor anything from a file. The keys that come with
// it lack those of the wrong variables, and hide all that was found.
func LoadKeys(getenv func(string) string, readFile func(string) ([]byte, error), ups []Upstream) (Keys, error) {
	keys, byEnv := make(map[string]string), make(map[string]string)
	var secrets, names []string
	var problems []error
	for _, u := range ups {
		if u.KeyEnv == "" || u.Auth == NoAuth {
			continue
		}
		if _, again := byEnv[u.KeyEnv]; !again {
			key, all, err := loadKey(getenv, readFile, u.KeyEnv)
			if err != nil {
				problems = append(problems, fmt.Errorf("reading the key of upstream %q: %w", u.Name, err))
			}
			if err != nil || key != "" {
				names = append(names, u.KeyEnv, u.KeyEnv+fileSuffix)
			}
			byEnv[u.KeyEnv], secrets = key, append(secrets, all...)
		}
		if key := byEnv[u.KeyEnv]; key != "" {
			keys[u.Name] = key
		}
	}
	return newKeys(keys, secrets, names), errors.Join(problems...)
}

// loadKey reads the key of one variable, or of the file that its other form names; "" when neither is set. It also
// returns everything that was found and is to be hidden, with an error too.
func loadKey(getenv func(string) string, readFile func(string) ([]byte, error), name string) (key string, all []string, err error) {
	if key = strings.TrimSpace(getenv(name)); key != "" {
		all = append(all, key)
	}
	path := ""
	if readFile != nil {
		path = strings.TrimSpace(getenv(name + fileSuffix))
	}
	if path == "" {
		return key, all, nil
	}
	fromFile, err := keyFile(readFile, path)
	if fromFile != "" {
		all = append(all, fromFile)
	}
	switch {
	case key != "":
		return "", all, fmt.Errorf("%s and %s are both set; set one of them", name, name+fileSuffix)
	case err != nil:
		return "", all, fmt.Errorf("%s: %w", name+fileSuffix, err)
	}
	return fromFile, all, nil
}

// keyFile reads a file with a key. What is wrong is said without the path: somebody may have put the key itself
// where a path belongs.
func keyFile(readFile func(string) ([]byte, error), path string) (string, error) {
	data, err := readFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", errors.New("there is no such file")
	case errors.Is(err, fs.ErrPermission):
		return "", errors.New("the file may not be read")
	case err != nil:
		return "", errors.New("the file cannot be read")
	case len(data) > maxKeyFile:
		return "", fmt.Errorf("the file has more than %d bytes; a key has fewer", maxKeyFile)
	}
	line := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	switch {
	case strings.TrimSpace(line) == "":
		return "", errors.New("the file is empty")
	case strings.ContainsAny(line, "\r\n"):
		return "", errors.New("the file has several lines; a key is one")
	case strings.ContainsFunc(line, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", errors.New("the file has a space or a character that is in no key")
	}
	return line, nil
}
