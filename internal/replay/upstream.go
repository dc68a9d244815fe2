package replay

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/pertask/pertask/usage"
)

// MaxContext bounds the input tokens of one replayed call where Upstream.Context sets no other bound. It lies
// below every long-context threshold of the price book (the lowest is 100,000), so that a trial whose totals only
// are recorded is priced at the short rates.
const MaxContext = 90_000

// taskMark and turnMark begin the lines of a conversation that name the recorded task and the call of its trial.
const (
	taskMark = "Task: "
	turnMark = "Turn: "
)

// Prompt is the prompt that makes the upstream replay the given task.
func Prompt(task string) string { return taskMark + task }

// Answer is what the upstream says at the end of a trial of the task that completed.
func Answer(task string) string { return "completed " + task }

// Upstream answers Chat Completions requests from recorded trials. The request says which call of a trial it is,
// so the upstream keeps no state but a counter that makes its response ids unique. It is safe for concurrent use.
type Upstream struct {
	Records *Records
	// Context returns the most input tokens of one call of a model, above 0; nil stands for MaxContext.
	Context func(model string) int64
	answers atomic.Int64
}

func (u *Upstream) context(model string) int64 {
	if u.Context == nil {
		return MaxContext
	}
	return u.Context(model)
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type request struct {
	Model    string    `json:"model"`
	Messages []message `json:"messages"`
}

type choice struct {
	Index        int     `json:"index"`
	Message      message `json:"message"`
	FinishReason string  `json:"finish_reason"`
}

type tokenUsage struct {
	Prompt     int64 `json:"prompt_tokens"`
	Completion int64 `json:"completion_tokens"`
	Total      int64 `json:"total_tokens"`
	Details    struct {
		Cached int64 `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
}

type response struct {
	ID      string     `json:"id"`
	Object  string     `json:"object"`
	Model   string     `json:"model"`
	Choices []choice   `json:"choices"`
	Usage   tokenUsage `json:"usage"`
}

// ServeHTTP answers POST .../chat/completions. The finish reason is "length" while the trial has further
// calls and "stop" at its end.
func (u *Upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/chat/completions") {
		refuse(w, http.StatusNotFound, "the replay answers POST /chat/completions only")
		return
	}
	var req request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&req); err != nil {
		refuse(w, http.StatusBadRequest, "the body is not a chat completion request")
		return
	}
	task, turn := place(req.Messages)
	rec, ok := u.Records.Find(req.Model, task)
	if !ok {
		refuse(w, http.StatusNotFound, fmt.Sprintf("no recorded trial of task %q with model %q", task, req.Model))
		return
	}
	calls := rec.calls(u.context(req.Model))
	if turn >= calls {
		refuse(w, http.StatusBadRequest, "the recorded trial is over")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	res := rec.answer(task, turn, calls)
	res.ID = fmt.Sprintf("replay-%d", u.answers.Add(1))
	_ = json.NewEncoder(w).Encode(res) // a client that has gone needs no answer
}

// place finds the task that the conversation is about and which of its calls this is. A conversation that does
// not say is at its beginning.
func place(messages []message) (task string, turn int64) {
	for _, m := range messages {
		for line := range strings.Lines(m.Content) {
			line = strings.TrimRight(line, "\r\n")
			if rest, ok := strings.CutPrefix(line, taskMark); ok && task == "" {
				task = rest
			}
			if rest, ok := strings.CutPrefix(line, turnMark); ok {
				turn, _ = strconv.ParseInt(rest, 10, 64)
			}
		}
	}
	return task, max(turn, 0)
}

// calls is the number of calls that a trial is divided into: the fewest of which none passes the limit.
func (rec Record) calls(limit int64) int64 {
	context, _ := rec.Input.Plus(rec.CacheRead).Value()
	return max(1, (context+limit-1)/limit)
}

// share is the part of a total that call number turn of n takes, so that the parts add up to the total and
// differ by at most 1. The parts of input and cached input are rounded apart, so that a call may pass the limit by 1.
func share(total usage.Count, turn, n int64) int64 {
	t, _ := total.Value()
	part := t / n
	if turn < t%n {
		part++
	}
	return part
}

func (rec Record) answer(task string, turn, calls int64) response {
	res := response{Object: "chat.completion", Model: rec.Model}
	input, cached, output := share(rec.Input, turn, calls), share(rec.CacheRead, turn, calls), share(rec.Output, turn, calls)
	res.Usage = tokenUsage{Prompt: input + cached, Completion: output, Total: input + cached + output}
	res.Usage.Details.Cached = cached
	c := choice{Message: message{Role: "assistant", Content: "working"}, FinishReason: "length"}
	if turn == calls-1 {
		c.FinishReason = "stop"
		c.Message.Content = "gave up on " + task
		if rec.Completed {
			c.Message.Content = Answer(task)
		}
	}
	res.Choices = []choice{c}
	return res
}

func refuse(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"message": text, "type": "replay"}})
}
