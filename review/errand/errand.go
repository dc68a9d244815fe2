// Package errand is what the App asks a workflow of a repository to measure, and what it takes from there: a request, and the
// trials that were carried out for it.
//
// It knows both forms, and what of an answer can be believed: whoever carries out an errand is another machine, so that nothing
// counts that does not fit what was asked for. It refuses to know how a workflow is started and found, what trials say, and where
// a result is shown.
package errand

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/price"
)

// Schema names the version of a Request. The App and the Action of a repository may be of different versions: later ones add
// fields, and raise it where one that does not know them would measure something else.
const Schema = "pertask.request/1"

// The most of a request, in bytes, and of its lists.
const (
	MaxRequest = 8 << 10
	maxLooks   = 40
	maxName    = 200
)

// Request is what is to be measured: one suite of one review.
type Request struct {
	Schema     string `json:"schema"`
	Review     string `json:"review"`     // key of this errand: the name of the workflow's run has it
	Repository string `json:"repository"` // "owner/name"
	Pull       int    `json:"pull"`
	Base       string `json:"base"` // commit of the suite, the configuration and all that runs
	Head       string `json:"head"` // commit whose settings are read as data
	Suite      string `json:"suite"`
	// Question is the key of what is asked: both arms' settings, the suite's digest, and the part of the policy that decides.
	Question   string       `json:"question"`
	Looks      []int        `json:"looks"` // trials of each task under each arm at each look
	Extensions int          `json:"extensions,omitempty"`
	Budget     price.Amount `json:"budget"` // what may be spent, in dollars; null is the configuration's
	Until      time.Time    `json:"until"`  // no trial goes on after it
}

// String is the request as JSON in one line, as Parse reads it.
func (r Request) String() string {
	r.Schema = Schema
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // unreachable: texts, numbers and a time
	}
	return string(text)
}

// Parse reads a request. Its author is whoever may start workflows in the repository.
func Parse(text string) (Request, error) {
	var r Request
	if len(text) > MaxRequest {
		return r, fmt.Errorf("reading the request: it has %d bytes; at most %d are allowed", len(text), MaxRequest)
	}
	if err := strictly([]byte(text), &r); err != nil {
		return r, fmt.Errorf("reading the request: %w", err)
	}
	if err := r.check(); err != nil {
		return r, fmt.Errorf("reading the request: %w", err)
	}
	return r, nil
}

func (r Request) check() error {
	if r.Schema != Schema {
		return fmt.Errorf("its schema is %q; this version of the Action knows %s: use the version that the App's page names", clip(r.Schema, 60), Schema)
	}
	if _, err := github.ParseRepo(r.Repository); err != nil {
		return fmt.Errorf("repository: %w", err)
	}
	switch {
	case !key(r.Review):
		return errors.New("review: 1 to 100 letters, digits and dashes are allowed")
	case r.Pull < 1:
		return errors.New("pull: it is no number of a pull request")
	case !github.IsSHA(r.Base) || !github.IsSHA(r.Head):
		return errors.New("base, head: a full object id each is needed")
	case r.Suite == "" || len(r.Suite) > maxName || len(r.Question) < 16 || len(r.Question) > maxName:
		return errors.New("suite, question: both are needed")
	case len(r.Looks) == 0 || len(r.Looks) > maxLooks || !slices.IsSorted(r.Looks) || r.Looks[0] < 1:
		return errors.New("looks: growing numbers of trials are needed")
	case r.Extensions < 0 || r.Extensions > maxLooks:
		return fmt.Errorf("extensions: 0 to %d are allowed", maxLooks)
	case r.Until.IsZero():
		return errors.New("until: a time is needed")
	}
	if m, limited := r.Budget.Value(); limited && m.Cmp(price.Money{}) < 0 {
		return errors.New("budget: it is below 0")
	}
	return nil
}

// key reports whether a text can be a part of a run's name.
func key(s string) bool {
	const word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
	return s != "" && len(s) <= 100 && strings.Trim(s, word) == ""
}

// Title is the name of the workflow's run, by which it is found again. Workflows have it under run-name: it never changes.
func Title(review string) string { return "pertask " + review }

// strictly reads JSON whose fields are all known, and which ends there.
func strictly(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something behind its end")
	}
	return nil
}

// clip cuts a text, and leaves out what cannot be printed.
func clip(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}
