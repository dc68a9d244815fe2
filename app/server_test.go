package app_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/app"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqlrecord"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/internal/logbuffer"
	"github.com/pertask/pertask/meter"
)

const (
	appID        = 9
	installation = 77
)

// stage is a server and GitHub.
type stage struct {
	t    *testing.T
	hub  *githubtest.Server
	repo string
	cfg  app.Config
	env  map[string]string
	log  logbuffer.Buffer
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, hub: githubtest.NewWith(t, githubtest.Options{Unchecked: true})}
	s.repo = s.hub.AddRepo("acme", "agent")
	private := s.hub.RegisterApp(githubtest.App{ID: appID, Slug: "pertask", WebhookSecret: "hook"})
	s.hub.Install(appID, installation, "acme")
	key, err := secret.Generate()
	if err != nil {
		t.Fatal(err)
	}
	s.env = map[string]string{"PERTASK_APP_KEY": key, "PERTASK_APP_ID": "9", "PERTASK_APP_SLUG": "pertask", "PERTASK_APP_CLIENT_ID": "Iv23x",
		"PERTASK_APP_CLIENT_SECRET": "s", "PERTASK_APP_WEBHOOK_SECRET": "hook", "PERTASK_APP_PRIVATE_KEY": string(private), "PATH": os.Getenv("PATH")}
	s.cfg, err = app.Parse([]string{"--listen", "127.0.0.1:0", "--data", t.TempDir(), "--github-api-url", strings.TrimSuffix(s.hub.URL, "/"),
		"--github-graphql-url", s.hub.GraphQLURL, "--lease", "1s", "--env-keys-for", "77", "--metrics-listen", "127.0.0.1:0"}, s.getenv, slices.Collect(maps.Keys(s.env)), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) getenv(name string) string { return s.env[name] }

// open opens the server without running it.
func (s *stage) open(listening func(string)) (*app.Server, error) {
	return app.New(s.t.Context(), s.cfg, app.World{Getenv: s.getenv, Version: "test", Log: slog.New(slog.NewJSONHandler(&s.log, nil)), Listening: listening,
		Keys: func(getenv func(string) string, ups []meter.Upstream) (meter.Keys, error) {
			return meter.KeysFromEnv(getenv, ups), nil
		}})
}

// run runs the server until the returned function is called.
func (s *stage) run() (url string, stop func()) {
	s.t.Helper()
	at := make(chan string, 1)
	srv, err := s.open(func(address string) {
		s.hub.SetHook(appID, "http://"+address+"/webhook", "hook")
		at <- "http://" + address
	})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(srv.Run(ctx), srv.Close()) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("the server has ended with %v", err)
		}
	})
	s.t.Cleanup(stop)
	select {
	case url = <-at:
	case <-time.After(time.Minute):
		s.t.Fatalf("it does not listen\n%s", &s.log)
	}
	s.until("it is ready", func() bool { return get(s.t, url+"/readyz") == http.StatusOK })
	return url, stop
}

func get(t *testing.T, address string) int {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func (s *stage) until(what string, true func() bool) {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); !true(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("waited in vain until %s\n%s", what, &s.log)
		}
	}
}

// A webhook that was sent while no server was there is asked for again, and the repositories are kept as GitHub has them.
func TestCatchUp(t *testing.T) {
	s := newStage(t)
	base := s.hub.Commit(s.repo, nil, githubtest.Text(map[string]string{"a": "1\n"}))
	head := s.hub.Commit(s.repo, []string{base}, githubtest.Text(map[string]string{"a": "2\n"}))
	s.hub.SetBranch(s.repo, "main", base)
	pull := s.hub.OpenPull(s.repo, base, head)
	s.hub.SetHook(appID, "http://127.0.0.1:1/webhook", "hook")
	if d := s.hub.Deliver(appID, "pull_request", s.hub.PullRequestEvent(s.repo, pull, "opened")); d.Status != 0 {
		t.Fatalf("somebody has answered: %+v", d)
	}
	early, err := sqldb.Open(t.Context(), s.cfg.Database)
	if err != nil {
		t.Fatal(err)
	}
	// One whose webhook never came when it was taken away.
	if err := sqlrecord.New(early).SaveRepos(t.Context(), record.Repo{Installation: 78, ID: 6, Name: "gone/away"}, record.Repo{Installation: installation, ID: 99, Name: "acme/old"}); err != nil {
		t.Fatal(err)
	}
	if err := early.Close(); err != nil {
		t.Fatal(err)
	}
	_, stop := s.run()
	s.until("what is gone was removed", func() bool { return strings.Contains(s.log.String(), "does not have any more was removed") })
	s.until("the check run is complete", func() bool {
		all := s.hub.Checks(s.repo, head)
		return len(all) == 1 && all[0].Status == "completed"
	})
	s.until("what is done every day was done", func() bool { return strings.Contains(s.log.String(), "what is too old was forgotten") })
	stop()
	db, err := sqldb.Open(t.Context(), s.cfg.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if left, err := sqlrecord.New(db).Installations(t.Context()); err != nil || !slices.Equal(left, []int64{installation}) {
		t.Errorf("installations are %d, %v", left, err)
	}
	if repos, err := sqlrecord.New(db).Installed(t.Context(), installation); err != nil || len(repos) != 1 || repos[0].Name != "acme/agent" {
		t.Errorf("installed are %+v, %v", repos, err)
	}
}

func TestPages(t *testing.T) {
	s := newStage(t)
	url, _ := s.run()
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 404, "/setup": 404, "/webhook": 405} {
		if got := get(t, url+path); got != want {
			t.Errorf("%s is answered with %d, want %d", path, got, want)
		}
	}
	resp, err := http.Post(url+"/webhook", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a webhook without a signature is answered with %d", resp.StatusCode)
	}
}

func TestProviderKeys(t *testing.T) {
	s := newStage(t)
	s.env["OPENAI_API_KEY"] = "sk-of-the-environment"
	s.env["ANTHROPIC_API_KEY"] = "sk-of-the-environment-too"
	srv, err := s.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	has := func(id int64, name, value string) bool {
		t.Helper()
		at := "https://api.openai.com/v1"
		if name == "ANTHROPIC_API_KEY" {
			at = "https://api.anthropic.com"
		}
		k, err := srv.ProviderKeys(t.Context(), id, []meter.Upstream{{Name: "x", URL: at, Auth: meter.Bearer, KeyEnv: name}})
		if err != nil {
			t.Fatal(err)
		}
		return k.Has("x") && strings.Contains(k.Redact(value), "[redacted key]")
	}
	if err := srv.SetProviderKey(t.Context(), installation, "OPENAI_API_KEY", "sk-of-the-installation"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		id    int64
		env   string
		value string
		has   bool
	}{
		{"its own goes first", installation, "OPENAI_API_KEY", "sk-of-the-installation", true},
		{"not the other one beside it", installation, "OPENAI_API_KEY", "sk-of-the-environment", false},
		{"the environment's, where that was said", installation, "ANTHROPIC_API_KEY", "sk-of-the-environment-too", true},
		{"another installation has neither", 78, "OPENAI_API_KEY", "sk-of-the-environment", false},
		{"nor that of the first", 78, "OPENAI_API_KEY", "sk-of-the-installation", false},
		{"the App's own secrets are no provider keys", installation, "PERTASK_APP_KEY", s.env["PERTASK_APP_KEY"], false},
		{"nor anything else of the environment", installation, "PATH", s.env["PATH"], false},
	} {
		if got := has(c.id, c.env, c.value); got != c.has {
			t.Errorf("%s: %t, want %t", c.name, got, c.has)
		}
	}
	if err := srv.RemoveProviderKey(t.Context(), installation, "OPENAI_API_KEY"); err != nil {
		t.Fatal(err)
	}
	if !has(installation, "OPENAI_API_KEY", "sk-of-the-environment") {
		t.Error("after its own was removed, the environment's is not used")
	}
	if srv.SetProviderKey(t.Context(), 0, "OPENAI_API_KEY", "sk-x") == nil || srv.SetProviderKey(t.Context(), installation, "OPENAI_API_KEY", "") == nil {
		t.Error("a key of nobody was taken, or an empty one")
	}
}

// A key is sent to its provider, and to the hosts that were named when it was set: the author of a configuration cannot have it
// sent to a host of their own.
func TestProviderKeysStayWithTheirHosts(t *testing.T) {
	s := newStage(t)
	s.env["ANTHROPIC_API_KEY"], s.env["OTHER_API_KEY"] = "sk-of-the-environment", "sk-of-something-else"
	s.cfg.EnvKeyHosts = []string{"claude.example.com"}
	srv, err := s.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	if err := srv.SetProviderKey(t.Context(), installation, "OPENAI_API_KEY", "sk-of-the-installation", "llm.example.com", "llm.example.com:8443"); err != nil {
		t.Fatal(err)
	}
	if err := srv.SetProviderKey(t.Context(), 78, "OPENAI_API_KEY", "sk-of-another"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		id      int64
		url     string
		env     string
		has     bool
		problem string
	}{
		{"the provider's own", installation, "https://api.openai.com/v1", "OPENAI_API_KEY", true, ""},
		{"written otherwise", installation, "https://API.OpenAI.com.:443/v2", "OPENAI_API_KEY", true, ""},
		{"one that was named", installation, "https://llm.example.com/openai", "OPENAI_API_KEY", true, ""},
		{"with a port", installation, "https://llm.example.com:8443/openai", "OPENAI_API_KEY", true, ""},
		{"another port", installation, "https://llm.example.com:9443/openai", "OPENAI_API_KEY", false, `not for the host "llm.example.com:9443"`},
		{"without encryption", installation, "http://llm.example.com/openai", "OPENAI_API_KEY", false, "page of keys"},
		{"a stranger's", installation, "https://evil.example/v1", "OPENAI_API_KEY", false, `not for the host "evil.example": set it anew with that host on the dashboard's page of keys`},
		{"one that only begins like it", installation, "https://api.openai.com.evil.example/v1", "OPENAI_API_KEY", false, "not for the host"},
		{"another provider's", installation, "https://api.anthropic.com", "OPENAI_API_KEY", false, "not for the host"},
		{"what another installation named", 78, "https://llm.example.com/openai", "OPENAI_API_KEY", false, "not for the host"},
		{"the environment's", installation, "https://api.anthropic.com", "ANTHROPIC_API_KEY", true, ""},
		{"the environment's, where the operator said so", installation, "https://claude.example.com", "ANTHROPIC_API_KEY", true, ""},
		{"the environment's, at a stranger's", installation, "https://evil.example", "ANTHROPIC_API_KEY", false, "--env-key-hosts"},
		{"the operator's hosts are not for its own keys", installation, "https://claude.example.com", "OPENAI_API_KEY", false, "not for the host"},
		{"what is no provider's key", installation, "https://claude.example.com", "OTHER_API_KEY", false, ""},
	} {
		k, err := srv.ProviderKeys(t.Context(), c.id, []meter.Upstream{{Name: "x", URL: c.url, Auth: meter.Bearer, KeyEnv: c.env}})
		if k.Has("x") != c.has || (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %t, want %t; it says %v, want words about %q", c.name, k.Has("x"), c.has, err, c.problem)
		}
	}
	k, _ := srv.ProviderKeys(t.Context(), installation, []meter.Upstream{{Name: "x", URL: "https://api.openai.com/v1", Auth: meter.Bearer, KeyEnv: "OPENAI_API_KEY"},
		{Name: "x", URL: "https://evil.example/v1", Auth: meter.Bearer, KeyEnv: "OPENAI_API_KEY"}})
	if k.Has("x") {
		t.Error("two upstreams of one name have the key of the one that may have it")
	}
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*stage)
		words  string
	}{
		"no key":        {func(s *stage) { delete(s.env, "PERTASK_APP_KEY") }, "PERTASK_APP_KEY is not set"},
		"a wrong key":   {func(s *stage) { s.env["PERTASK_APP_KEY"] = "a-wrong-secret" }, "PERTASK_APP_KEY"},
		"two keys":      {func(s *stage) { s.env["PERTASK_APP_KEY_FILE"] = "/nowhere" }, "both set"},
		"no such file":  {func(s *stage) { delete(s.env, "PERTASK_APP_KEY"); s.env["PERTASK_APP_KEY_FILE"] = "/nowhere" }, "PERTASK_APP_KEY_FILE: the file cannot be read"},
		"no database":   {func(s *stage) { s.cfg.Database = "mysql://x" }, "bad database address"},
		"a data folder": {func(s *stage) { s.cfg.Data = os.DevNull }, "folder of data"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			c.change(s)
			srv, err := s.open(nil)
			if err == nil {
				srv.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "a-wrong-secret") {
				t.Errorf("got %v, want words about %q", err, c.words)
			}
		})
	}
}

// No agent sees the database, the folder of data and the files with keys.
func TestHidden(t *testing.T) {
	s := newStage(t)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(s.env["PERTASK_APP_KEY"]), 0o600); err != nil {
		t.Fatal(err)
	}
	delete(s.env, "PERTASK_APP_KEY")
	s.env["PERTASK_APP_KEY_FILE"], s.env["OPENAI_API_KEY_FILE"] = file, "/run/secrets/openai"
	s.env["PGPASSFILE"], s.env["PGSSLKEY"], s.env["PGSERVICEFILE"] = "/srv/pg/pass", "/srv/tls/pg.key", "/etc/pg_service.conf"
	elsewhere := filepath.Join(t.TempDir(), "app.db")
	s.cfg.Database = elsewhere
	srv, err := s.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	for _, want := range []string{s.cfg.Data, elsewhere, elsewhere + "-wal", file, filepath.Dir(file), "/run/secrets/openai", "/run/secrets", "/srv/pg/pass", "/srv/pg",
		"/srv/tls/pg.key", "/srv/tls", "/etc/pg_service.conf"} {
		if !slices.Contains(srv.Hidden(), want) {
			t.Errorf("%s is not hidden: %q", want, srv.Hidden())
		}
	}
	if slices.Contains(srv.Hidden(), "/etc") {
		t.Error("/etc is hidden, which every program reads")
	}
}
