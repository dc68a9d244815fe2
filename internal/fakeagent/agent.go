package fakeagent

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pertask/pertask/usage"
)

// maxAnswer bounds an answer in bytes.
const maxAnswer = 8 << 20

// maxTurns bounds a conversation, but for the habit Loop.
const maxTurns = 20

// agent is one conversation.
type agent struct {
	api                              dialect
	base, key, model, effort, prompt string
	stream, loops                    bool
	client                           *http.Client
	past                             []exchange
	used                             usage.Tokens
}

// exchange is a call of the tool and what it gave back.
type exchange struct {
	call   toolCall
	result string
}

// toolCall is what the model wants.
type toolCall struct {
	id   string
	file string
	text string
}

// turn is what one answer says.
type turn struct {
	text   string
	id     string // of the call
	args   string // of the call, as JSON
	called bool
	ended  bool // the answer came to its end
	used   usage.Tokens
}

func newAgent(getenv func(string) string) (*agent, error) {
	a := &agent{
		base: strings.TrimSuffix(getenv("PERTASK_BASE_URL"), "/"), key: getenv("PERTASK_TOKEN"), model: getenv("PERTASK_MODEL"),
		effort: getenv("PERTASK_EFFORT"), prompt: getenv("PERTASK_PROMPT"), stream: getenv(EnvStream) != "", loops: Habit(getenv(EnvHabit)) == Loop,
		client: &http.Client{Timeout: 2 * time.Minute}, used: usage.None(),
	}
	var ok bool
	if a.api, ok = dialects[API(getenv(EnvAPI))]; !ok {
		return nil, fmt.Errorf("%s is %q; allowed are %q", EnvAPI, getenv(EnvAPI), APIs())
	}
	if a.base == "" || a.key == "" || a.model == "" {
		return nil, errors.New("an agent needs PERTASK_BASE_URL, PERTASK_TOKEN and PERTASK_MODEL")
	}
	return a, nil
}

// work asks until the model has no call left, and returns what it said last.
func (a *agent) work(ctx context.Context) (string, error) {
	for n := 0; n < maxTurns || a.loops; n++ {
		t, err := a.ask(ctx)
		if err != nil {
			return "", fmt.Errorf("asking the model, turn %d: %w", n, err)
		}
		a.used = a.used.Plus(t.used)
		if !t.called {
			return t.text, nil
		}
		done, err := a.carryOut(t)
		if err != nil {
			return "", err
		}
		if !a.loops {
			a.past = append(a.past, done)
		}
	}
	return "", fmt.Errorf("the model did not stop within %d turns", maxTurns)
}

// carryOut writes the file that the model wants, inside of the agent's folder. What is wrong goes back to the model.
func (a *agent) carryOut(t turn) (exchange, error) {
	var args struct {
		Path    string `json:"path"`
		Content string `json:"content"`
	}
	if err := json.Unmarshal([]byte(t.args), &args); err != nil {
		return exchange{}, fmt.Errorf("reading the call of the tool: %w", err)
	}
	e := exchange{call: toolCall{id: t.id, file: args.Path, text: args.Content}, result: "written"}
	if !filepath.IsLocal(args.Path) {
		e.result = "the path is not in the folder"
	} else if err := os.WriteFile(args.Path, []byte(args.Content), 0o644); err != nil {
		e.result = err.Error()
	}
	return e, nil
}

// patience is how often a refusal with a status that may pass is asked again.
const patience = 4

func (a *agent) ask(ctx context.Context) (turn, error) {
	var err error
	for n := range patience {
		if n > 0 {
			time.Sleep(time.Duration(n) * 20 * time.Millisecond)
		}
		var t turn
		var again bool
		if t, again, err = a.askOnce(ctx); err == nil || !again {
			return t, err
		}
	}
	return turn{}, err
}

// askOnce sends one request. Again reports whether another one may succeed.
func (a *agent) askOnce(ctx context.Context) (t turn, again bool, err error) {
	body, err := json.Marshal(a.api.body(a))
	if err != nil {
		return turn{}, false, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+a.api.path(a), bytes.NewReader(body))
	if err != nil {
		return turn{}, false, err
	}
	r.Header.Set("Content-Type", "application/json")
	a.api.auth(r.Header, a.key)
	answer, err := a.client.Do(r)
	if err != nil {
		return turn{}, true, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(answer.Body, 300))
		return turn{}, answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= 500, fmt.Errorf("status %d: %q", answer.StatusCode, said)
	}
	t.used = usage.None()
	limited := io.LimitReader(answer.Body, maxAnswer)
	if a.stream {
		err = a.readStream(limited, &t)
	} else {
		err = a.readWhole(limited, &t)
	}
	if err == nil && !t.ended {
		err = errors.New("the answer has no end")
	}
	return t, err != nil, err
}

func (a *agent) readWhole(r io.Reader, t *turn) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return a.api.whole(data, t)
}

// readStream takes the data of every event. Names of events are in the data too, where there are any.
func (a *agent) readStream(r io.Reader, t *turn) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxAnswer)
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !ok || string(data) == "[DONE]" {
			continue
		}
		if err := a.api.event(data, t); err != nil {
			return err
		}
	}
	return lines.Err()
}

// report writes what the agent has counted, in the form that the harness "command" documents.
func (a *agent) report(file string) error {
	if file == "" {
		return nil
	}
	created := a.used.CacheCreation.Plus(a.used.CacheCreation5m).Plus(a.used.CacheCreation1h)
	text, err := json.Marshal(map[string]usage.Count{"input": a.used.Input, "cache_read": a.used.CacheRead, "cache_creation": created,
		"output": a.used.Output, "reasoning": a.used.Reasoning})
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
