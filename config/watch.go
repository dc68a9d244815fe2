package config

import (
	"fmt"
	"time"

	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/price"
)

// Watch is how the base is watched without a pull request.
type Watch struct {
	// Budget is the hard cap in dollars on one watch of all suites; unknown for a fifth of Run.Budget.
	Budget price.Amount
	// Every is how often the App watches; 0 for never. The Action watches when its workflow is started.
	Every time.Duration
}

var fifth = func() price.Factor {
	f, err := price.ParseFactor("0.2")
	if err != nil {
		panic(err) // unreachable: it is a number
	}
	return f
}()

// How often the App may watch.
const (
	leastEvery = 24 * time.Hour
	mostEvery  = 90 * 24 * time.Hour
)

func (c *Config) readWatch(v strict.Value) {
	m := v.Map(keys["watch"]...)
	if v := m.Get("budget"); v.Given() {
		c.Watch.Budget = dollars(v)
	}
	if v := m.Get("every"); v.Given() {
		c.Watch.Every = every(v)
	}
}

// every reads how often the App watches; 0 for "off".
func every(v strict.Value) time.Duration {
	if s, _ := v.Peek(); s == "off" {
		return 0
	}
	const want = "off, or a time from 1d to 90d, such as 7d"
	s, ok := v.Written(want)
	if !ok {
		return 0
	}
	d, err := strict.ParseDuration(s)
	if err != nil || d < leastEvery || d > mostEvery {
		v.Fail(fmt.Sprintf("%s: %q is out of range or not a length of time", v.Name(), strict.Clip(s)), want)
		return 0
	}
	return d
}

// WatchBudget is the most that one watch may cost. It is always known.
func (c *Config) WatchBudget() price.Amount {
	if c.Watch.Budget.IsKnown() {
		return c.Watch.Budget
	}
	all, _ := c.Run.Budget.Value()
	return price.Known(all.Scale(fifth))
}
