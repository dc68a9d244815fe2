package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/price"
)

func read(c *Config, root strict.Value) {
	m := root.Map(keys[""]...)
	if v := m.Need("version"); v.Given() {
		if s, _ := v.Peek(); s != "1" {
			v.Fail(fmt.Sprintf("version: %q is not known", strict.Clip(s)), "allowed: 1")
		}
	}
	c.Watches = watches(m.Get("models"))
	c.Suites = c.suites(m)
	c.readRun(m.Get("run"))
	c.readVerdict(m.Get("verdict"))
	c.Upstreams = upstreams(m.Get("upstreams"))
	readPrices(c, m.Get("prices"))
	c.readWatch(m.Get("watch"))
	c.readApp(m.Get("app"))
}

// note remembers the place of a value that Plan may complain about.
func (c *Config) note(name string, v strict.Value) {
	at, ok := v.Place()
	if _, twice := c.places[name]; !ok || twice {
		return
	}
	if c.places == nil {
		c.places = map[string]strict.Error{}
	}
	c.places[name] = at
}

func (c *Config) readRun(v strict.Value) {
	m, r := v.Map(keys["run"]...), &c.Run
	c.note("run.max_trials", m.Get("max_trials"))
	if v := m.Get("budget"); v.Given() {
		r.Budget = dollars(v)
	}
	if v := m.Get("auto_run_below"); v.Given() {
		r.AutoRunBelow = dollars(v)
	}
	if v := m.Get("max_trials"); v.Given() {
		r.MaxTrials = int(v.Int(1, maxTrials))
	}
	if v := m.Get("concurrency"); v.Given() {
		r.Concurrency = int(v.Int(1, maxAtOnce))
	}
	if v := m.Get("cache"); v.Given() {
		r.Cache = v.Enum("as-is", "cold", "warm")
	}
	if v := m.Get("sandbox"); v.Given() {
		r.Sandbox = v.Enum("auto", "required", "none")
	}
	if v := m.Get("memory"); v.Given() {
		r.Memory = size(v)
	}
	if v := m.Get("disk"); v.Given() {
		r.Disk = size(v)
	}
	if v := m.Get("keep_output"); v.Bool() {
		later(v, "true", "false")
	}
	if v := m.Get("reuse_base"); v.Given() {
		r.ReuseBase = reuseBase(v)
	}
	if v := m.Get("comment"); v.Given() {
		r.Comment = v.Enum("update", "new-on-change", "hide-and-new", "off")
	}
	if v := m.Get("check_name"); v.Given() {
		r.CheckName = label(v, maxCheckName)
	}
	if v := m.Get("label"); v.Given() {
		r.Label = label(v, maxLabel)
	}
	if v := m.Get("seed"); v.Given() {
		r.Seed = uint64(v.Int(0, maxSeed))
	}
}

// later records that a value belongs to a later version.
func later(v strict.Value, value, allowed string) {
	v.Fail(fmt.Sprintf("%s: %s is not available in this version", v.Name(), value), "allowed: "+allowed)
}

// reuseBase reads how old a stored trial of the base may be; 0 for "off".
func reuseBase(v strict.Value) time.Duration {
	if s, _ := v.Peek(); s == "off" {
		return 0
	}
	want := "off, or a time from 1h to 90d, such as 14d"
	s, ok := v.Written(want)
	if !ok {
		return 0
	}
	d, err := strict.ParseDuration(s)
	if err != nil || d < leastReuse || d > mostReuse {
		v.Fail(fmt.Sprintf("%s: %q is out of range or not a length of time", v.Name(), strict.Clip(s)), want)
		return 0
	}
	return d
}

// dollars reads an amount of money from its text, so that no digit passes through a float.
func dollars(v strict.Value) price.Amount {
	want := "dollars from 0 to " + maxDollars + ", such as 10.00"
	s, ok := v.Written(want)
	if !ok {
		return price.Amount{}
	}
	m, err := price.ParseMoney(s)
	if err != nil || !plainDecimal(s) || m.Cmp(price.MustMoney(maxDollars)) > 0 {
		v.Fail(fmt.Sprintf("%s: %q is not an amount of dollars in range", v.Name(), strict.Clip(s)), want)
		return price.Amount{}
	}
	return price.Known(m)
}

// size reads a number of bytes.
func size(v strict.Value) int64 {
	const want = "a size from 64MiB to 1TiB, such as 512MiB or 4GiB"
	s, ok := v.Written(want)
	if !ok {
		return 0
	}
	for unit, bytes := range map[string]int64{"MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40} {
		number, found := strings.CutSuffix(s, unit)
		n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if found && err == nil && digits(strings.TrimSpace(number)) && n <= (1<<40)/bytes && n*bytes >= 64<<20 {
			return n * bytes
		}
	}
	v.Fail(fmt.Sprintf("%s: %q is not a size in range", v.Name(), strict.Clip(s)), want)
	return 0
}

// plainDecimal reports whether s is digits with at most one point inside: no sign, exponent or currency.
func plainDecimal(s string) bool {
	whole, fraction, point := strings.Cut(s, ".")
	return digits(whole) && (!point || digits(fraction))
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// label reads a short text in one line that people see: no control characters, and none that change how the
// text around them is shown.
func label(v strict.Value, most int) string {
	s := v.Scalar()
	if s == "" {
		return ""
	}
	bad := func(r rune) bool { return !unicode.IsPrint(r) }
	if strings.TrimSpace(s) != s || len([]rune(s)) > most || strings.ContainsFunc(s, bad) {
		v.Fail(fmt.Sprintf("%s: %q is not a label", v.Name(), strict.Clip(s)),
			fmt.Sprintf("1 to %d printable characters in one line, without spaces at the ends", most))
		return ""
	}
	return s
}
