package app

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// fileSuffix makes the name of a variable that holds a secret into the name of one that says in which file it is.
const fileSuffix = "_FILE"

// secretFile is the largest file that is taken for a secret.
const secretFile = 64 << 10

// secretsOf reads the variables in Secrets from the environment, or from the files that the environment names. An error names
// the variable and nothing of the file.
func secretsOf(getenv func(string) string) (map[string]string, error) {
	out := map[string]string{}
	var errs []error
	for _, name := range Secrets {
		value, err := secretOf(getenv, name)
		out[name], errs = value, append(errs, err)
	}
	return out, errors.Join(errs...)
}

func secretOf(getenv func(string) string, name string) (string, error) {
	value, path := getenv(name), getenv(name+fileSuffix)
	switch {
	case value != "" && path != "":
		return "", fmt.Errorf("%s and %s are both set; set one of them", name, name+fileSuffix)
	case path == "":
		return value, nil
	}
	data, err := os.ReadFile(path)
	if err != nil || len(data) == 0 || len(data) > secretFile {
		return "", fmt.Errorf("%s: the file cannot be read, is empty or has more than %d bytes", name+fileSuffix, secretFile)
	}
	return strings.TrimRight(string(data), "\r\n"), nil
}

// databaseFile reads the database's address from a file, where a variable names one and the flag is not given.
func (c *Config) databaseFile(getenv func(string) string) error {
	if getenv(envDatabase+fileSuffix) == "" || c.Database != "" && getenv(envDatabase) == "" {
		return nil
	}
	address, err := secretOf(getenv, envDatabase)
	c.Database = address
	return err
}

// secretFiles are the files that variables name: no agent may see them.
func secretFiles(getenv func(string) string) []string {
	var out []string
	for _, name := range append([]string{envDatabase}, Secrets...) {
		if path := getenv(name + fileSuffix); path != "" {
			out = append(out, path)
		}
	}
	for _, name := range []string{"PGPASSFILE", "PGSSLKEY", "PGSERVICEFILE"} { // PostgreSQL's own
		if path := getenv(name); path != "" {
			out = append(out, path)
		}
	}
	return out
}
