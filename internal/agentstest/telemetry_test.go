package agentstest_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/app/ingest"
	"github.com/pertask/pertask/internal/scripted"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/usage"
)

// exporter is an agent that exports telemetry, and how it is told to.
type exporter struct {
	agent  string // as in agents
	args   []string
	model  string
	files  func(server, receiver string) map[string]string // below its home
	env    func(server, receiver string) []string
	counts bool // its counters tell tokens with their session
}

const senderToken = ingest.Prefix + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

var exporters = []exporter{
	{agent: "claude-code", model: "claude-sonnet-4-6", counts: true,
		args: []string{"claude", "-p", "--dangerously-skip-permissions", "--model", "claude-sonnet-4-6"},
		env: func(server, receiver string) []string {
			return []string{"ANTHROPIC_BASE_URL=" + server, "ANTHROPIC_API_KEY=sk-ant-1", "IS_SANDBOX=1", "CLAUDE_CODE_ENABLE_TELEMETRY=1",
				"OTEL_METRICS_EXPORTER=otlp", "OTEL_LOGS_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_EXPORTER_OTLP_ENDPOINT=" + receiver,
				"OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer " + senderToken, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1"}
		}},
	{agent: "codex", model: "gpt-5.5",
		args: []string{"codex", "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"},
		files: func(server, receiver string) map[string]string {
			return map[string]string{".codex/config.toml": fmt.Sprintf(`model = "gpt-5.5"
model_provider = "scripted"
[model_providers.scripted]
name = "scripted"
base_url = "%s/v1"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
[otel]
log_user_prompt = false
[otel.exporter.otlp-http]
endpoint = "%s/v1/logs"
protocol = "binary"
headers = { Authorization = "Bearer %s" }
`, server, receiver, senderToken)}
		},
		env: func(string, string) []string { return []string{"OPENAI_API_KEY=sk-1"} }},
	{agent: "gemini", model: "gemini-3.8-flash", counts: true,
		args: []string{"gemini", "--yolo", "-m", "gemini-3.8-flash", "-p"},
		files: func(string, string) map[string]string {
			return map[string]string{".gemini/settings.json": `{"security":{"auth":{"selectedType":"gemini-api-key"}},"privacy":{"usageStatisticsEnabled":false}}`}
		},
		env: func(server, receiver string) []string {
			return []string{"GEMINI_API_KEY=k", "GOOGLE_GEMINI_BASE_URL=" + server, "GEMINI_CLI_TRUST_WORKSPACE=true", "GEMINI_TELEMETRY_ENABLED=true", "GEMINI_TELEMETRY_TARGET=local",
				"GEMINI_TELEMETRY_OTLP_ENDPOINT=" + receiver, "GEMINI_TELEMETRY_OTLP_PROTOCOL=http", "GEMINI_TELEMETRY_LOG_PROMPTS=false",
				"OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer " + senderToken}
		}},
}

// TestTelemetry has real agents send what they consume to the receiver of the App: every class of tokens is what the
// provider served, by events and by counters, and each entry knows its repository, branch and session.
func TestTelemetry(t *testing.T) {
	for _, x := range exporters {
		t.Run(x.agent, func(t *testing.T) {
			t.Parallel()
			agents[slices.IndexFunc(agents, func(r real) bool { return r.name == x.agent })].find(t)
			server, err := scripted.Start(scripted.Config{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = server.Close() })
			var mu sync.Mutex
			var set spend.Set
			receiver := httptest.NewServer(ingest.New(ingest.Config{
				Sender: func(_ context.Context, hash string) (ingest.Sender, bool, error) {
					return ingest.Sender{Installation: 1}, hash == ingest.Hash(senderToken), nil
				},
				Add: func(_ context.Context, _ ingest.Sender, entries []spend.Entry) error {
					mu.Lock()
					defer mu.Unlock()
					for _, e := range entries {
						set.Add(e)
					}
					return nil
				},
				Count: func(signal, outcome string, _ int) {
					if outcome != "taken" {
						t.Errorf("%s: %s", signal, outcome)
					}
				},
			}))
			t.Cleanup(receiver.Close)
			x.run(t, server.URL(), receiver.URL)
			mu.Lock()
			defer mu.Unlock()
			x.hold(t, server.Ledger(), set.Sorted())
		})
	}
}

// run has the agent write a file.
func (x exporter) run(t *testing.T, server, receiver string) {
	t.Helper()
	home, work := t.TempDir(), t.TempDir()
	if x.files != nil {
		for name, text := range x.files(server, receiver) {
			name = filepath.Join(home, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, x.args[0], append(slices.Clone(x.args[1:]), scripted.Prompt("out.txt", "hello"))...)
	cmd.Dir = work
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "NO_PROXY=127.0.0.1,localhost",
		"OTEL_RESOURCE_ATTRIBUTES=vcs.repository.url.full=https://github.com/Acme/Shop.git,vcs.ref.head.name=fix-date,team=payments"}, x.env(server, receiver)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%.3000s", x.agent, err, out)
	}
	if got, err := os.ReadFile(filepath.Join(work, "out.txt")); err != nil || strings.TrimSpace(string(got)) != "hello" {
		t.Fatalf("%s wrote %q, %v", x.agent, got, err)
	}
}

// hold compares what came with what was served. Agents do not tell how long what was written to the cache stays there
// in every signal, so writes are one number.
func (x exporter) hold(t *testing.T, served scripted.Ledger, entries []spend.Entry) {
	t.Helper()
	want := served.Total(func(scripted.Served) bool { return true })
	sums := map[spend.Source]usage.Tokens{spend.Telemetry: usage.None(), spend.Counters: usage.None()}
	calls := int64(0)
	for _, e := range entries {
		sums[e.Source] = sums[e.Source].Plus(e.Tokens)
		calls += e.Calls
		if e.Repository != "github.com/acme/shop" || e.Branch != "fix-date" || !slices.Equal(e.Labels, []string{"team:payments"}) || e.Session == "" || e.Model != x.model {
			t.Errorf("an entry of %q %q %q, session %q, model %q", e.Repository, e.Branch, e.Labels, e.Session, e.Model)
		}
	}
	if calls != int64(len(served.Calls)) {
		t.Errorf("events are of %d calls; %d were served", calls, len(served.Calls))
	}
	for source, got := range sums {
		if source == spend.Counters && !x.counts {
			continue
		}
		for _, c := range []struct {
			class     string
			got, want usage.Count
		}{{"input", got.Input, want.Input}, {"cache read", got.CacheRead, want.CacheRead}, {"cache written", got.Written(), want.Written()}, {"output", got.Output, want.Output}} {
			if !c.got.Equal(c.want) {
				t.Errorf("%s: %s %s; %s were served", source, c.class, c.got, c.want)
			}
		}
	}
}
