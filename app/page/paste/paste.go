// Package paste has the lines that make a coding agent send what it consumes to an App.
//
// It knows the settings of each agent, as internal/agentstest runs them for real. It refuses to know who may send, and what is done
// with what comes.
package paste

import (
	"strconv"
	"strings"
)

// Lines are what to paste for one agent.
type Lines struct {
	Agent string // its name for people; one that has lines in two places is there twice
	Where string // they go, in words
	Text  string
}

// Placeholder stands for a token where there is none to show.
const Placeholder = "pti_..."

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// place tells the repository and the branch of a work tree, which no agent says by itself. A password in the remote's address stays
// here.
const place = `export OTEL_RESOURCE_ATTRIBUTES="vcs.repository.url.full=$(git remote get-url origin | sed 's#//[^/@]*@#//#'),vcs.ref.head.name=$(git branch --show-current)"`

// All are the lines for each agent that can send. The endpoint is the URL below which the App takes what is sent, without a slash at
// its end; the token is one that Token takes, or Placeholder.
func All(endpoint, token string) []Lines {
	return []Lines{
		{"Claude Code", "in a shell, before it starts in a work tree", strings.Join([]string{
			"export CLAUDE_CODE_ENABLE_TELEMETRY=1",
			"export OTEL_LOGS_EXPORTER=otlp", // the counters say nothing that the events do not
			"export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
			"export OTEL_EXPORTER_OTLP_ENDPOINT=" + shell(endpoint),
			`export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer ` + token + `"`,
			place}, "\n")},
		{"Codex", "in ~/.codex/config.toml", strings.Join([]string{
			"[otel]",
			"log_user_prompt = false",
			"[otel.exporter.otlp-http]",
			"endpoint = " + strconv.Quote(endpoint+"/v1/logs"),
			`protocol = "binary"`,
			`headers = { Authorization = "Bearer ` + token + `" }`}, "\n")},
		{"Codex", "and in a shell, before it starts in a work tree", place},
		{"Gemini CLI", "in a shell, before it starts in a work tree", strings.Join([]string{
			"export GEMINI_TELEMETRY_ENABLED=true GEMINI_TELEMETRY_TARGET=local",
			"export GEMINI_TELEMETRY_LOG_PROMPTS=false",
			"export GEMINI_TELEMETRY_OTLP_PROTOCOL=http",
			"export GEMINI_TELEMETRY_OTLP_ENDPOINT=" + shell(endpoint),
			`export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer ` + token + `"`,
			place}, "\n")},
	}
}

// Token reports whether a text can stand in the lines as a token: nothing in it means anything to a shell or to TOML.
func Token(s string) bool {
	rest, ok := strings.CutPrefix(s, "pti_")
	return ok && rest != "" && strings.Trim(rest, letters+"-_") == ""
}

// shell is a text as one word of a POSIX shell.
func shell(s string) string {
	if s != "" && strings.Trim(s, letters+"-._~:/") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
