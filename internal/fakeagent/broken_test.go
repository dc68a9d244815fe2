package fakeagent_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pertask/pertask/internal/fakeagent"
)

// run starts an agent with the given variables, and returns what it complains of. It must end with status 1.
func run(t *testing.T, o fakeagent.Options, env ...string) string {
	t.Helper()
	line, err := o.Command()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir, cmd.Env, cmd.Stderr = t.TempDir(), append(os.Environ(), env...), &said
	if out, err := cmd.Output(); len(out) > 0 {
		t.Errorf("it says %q, %v", out, err)
	} else if end, ok := errors.AsType[*exec.ExitError](err); !ok || end.ExitCode() != 1 {
		t.Errorf("it ends with %v, want status 1", err)
	}
	return said.String()
}

func TestDoesNotBeginWithoutWhatItNeeds(t *testing.T) {
	env := func(base, token, model string) []string {
		return []string{"PERTASK_BASE_URL=" + base, "PERTASK_TOKEN=" + token, "PERTASK_MODEL=" + model}
	}
	const nowhere = "http://127.0.0.1:1"
	for name, tt := range map[string]struct {
		api  fakeagent.API
		env  []string
		want string
	}{
		"an unknown API": {"telepathy", env(nowhere, "k", "m"), `"telepathy"; allowed are ["chat"`},
		"no address":     {fakeagent.Chat, env("", "k", "m"), "needs PERTASK_BASE_URL"},
		"no token":       {fakeagent.Chat, env(nowhere, "", "m"), "needs PERTASK_BASE_URL"},
		"no model":       {fakeagent.Chat, env(nowhere, "k", ""), "needs PERTASK_BASE_URL"},
		"no provider":    {fakeagent.Chat, env(nowhere, "k", "m"), "turn 0"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := run(t, fakeagent.Options{API: tt.api}, tt.env...); !strings.Contains(got, tt.want) {
				t.Errorf("it complains of %q, want %q", got, tt.want)
			}
		})
	}
}

// What is no whole answer is asked for again, a few times, and never taken for one.
func TestTakesNoBrokenAnswer(t *testing.T) {
	const call = `{"id":"c","model":"m-1","choices":[{"index":0,"message":{"role":"assistant","tool_calls":[{"id":"t","type":"function","function":` +
		`{"name":"write_file","arguments":"{\"path\":"}}]},"finish_reason":"tool_calls"}]}`
	for name, tt := range map[string]struct {
		stream bool
		answer string
		asked  int32
		want   string
	}{
		"no JSON":               {false, "<html>", 4, "turn 0"},
		"nothing":               {false, "", 4, "turn 0"},
		"no end":                {false, "{}", 4, "the answer has no end"},
		"a stream without end":  {true, "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n", 4, "the answer has no end"},
		"a stream of no JSON":   {true, "data: <html>\n\n", 4, "turn 0"},
		"arguments of no JSON":  {false, call, 1, "reading the call of the tool"},
		"an empty event stream": {true, ": keep-alive\n\ndata: [DONE]\n\n", 4, "the answer has no end"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				fmt.Fprint(w, tt.answer)
			}))
			defer s.Close()
			got := run(t, fakeagent.Options{API: fakeagent.Chat, Stream: tt.stream}, "PERTASK_BASE_URL="+s.URL, "PERTASK_TOKEN=k", "PERTASK_MODEL=m-1", "PERTASK_PROMPT=p")
			if !strings.Contains(got, tt.want) || asked.Load() != tt.asked {
				t.Errorf("asked %d times, it complains of %q; want %d and %q", asked.Load(), got, tt.asked, tt.want)
			}
		})
	}
}
