package trial

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/arm"
)

// Limits of the harness "prompt".
const (
	promptAttempts   = 3                   // requests at most: one, and two again
	promptBackoff    = time.Second / 4     // wait before the second request; doubled before the third
	promptMaxBackoff = 5 * time.Second     // longest wait that a provider's Retry-After gets
	promptBodyLimit  = 16 << 20            // bytes of an answer's body that are read
	anthropicMax     = json.Number("4096") // max_tokens where the arm sets none: Anthropic's API needs one
)

// Prompt returns the harness "prompt": one request with the task's prompt and no agent around it. The answer
// is the text that the model gives. A refusal for load (status 429 or 5xx) and a broken connection are tried
// again up to two times after a short wait; each attempt is a call of its own.
//
// The client must not use the proxies of the environment. Nil stands for one that does not.
func Prompt(client *http.Client) Harness {
	if client == nil {
		client = directClient()
	}
	p := prompter{client: client, wait: pause}
	return Harness{Name: "prompt", Ask: p.ask, Check: checkPrompt}
}

type prompter struct {
	client *http.Client
	wait   func(context.Context, time.Duration) error
}

// statusError is an answer that is not a success. It holds no text of the answer, which may quote the prompt.
type statusError int

func (e statusError) Error() string {
	return fmt.Sprintf("the request was answered with status %d", int(e))
}

func (p prompter) ask(ctx context.Context, j Job) ([]byte, error) {
	body, err := promptBody(j)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	backoff := promptBackoff
	for attempt := 1; ; attempt++ {
		answer, retryAfter, err := p.once(ctx, j.Route, body)
		if err == nil || attempt == promptAttempts || !worthRetrying(err) || ctx.Err() != nil {
			return answer, err
		}
		if p.wait(ctx, min(max(backoff, retryAfter), promptMaxBackoff)) != nil {
			return nil, err
		}
		backoff *= 2
	}
}

// once sends the request one time.
func (p prompter) once(ctx context.Context, route Route, body []byte) (answer []byte, retryAfter time.Duration, err error) {
	path := "/chat/completions"
	if route.Format == FormatAnthropic {
		path = "/v1/messages"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(route.BaseURL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	req.Header.Set("Content-Type", "application/json")
	if route.Format == FormatAnthropic {
		req.Header.Set("X-Api-Key", route.Token)
		req.Header.Set("Anthropic-Version", "2023-06-01")
	} else {
		req.Header.Set("Authorization", "Bearer "+route.Token)
	}
	res, err := p.client.Do(req)
	if err != nil {
		return nil, 0, fmt.Errorf("sending the request: %w", withoutURL(err))
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, promptBodyLimit))
	if err != nil {
		return nil, 0, fmt.Errorf("reading the answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, seconds(res.Header.Get("Retry-After")), statusError(res.StatusCode)
	}
	answer, err = answerText(route.Format, data)
	return answer, 0, err
}

// withoutURL takes the address off a client's error: it identifies the session.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// errAnswer is an answer of status 200 that is not in the provider's format. Asking again would be paid for
// again, and what the first one cost counts, so it is not retried.
var errAnswer = errors.New("the answer is not in the provider's format")

func worthRetrying(err error) bool {
	var status statusError
	if errors.As(err, &status) {
		return status == http.StatusTooManyRequests || status >= 500
	}
	return !errors.Is(err, errAnswer) && !errors.Is(err, ErrNotSent)
}

// promptSends lists the settings of the main slot that a request has. The provider is the way that it takes.
var promptSends = []arm.Key{arm.Effort, arm.MaxOutputTokens, arm.Model, arm.Provider, arm.ServiceTier, arm.Temperature}

// checkPrompt refuses an arm whose difference from the other one no request would have: both arms would run the same.
// What is the same in both may be for something else than prompts.
func checkPrompt(a arm.Arm, differ []arm.Setting) error {
	for _, s := range differ {
		// A base URL would lead past the proxy, and is not given to anything.
		if s.Key != arm.BaseURL && (s.Slot != arm.MainSlot || !slices.Contains(promptSends, s.Key)) {
			return s.Errorf("%q changes and cannot be sent by the harness \"prompt\"; it sends %q", s.Name(), promptSends)
		}
	}
	return checkSent(a)
}

// checkSent reports a setting that a request cannot have as the arm writes it.
func checkSent(a arm.Arm) error {
	if a.Model() == "" {
		return errors.New("the arm declares no model; the harness \"prompt\" needs one")
	}
	for _, s := range a.Settings {
		if s.Slot != arm.MainSlot || !slices.Contains(promptSends, s.Key) {
			continue
		}
		if strings.TrimSpace(s.Value) == "" {
			return s.Errorf("%s is empty; the harness \"prompt\" sends a value, or no setting at all", s.Name())
		}
		if err := s.CheckNumber(); err != nil {
			return err
		}
	}
	return nil
}

// promptBody builds the request. Numbers are sent as the arm writes them.
func promptBody(j Job) ([]byte, error) {
	if err := checkSent(j.Arm); err != nil {
		return nil, err
	}
	model := j.Arm.Model()
	body := map[string]any{
		"model":    model,
		"messages": []map[string]string{{"role": "user", "content": j.Task.Prompt}},
	}
	limit := "max_completion_tokens"
	if j.Route.Format == FormatAnthropic {
		limit = "max_tokens"
		body[limit] = anthropicMax
	}
	if v, ok := j.Arm.Get(arm.MainSlot, arm.Effort); ok {
		if j.Route.Format == FormatAnthropic {
			body["output_config"] = map[string]string{"effort": v}
		} else {
			body["reasoning_effort"] = v
		}
	}
	if v, ok := j.Arm.Get(arm.MainSlot, arm.Temperature); ok {
		body["temperature"] = json.Number(v)
	}
	if v, ok := j.Arm.Get(arm.MainSlot, arm.MaxOutputTokens); ok {
		body[limit] = json.Number(v)
	}
	if v, ok := j.Arm.Get(arm.MainSlot, arm.ServiceTier); ok {
		body["service_tier"] = v
	}
	out, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("writing the request: %w", err)
	}
	return out, nil
}

// answerText takes the text out of an answer. A refusal to answer is an empty text: the grader decides.
func answerText(format string, data []byte) ([]byte, error) {
	var a struct {
		Content []struct { // Anthropic
			Type string `json:"type"`
			Text string `json:"text"`
		} `json:"content"`
		Choices []struct { // OpenAI Chat
			Message struct {
				Content *string `json:"content"`
			} `json:"message"`
		} `json:"choices"`
	}
	if json.Unmarshal(data, &a) != nil {
		return nil, errAnswer
	}
	if format != FormatAnthropic {
		if len(a.Choices) == 0 {
			return nil, errAnswer
		}
		if text := a.Choices[0].Message.Content; text != nil {
			return []byte(*text), nil
		}
		return nil, nil
	}
	if a.Content == nil {
		return nil, errAnswer
	}
	var text []byte
	for _, block := range a.Content {
		if block.Type == "text" {
			text = append(text, block.Text...)
		}
	}
	return text, nil
}

// seconds reads a Retry-After of whole seconds. The other form, a date, is ignored: the usual wait applies.
func seconds(retryAfter string) time.Duration {
	d, err := time.ParseDuration(retryAfter + "s")
	if err != nil || d < 0 {
		return 0
	}
	return d
}

// pause waits, or returns the context's error when that ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
