package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/route"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
)

// Conditions are those under which trials run, besides the settings and the suite.
type Conditions struct {
	Source    fs.FS            // the base's tree
	Watches   []arm.Watch      // files that trials find, with the arms' settings written in
	Upstreams []meter.Upstream // providers that the proxy may reach
	Book      *price.Book      // says who sells a model
	Limits    trial.Limits     // of what one trial may use
}

// StartsPrograms reports whether a trial of a task starts a program that was not there before: an agent, or a grader of
// what an agent wrote. Other trials are requests, for which files, limits and a sandbox mean nothing.
func StartsPrograms(t suite.Task) bool {
	return t.Harness != "prompt" || t.Grade.Kind == suite.GradeCommand
}

// Of returns the conditions of the trials of a suite by names for people: the endpoint of each model, without anything
// that could be a secret, and where programs are started the limits and the digest of the watched files. An arm whose
// upstream is not known has none here: Bench.Ready refuses it.
func (c Conditions) Of(su *suite.Suite, pair arm.Pair) (map[string]string, error) {
	out := map[string]string{}
	for side, a := range map[trial.Side]arm.Arm{trial.Base: pair.Base, trial.Head: pair.Head} {
		for _, slot := range a.Slots() {
			if where := c.endpoint(a, slot); where != "" {
				name := "endpoint of the " + string(side)
				if slot != arm.MainSlot {
					name = slot + "." + name
				}
				out[name] = where
			}
		}
	}
	if su == nil || !slices.ContainsFunc(su.Tasks, StartsPrograms) {
		return out, nil
	}
	for name, bytes := range map[string]int64{"limit of memory": c.Limits.Memory, "limit of disk": c.Limits.Disk} {
		if bytes > 0 {
			out[name] = fmt.Sprintf("%d bytes", bytes)
		}
	}
	files, err := c.files()
	if files != "" {
		out["content of the watched files"] = files
	}
	return out, err
}

// endpoint is where requests for the model of a slot go: scheme, host and path.
func (c Conditions) endpoint(a arm.Arm, slot string) string {
	var alone arm.Arm
	for _, s := range a.Settings {
		if s.Slot == slot && (s.Key == arm.Model || s.Key == arm.Provider) {
			alone = alone.With(arm.Setting{Slot: arm.MainSlot, Key: s.Key, Value: s.Value})
		}
	}
	up, err := route.Upstream(alone, c.Book, c.Upstreams)
	if err != nil {
		return ""
	}
	u, err := url.Parse(up.URL)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// files is the digest of the watched files of the base: trials find all of what is in them, not only the settings. It is
// "" when none is there. What else the head changes in them is not applied, and so no part of it.
func (c Conditions) files() (string, error) {
	var names []string
	for _, w := range c.Watches {
		names = append(names, w.Path)
	}
	slices.Sort(names)
	sum, there := sha256.New(), false
	for _, name := range slices.Compact(names) {
		text, err := fs.ReadFile(c.Source, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return "", fmt.Errorf("reading a watched file: %w", err)
		}
		there = true
		fmt.Fprintf(sum, "%d:%s%d:%s", len(name), name, len(text), text)
	}
	if !there {
		return "", nil
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}
