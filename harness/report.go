package harness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/folder"
	"github.com/pertask/pertask/usage"
)

// Bounds of what is read of an agent's logs. Everything in its home folder was written by the agent, or by what it
// ran.
const (
	maxLogs = 200
	maxLog  = 64 << 20
)

var errLogs = fmt.Errorf("its logs are more than %d files or %d MiB, so what they say is not known", maxLogs, maxLog>>20)

// said is what a finished agent left behind.
type said struct {
	answer []byte // its standard output
	home   *os.Root
	torn   bool // a line could not be read
}

// selfReport is the agent's trial.Harness.SelfReport.
func (a Agent) selfReport(j trial.Job, answer []byte) (*usage.SelfReport, error) {
	home, err := os.OpenRoot(j.Home)
	if err != nil {
		return nil, err
	}
	defer home.Close()
	s := &said{answer: answer, home: home}
	r, err := a.Report(s)
	if err != nil {
		return nil, fmt.Errorf("reading what %s says: %w", a.Name, err)
	}
	if s.torn {
		return nil, fmt.Errorf("reading what %s says: a line is not as this version knows it", a.Name)
	}
	return r, nil
}

// lines hands over the lines of every regular file in the home folder that matches a pattern; see fs.Glob.
func (s *said) lines(pattern string, line func([]byte) error) error {
	names, err := fs.Glob(s.home.FS(), pattern)
	if err != nil {
		return err
	}
	if len(names) > maxLogs {
		return errLogs
	}
	var total int64
	for _, name := range names {
		text, err := folder.Read(s.home, name, maxLog+1)
		if err != nil {
			return errors.New("a log is not a regular file")
		}
		if total += int64(len(text)); total > maxLog {
			return errLogs
		}
		if err := s.each(text, line); err != nil {
			return err
		}
	}
	return nil
}

// each hands over lines. A last one that was not written to its end could have added something.
func (s *said) each(text []byte, line func([]byte) error) error {
	for l := range bytes.Lines(text) {
		s.torn = s.torn || !bytes.HasSuffix(l, []byte("\n")) && !json.Valid(l)
		if err := line(l); err != nil {
			return err
		}
	}
	return nil
}

// maxAnswer is how much of an answer a trial keeps. Of one that is as long, the rest may be missing.
const maxAnswer = 1 << 20

// answers hands over the lines of the answer, unless it was cut.
func (s *said) answers(line func([]byte) error) error {
	if len(s.answer) >= maxAnswer {
		return errors.New("the answer is too long to be whole")
	}
	return s.each(s.answer, line)
}

// reads decodes a line that holds a word. One that does and cannot be decoded leaves the whole report unknown: what it
// would have added is missing.
func (s *said) reads(line []byte, word string, into any) bool {
	if !bytes.Contains(line, []byte(word)) {
		return false
	}
	if err := json.Unmarshal(line, into); err != nil {
		s.torn = true
		return false
	}
	return true
}

// tally adds up what an agent says of its calls.
type tally struct {
	tokens  usage.Tokens
	any     bool
	dollars float64
	priced  bool
	never   bool // no sum of dollars is to be had
}

func (t *tally) add(u usage.Tokens) {
	if !t.any {
		t.tokens, t.any = u, true
		return
	}
	t.tokens = t.tokens.Plus(u)
}

// usd adds a number of dollars. The figures are the agents' own floating-point sums, so that no more is lost here.
func (t *tally) usd(n json.Number) {
	f, err := n.Float64()
	if err != nil || f < 0 || f > 1e9 || math.IsNaN(f) {
		t.noUSD()
		return
	}
	t.dollars, t.priced = t.dollars+f, true
}

func (t *tally) noUSD() { t.never = true }

// report returns nil when nothing was said. A cost of nothing for some tokens is one that the agent does not know.
func (t *tally) report() *usage.SelfReport {
	if !t.any {
		return nil
	}
	r := &usage.SelfReport{Tokens: t.tokens}
	if t.priced && !t.never && t.dollars > 0 {
		r.USD = strconv.FormatFloat(t.dollars, 'f', 12, 64)
	}
	return r
}

// minus is what is left of a count without a part of it; unknown when that is not told or is more.
func minus(whole, part usage.Count) usage.Count {
	w, ok := whole.Value()
	p, told := part.Value()
	if !ok || !told {
		return usage.Count{}
	}
	return usage.Known(w - p)
}
