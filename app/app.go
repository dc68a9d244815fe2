// Package app is the server of the GitHub App: it takes webhooks, works on what they ask for, and shows people what came of it.
//
// It knows what the server is made of, how it starts, stops and says that it is well, and what is done every hour and every
// day. It refuses to know how a review is carried out, what providers' interfaces look like, and SQL.
package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/app/enroll"
	"github.com/pertask/pertask/app/page/host"
	"github.com/pertask/pertask/price"
)

// Config is how the server is set up. Parse fills it in.
type Config struct {
	Listen  string // address of the server; loopback unless it is said otherwise
	Metrics string // address that shows /metrics to everybody who reaches it; "" is none
	// Public is where people and GitHub reach the server; nil where it is only reached from this machine.
	Public   *url.URL
	Data     string // folder
	Database string // as sqldb.Open takes it
	// Web is where people find GitHub. API and GraphQL are its interfaces; "" goes with github.com.
	Web, API, GraphQL string
	// Reviews is how many reviews measure at once in this process, and Each how many of them are one installation's.
	Reviews, Each int
	Sandbox       string // required, auto or none: how agents are kept in, whatever a configuration says
	// PrivateUpstreams lets the configurations of repositories name upstreams in this machine's network.
	PrivateUpstreams bool
	// EnvKeys are the installations that may use the provider keys in the server's environment.
	EnvKeys []int64
	// EnvKeyHosts are the hosts that these keys are for besides their providers' own.
	EnvKeyHosts []string
	// PerRepo and PerInstallation are what the reviews of a month may cost; unknown is no limit.
	PerRepo, PerInstallation price.Amount
	Actions                  bool          // the App is made with the permission to start workflows
	Fill                     bool          // store trials of the base on pushes to the default branch
	Grace                    time.Duration // for reviews that run when the server is to stop
	Lease                    time.Duration // for how long a worker that says nothing is believed to live
	// KeepReports, KeepJournals, KeepTests and KeepEntries are in days; 0 keeps them for ever.
	KeepReports, KeepJournals, KeepTests, KeepEntries int
	Debug                                             bool // log more
}

// Prefix begins the names of the environment variables.
const Prefix = "PERTASK_APP_"

// Secrets are the variables that are no flags. With _FILE after it, each names a file that holds the value.
var Secrets = []string{EnvKey, EnvMetricsToken, enroll.EnvID, enroll.EnvSlug, enroll.EnvClientID, enroll.EnvClientSecret, enroll.EnvWebhookSecret, enroll.EnvPrivateKey}

// The variables of the server's own secrets.
const (
	EnvKey          = Prefix + "KEY"           // what seals secrets in the database; "pertask-app keygen" makes one
	EnvMetricsToken = Prefix + "METRICS_TOKEN" // shows /metrics on the server's own address to whoever sends it
)

// envDatabase is the flag that may have a password, which a file holds then.
const envDatabase = Prefix + "DATABASE"

// ErrUsage is wrapped by errors about flags and variables.
var ErrUsage = errors.New("usage")

// flags declares the flags of serve. Each is also a variable: --public-url is PERTASK_APP_PUBLIC_URL.
func (c *Config) flags(f *flag.FlagSet) {
	f.StringVar(&c.Listen, "listen", "127.0.0.1:8080", "the `ADDRESS` to serve at; put a proxy that speaks TLS in front of it")
	f.StringVar(&c.Metrics, "metrics-listen", "", "an `ADDRESS` that shows /metrics without a token, such as 127.0.0.1:9464")
	f.Func("public-url", "the `URL` where people and GitHub reach the server, such as https://pertask.example.com", func(s string) (err error) {
		c.Public, err = publicURL(s)
		return err
	})
	f.StringVar(&c.Data, "data", "pertask-data", "the `FOLDER` of the database and of trials")
	f.StringVar(&c.Database, "database", "", "a `URL`: sqlite:PATH or postgres://...; without it, pertask.db in the folder of --data")
	f.StringVar(&c.Web, "github-url", "https://github.com", "the `URL` of GitHub's pages")
	f.StringVar(&c.API, "github-api-url", "", "the `URL` of GitHub's REST interface, of a server of one's own such as https://ghes.example/api/v3")
	f.StringVar(&c.GraphQL, "github-graphql-url", "", "the `URL` of GitHub's GraphQL interface")
	f.IntVar(&c.Reviews, "reviews", 4, "the `NUMBER` of reviews that measure at once in this process")
	f.IntVar(&c.Each, "reviews-per-installation", 2, "the `NUMBER` of them that are one installation's")
	f.Func("sandbox", "`required`, auto or none: how agents are kept in, whatever a repository's configuration says (default required)", oneOf(&c.Sandbox, "required", "auto", "none"))
	f.BoolVar(&c.PrivateUpstreams, "private-upstreams", false, "let configurations name upstreams in this machine's network")
	f.Func("env-keys-for", "the `IDS` of installations, with commas, whose reviews may use the provider keys in this process's environment", ids(&c.EnvKeys))
	f.Func("env-key-hosts", "the `HOSTS`, with commas, that these keys may be sent to besides their providers' own, such as llm.example.com", hosts(&c.EnvKeyHosts))
	f.Func("budget-per-repository", "what a repository's reviews may cost in a month, in `USD`", amount(&c.PerRepo))
	f.Func("budget-per-installation", "what an installation's reviews may cost in a month, in `USD`", amount(&c.PerInstallation))
	f.BoolVar(&c.Actions, "actions", false, "make the App with the permission to start workflows, for repositories with app.runner: actions")
	f.BoolVar(&c.Fill, "fill-base", false, "store trials of the base on pushes to the default branch, within run.budget for each")
	f.DurationVar(&c.Grace, "grace", 25*time.Second, "how long reviews may go on when the server is told to stop; what they have paid for is kept in any case")
	f.DurationVar(&c.Lease, "lease", 30*time.Second, "how long a process that says nothing is believed to live; the same for all processes of a database")
	f.IntVar(&c.KeepReports, "keep-reports", 400, "the `DAYS` that whole reports are kept; figures are kept for ever; 0 is for ever")
	f.IntVar(&c.KeepJournals, "keep-journals", 180, "the `DAYS` that trials are kept that nobody has added to; 0 is for ever")
	f.IntVar(&c.KeepEntries, "keep-entries", 0, "the `DAYS` that entries are kept of what agents consumed; 0 is for ever")
	f.IntVar(&c.KeepTests, "keep-verdicts", 0, "the `DAYS` after which a change that was measured may be measured anew; 0 is never")
	f.BoolVar(&c.Debug, "debug", false, "log more")
}

// Parse reads the flags of serve and the variables of the environment, of which names are all there are. A flag goes before its
// variable. Errors wrap ErrUsage; flag.ErrHelp is what --help is.
func Parse(args []string, getenv func(string) string, names []string, usage io.Writer) (Config, error) {
	c := Config{Sandbox: "required"}
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	f.SetOutput(usage)
	c.flags(f)
	var problems []error
	known := slices.Clone(Secrets)
	for _, s := range append([]string{envDatabase}, Secrets...) {
		known = append(known, s+fileSuffix)
	}
	f.VisitAll(func(fl *flag.Flag) {
		name := Variable(fl.Name)
		known = append(known, name)
		if v := getenv(name); v != "" {
			if err := f.Set(fl.Name, v); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", name, err))
			}
		}
	})
	for _, name := range names {
		if strings.HasPrefix(name, Prefix) && !slices.Contains(known, name) {
			problems = append(problems, fmt.Errorf("%s: there is no such variable; --help lists the flags, whose names these are in upper case", name))
		}
	}
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return c, err
		}
		problems = append(problems, err)
	}
	if err := c.databaseFile(getenv); err != nil {
		problems = append(problems, err)
	}
	if f.NArg() > 0 {
		problems = append(problems, fmt.Errorf("%q: serve takes flags only", f.Arg(0)))
	}
	if err := errors.Join(append(problems, c.check())...); err != nil {
		return c, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return c, nil
}

// Variable is the environment variable of a flag.
func Variable(flag string) string {
	return Prefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// check refuses what cannot work, and fills in what follows from the rest.
func (c *Config) check() error {
	var problems []error
	bad := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for name, n := range map[string]int{"reviews": c.Reviews, "reviews-per-installation": c.Each} {
		if n < 1 || n > 1000 {
			bad("--%s is %d; 1 to 1000 are allowed", name, n)
		}
	}
	for name, n := range map[string]int{"keep-reports": c.KeepReports, "keep-journals": c.KeepJournals, "keep-verdicts": c.KeepTests, "keep-entries": c.KeepEntries} {
		if n < 0 || n > 36500 {
			bad("--%s is %d; 0 to 36500 days are allowed", name, n)
		}
	}
	if c.Grace < 0 || c.Grace > time.Hour {
		bad("--grace is %s; 0 to 1h are allowed", c.Grace)
	}
	if c.Lease < 100*time.Millisecond || c.Lease > 10*time.Minute {
		bad("--lease is %s; 100ms to 10m are allowed", c.Lease)
	}
	for name, address := range map[string]string{"listen": c.Listen, "metrics-listen": c.Metrics} {
		if _, port, err := net.SplitHostPort(address); address != "" && (err != nil || !isPort(port)) {
			bad("--%s is %q; HOST:PORT is allowed", name, address)
		}
	}
	if c.Listen == "" {
		bad("--listen is empty; HOST:PORT is allowed")
	}
	if web, err := url.Parse(c.Web); err != nil || web.Scheme == "" || web.Host == "" {
		bad("--github-url is %q; a URL such as https://github.com is allowed", c.Web)
	}
	data, err := filepath.Abs(c.Data)
	if err != nil || c.Data == "" {
		bad("--data is %q; a folder is allowed", c.Data)
	}
	if c.Data = data; c.Database == "" {
		c.Database = "sqlite:" + filepath.Join(data, "pertask.db")
	}
	return errors.Join(problems...)
}

func isPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && n <= 65535
}

func publicURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("a URL without a path is allowed, such as https://pertask.example.com")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())) {
		return nil, errors.New("https is allowed, and http on loopback")
	}
	u.Path = ""
	return u, nil
}

func oneOf(to *string, allowed ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(allowed, s) {
			return fmt.Errorf("allowed are %s", strings.Join(allowed, ", "))
		}
		*to = s
		return nil
	}
}

func ids(to *[]int64) func(string) error {
	return func(s string) error {
		*to = nil
		for part := range strings.SplitSeq(s, ",") {
			n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
			if err != nil || n <= 0 {
				return fmt.Errorf("%q is no installation's id", part)
			}
			*to = append(*to, n)
		}
		return nil
	}
}

func hosts(to *[]string) func(string) error {
	return func(s string) (err error) {
		*to, err = host.List(s)
		return err
	}
}

func amount(to *price.Amount) func(string) error {
	return func(s string) error {
		m, err := price.ParseMoney(s)
		if err != nil || m.Cmp(price.Money{}) < 0 {
			return errors.New("an amount such as 25.00 is allowed")
		}
		*to = price.Known(m)
		return nil
	}
}
