package state

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/pertask/pertask/verdict"
)

// KeyPrefix begins every key of a run. It stands in check runs: it changes only with what a key is over.
const KeyPrefix = "pertask.run/1:"

// Key is what a check run of ours carries that shows this run: it is over the head and the results, as they are kept. Who
// can write our comment and no check run cannot make one for results of their own, nor take that of another run for them.
func (r Run) Key() string {
	in := struct {
		Head   string  `json:"head"`
		Suites []Suite `json:"suites"`
	}{r.Head, slices.Clone(r.Suites)}
	for i := range in.Suites {
		in.Suites[i].Name = short(in.Suites[i].Name, maxName)
	}
	text, err := json.Marshal(in)
	if err != nil {
		return "" // such as a result of no name; it is no key
	}
	sum := sha256.Sum256(text)
	return KeyPrefix + hex.EncodeToString(sum[:])
}

// Found is an earlier run that answers a question, with its suite.
type Found struct {
	Run   Run
	Suite Suite
}

// Answers returns the runs that answer what is asked by the same result, newest first: the newest that was about the
// question, and those before it as long as they say the same. It is empty where the newest was about another suite or other
// prices, or where it is not known what its test was allowed. What is kept is no proof.
func (s State) Answers(q Asked) []Found {
	var out []Found
	for _, r := range s.Runs {
		i := slices.IndexFunc(r.Suites, func(u Suite) bool {
			return q.Question != "" && u.Question == q.Question && u.Result == verdict.Measured
		})
		if i < 0 {
			continue
		}
		u := r.Suites[i]
		if u.Name != short(q.Suite, maxName) || u.Digest != q.Digest || u.Book != q.Book || u.Prices == "" || u.Prices != q.Prices || u.Cap <= 0 {
			break
		}
		if len(out) > 0 && !u.Says(out[0].Suite) {
			break
		}
		out = append(out, Found{r, u})
	}
	return out
}

// Says reports whether two results of a question are the same one.
func (u Suite) Says(o Suite) bool {
	return u.Result == o.Result && u.Verdict == o.Verdict && u.Evidence == o.Evidence && u.Cap == o.Cap && u.Ended == o.Ended
}

// asks reports whether a run was about a question, be it that it was not measured.
func (r Run) asks(question string) bool {
	return slices.ContainsFunc(r.Suites, func(u Suite) bool { return u.Question == question })
}

// Answered reports whether the newest run is about everything that is asked, be it that it was not measured.
func (s State) Answered(asked []Asked) bool {
	return len(s.Runs) > 0 && !slices.ContainsFunc(asked, func(q Asked) bool { return !s.Runs[0].asks(q.Question) })
}

// ShownSince is when the result that was the first about what is asked was shown, in whole seconds as GitHub's times are:
// who wrote before that has not read it.
func (s State) ShownSince(asked []Asked) time.Time {
	var out time.Time
	for _, q := range asked {
		for _, r := range slices.Backward(s.Runs) {
			if !r.asks(q.Question) {
				continue
			}
			if at := cmp.Or(r.Posted, r.Time); at.After(out) {
				out = at
			}
			break
		}
	}
	return out.Truncate(time.Second)
}
