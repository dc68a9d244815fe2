package config_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pertask/pertask/config"
)

func TestWatch(t *testing.T) {
	for text, want := range map[string]struct {
		budget string
		every  time.Duration
		err    string
	}{
		"":                                {"2", 0, ""},
		"run: {budget: 6.50}\n":           {"1.3", 0, ""},
		"watch: {budget: 0.75}\n":         {"0.75", 0, ""},
		"watch: {budget: 0}\n":            {"0", 0, ""},
		"watch: {every: 7d}\n":            {"2", 7 * 24 * time.Hour, ""},
		"watch: {every: off}\n":           {"2", 0, ""},
		"watch: {every: 1h}\n":            {"", 0, "1d to 90d"},
		"watch: {every: weekly}\n":        {"", 0, "1d to 90d"},
		"watch: {budget: much}\n":         {"", 0, "dollars from 0"},
		"watch: {buget: 2}\n":             {"", 0, "buget"},
		"watch: {every: 7d, every: 8d}\n": {"", 0, "every"},
	} {
		c, err := config.Load(fstest.MapFS{config.Path: {Data: []byte("version: 1\n" + text)}}, config.Path)
		if want.err != "" {
			if err == nil || !strings.Contains(err.Error(), want.err) {
				t.Errorf("%q: %v, want an error with %q", text, err, want.err)
			}
			continue
		}
		if err != nil || c.WatchBudget().String() != want.budget || c.Watch.Every != want.every {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
}
