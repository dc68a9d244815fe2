package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Agent is the smallest agent loop: it asks until the model says that it has stopped, and returns the last answer.
// Where a real agent sends its whole conversation again, this one sends the prompt and the number of the turn: the
// replay counts tokens by its records, not by what it is sent.
//
// The address, the token and the model are what the harness gives to any agent.
func Agent(ctx context.Context, baseURL, token, model, prompt string) (string, error) {
	client := &http.Client{Timeout: time.Minute}
	for turn := range 10_000 {
		c, err := ask(ctx, client, baseURL, token, request{Model: model, Messages: []message{
			{Role: "user", Content: prompt}, {Role: "user", Content: turnMark + strconv.Itoa(turn)}}})
		if err != nil {
			return "", fmt.Errorf("asking the model, turn %d: %w", turn, err)
		}
		if c.FinishReason == "stop" {
			return c.Message.Content, nil
		}
	}
	return "", fmt.Errorf("the model did not stop within 10,000 calls")
}

func ask(ctx context.Context, client *http.Client, baseURL, token string, req request) (choice, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return choice{}, err
	}
	hr, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(baseURL, "/")+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		return choice{}, err
	}
	hr.Header.Set("Content-Type", "application/json")
	hr.Header.Set("Authorization", "Bearer "+token)
	answer, err := client.Do(hr)
	if err != nil {
		return choice{}, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return choice{}, err
	}
	var res response
	if answer.StatusCode != http.StatusOK || json.Unmarshal(data, &res) != nil || len(res.Choices) != 1 {
		return choice{}, fmt.Errorf("status %d: %.200q", answer.StatusCode, data)
	}
	return res.Choices[0], nil
}
