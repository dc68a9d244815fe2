package anthropic

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// The kinds of iterations. Which of them the counts at the top contain, and which are billed, is what the
// comments of the SDK's types say, and Anthropic's pages on compaction, on the advisor tool, and on refusals and
// fallback:
//
//   - message: one pass of the model that answers. The top contains it. Before a fallback_message, one of another
//     model is an attempt that was declined: not in the top and not billed. Whether one that had put something out
//     before it declined is billed is not certain.
//   - fallback_message: the pass that ended the answer of a fallback model. The top is about that model's attempt.
//   - compaction: not in the top, billed.
//   - advisor_message: not in the top, billed at its own model's rates.
const (
	passed   = "message"
	fellBack = "fallback_message"
	compact  = "compaction"
	advice   = "advisor_message"
)

// iteration is one entry of iterations.
type iteration struct {
	Kind   string `json:"type"`
	Model  string `json:"model"`
	tokens usage.Tokens
}

// readIterations reads what is billed by iteration, and compares it with the counts at the top. If moved, the top
// is a mixture of two models' counts, because a stream was taken over by a fallback model, and is not used.
func readIterations(o wire.Object, ttl TTL, moved bool, r *usage.Reading) error {
	raw := o.Raw("iterations")
	if wire.IsNull(raw) {
		return nil
	}
	var texts []json.RawMessage
	if json.Unmarshal(raw, &texts) != nil {
		note(r, "iterations")
		return nil
	}
	var all []iteration
	for i, text := range texts {
		it, err := readIteration(text, ttl, r)
		if err != nil {
			return fmt.Errorf("iterations[%d]: %w", i, err)
		}
		if it.Kind != "" {
			all = append(all, it)
		}
	}
	own := account(all, r)
	switch {
	case moved:
		r.Tokens = sum(own)
	case len(own) > 0 && len(all) == len(texts):
		reconcile(own, r)
	}
	return nil
}

// readIteration reads one entry. Its kind is empty if it is not known: then the entry is listed as unclassified.
func readIteration(text json.RawMessage, ttl TTL, r *usage.Reading) (iteration, error) {
	var it iteration
	if err := json.Unmarshal(text, &it); err != nil {
		return it, err
	}
	if !slices.Contains([]string{passed, fellBack, compact, advice}, it.Kind) {
		note(r, fmt.Sprintf("iterations[].type=%.40s", it.Kind))
		return iteration{}, nil
	}
	o, err := wire.ReadObject(text)
	if err != nil {
		return it, err
	}
	var part usage.Reading
	if err := counts(o, ttl, &part); err != nil {
		return it, err
	}
	it.tokens = part.Tokens
	if part.Coverage != usage.Complete {
		lower(r, "an iteration of type "+it.Kind+": "+part.Problem)
	}
	for _, path := range o.Beyond(known) {
		note(r, "iterations[]."+path)
	}
	return it, nil
}

// note lists a path as unclassified, once.
func note(r *usage.Reading, path string) { r.Unclassified = wire.Note(r.Unclassified, path) }

// account puts what is billed besides the answering model's own passes into parts, and returns those passes.
func account(all []iteration, r *usage.Reading) (own []iteration) {
	serving, fallen := served(all)
	if fallen && serving != r.ServedModel {
		lower(r, fmt.Sprintf("the fallback_message is of the model %.80q, the answer of %.80q", serving, r.ServedModel))
	}
	for _, it := range all {
		switch {
		case it.Kind == advice && it.Model == "":
			lower(r, "an advisor's iteration does not tell its model, so what it cost is not known")
		case it.Kind == advice, it.Kind == compact:
			r.Parts = append(r.Parts, usage.Part{Kind: it.Kind, Model: it.Model, Tokens: it.tokens})
		case it.Kind == fellBack, !fallen, it.Model == serving && serving != "":
			own = append(own, it)
		default:
			declined(it, r)
		}
	}
	return own
}

// served returns the model of the last fallback_message.
func served(all []iteration) (model string, fallen bool) {
	for _, it := range slices.Backward(all) {
		if it.Kind == fellBack {
			return it.Model, true
		}
	}
	return "", false
}

// declined is an attempt that a fallback model took over from. It is not billed; but of one that had put something
// out before, nobody is certain. A model puts one token out before it says anything.
func declined(it iteration, r *usage.Reading) {
	if out, told := it.tokens.Output.Value(); !told || out > 1 {
		lower(r, fmt.Sprintf("a declined attempt of the model %.80q had an output, and whether that is billed is not certain", it.Model))
	}
}

func sum(own []iteration) usage.Tokens {
	if len(own) == 0 {
		return usage.Tokens{}
	}
	all := own[0].tokens
	for _, it := range own[1:] {
		all = all.Plus(it.tokens)
	}
	return all
}

// sides are the counts that the top and an iteration both have.
func sides(t usage.Tokens) [4]usage.Count {
	return [4]usage.Count{t.Output, t.Input, t.CacheRead, t.Written()}
}

// reconcile compares the top with the passes that it stands for: it is their sum. If it is not, the lesser count of
// either side is a lower bound.
func reconcile(own []iteration, r *usage.Reading) {
	whole := sum(own)
	if r.Tokens.Total().IsKnown() && whole.Total().IsKnown() && sides(r.Tokens) != sides(whole) {
		lower(r, "the counts at the top and those of the iterations contradict each other")
		r.Tokens = least(r.Tokens, whole)
	}
}

// least takes the lesser count of each class.
func least(a, b usage.Tokens) usage.Tokens {
	for _, c := range usage.Classes() {
		n, _ := a.Of(c).Value()
		m, _ := b.Of(c).Value()
		a.Set(c, usage.Known(min(n, m)))
	}
	a.Reasoning = usage.Count{}
	return a
}
