package spending

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/pertask/pertask/report/markup"
)

// The JSON form of a message of Slack's, as an incoming webhook takes it. Mattermost and others take its text alone.
type message struct {
	Text    string  `json:"text"` // what a notification shows
	Blocks  []block `json:"blocks"`
	Links   bool    `json:"unfurl_links"`
	Media   bool    `json:"unfurl_media"`
	Mention bool    `json:"link_names"` // whether @name in a text rings
}

type block struct {
	Type     string   `json:"type"`
	Text     *words   `json:"text,omitempty"`
	Elements []*words `json:"elements,omitempty"`
}

type words struct {
	Type string `json:"type"`
	Text string `json:"text"`
	// Verbatim keeps Slack from making links of what looks like one, of channels and of names.
	Verbatim bool `json:"verbatim,omitempty"`
}

// maxText is how many characters Slack allows in a text.
const maxText = 3000

// Slack is the summary as the body that is posted to an incoming webhook of Slack's. Nothing in it that somebody else wrote is live:
// no mention, no link, no formatting.
func (w Weekly) Slack() ([]byte, error) {
	s := w.summary(slack)
	m := message{Text: s.title + ". " + plainest(w), Blocks: []block{{Type: "header", Text: &words{Type: "plain_text", Text: s.title}}}}
	section := func(lines ...string) {
		for _, t := range pack(lines) {
			m.Blocks = append(m.Blocks, block{Type: "section", Text: &words{Type: "mrkdwn", Text: t, Verbatim: true}})
		}
	}
	section(s.lines...)
	if len(s.named) > 0 {
		section("The dearest merged pull requests:\n• " + strings.Join(s.named, "\n• "))
	}
	for _, t := range pack(s.notes) {
		m.Blocks = append(m.Blocks, block{Type: "context", Elements: []*words{{Type: "mrkdwn", Text: t, Verbatim: true}}})
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("writing the summary of a week: %w", err)
	}
	return out.Bytes(), nil
}

// plainest is the answer in our own words and numbers alone.
func plainest(w Weekly) string {
	return Answer(Report{Rollup: w.This, Asked: w.Asked}, markup.Plain)
}

// pack joins lines into texts that are short enough.
func pack(lines []string) []string {
	var out []string
	for _, l := range lines {
		last := len(out) - 1
		if last >= 0 && len([]rune(out[last]))+1+len([]rune(l)) <= maxText {
			out[last] += "\n" + l
			continue
		}
		out = append(out, string([]rune(l)[:min(len([]rune(l)), maxText)]))
	}
	return out
}

// slack is the style of Slack's mrkdwn.
var slack = markup.Style{
	Bold: func(s string) string { return "*" + s + "*" },
	Code: func(s string) string { return inert(markup.Value(s)) },
	Rich: func(s string) string { return inert(markup.Sentence(s)) },
}

// specials of mrkdwn. The first three are Slack's own entities, without which "<!channel>" would ring; the others cannot be escaped and
// get characters that look like them.
var specials = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "∗", "_", "ˍ", "~", "∼", "`", "'")

// emoji is :name:, which Slack draws.
var emoji = regexp.MustCompile(`:([A-Za-z0-9ˍ'+-]+):`)

// inert is a clean text in which nothing is live.
func inert(s string) string {
	s = specials.Replace(s)
	for emoji.MatchString(s) { // two names may share a colon
		s = emoji.ReplaceAllString(s, "∶${1}∶")
	}
	return s
}
