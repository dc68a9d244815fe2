package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// killAgent is the agent of the suite: it makes two calls.
func killAgent() int {
	for range 2 {
		body := fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":%q}]}`, os.Getenv("PERTASK_MODEL"), os.Getenv("PERTASK_PROMPT"))
		req, err := http.NewRequest("POST", os.Getenv("PERTASK_BASE_URL")+"/chat/completions", strings.NewReader(body))
		if err != nil {
			return 1
		}
		req.Header.Set("Authorization", "Bearer "+os.Getenv("PERTASK_TOKEN"))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return 1
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return 1
		}
	}
	fmt.Println("billing")
	return 0
}
