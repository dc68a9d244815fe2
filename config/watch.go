package config

import (
	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/price"
)

// Watch is how the base is watched without a pull request.
type Watch struct {
	// Budget is the hard cap in dollars on one watch of all suites; unknown for a fifth of Run.Budget.
	Budget price.Amount
}

var fifth = func() price.Factor {
	f, err := price.ParseFactor("0.2")
	if err != nil {
		panic(err) // unreachable: it is a number
	}
	return f
}()

func (c *Config) readWatch(v strict.Value) {
	m := v.Map(keys["watch"]...)
	if v := m.Get("budget"); v.Given() {
		c.Watch.Budget = dollars(v)
	}
}

// WatchBudget is the most that one watch may cost. It is always known.
func (c *Config) WatchBudget() price.Amount {
	if c.Watch.Budget.IsKnown() {
		return c.Watch.Budget
	}
	all, _ := c.Run.Budget.Value()
	return price.Known(all.Scale(fifth))
}
