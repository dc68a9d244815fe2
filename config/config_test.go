package config_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

func load(text []byte) (*config.Config, error) {
	return config.Load(fstest.MapFS{config.Path: {Data: text}}, config.Path)
}

// cases runs f for every YAML file of a folder, as a subtest with its name.
func cases(t *testing.T, folder string, f func(t *testing.T, base string, data []byte)) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases in %s: %v", folder, err)
	}
	for _, name := range names {
		base := strings.TrimSuffix(filepath.ToSlash(name), ".yaml")
		t.Run(path.Base(base), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			f(t, base, data)
		})
	}
}

// readable is a configuration whose factors, which have no JSON of their own, can be compared.
func readable(t *testing.T, c *config.Config) string {
	t.Helper()
	var factors []string
	for _, d := range c.Prices.Discounts {
		factors = append(factors, d.Provider+" "+d.Model+" x "+d.Multiplier.String())
	}
	text, err := json.MarshalIndent(struct {
		Config    *config.Config
		Discounts []string
	}{c, factors}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

// TestOK loads every file of testdata/ok, compares what it means with the JSON file beside it, and asks the
// owners of the sections whether they can work with it.
func TestOK(t *testing.T) {
	cases(t, "testdata/ok", func(t *testing.T, base string, data []byte) {
		c, err := load(data)
		if err != nil {
			t.Fatal(err)
		}
		golden.Check(t, base+".json", readable(t, c))
		usable(t, c)
	})
}

// usable asks the packages that get the parts of a configuration whether they accept them.
func usable(t *testing.T, c *config.Config) {
	t.Helper()
	if err := c.Verdict.Validate(); err != nil {
		t.Errorf("verdict: %v", err)
	}
	if err := arm.CheckWatches(c.Watches); err != nil {
		t.Errorf("models: %v", err)
	}
	if _, err := price.Embedded().With(c.Prices.Overrides); err != nil {
		t.Errorf("prices: %v", err)
	}
	ups := c.AllUpstreams()
	p, err := meter.Start(meter.Config{
		Upstreams: ups,
		Keys:      meter.KeysFromEnv(func(string) string { return "" }, ups),
		Admit:     func(context.Context, usage.Call) error { return errors.New("nothing is forwarded in this test") },
		Record:    func(usage.Call) error { return nil },
	})
	if err != nil {
		t.Errorf("upstreams: %v", err)
		return
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestErr loads every file of testdata/err and compares the errors with the .out file beside it.
func TestErr(t *testing.T) {
	cases(t, "testdata/err", func(t *testing.T, base string, data []byte) {
		c, err := load(data)
		if err == nil || c != nil {
			t.Fatalf("got %+v, %v, want an error and nothing else", c, err)
		}
		var es strict.Errors
		if !errors.As(err, &es) {
			t.Errorf("%v has no place", err)
		}
		golden.Check(t, base+".out", err.Error()+"\n")
	})
}

func TestDefault(t *testing.T) {
	c := config.Default()
	if diff := cmp.Diff(verdict.DefaultPolicy(), c.Verdict); diff != "" {
		t.Errorf("verdict differs (-want +got):\n%s", diff)
	}
	if len(c.Suites) != 0 || len(c.Watches) != 0 || len(c.Prices.Discounts) != 0 || len(c.Prices.Overrides) != 0 {
		t.Error("without a file there is no suite, no watched file, no discount and no price")
	}
	for name, a := range map[string]price.Amount{"budget": c.Run.Budget, "auto_run_below": c.Run.AutoRunBelow} {
		if !a.IsKnown() {
			t.Errorf("%s is unknown, which a reader would take for no limit", name)
		}
	}
	usable(t, c)
	fromFile, err := load([]byte("version: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	fromFile.Path = ""
	if got, want := readable(t, fromFile), readable(t, c); got != want {
		t.Errorf("a file with nothing in it differs from the default:\n%s", cmp.Diff(want, got))
	}
	c.Run.CheckName = "changed"
	if config.Default().Run.CheckName != "pertask" {
		t.Error("Default has to return a fresh value")
	}
}

func TestMissingFile(t *testing.T) {
	_, err := config.Load(fstest.MapFS{}, config.Path)
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "reading configuration: ") {
		t.Errorf("got %v", err)
	}
}

// TestAnotherPath says that errors name the file that was read.
func TestAnotherPath(t *testing.T) {
	fsys := fstest.MapFS{"x/y.yml": {Data: []byte("version: 1\nrnu: {}\n")}}
	_, err := config.Load(fsys, "x/y.yml")
	if err == nil || !strings.HasPrefix(err.Error(), `x/y.yml:2:1: unknown key "rnu", did you mean "run"?`) {
		t.Errorf("got %v", err)
	}
}

func TestAllUpstreams(t *testing.T) {
	c, err := load([]byte(`version: 1
upstreams:
  - {name: mine, url: https://mine.example.com, auth: x-goog-api-key, key_env: MINE}
  - {name: openai, url: https://gate.example.com/v1, provider: openai, auth: bearer, key_env: GATE}
  - {name: azure, url: https://a.example.com/openai/v1, provider: azure-openai, dialect: azure, auth: api-key, key_env: AZURE}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []meter.Upstream{
		{Name: "mine", Provider: "mine", URL: "https://mine.example.com", Auth: meter.XGoog, KeyEnv: "MINE"},
		{Name: "openai", Provider: "openai", URL: "https://gate.example.com/v1", Dialect: format.OpenAI, Auth: meter.Bearer, KeyEnv: "GATE"},
		{Name: "azure", Provider: "azure-openai", URL: "https://a.example.com/openai/v1", Dialect: format.Azure, Auth: meter.APIKey, KeyEnv: "AZURE"},
	}
	for _, d := range meter.DefaultUpstreams() {
		if d.Name != "openai" {
			want = append(want, d)
		}
	}
	if diff := cmp.Diff(want, c.AllUpstreams()); diff != "" {
		t.Errorf("upstreams differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(meter.DefaultUpstreams(), config.Default().AllUpstreams()); diff != "" {
		t.Errorf("upstreams of the default differ (-want +got):\n%s", diff)
	}
}

// TestDialects says which dialect an upstream has when none is given: that of the well-known upstream with its
// name, then that of its provider, then none.
func TestDialects(t *testing.T) {
	for entry, want := range map[string]format.Dialect{
		"name: x":                                     format.Compatible,
		"name: gemini, provider: google":              format.Gemini,
		"name: x, provider: google":                   format.Compatible, // Google's first one speaks as OpenAI does
		"name: x, provider: google, dialect: gemini":  format.Gemini,
		"name: x, provider: x-ai":                     format.XAI,
		"name: xai":                                   format.XAI,
		"name: groq, provider: openai":                format.Groq,
		"name: x, provider: anthropic":                format.Anthropic,
		"name: anthropic, dialect: compatible":        format.Compatible,
		"name: x, provider: bedrock, dialect: ollama": format.Ollama,
		"name: x, provider: bedrock":                  format.Compatible,
	} {
		c, err := load([]byte("version: 1\nupstreams: [{" + entry + ", url: 'https://x.example.com', auth: none}]\n"))
		if err != nil {
			t.Errorf("%s: %v", entry, err)
			continue
		}
		if got := c.AllUpstreams()[0].Dialect; got != want {
			t.Errorf("%s: got dialect %q, want %q", entry, got, want)
		}
	}
}

// TestSecretsStayOut says that no error repeats what may be a key.
func TestSecretsStayOut(t *testing.T) {
	cases(t, "testdata/err", func(t *testing.T, base string, data []byte) {
		_, err := load(data)
		for _, secret := range []string{"sk-secret-123", "user:pass", "key=secret", "A=B"} {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%q is repeated in: %v", secret, err)
			}
		}
	})
}

// FuzzLoad says that no file makes Load panic, and that what loads can be worked with.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/ok/*.yaml", "testdata/err/*.yaml"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			f.Fatalf("no seeds: %v", err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := load(data)
		if err != nil {
			var es strict.Errors
			if !errors.As(err, &es) {
				t.Fatalf("%v has no place", err)
			}
			return
		}
		if err := c.Verdict.Validate(); err != nil {
			t.Errorf("verdict: %v", err)
		}
		if err := arm.CheckWatches(c.Watches); err != nil {
			t.Errorf("models: %v", err)
		}
		r := c.Run
		if !r.Budget.IsKnown() || !r.AutoRunBelow.IsKnown() || r.MaxTrials < 1 || r.MaxTrials > 100 || r.Concurrency < 1 || r.CheckName == "" {
			t.Errorf("got run %+v", r)
		}
		if _, err := price.Embedded().With(c.Prices.Overrides); err != nil {
			t.Errorf("prices: %v", err)
		}
		for _, o := range c.Prices.Overrides {
			if o.Rates[usage.Input].IsZero() || o.Rates[usage.Output].IsZero() {
				t.Errorf("got a price that makes a model free: %+v", o)
			}
		}
		for _, d := range c.Prices.Discounts {
			if d.Multiplier.String() == "0" {
				t.Errorf("got a discount that makes everything free: %+v", d)
			}
		}
		for _, u := range c.AllUpstreams() {
			if !strings.HasPrefix(u.URL, "https://") && !strings.HasPrefix(strings.ToLower(u.URL), "http") {
				t.Errorf("got upstream %+v", u)
			}
		}
		for _, s := range c.Suites {
			if !fs.ValidPath(s.Path) {
				t.Errorf("got suite %+v", s)
			}
		}
	})
}
