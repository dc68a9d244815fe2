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
		value, path := getenv(name), getenv(name+fileSuffix)
		switch {
		case value != "" && path != "":
			errs = append(errs, fmt.Errorf("%s and %s are both set; set one of them", name, name+fileSuffix))
		case path != "":
			data, err := os.ReadFile(path)
			if err != nil || len(data) == 0 || len(data) > secretFile {
				errs = append(errs, fmt.Errorf("%s: the file cannot be read, is empty or has more than %d bytes", name+fileSuffix, secretFile))
			}
			out[name] = strings.TrimRight(string(data), "\r\n")
		default:
			out[name] = value
		}
	}
	return out, errors.Join(errs...)
}

// secretFiles are the files that variables name: no agent may see them.
func secretFiles(getenv func(string) string) []string {
	var out []string
	for _, name := range Secrets {
		if path := getenv(name + fileSuffix); path != "" {
			out = append(out, path)
		}
	}
	return out
}
