package app_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app"
	"github.com/pertask/pertask/price"
)

func TestParse(t *testing.T) {
	env := map[string]string{"PERTASK_APP_PUBLIC_URL": "https://pertask.example.com/", "PERTASK_APP_REVIEWS": "7", "PERTASK_APP_GRACE": "10s",
		"PERTASK_APP_DATABASE": "postgres://db/pertask", "PERTASK_APP_FILL_BASE": "true", "PERTASK_APP_SANDBOX": "none"}
	var names []string
	for name := range env {
		names = append(names, name)
	}
	c, err := app.Parse([]string{"--reviews", "3", "--env-keys-for", "7, 8", "--budget-per-repository", "25.50", "--sandbox", "auto"},
		func(name string) string { return env[name] }, append(names, "PATH", "PERTASK_APP_PRIVATE_KEY_FILE", "PERTASK_APP_KEY", "PERTASK_OTHER"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	budget, err := price.ParseMoney("25.50")
	if err != nil {
		t.Fatal(err)
	}
	if c.Public.String() != "https://pertask.example.com" || c.Reviews != 3 || c.Grace != 10*time.Second || c.Database != "postgres://db/pertask" || !c.Fill ||
		c.Sandbox != "auto" || !c.PerRepo.Equal(price.Known(budget)) || c.PerInstallation.IsKnown() || c.Listen != "127.0.0.1:8080" {
		t.Errorf("got %+v", c)
	}
	if diff := cmp.Diff(c.EnvKeys, []int64{7, 8}); diff != "" {
		t.Errorf("installations, got-want:\n%s", diff)
	}
}

// What nobody has said is the safe thing.
func TestDefaults(t *testing.T) {
	c, err := app.Parse(nil, func(string) string { return "" }, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if c.Sandbox != "required" || c.Fill || c.PrivateUpstreams || len(c.EnvKeys) != 0 || c.Metrics != "" || !strings.HasPrefix(c.Listen, "127.0.0.1:") || c.KeepTests != 0 ||
		!filepath.IsAbs(c.Data) || c.Database != "sqlite:"+filepath.Join(c.Data, "pertask.db") {
		t.Errorf("got %+v", c)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		args  []string
		env   map[string]string
		words string
	}{
		"a flag that is not there":    {args: []string{"--what"}, words: "-what"},
		"an argument":                 {args: []string{"now"}, words: `"now": serve takes flags only`},
		"a variable that is not":      {env: map[string]string{"PERTASK_APP_LISTN": "x"}, words: "PERTASK_APP_LISTN: there is no such variable"},
		"a variable's value":          {env: map[string]string{"PERTASK_APP_REVIEWS": "many"}, words: "PERTASK_APP_REVIEWS"},
		"no reviews":                  {args: []string{"--reviews", "0"}, words: "--reviews is 0; 1 to 1000"},
		"a sandbox":                   {args: []string{"--sandbox", "maybe"}, words: "required, auto, none"},
		"a public address over http":  {args: []string{"--public-url", "http://pertask.example.com"}, words: "https is allowed, and http on loopback"},
		"a public address with paths": {args: []string{"--public-url", "https://pertask.example.com/app"}, words: "without a path"},
		"an address":                  {args: []string{"--listen", "8080"}, words: "HOST:PORT"},
		"a port":                      {args: []string{"--metrics-listen", "127.0.0.1:99999"}, words: "--metrics-listen"},
		"no address":                  {args: []string{"--listen", ""}, words: "--listen is empty"},
		"an installation":             {args: []string{"--env-keys-for", "7,acme"}, words: `"acme" is no installation's id`},
		"a budget":                    {args: []string{"--budget-per-installation", "-1"}, words: "25.00 is allowed"},
		"a grace":                     {args: []string{"--grace", "-1s"}, words: "--grace is -1s"},
		"a lease":                     {args: []string{"--lease", "1ms"}, words: "--lease is 1ms"},
		"days":                        {args: []string{"--keep-reports", "-1"}, words: "--keep-reports is -1"},
		"GitHub":                      {args: []string{"--github-url", "github.com"}, words: "--github-url"},
		"no data":                     {args: []string{"--data", ""}, words: "--data"},
	} {
		t.Run(name, func(t *testing.T) {
			var names []string
			for n := range c.env {
				names = append(names, n)
			}
			_, err := app.Parse(c.args, func(n string) string { return c.env[n] }, names, io.Discard)
			if !errors.Is(err, app.ErrUsage) || !strings.Contains(err.Error(), c.words) {
				t.Errorf("got %v, want words about %q", err, c.words)
			}
		})
	}
}

// Every flag is a variable as well, and --help names each.
func TestHelp(t *testing.T) {
	var b bytes.Buffer
	if _, err := app.Parse([]string{"--help"}, func(string) string { return "" }, nil, &b); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	for _, want := range []string{"-public-url URL", "-sandbox required", "-database URL", "-grace duration"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("--help does not have %q:\n%s", want, &b)
		}
	}
	if got := app.Variable("public-url"); got != "PERTASK_APP_PUBLIC_URL" {
		t.Errorf("the variable of --public-url is %s", got)
	}
}
