package errand

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"

	"github.com/pertask/pertask/verdict"
)

// AnswerSchema names the version of an Answer.
const AnswerSchema = "pertask.answer/1"

// File is the name of the answer among the files of the report.
const File = "answer.json"

// Artifact is the name under which the workflow keeps the files. Workflows have it: it never changes.
const Artifact = "pertask"

// Answer says what became of a request. It is written before trials begin, and again when they have ended.
type Answer struct {
	Schema  string  `json:"schema"`
	Request Request `json:"request"` // as it was read
	Version string  `json:"version"` // of pertask
	// Evidence is the evidence key of the trials, and Harness has the versions of the agents on that machine, which are a part of
	// it; "" where nothing could be carried out.
	Evidence string            `json:"evidence,omitempty"`
	Harness  map[string]string `json:"harness,omitempty"`
	Journal  string            `json:"journal,omitempty"` // name of the file with the trials
	// Ended says that the trials came to an end by themselves: a verdict, or no more to be had.
	Ended bool `json:"ended"`
	// Result is what the report says. Where nothing was measured Reason says why, and Next what can be done.
	Result verdict.Result `json:"result,omitempty"`
	Code   string         `json:"code,omitempty"`
	Reason string         `json:"reason,omitempty"`
	Next   []string       `json:"next,omitempty"`
}

// JSON is the answer as ParseAnswer reads it.
func (a Answer) JSON() []byte {
	a.Schema, a.Request.Schema = AnswerSchema, Schema
	data, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		panic(err) // unreachable: texts, numbers and a time
	}
	return append(data, '\n')
}

var (
	journalName = regexp.MustCompile(`^trials(-[0-9a-z]{1,40})?\.jsonl$`)
	codeWord    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,60}$`)
	harnessWord = regexp.MustCompile(`^[a-z][a-z0-9-]{0,40}$`)
	versionWord = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+_-]{0,60}$`)
	evidenceKey = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// The most of an answer, in bytes, and of its parts.
const (
	maxAnswer  = 64 << 10
	maxHarness = 20
	maxNext    = 5
	maxReason  = 500
)

// parseAnswer reads an answer to a request. Its author is whoever has the runner.
func parseAnswer(data []byte, to Request) (Answer, error) {
	var a Answer
	if len(data) > maxAnswer {
		return a, fmt.Errorf("%s has %d bytes; at most %d are allowed", File, len(data), maxAnswer)
	}
	if err := strictly(data, &a); err != nil {
		return a, fmt.Errorf("reading %s: %w", File, err)
	}
	same := a.Request // a later attempt at the review may have another budget than the one that has started the run
	same.Budget = to.Budget
	switch to.Schema = Schema; {
	case a.Schema != AnswerSchema:
		return a, fmt.Errorf("the schema of %s is %q, and this version of the App knows %s", File, clip(a.Schema, 60), AnswerSchema)
	case same.String() != to.String():
		return a, fmt.Errorf("%s answers another request", File)
	case a.Journal != "" && !journalName.MatchString(a.Journal), a.Evidence != "" && !evidenceKey.MatchString(a.Evidence), a.Code != "" && !codeWord.MatchString(a.Code):
		return a, fmt.Errorf("%s has a name that is none", File)
	case (a.Journal == "") != (a.Evidence == ""), a.Ended && a.Result == "", a.Result == verdict.Measured && a.Journal == "":
		return a, fmt.Errorf("%s lacks what it has to say", File)
	case len(a.Harness) > maxHarness, len(a.Next) > maxNext:
		return a, fmt.Errorf("%s lists too much", File)
	}
	switch a.Result {
	case "", verdict.Measured, verdict.NotMeasured, verdict.BadInput:
	default:
		return a, fmt.Errorf("%s has the result %q, which no errand has", File, clip(string(a.Result), 40))
	}
	for name, version := range maps.All(a.Harness) {
		if !harnessWord.MatchString(name) || version != "" && !versionWord.MatchString(version) {
			return a, fmt.Errorf("%s has a version that is none", File)
		}
	}
	a.Reason, a.Version = clip(a.Reason, maxReason), clip(a.Version, 60)
	for i := range a.Next {
		a.Next[i] = clip(a.Next[i], maxReason)
	}
	return a, nil
}
