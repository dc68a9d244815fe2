package wrap_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/cmd/pertask/wrap"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/meter/format"
)

type fakeSession struct{}

func (fakeSession) URL(upstream string) string { return "http://127.0.0.1:1/t/s/" + upstream }
func (fakeSession) Token() string              { return "ptk" }

// environment returns the variables of a command that runs behind some upstreams, with all of the process's own.
func environment(vars map[string]string, all, ups []meter.Upstream) map[string]string {
	e := wrap.Environment{Names: slices.Collect(maps.Keys(vars)), Getenv: func(name string) string { return vars[name] }, All: all, Upstreams: ups, Session: fakeSession{}}
	out := map[string]string{}
	for _, entry := range e.Variables() {
		name, value, _ := strings.Cut(entry, "=")
		out[name] = value
	}
	return out
}

// configured returns all upstreams of a configuration, as config.AllUpstreams does.
func configured(ups ...meter.Upstream) []meter.Upstream {
	for _, d := range meter.DefaultUpstreams() {
		if !slices.ContainsFunc(ups, func(u meter.Upstream) bool { return u.Name == d.Name }) {
			ups = append(ups, d)
		}
	}
	return ups
}

func TestEnvironment(t *testing.T) {
	vars := map[string]string{"A": "1", "EMPTY": "", "OPENAI_API_KEY": "real", "OPENAI_API_KEY_FILE": "/f", "OPENAI_BASE_URL": "https://x", "ANTHROPIC_AUTH_TOKEN": "real",
		"GOOGLE_API_KEY": "real", "NO_PROXY": "intra.net", "OTHER_API_KEY": "stays", "MISTRAL_API_KEY": "real", "AWS_PROFILE": "mine"}
	at := func(name string) string { return "http://127.0.0.1:1/t/s/" + name }
	tests := []struct {
		name string
		ups  []meter.Upstream
		want map[string]string // besides NO_PROXY
	}{
		{"openai and gemini", []meter.Upstream{{Name: "openai", KeyEnv: "OPENAI_API_KEY"}, {Name: "gemini", KeyEnv: "GEMINI_API_KEY"}},
			map[string]string{"A": "1", "ANTHROPIC_AUTH_TOKEN": "real", "AWS_PROFILE": "mine", "EMPTY": "", "GEMINI_API_KEY": "ptk", "GOOGLE_GEMINI_BASE_URL": at("gemini"),
				"OPENAI_API_BASE": at("openai"), "OPENAI_API_KEY": "ptk", "OPENAI_BASE_URL": at("openai"), "OTHER_API_KEY": "stays"}},
		{"anthropic and xai", []meter.Upstream{{Name: "anthropic", KeyEnv: "ANTHROPIC_API_KEY"}, {Name: "xai", KeyEnv: "XAI_API_KEY"}},
			map[string]string{"A": "1", "ANTHROPIC_API_KEY": "ptk", "ANTHROPIC_BASE_URL": at("anthropic"), "AWS_PROFILE": "mine", "EMPTY": "", "GOOGLE_API_KEY": "real",
				"OPENAI_BASE_URL": "https://x", "OTHER_API_KEY": "stays", "XAI_API_KEY": "ptk", "XAI_BASE_URL": at("xai")}},
		{"a gateway", []meter.Upstream{{Name: "house", KeyEnv: "HOUSE_KEY"}},
			map[string]string{"A": "1", "ANTHROPIC_AUTH_TOKEN": "real", "AWS_PROFILE": "mine", "EMPTY": "", "GOOGLE_API_KEY": "real", "HOUSE_KEY": "ptk",
				"OPENAI_API_BASE": at("house"), "OPENAI_API_KEY": "ptk", "OPENAI_BASE_URL": at("house"), "OTHER_API_KEY": "stays"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want["NO_PROXY"], tt.want["no_proxy"] = "intra.net,127.0.0.1,localhost,::1", "127.0.0.1,localhost,::1"
			if diff := cmp.Diff(tt.want, environment(vars, tt.ups, tt.ups)); diff != "" {
				t.Errorf("environment differs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNoKeyReachesTheCommand replaces every well-known upstream with a gateway that has a key of its own. All keys of
// the world are set; the command sees none of them.
func TestNoKeyReachesTheCommand(t *testing.T) {
	vars := map[string]string{"GATEWAY_KEY": "real-gateway", "GATEWAY_KEY_FILE": "/real", "UNUSED_KEY": "real-unused", "UNUSED_KEY_FILE": "/real"}
	for _, d := range meter.DefaultUpstreams() {
		vars[d.KeyEnv], vars[d.KeyEnv+"_FILE"] = "real-"+d.Name, "/real-"+d.Name
	}
	unused := meter.Upstream{Name: "unused", Provider: "openai", Auth: meter.Bearer, KeyEnv: "UNUSED_KEY"}
	for _, d := range meter.DefaultUpstreams() {
		t.Run(d.Name, func(t *testing.T) {
			u := d
			u.URL, u.KeyEnv = "https://gateway.example.com", "GATEWAY_KEY"
			all := configured(u, unused)
			for name, takePart := range map[string][]meter.Upstream{"alone": {u}, "with all": wrap.Upstreams(all, func(string) bool { return true })} {
				got := environment(vars, all, takePart)
				for variable, value := range got {
					if strings.Contains(value, "real") {
						t.Errorf("%s: %s is %q", name, variable, value)
					}
				}
				if got[d.KeyEnv] != "ptk" || got["GATEWAY_KEY"] != "ptk" {
					t.Errorf("%s: %s is %q, GATEWAY_KEY is %q", name, d.KeyEnv, got[d.KeyEnv], got["GATEWAY_KEY"])
				}
			}
		})
	}
}

// TestEveryUpstreamIsFound holds that a client finds every well-known upstream, and a gateway in its place, by the same
// variable.
func TestEveryUpstreamIsFound(t *testing.T) {
	variable := map[string]string{"openai": "OPENAI_BASE_URL", "anthropic": "ANTHROPIC_BASE_URL", "gemini": "GOOGLE_GEMINI_BASE_URL", "openrouter": "OPENROUTER_BASE_URL",
		"xai": "XAI_BASE_URL", "deepseek": "DEEPSEEK_BASE_URL", "groq": "GROQ_BASE_URL", "mistral": "MISTRAL_BASE_URL"}
	for _, d := range meter.DefaultUpstreams() {
		name, ok := variable[d.Name]
		if !ok && d.Name != "google" {
			t.Errorf("this test does not know %s", d.Name)
		}
		replaced, house, shared := d, d, d
		replaced.KeyEnv = "GATEWAY_KEY"
		house.Name, house.KeyEnv = "house", "HOUSE_KEY"
		shared.Name, shared.Provider = "house", "contoso"
		for _, u := range []meter.Upstream{d, replaced, house, shared} {
			all := configured(u)
			ups := wrap.Upstreams(all, func(string) bool { return true })
			got := environment(nil, all, ups)
			if want := (fakeSession{}).URL(u.Name); ok && got[name] != want {
				t.Errorf("%+v: %s is %q, want %q", u, name, got[name], want)
			}
			if got[d.KeyEnv] != "ptk" {
				t.Errorf("%+v: %s is %q", u, d.KeyEnv, got[d.KeyEnv])
			}
		}
	}
}

// TestUpstreamsThatTakePart keeps the key of a gateway from the host of the provider whose variable it shares.
func TestUpstreamsThatTakePart(t *testing.T) {
	openai := meter.DefaultUpstreams()[0]
	tests := []struct {
		name       string
		configured meter.Upstream
		keys       string
		want       string
	}{
		{"shares the key", meter.Upstream{Name: "house", Provider: "openai", Auth: meter.Bearer, KeyEnv: "OPENAI_API_KEY"}, "house openai xai", "house xai"},
		{"shares the key of two", meter.Upstream{Name: "house", Auth: meter.Bearer, KeyEnv: "GEMINI_API_KEY"}, "house google gemini", "house"},
		{"shares the provider", meter.Upstream{Name: "house", Provider: "openai", Auth: meter.Bearer, KeyEnv: "HOUSE_KEY"}, "house openai", "house openai"},
		{"has no key", meter.Upstream{Name: "house", Provider: "openai", Auth: meter.Bearer, KeyEnv: "HOUSE_KEY"}, "openai", "openai"},
		{"needs no key", meter.Upstream{Name: "house", Auth: meter.NoAuth}, "", "house"},
		{"is the provider itself", openai, "openai", "openai"},
	}
	for _, tt := range tests {
		has := func(name string) bool { return slices.Contains(strings.Fields(tt.keys), name) }
		var got []string
		for _, u := range wrap.Upstreams(configured(tt.configured), has) {
			got = append(got, u.Name)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestFirstClaimCounts lets the first of two upstreams keep the address of a provider.
func TestFirstClaimCounts(t *testing.T) {
	house := meter.Upstream{Name: "house", Provider: "openai", Dialect: format.LiteLLM, Auth: meter.Bearer, KeyEnv: "HOUSE_API_KEY"}
	second := meter.Upstream{Name: "second", Provider: "openai", Auth: meter.Bearer, KeyEnv: "SECOND_API_KEY"}
	all := configured(house, second)
	got := environment(map[string]string{"OPENAI_API_KEY": "real", "CODEX_API_KEY": "real"}, all, wrap.Upstreams(all, func(string) bool { return true }))
	want := map[string]string{"OPENAI_BASE_URL": "http://127.0.0.1:1/t/s/house", "OPENAI_API_BASE": "http://127.0.0.1:1/t/s/house", "HOUSE_BASE_URL": "http://127.0.0.1:1/t/s/house",
		"SECOND_BASE_URL": "http://127.0.0.1:1/t/s/second", "OPENAI_API_KEY": "ptk", "HOUSE_API_KEY": "ptk", "SECOND_API_KEY": "ptk", "CODEX_API_KEY": ""}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
}

// TestGatewaysStandForWhatTheySpeak lets no client be led to a server without the client's route.
func TestGatewaysStandForWhatTheySpeak(t *testing.T) {
	tests := []struct {
		provider string
		dialect  format.Dialect
		variable string
		stands   bool
	}{
		{"openai", format.Compatible, "OPENAI_BASE_URL", true},
		{"openai", format.LiteLLM, "OPENAI_BASE_URL", true},
		{"openai", format.Bedrock, "OPENAI_BASE_URL", false},
		{"anthropic", format.Anthropic, "ANTHROPIC_BASE_URL", true},
		{"anthropic", format.Compatible, "ANTHROPIC_BASE_URL", true},
		{"anthropic", format.Bedrock, "ANTHROPIC_BASE_URL", false},
		{"google", format.Gemini, "GOOGLE_GEMINI_BASE_URL", true},
		{"google", format.Compatible, "GOOGLE_GEMINI_BASE_URL", false},
	}
	for _, tt := range tests {
		u := meter.Upstream{Name: "house", Provider: tt.provider, Dialect: tt.dialect, Auth: meter.Bearer, KeyEnv: "HOUSE_KEY"}
		all := configured(u)
		got := environment(nil, all, wrap.Upstreams(all, func(string) bool { return true }))
		if stands := got[tt.variable] == (fakeSession{}).URL("house"); stands != tt.stands {
			t.Errorf("%s as %q: %s is %q", tt.provider, tt.dialect, tt.variable, got[tt.variable])
		}
	}
}

func TestClouds(t *testing.T) {
	bedrock := meter.Upstream{Name: "amazon-bedrock", Provider: "bedrock", Dialect: format.Bedrock, URL: "https://bedrock-runtime.us-east-1.amazonaws.com", Auth: meter.Bearer, KeyEnv: "BEDROCK_KEY"}
	vertex := meter.Upstream{Name: "google-vertex", Provider: "vertex", Dialect: format.Vertex, URL: "https://europe-west4-aiplatform.googleapis.com", Auth: meter.Bearer, KeyEnv: "VERTEX_ACCESS_TOKEN"}
	versioned := vertex
	versioned.URL += "/v1/"
	anthropic := meter.DefaultUpstreams()[1]
	vars := map[string]string{}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_BEARER_TOKEN_BEDROCK", "BEDROCK_KEY",
		"CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "VERTEX_ACCESS_TOKEN"} {
		vars[name] = "own"
	}
	const proxy = "http://127.0.0.1:1/t/s/"
	tests := []struct {
		name string
		ups  []meter.Upstream
		want map[string]string
	}{
		{"bedrock", []meter.Upstream{bedrock}, map[string]string{"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": proxy + "amazon-bedrock", "ANTHROPIC_BEDROCK_BASE_URL": proxy + "amazon-bedrock",
			"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_REGION": "own", "AWS_BEARER_TOKEN_BEDROCK": "ptk", "BEDROCK_KEY": "ptk",
			"CLAUDE_CODE_USE_BEDROCK": "own", "ANTHROPIC_VERTEX_BASE_URL": "", "VERTEX_ACCESS_TOKEN": "own"}},
		{"vertex", []meter.Upstream{vertex}, map[string]string{"ANTHROPIC_VERTEX_BASE_URL": proxy + "google-vertex/v1", "GOOGLE_VERTEX_BASE_URL": proxy + "google-vertex",
			"VERTEX_ACCESS_TOKEN": "ptk", "AWS_ACCESS_KEY_ID": "own", "ANTHROPIC_BEDROCK_BASE_URL": ""}},
		{"vertex with a version", []meter.Upstream{versioned}, map[string]string{"ANTHROPIC_VERTEX_BASE_URL": proxy + "google-vertex", "GOOGLE_VERTEX_BASE_URL": ""}},
		{"anthropic", []meter.Upstream{anthropic}, map[string]string{"AWS_ACCESS_KEY_ID": "own", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "", "CLAUDE_CODE_USE_BEDROCK": "", "CLAUDE_CODE_USE_VERTEX": ""}},
		{"anthropic and bedrock", []meter.Upstream{bedrock, anthropic}, map[string]string{"AWS_ACCESS_KEY_ID": "", "CLAUDE_CODE_USE_BEDROCK": "own", "CLAUDE_CODE_USE_VERTEX": "",
			"ANTHROPIC_BASE_URL": proxy + "anthropic"}},
	}
	for _, tt := range tests {
		got := environment(vars, tt.ups, tt.ups)
		for name, value := range tt.want {
			if got[name] != value {
				t.Errorf("%s: %s is %q, want %q", tt.name, name, got[name], value)
			}
		}
	}
}
