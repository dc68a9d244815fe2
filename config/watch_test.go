package config_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/config"
)

func TestWatch(t *testing.T) {
	for text, want := range map[string]struct {
		budget string
		err    string
	}{
		"":                        {"2", ""},
		"run: {budget: 6.50}\n":   {"1.3", ""},
		"watch: {budget: 0.75}\n": {"0.75", ""},
		"watch: {budget: 0}\n":    {"0", ""},
		"watch: {budget: much}\n": {"", "dollars from 0"},
		"watch: {buget: 2}\n":     {"", "buget"},
	} {
		c, err := config.Load(fstest.MapFS{config.Path: {Data: []byte("version: 1\n" + text)}}, config.Path)
		if want.err != "" {
			if err == nil || !strings.Contains(err.Error(), want.err) {
				t.Errorf("%q: %v, want an error with %q", text, err, want.err)
			}
			continue
		}
		if err != nil || c.WatchBudget().String() != want.budget {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
}
