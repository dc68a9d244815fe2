package telemetry

import (
	"errors"
	"strings"

	"github.com/pertask/pertask/usage"
)

// claudeCall reads claude_code.api_request. Its classes are disjoint: input_tokens is the uncached part. Writes to the
// cache are told by their time to live since 2.1; older versions have the sum only.
func claudeCall(rec, res bag) (call, bool, error) {
	c := call{harness: "claude-code", version: res.text("service.version"), session: rec.text("session.id"), model: rec.text("model"),
		provider: claudeProvider(rec), attributes: claudeSpeed(rec)}
	n := newNumbers(rec)
	t := usage.None()
	t.Input, t.CacheRead, t.Output = n.must("input_tokens"), n.must("cache_read_tokens"), n.must("output_tokens")
	t.Reasoning = usage.Count{}
	short, long := n.may("cache_creation_5m_tokens"), n.may("cache_creation_1h_tokens")
	if all := n.must("cache_creation_tokens"); short.IsKnown() && long.IsKnown() {
		t.CacheCreation5m, t.CacheCreation1h = short, long
		if !all.Equal(short.Plus(long)) {
			return c, false, errors.New("claude-code: writes to the cache do not add up")
		}
	} else {
		t.CacheCreation = all
	}
	c.tokens, c.key = t, []string{c.session, rec.text("prompt.id"), rec.text("request_id"), n.word("event.sequence")}
	return c, true, c.complete(n)
}

func claudeProvider(rec bag) string {
	switch rec.text("anthropic.provider") {
	case "", "firstParty":
		return "anthropic"
	case "bedrock":
		return "aws"
	case "vertex":
		return "google"
	}
	return rec.text("anthropic.provider")
}

// claudeSpeed is the attribute that a fast answer is priced by. An ordinary one has none.
func claudeSpeed(rec bag) map[string]string {
	if s := rec.text("speed"); s != "" && s != "normal" && s != "standard" {
		return map[string]string{"speed": s}
	}
	return nil
}

// codexCall reads codex.sse_event of the kind response.completed. Each answer has two of them, one of which is about its
// time alone. Cached tokens and those written to the cache are in input_token_count, and reasoning is in
// output_token_count.
func codexCall(rec, res bag) (call, bool, error) {
	if rec.text("event.kind") != "response.completed" {
		return call{}, false, nil
	}
	if _, there, _ := rec.number("input_token_count"); !there {
		return call{}, false, nil
	}
	c := call{harness: "codex", version: first("app.version", rec, res), session: rec.text("conversation.id"), model: rec.text("model"),
		provider: "openai", tier: rec.text("service_tier")}
	n := newNumbers(rec)
	t := usage.None()
	t.CacheRead, t.CacheCreation = n.orNone("cached_token_count"), n.orNone("cache_write_token_count")
	t.Input = n.less("input_token_count", t.CacheRead, t.CacheCreation)
	t.Output, t.Reasoning = n.must("output_token_count"), n.orNone("reasoning_token_count")
	c.tokens = t
	c.key = []string{c.session, n.word("input_token_count"), n.word("output_token_count"), n.word("cached_token_count")}
	return c, true, c.complete(n)
}

// geminiCall reads gemini_cli.api_response. The cached tokens are in input_token_count; thoughts are not in
// output_token_count, and tokens of tools' prompts not in input_token_count. The service.version of the resource is Node's,
// and no version of its own is told.
func geminiCall(rec, res bag) (call, bool, error) {
	c := call{harness: "gemini", session: first("session.id", rec, res), model: rec.text("model"), provider: "google"}
	if s, there, ok := rec.number("status_code"); there && (!ok || s >= 400) {
		return c, false, nil // refused before anything was generated
	}
	n := newNumbers(rec)
	t := usage.None()
	t.CacheRead, t.Reasoning = n.orNone("cached_content_token_count"), n.orNone("thoughts_token_count")
	t.Input = n.less("input_token_count", t.CacheRead).Plus(n.orNone("tool_token_count"))
	t.Output = n.must("output_token_count").Plus(t.Reasoning)
	c.tokens = t
	c.key = []string{c.session, rec.text("prompt_id"), n.word("input_token_count"), n.word("output_token_count"), n.word("duration_ms")}
	return c, true, c.complete(n)
}

// complete says what a call lacks to be one.
func (c call) complete(n *numbers) error {
	switch {
	case n.bad != "":
		return errors.New(c.harness + ": " + n.bad)
	case c.model == "" || strings.ContainsAny(c.model, "\n\x00"):
		return errors.New(c.harness + ": a call without a model")
	case c.session == "":
		return errors.New(c.harness + ": a call without a session")
	}
	return nil
}
