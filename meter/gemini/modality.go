package gemini

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// Modalities that are billed at the plain rate of their direction. What is not named counts as text, says the
// library. Audio that goes in has a rate of its own on some models, and so have images and audio that come out;
// no class of usage stands for them. Images, video and documents that go in are billed as text is.
var (
	plainInput  = []string{"", "MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "VIDEO", "DOCUMENT"}
	plainOutput = plainInput[:3]
)

// modalities checks the splits against their totals, and lists what has a rate of its own.
func (s shape) modalities(o wire.Object, p parts, r *usage.Reading) error {
	totals := [4]count{p.input, p.cached, p.tool, p.output}
	var special []string
	for i, name := range s.details {
		plain := plainInput
		if i == len(totals)-1 {
			plain = plainOutput
		}
		split, err := s.split(o, name)
		if err != nil {
			return err
		}
		if sum := total(split); totals[i].told && sum > totals[i].n {
			return fmt.Errorf("%q tells %d tokens, more than the %d it is a split of", name, sum, totals[i].n)
		}
		for _, e := range split {
			if path := name + "." + e.modality; e.n > 0 && !slices.Contains(plain, e.modality) && !slices.Contains(special, path) {
				special = append(special, path)
			}
		}
	}
	unclassified(r, "tokens with a rate of their own", special...)
	return nil
}

// entry is one modality of a split, its name in upper case.
type entry struct {
	modality string
	n        int64
}

func total(split []entry) (sum int64) {
	for _, e := range split {
		sum += e.n
	}
	return sum
}

// maxEntries is how many entries of a split are read. There are six modalities.
const maxEntries = 100

func (s shape) split(o wire.Object, name string) ([]entry, error) {
	raw := o.Raw(name)
	if wire.IsNull(raw) {
		return nil, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil || len(list) > maxEntries {
		return nil, fmt.Errorf("%q is not a list of modalities", name)
	}
	var out []entry
	for _, text := range list {
		e, err := wire.ReadObject(text)
		if err != nil {
			return nil, fmt.Errorf("%q has an entry that is not an object", name)
		}
		n, _, err := e.Count(s.counted)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		modality := e.Raw("modality")
		word := strings.ToUpper(wire.String(modality))
		if word == "" && !wire.IsNull(modality) {
			word = "UNKNOWN" // such as a number
		}
		out = append(out, entry{fmt.Sprintf("%.40s", word), n})
	}
	return out, nil
}

// told reports whether the split of the output covers all of it.
func (s shape) told(raw json.RawMessage) bool {
	o, err := wire.ReadObject(raw)
	if err != nil {
		return false
	}
	n, _, err := o.Count(s.output)
	split, err2 := s.split(o, s.details[3])
	return err == nil && err2 == nil && total(split) == n
}
