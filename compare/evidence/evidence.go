// Package evidence knows what trials are evidence for: both arms' settings, the suite, and the conditions under which
// they run. Two reviews for which all of this is the same continue the same test.
//
// It refuses to know what became of trials, where they are kept, and keys of providers.
package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
)

// Terms are everything that an evidence key covers. Where a setting stands in its file is no part of them.
type Terms struct {
	Method  int               // raised when the meaning of a trial changes
	Pair    arm.Pair          // both arms
	Suite   string            // digest of the suite, with its tasks' limits of time and cost
	Harness map[string]string // versions of the harnesses, by name
	Cache   string            // regime of the provider's prompt caches; "" for whatever they hold
	// Conditions are those under which trials run, by a name for people, such as "limit of memory"; see Conditions.Of.
	Conditions map[string]string
}

// Key is the identity of the terms, such as "sha256:0f...". Journals are named by it: what it is for given terms never
// changes while Method stays.
func (t Terms) Key() string {
	type setting struct{ Slot, Key, Value string }
	list := func(a arm.Arm) []setting {
		out := []setting{}
		for _, s := range a.Settings {
			out = append(out, setting{s.Slot, string(s.Key), spelling(s)})
		}
		return out
	}
	parts := []any{t.Method, list(t.Pair.Base), list(t.Pair.Head), t.Suite, t.Harness}
	if t.Cache != "" {
		parts = append(parts, t.Cache)
	}
	if len(t.Conditions) > 0 {
		parts = append(parts, t.Conditions)
	}
	b, err := json.Marshal(parts)
	if err != nil {
		panic(err) // unreachable: strings, a number and maps of strings
	}
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// spelling is the value of a setting in the one spelling that a key covers: 0.7, 0.70 and 0.700 are one temperature, and
// another spelling is no other test.
func spelling(s arm.Setting) string {
	whole, fraction, point := strings.Cut(s.Value, ".")
	if s.Key != arm.Temperature || !point || s.CheckNumber() != nil {
		return s.Value
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// BaseKey is the identity of what trials of the base are evidence for: the terms without the head. Stored trials are kept
// by it: what it is for given terms never changes while Method stays.
func (t Terms) BaseKey() string {
	t.Pair = arm.Pair{Base: t.Pair.Base}
	conditions := map[string]string{}
	for name, value := range t.Conditions {
		if !strings.HasSuffix(name, " of the "+string(trial.Head)) {
			conditions[name] = value
		}
	}
	t.Conditions = conditions
	return "base-" + t.Key()
}

// Subject is the terms for a journal: their key, and what it stands for.
func (t Terms) Subject() journal.Subject {
	facts := map[string]string{"method": fmt.Sprint(t.Method), "cache regime": t.Cache, "suite": t.Suite}
	for name, value := range t.Conditions {
		facts[name] = value
	}
	for name, version := range t.Harness {
		facts["version of "+name] = version
	}
	for side, a := range map[trial.Side]arm.Arm{trial.Base: t.Pair.Base, trial.Head: t.Pair.Head} {
		for _, s := range a.Settings {
			name := string(s.Key) + " of the " + string(side)
			if s.Slot != arm.MainSlot {
				name = s.Slot + "." + name
			}
			facts[name] = s.Value
		}
	}
	return journal.Subject{Key: t.Key(), Facts: facts}
}

// Told is the subject of a journal of an earlier version, which does not name its own, as far as its calls tell, and
// what to hold against that.
func Told(key string, e trial.Evidence, want journal.Subject) (there, here journal.Subject) {
	there, here = journal.Subject{Key: key, Facts: map[string]string{}}, journal.Subject{Key: want.Key, Facts: map[string]string{}}
	for _, r := range e.Results {
		for _, call := range r.Calls {
			if r.Trial.EvidenceKey == key && call.DeclaredModel != "" {
				name := string(arm.Model) + " of the " + string(r.Trial.Arm)
				there.Facts[name], here.Facts[name] = call.DeclaredModel, want.Facts[name]
			}
		}
	}
	return there, here
}
