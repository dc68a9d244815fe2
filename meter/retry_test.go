package meter_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRetriesAreRowsAndMarked sends what the providers' libraries send for attempts.
func TestRetriesAreRowsAndMarked(t *testing.T) {
	r := newRig(t, answers(200, jsonType, chatAnswer(1, 2)))
	for _, count := range []string{"0", "1", "2", "-1", "many", "999"} {
		q := r.request(http.MethodPost, "local", "/v1/chat/completions", `{"model":"m"}`)
		q.Header.Set("X-Stainless-Retry-Count", count)
		r.do(q)
	}
	var got []int
	for _, c := range r.close() {
		got = append(got, c.Retry)
	}
	if diff := cmp.Diff([]int{0, 1, 2, 0, 0, 0}, got); diff != "" {
		t.Errorf("retries differ (-want +got):\n%s", diff)
	}
}

// TestAnswersOfOtherTrials says that a trial cannot look up what another has made, though it knows its name.
func TestAnswersOfOtherTrials(t *testing.T) {
	r := newRig(t, answers(200, jsonType, `{"id":"resp_1","status":"completed","model":"m","usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}`))
	if resp, body := r.post("local", "/v1/responses", `{"model":"m"}`); resp.StatusCode != 200 {
		t.Fatalf("got %d %s", resp.StatusCode, body)
	}
	other := r.proxy.Open("another")
	q, err := http.NewRequest(http.MethodGet, other.URL("local")+"/v1/responses/resp_1", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+other.Token())
	if resp, body := r.do(q); resp.StatusCode != http.StatusNotFound || !strings.Contains(body, "its own responses only") {
		t.Errorf("the other trial got %d %s", resp.StatusCode, body)
	}
	if resp, _ := r.do(r.request(http.MethodGet, "local", "/v1/responses/resp_1", "")); resp.StatusCode != 200 {
		t.Errorf("its own trial got %d", resp.StatusCode)
	}
	other.Close(t.Context())
}

// TestQueriesThatHideUsage are refused where an answer is looked up, as they are where it is made.
func TestQueriesThatHideUsage(t *testing.T) {
	r := newGemini(t, answers(200, jsonType, `{"id":"v1_a","status":"in_progress","model":"gemini-3-flash"}`))
	r.do(r.gemini("POST", "/v1beta/interactions", `{"model":"gemini-3-flash","background":true}`))
	if resp, body := r.do(r.gemini("GET", "/v1beta/interactions/v1_a?fields=id", "")); resp.StatusCode != 400 {
		t.Errorf("got %d %s, want 400", resp.StatusCode, body)
	}
}
