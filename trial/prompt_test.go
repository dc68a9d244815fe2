package trial_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// reply is one scripted answer of a provider.
type reply struct {
	status int
	body   string
}

// provider answers requests with the replies in turn, the last one again and again, and keeps what it was asked.
type provider struct {
	*httptest.Server
	mu      sync.Mutex // requests come one after the other: it orders them for the race detector
	replies []reply
	asked   []*http.Request
	bodies  []string
}

func newProvider(t *testing.T, replies ...reply) *provider {
	p := &provider{replies: replies}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked, p.bodies = append(p.asked, r), append(p.bodies, string(b))
		answer := p.replies[min(len(p.asked), len(p.replies))-1]
		w.Header().Set("Retry-After", "0")
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(answer.status)
		_, _ = io.WriteString(w, answer.body)
	}))
	t.Cleanup(p.Close)
	return p
}

const (
	chatAnswer      = `{"choices":[{"message":{"role":"assistant","content":"billing"}}],"usage":{}}`
	anthropicAnswer = `{"content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"bill"},{"type":"text","text":"ing"}]}`
)

func promptJob(p *provider, format string, settings ...arm.Setting) trial.Job {
	return trial.Job{
		Task:  suite.Task{ID: "x", Prompt: "Which team?"},
		Arm:   arm.Arm{Settings: append(settings, setting("main", arm.Model, "m-1"))},
		Route: trial.Route{BaseURL: p.URL + "/t/s/up", Token: "ptk_1", Format: format},
	}
}

func TestPromptRequest(t *testing.T) {
	every := []arm.Setting{
		setting("main", arm.Effort, "high"), setting("main", arm.Temperature, "0.20"),
		setting("main", arm.MaxOutputTokens, "900"), setting("main", arm.ServiceTier, "flex"), setting("small", arm.Model, "m-0"),
	}
	tests := []struct {
		name, format, answer string
		settings             []arm.Setting
		path, body           string
		header               map[string]string
	}{
		{"chat", trial.FormatChat, chatAnswer, nil, "/t/s/up/chat/completions",
			`{"messages":[{"content":"Which team?","role":"user"}],"model":"m-1"}`,
			map[string]string{"Authorization": "Bearer ptk_1", "X-Api-Key": "", "Content-Type": "application/json"}},
		{"chat with every setting", trial.FormatChat, chatAnswer, every, "/t/s/up/chat/completions",
			`{"max_completion_tokens":900,"messages":[{"content":"Which team?","role":"user"}],"model":"m-1","reasoning_effort":"high","service_tier":"flex","temperature":0.20}`,
			map[string]string{"Authorization": "Bearer ptk_1"}},
		{"anthropic", trial.FormatAnthropic, anthropicAnswer, nil, "/t/s/up/v1/messages",
			`{"max_tokens":4096,"messages":[{"content":"Which team?","role":"user"}],"model":"m-1"}`,
			map[string]string{"Authorization": "", "X-Api-Key": "ptk_1", "Anthropic-Version": "2023-06-01"}},
		{"anthropic with every setting", trial.FormatAnthropic, anthropicAnswer, every, "/t/s/up/v1/messages",
			`{"max_tokens":900,"messages":[{"content":"Which team?","role":"user"}],"model":"m-1","output_config":{"effort":"high"},"service_tier":"flex","temperature":0.20}`,
			map[string]string{"X-Api-Key": "ptk_1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProvider(t, reply{200, tt.answer})
			answer, err := trial.Prompt(nil).Ask(t.Context(), promptJob(p, tt.format, tt.settings...))
			if err != nil || string(answer) != "billing" {
				t.Errorf("answer %q, error %v; want billing", answer, err)
			}
			if len(p.asked) != 1 {
				t.Fatalf("%d requests, want 1", len(p.asked))
			}
			if got := p.asked[0].Method + " " + p.asked[0].URL.Path; got != "POST "+tt.path {
				t.Errorf("request %s, want POST %s", got, tt.path)
			}
			if diff := cmp.Diff(tt.body, p.bodies[0]); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			for name, want := range tt.header {
				if got := p.asked[0].Header.Get(name); got != want {
					t.Errorf("header %s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestPromptRetries(t *testing.T) {
	ok := reply{200, chatAnswer}
	tests := []struct {
		name     string
		replies  []reply
		requests int
		answer   string
		err      string
	}{
		{"overloaded once", []reply{{503, ""}, ok}, 2, "billing", ""},
		{"rate limited twice", []reply{{429, ""}, {529, ""}, ok}, 3, "billing", ""},
		{"overloaded for good", []reply{{500, "the prompt, quoted"}}, 3, "", "the request was answered with status 500"},
		{"refused", []reply{{400, "the prompt, quoted"}, ok}, 1, "", "the request was answered with status 400"},
		{"redirected", []reply{{307, ""}}, 1, "", "the request was answered with status 307"},
		{"not JSON", []reply{{200, "<html>"}, ok}, 1, "", "not in the provider's format"},
		{"nothing in it", []reply{{200, "{}"}, ok}, 1, "", "not in the provider's format"},
		{"a refusal of the model", []reply{{200, `{"choices":[{"message":{"content":null,"refusal":"no"}}]}`}}, 1, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProvider(t, tt.replies...)
			answer, err := trial.Prompt(nil).Ask(t.Context(), promptJob(p, trial.FormatChat))
			if string(answer) != tt.answer || fmt.Sprint(err) != tt.err && (err == nil) != (tt.err == "") {
				t.Errorf("answer %q, error %v; want %q, %q", answer, err, tt.answer, tt.err)
			}
			if err != nil && (!strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "quoted")) {
				t.Errorf("error %q, want %q in it and nothing of the answer", err, tt.err)
			}
			if len(p.asked) != tt.requests {
				t.Errorf("%d requests, want %d", len(p.asked), tt.requests)
			}
			for i, body := range p.bodies {
				if body != p.bodies[0] {
					t.Errorf("request %d has another body than the first", i+1)
				}
			}
		})
	}
}

func TestPromptThatIsNotSent(t *testing.T) {
	p := newProvider(t, reply{200, chatAnswer})
	for name, job := range map[string]trial.Job{
		"no number":           promptJob(p, trial.FormatChat, setting("main", arm.Temperature, `0,"model":"other"`)),
		"an empty number":     promptJob(p, trial.FormatChat, setting("main", arm.Temperature, "")), // JSON would have a 0 there
		"a number with an e":  promptJob(p, trial.FormatChat, setting("main", arm.MaxOutputTokens, "1e4")),
		"a negative number":   promptJob(p, trial.FormatChat, setting("main", arm.MaxOutputTokens, "-1")),
		"an empty effort":     promptJob(p, trial.FormatChat, setting("main", arm.Effort, "")),
		"no number of tokens": promptJob(p, trial.FormatAnthropic, setting("main", arm.MaxOutputTokens, "many")),
		"no model":            {Route: trial.Route{BaseURL: p.URL}},
		"no address":          {Arm: arm.Arm{Settings: []arm.Setting{setting("main", arm.Model, "m")}}, Route: trial.Route{BaseURL: "http://%"}},
	} {
		if _, err := trial.Prompt(nil).Ask(t.Context(), job); !errors.Is(err, trial.ErrNotSent) {
			t.Errorf("%s: error %v, want %v", name, err, trial.ErrNotSent)
		}
	}
	if len(p.asked) != 0 {
		t.Errorf("%d requests were sent", len(p.asked))
	}
}

func TestPromptErrorsDoNotNameTheSession(t *testing.T) {
	p := newProvider(t, reply{200, chatAnswer})
	job := promptJob(p, trial.FormatChat)
	p.Close()
	_, err := trial.Prompt(nil).Ask(t.Context(), job)
	if err == nil || strings.Contains(err.Error(), "/t/s") {
		t.Errorf("error %v, want one without the address", err)
	}
}

func TestPromptTrials(t *testing.T) {
	served := usage.Call{ID: "1", Trial: "base/x/0", State: usage.Ended, Status: 200, Format: "openai.chat"}
	broken := served
	broken.Status = 503
	tests := []struct {
		name    string
		replies []reply
		calls   []usage.Call
		outcome trial.Outcome
		cause   string
	}{
		{"right", []reply{{200, chatAnswer}}, []usage.Call{served}, trial.Completed, ""},
		{"wrong", []reply{{200, `{"choices":[{"message":{"content":"sales"}}]}`}}, []usage.Call{served}, trial.Failed, trial.CauseGrader},
		{"settings refused", []reply{{400, ""}}, []usage.Call{{ID: "1", Trial: "base/x/0", State: usage.Ended, Status: 400, Format: "openai.chat"}}, trial.Failed, trial.CauseGrader},
		{"provider down", []reply{{503, ""}}, []usage.Call{broken, broken, broken}, trial.Void, trial.CauseProvider},
		{"proxy not reached", []reply{{503, ""}}, nil, trial.Void, trial.CauseStart},
		{"not the format", []reply{{200, "?"}}, []usage.Call{served}, trial.Failed, trial.CauseGrader},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProvider(t, tt.replies...)
			l := newLab(t, nil, suite.Task{ID: "x", Harness: "prompt", Prompt: "?", Grade: suite.Grader{Kind: suite.GradeEquals, Value: "billing"}})
			l.proxy.base, l.proxy.calls = p.URL, func(string) []usage.Call { return tt.calls }
			got := l.one(t, "x")
			wantOutcome(t, got, tt.outcome, tt.cause)
			if got.Trial.Seconds == nil {
				t.Error("the time was not measured")
			}
			if strings.Contains(got.Trial.Detail, p.URL) {
				t.Errorf("the detail %q holds the address", got.Trial.Detail)
			}
		})
	}
}

func TestPromptFormatFollowsTheProvider(t *testing.T) {
	for _, tt := range []struct{ provider, upstream, path string }{
		{"", "openai", "/openai/chat/completions"},
		{"", "anthropic", "/anthropic/v1/messages"},
		{"anthropic", "claude", "/claude/v1/messages"},
		{"openrouter", "router", "/router/chat/completions"},
	} {
		p := newProvider(t, reply{200, `{"content":[{"type":"text","text":"billing"}],"choices":[{"message":{"content":"billing"}}]}`})
		l := newLab(t, nil, suite.Task{ID: "x", Harness: "prompt", Prompt: "?", Grade: suite.Grader{Kind: suite.GradeEquals, Value: "billing"}})
		l.proxy.base = p.URL
		l.Upstreams = []string{tt.upstream}
		l.Upstream = func(arm.Arm) (string, error) { return tt.upstream, nil }
		if tt.provider != "" {
			l.Arms[trial.Base] = l.Arms[trial.Base].With(setting("main", arm.Provider, tt.provider))
		}
		wantOutcome(t, l.one(t, "x"), trial.Completed, "")
		if got := p.asked[0].URL.Path; got != tt.path {
			t.Errorf("provider %q at %q: request to %s, want %s", tt.provider, tt.upstream, got, tt.path)
		}
	}
}

// What changes between the arms is sent, or the arms would run the same.
func TestPromptCheck(t *testing.T) {
	model := setting("main", arm.Model, "m-1")
	for _, tt := range []struct {
		name   string
		have   []arm.Setting // beside the model, the same in both arms
		differ []arm.Setting
		want   string
	}{
		{"nothing differs", []arm.Setting{setting("small", arm.Model, "s"), setting("main", arm.ThinkingBudget, "8k")}, nil, ""},
		{"what is sent", nil, []arm.Setting{model, setting("main", arm.Effort, "high"), setting("main", arm.Temperature, "0.2"),
			setting("main", arm.MaxOutputTokens, "9"), setting("main", arm.ServiceTier, "flex"), setting("main", arm.Provider, "groq")}, ""},
		{"a base URL", nil, []arm.Setting{setting("main", arm.BaseURL, "http://elsewhere"), setting("small", arm.BaseURL, "http://elsewhere")}, ""},
		{"a thinking budget", nil, []arm.Setting{setting("main", arm.ThinkingBudget, "1024")},
			`"thinking_budget" changes and cannot be sent by the harness "prompt"; it sends ["effort" "max_output_tokens" "model" "provider" "service_tier" "temperature"]`},
		{"verbosity", nil, []arm.Setting{setting("main", "verbosity", "low")}, `"verbosity" changes`},
		{"a deployment", nil, []arm.Setting{setting("main", arm.Deployment, "mine")}, `"deployment" changes`},
		{"an interface", nil, []arm.Setting{setting("main", arm.API, "responses")}, `"api" changes`},
		{"a profile", nil, []arm.Setting{setting("main", arm.Profile, "deep")}, `"profile" changes`},
		{"another slot", nil, []arm.Setting{setting("small", arm.Model, "s")}, `"small.model" changes`},
		{"a profile's slot", nil, []arm.Setting{setting("profile-deep", arm.Effort, "high")}, `"profile-deep.effort" changes`},
		{"no number", []arm.Setting{setting("main", arm.MaxOutputTokens, "8k")}, nil, `max_output_tokens is "8k"; it must be`},
		{"an empty number", []arm.Setting{setting("main", arm.Temperature, "")}, nil, "temperature is empty"},
		{"an empty effort", []arm.Setting{setting("main", arm.Effort, " ")}, nil, "effort is empty"},
		{"another slot's number", []arm.Setting{setting("small", arm.MaxOutputTokens, "8k")}, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			check := trial.Prompt(nil).Check
			err := check(arm.Arm{}.With(model).With(tt.have...).With(tt.differ...), tt.differ)
			if (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if err := trial.Prompt(nil).Check(arm.Arm{}, nil); err == nil || !strings.Contains(err.Error(), "declares no model") {
		t.Errorf("an arm without a model: %v", err)
	}
	at := setting("main", arm.MaxOutputTokens, "8k")
	at.Source = arm.Source{Path: "a.yaml", Line: 3, Column: 5}
	if err := trial.Prompt(nil).Check(arm.Arm{}.With(model, at), nil); err == nil || !strings.HasPrefix(err.Error(), "a.yaml:3:5: ") {
		t.Errorf("an error without a place: %v", err)
	}
}

// hanging asks for ever.
func hanging(ctx context.Context, _ trial.Job) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestAskOutOfTimeAndCanceled(t *testing.T) {
	task := suite.Task{ID: "x", Harness: "ask", Timeout: 50 * time.Millisecond}
	l := newLab(t, nil, task)
	l.Harnesses = map[string]trial.Harness{"ask": {Ask: hanging}}
	l.proxy.calls = func(string) []usage.Call {
		return []usage.Call{{ID: "1", Trial: "base/x/0", State: usage.Ended, Status: 200, Format: "openai.chat"}}
	}
	wantOutcome(t, l.one(t, "x"), trial.Failed, trial.CauseTimeout)

	l.Suite.Tasks[0].Timeout = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	l.Harnesses["ask"] = trial.Harness{Ask: func(ctx context.Context, j trial.Job) ([]byte, error) {
		cancel()
		return hanging(ctx, j)
	}}
	if err := l.runner(t).Run(ctx, []trial.Slot{{Arm: trial.Base, Task: "x"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	got := l.told[len(l.told)-1]
	wantOutcome(t, got, trial.Void, trial.CauseCanceled)
	if len(got.Calls) != 1 {
		t.Errorf("the canceled trial has %d calls, want the one that was paid for", len(got.Calls))
	}
}

func FuzzPromptAnswer(f *testing.F) {
	f.Add(chatAnswer, false)
	f.Add(anthropicAnswer, true)
	f.Add(`{"choices":[{}]}`, false)
	f.Fuzz(func(t *testing.T, body string, anthropic bool) {
		format := trial.FormatChat
		if anthropic {
			format = trial.FormatAnthropic
		}
		answer, err := trial.AnswerText(format, []byte(body))
		if err == nil && !json.Valid([]byte(body)) {
			t.Errorf("the answer %q was read from what is no JSON", answer)
		}
		if err != nil && answer != nil {
			t.Errorf("an error came with the answer %q", answer)
		}
	})
}
